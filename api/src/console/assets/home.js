// All runs; or, where there are none yet, the way to the first one.

import { get } from './api.js';
import { make } from './dom.js';
import { bytes, number, when } from './format.js';
import { badge, head } from './ui.js';
import { listed, table } from './table.js';
import { harvest } from './harvest.js';
import { name } from './run.js';

const EVERY = 3000;

const columns = [
  ['Run', (run) => make('a', { href: `#/runs/${run.id}` }, name(run)), 'first'],
  ['State', (run) => [badge(run.state), run.urgent ? [' ', make('span', { class: 'soft' }, 'one page')] : '']],
  ['Pages', (run) => number(run.counts.pages), 'n'],
  ['Records', (run) => (run.counts.records ? make('a', { href: `#/runs/${run.id}/records` }, number(run.counts.records)) : '0'), 'n'],
  ['Failed', (run) => number(run.counts.failed), 'n'],
  ['Waiting', (run) => number(run.counts.admitted - run.counts.closed), 'n'],
  ['Data', (run) => bytes(run.counts.bytes), 'n'],
  ['Began', (run) => when(run.created_at)],
];

export async function home(place) {
  const { signal } = place;
  let rows = [];
  const query = { limit: 50 };
  const list = await listed('/v1/runs', query, signal, {
    noun: 'run',
    none: undefined,
    show: (data) => {
      rows = data;
      const shown = table('Runs', columns, data);
      keep(shown, signal, query, data);
      return shown;
    },
  });
  if (!rows.some((run) => !run.urgent)) return harvest({ ...place, first: true });
  return make('div', {}, head('Runs', make('a', { class: 'button', href: '#/new' }, 'New harvest')), list);
}

/** While something is under way and the list is at its beginning, it is read again. */
function keep(shown, signal, query, first) {
  let data = first;
  const again = async () => {
    if (signal.aborted) return;
    const isAlone = shown.node.querySelectorAll('tbody tr').length === data.length;
    const isLive = data.some((run) => !['done', 'cancelled'].includes(run.state));
    if (isAlone && isLive && !document.hidden) {
      try {
        data = (await get('/v1/runs', query, signal)).data;
        shown.set(data);
      } catch { /* the next time */ }
    }
    setTimeout(again, EVERY);
  };
  setTimeout(again, EVERY);
}
