// What rules take of a page.

import { foreign, link, make } from './dom.js';
import { number, plural } from './format.js';
import { recordTable } from './records.js';

/** The answer of `POST /v1/parse-preview`. */
export function found(answer) {
  const { records = [], rejected = [], links = [], not_followed: not = {}, title, error, content } = answer;
  const left = Object.entries(not).map(([why, count]) => `${why.replaceAll('_', ' ')} ${number(count)}`).join(', ');
  return make('section', { class: 'preview' },
    make('h2', {}, records.length ? plural(records.length, 'record') : 'No record'),
    make('p', { class: 'soft' }, title ? ['Of “', foreign(title), '”. '] : '', error ? foreign(`${error}. `) : '',
      `${plural(links.length, 'link')} would be followed`, left ? `; not followed: ${left}.` : '.'),
    records.length ? recordTable('Preview', records.map((fields) => ({ fields }))).node
      : make('p', {}, rejected.length ? 'What was found does not fit the rules:' : 'No selector matched anything on this page.'),
    rejected.length ? recordTable('Kept apart', rejected.map(({ why, fields }) => ({ fields, rejected: why }))).node : undefined,
    Object.entries(content ?? {}).filter(([name]) => !['content_type', 'meta'].includes(name)).map(([name, kept]) => make('details', { class: 'plain' }, make('summary', {}, `Content as ${name}`),
      make('pre', { tabindex: 0 }, typeof kept === 'string' ? kept : JSON.stringify(kept, null, 2)))),
    links.length ? make('details', { class: 'plain' }, make('summary', {}, 'Links that would be followed'),
      make('ul', { class: 'urls' }, links.slice(0, 200).map((url) => make('li', {}, link(url))))) : undefined);
}
