// Records as a table, and as files.

import { save } from './api.js';
import { foreign, link, make, select } from './dom.js';
import { action, empty } from './ui.js';
import { listed, table } from './table.js';

/** The longest text that stands in a cell as it is. */
const LONG = 160;

/** A value of a field. Text that is a URL of the web is a link. */
export function cell(value) {
  if (value === null || value === undefined) return make('span', { class: 'soft' }, '–');
  if (typeof value === 'object') {
    const isPlain = Array.isArray(value) && value.every((one) => typeof one !== 'object');
    return isPlain ? make('ul', { class: 'values' }, value.map((one) => make('li', {}, cell(one)))) : make('code', {}, foreign(JSON.stringify(value)));
  }
  const text = String(value);
  if (/^https?:\/\/\S+$/i.test(text)) return link(text);
  if (text.length <= LONG) return foreign(text);
  return make('details', { class: 'long' }, make('summary', {}, foreign(`${text.slice(0, LONG)}…`)), foreign(text, { class: 'whole' }));
}

/** A table with a column for each field. */
export function recordTable(caption, rows, run) {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.fields ?? {})))];
  const isNumber = (name) => rows.every((row) => ['number', 'undefined'].includes(typeof (row.fields?.[name] ?? undefined)));
  const columns = names.map((name) => [name, (row) => cell(row.fields?.[name]), isNumber(name) ? 'n' : undefined]);
  if (rows.some((row) => row.rejected)) columns.unshift(['Why', (row) => foreign(row.rejected ?? '')]);
  if (run) columns.unshift(['Page', (row) => make('a', { href: `#/runs/${run}/pages/${row.page.seq}`, title: row.page.url }, `${row.page.seq}`), 'first']);
  return table(caption, columns, rows, { wide: true });
}

/** The side "Records" of a run. */
export async function records({ run, query, signal }) {
  const rejected = query.rejected === 'true';
  const { version } = query;
  const format = select([['csv', 'CSV'], ['jsonl', 'JSON Lines'], ['parquet', 'Parquet']], 'csv', { 'aria-label': 'File format' });
  const download = action('Export', () => save(`/v1/runs/${run.id}/export`, { format: format.value }, `run-${run.id}.${format.value}`));
  const which = make('div', { class: 'row spread' },
    make('div', { class: 'pills', role: 'group', 'aria-label': 'Which records' },
      make('a', { href: `#/runs/${run.id}/records${version ? `?version=${version}` : ''}`, 'aria-current': rejected ? undefined : 'true' }, 'Valid'),
      make('a', { href: `#/runs/${run.id}/records?rejected=true${version ? `&version=${version}` : ''}`, 'aria-current': rejected ? 'true' : undefined }, 'Kept apart')),
    make('div', { class: 'row' }, format, download));
  const none = rejected ? empty('Nothing was kept apart', 'Records that miss a required field, or do not fit their type, would be here.')
    : empty('No records', run.job.extract ? 'No page has given one yet.' : 'The job of this run takes no fields.');
  const list = await listed(`/v1/runs/${run.id}/records`, { rejected: rejected || undefined, version, limit: 100 }, signal,
    { noun: 'record', none, show: (rows) => recordTable('Records', rows, run.id) });
  const note = version === undefined ? undefined : make('p', {}, `These are of version ${version}. `, make('a', { href: `#/runs/${run.id}/versions` }, 'All versions'), '; exports are of the current one.');
  return make('div', {}, which, note, list);
}
