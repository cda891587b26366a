// What became of a run's URLs.

import { foreign, field, make, select } from './dom.js';
import { when } from './format.js';
import { badge, empty } from './ui.js';
import { listed, table } from './table.js';

const columns = (run) => [
  ['URL', (page) => make('a', { href: `#/runs/${run}/pages/${page.seq}` }, foreign(page.url)), 'first url'],
  ['Status', (page) => page.status ?? '–', 'n'],
  ['Outcome', (page) => badge(page.outcome, page.outcome === 'cut' ? 'not asked' : page.outcome)],
  ['Why, or title', (page) => foreign(page.reason ?? page.title ?? '')],
  ['Fetched', (page) => when(page.fetched_at)],
];

/** The side "Pages" of a run. */
export async function pages({ run, query, signal }) {
  const reasons = Object.keys({ ...run.tallies.failed, ...run.tallies.cut }).sort();
  const statuses = Object.keys(run.tallies.status);
  const wanted = (list, value) => (value && !list.includes(value) ? [...list, value] : list).map((one) => [one, one]);
  const inputs = {
    outcome: select([['', 'any'], ['fetched', 'fetched'], ['redirected', 'redirected'], ['failed', 'failed'], ['cut', 'not asked']], query.outcome),
    status: select([['', 'any'], ...wanted(statuses, query.status)], query.status),
    reason: select([['', 'any'], ...wanted(reasons, query.reason)], query.reason),
    url_prefix: make('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', placeholder: 'https://…', value: query.url_prefix }),
  };
  const apply = (event) => {
    event.preventDefault();
    const set = Object.entries(inputs).map(([name, input]) => [name, input.value.trim()]).filter(([, value]) => value);
    location.hash = `#/runs/${run.id}/pages${set.length ? `?${new URLSearchParams(set)}` : ''}`;
  };
  const form = make('form', { class: 'filter', onsubmit: apply, onchange: (event) => event.target.tagName === 'SELECT' && form.requestSubmit() },
    field('Outcome', inputs.outcome), field('Status', inputs.status), field('Reason', inputs.reason), field('URL begins with', inputs.url_prefix),
    make('button', { class: 'second' }, 'Filter'));
  const { outcome, status, reason, url_prefix } = query;
  const list = await listed(`/v1/runs/${run.id}/pages`, { outcome, status, reason, url_prefix, limit: 100 }, signal,
    { noun: 'page', none: empty('No pages', 'Nothing fits, or nothing is fetched yet.'), show: (rows) => table('Pages', columns(run.id), rows) });
  return make('div', {}, form, list);
}
