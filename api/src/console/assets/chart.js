// A curve over time.

import { draw, make } from './dom.js';
import { duration, number } from './format.js';

const [WIDTH, HEIGHT] = [600, 120];

const path = (values, top) => values.map((value, at) => {
  const x = values.length > 1 ? (at / (values.length - 1)) * WIDTH : WIDTH;
  return `${at ? 'L' : 'M'}${x.toFixed(1)},${(HEIGHT - (value / top) * (HEIGHT - 4)).toFixed(1)}`;
}).join('');

/** Pages a second: `slices` of `seconds` each, some left out, up to a run's age. */
export function throughput({ seconds, slices }, age) {
  // The last slice counts by the time that it had; one that has hardly begun tells nothing yet.
  const length = Math.max(1, Math.round(age / seconds));
  const width = (at) => (at === length - 1 ? Math.max(age - at * seconds, seconds / 2) : seconds);
  const [fetched, failed] = [Array(length).fill(0), Array(length).fill(0)];
  for (const slice of slices.filter(({ number: at }) => at < length)) {
    fetched[slice.number] = slice.fetched / width(slice.number);
    failed[slice.number] = slice.failed / width(slice.number);
  }
  if (length === 1) [fetched[1], failed[1]] = [fetched[0], failed[0]];
  const top = Math.max(0.1, ...fetched, ...failed);
  const total = slices.reduce((sum, slice) => sum + slice.fetched, 0);
  const label = `Pages a second over ${duration(age)}: at the most ${number(top)}, ${number(total / age)} on average`;
  const lines = [0.25, 0.5, 0.75].map((part) => draw('line', { class: 'rule', x1: 0, x2: WIDTH, y1: HEIGHT * part, y2: HEIGHT * part }));
  const plot = draw('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label }, lines,
    draw('path', { class: 'area', d: `${path(fetched, top)}L${WIDTH},${HEIGHT}L0,${HEIGHT}Z` }),
    draw('path', { class: 'line', d: path(fetched, top) }),
    failed.some(Boolean) ? draw('path', { class: 'line failed', d: path(failed, top) }) : undefined);
  return make('div', { class: 'chart' },
    make('div', { class: 'scale', 'aria-hidden': 'true' }, make('span', {}, `${number(top)} a second`),
      failed.some(Boolean) ? make('span', { class: 'bad' }, 'failed') : undefined),
    plot, make('div', { class: 'scale', 'aria-hidden': 'true' }, make('span', {}, '0'), make('span', {}, duration(age))));
}
