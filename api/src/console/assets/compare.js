// The side "Comparison" of a run: which pages are new, changed, the same or gone since an older one.

import { get } from './api.js';
import { foreign, make } from './dom.js';
import { empty, figure } from './ui.js';
import { number } from './format.js';
import { listed, table } from './table.js';

const WORDS = { new: 'New', changed: 'Changed', same: 'The same', gone: 'Gone' };

export async function comparison({ run, query, signal }) {
  const here = `#/runs/${run.id}/compare`;
  const base = make('input', { type: 'number', min: 1, inputmode: 'numeric', value: query.base, placeholder: 'the last', 'aria-label': 'Older run' });
  const form = make('form', { class: 'filter small', onsubmit: (event) => {
    event.preventDefault();
    location.hash = base.value ? `${here}?base=${base.value}` : here;
  } }, make('div', { class: 'field' }, make('span', {}, 'Older run'), base), make('button', { class: 'second' }, 'Compare'));
  let counts;
  try {
    counts = await get(`/v1/runs/${run.id}/comparison`, { base: query.base }, signal);
  } catch (error) {
    if (error.status !== 404) throw error;
    return make('div', {}, form, empty('Nothing to compare with', query.base ? error.message : 'There is no older run of the same job. Name any other run by its number.'));
  }
  const change = query.change ?? ['changed', 'new', 'gone', 'same'].find((one) => counts[one]) ?? 'same';
  const figures = Object.entries(WORDS).map(([name, text]) => {
    const one = figure(text, `${here}?${new URLSearchParams({ base: counts.base, change: name })}`);
    one.set(number(counts[name]));
    if (name === change) one.node.querySelector('a').setAttribute('aria-current', 'true');
    return one.node;
  });
  const of = change === 'gone' ? counts.base : run.id;
  const list = await listed(`/v1/runs/${run.id}/changes`, { base: counts.base, change, limit: 100 }, signal, {
    noun: 'page', none: make('p', { class: 'soft' }, 'None.'),
    show: (rows) => table(WORDS[change], [['URL', (page) => make('a', { href: `#/runs/${of}/pages/${page.seq}` }, foreign(page.url)), 'first url']], rows),
  });
  return make('div', {}, form, make('p', {}, 'Since ', make('a', { href: `#/runs/${counts.base}` }, `run ${counts.base}`), ':'),
    make('dl', { class: 'figures' }, figures), make('h2', {}, WORDS[change]), list);
}
