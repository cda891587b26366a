// Tables, and lists that come in pages.

import { make, refill } from './dom.js';
import { get } from './api.js';
import { action, announce, problem } from './ui.js';
import { plural } from './format.js';

/** A table. `columns`: name, what a row shows in it, class. On a narrow screen rows become cards, unless `wide`. */
export function table(caption, columns, rows, { wide = false } = {}) {
  const heads = columns.map(([name]) => make('th', { scope: 'col', role: 'columnheader' }, name));
  const body = make('tbody', { role: 'rowgroup' });
  const node = make('div', { class: 'scroll', tabindex: wide ? 0 : undefined, role: wide ? 'region' : undefined, 'aria-label': wide ? caption : undefined },
    make('table', { class: wide ? 'wide' : 'cards', role: 'table' }, make('caption', { class: 'unseen' }, caption),
      make('thead', { role: 'rowgroup' }, make('tr', { role: 'row' }, heads)), body));
  const line = (row) => make('tr', { role: 'row' },
    columns.map(([name, show, kind]) => make('td', { role: 'cell', 'data-label': name, class: kind }, show(row))));
  body.append(...rows.map(line));
  return { node, add: (more) => body.append(...more.map(line)), set: (all) => refill(body, all.map(line)) };
}

/** A list of the API: its first page, and more on demand. `show` makes a table of the first rows. */
export async function listed(path, query, signal, { show, none, noun }) {
  const first = await get(path, query, signal);
  if (!first.data.length) return none;
  const shown = show(first.data);
  let count = first.data.length;
  let cursor = first.next_cursor;
  const told = make('span', { class: 'soft' });
  const more = action('Show more', async () => {
    const next = await get(path, { ...query, cursor }, signal);
    shown.add(next.data);
    count += next.data.length;
    cursor = next.next_cursor;
    announce(`${plural(next.data.length, noun)} more`);
    tell();
  }, { class: 'quiet' });
  const tell = () => {
    told.textContent = `${plural(count, noun)}${cursor ? ', and more' : ''}`;
    more.hidden = !cursor;
  };
  tell();
  return make('div', {}, shown.node, make('div', { class: 'row foot' }, told, more));
}

/** A place that is filled by something that takes time. */
export function later(promise) {
  const place = make('div', { 'aria-busy': 'true' }, make('p', { class: 'soft' }, 'Loading…'));
  promise.then((node) => place.replaceChildren(node), (error) => {
    if (error.name !== 'AbortError') place.replaceChildren(problem(error));
  }).finally(() => place.removeAttribute('aria-busy'));
  return place;
}
