// What rules take of a page.

import { foreign, link, make } from './dom.js';
import { number, plural } from './format.js';
import { recordTable } from './records.js';

/** The answer of `POST /v1/parse-preview`. */
export function found(answer) {
  const { records = [], rejected = [], links = [], not_followed: not = {}, title, error } = answer;
  const left = Object.entries(not).map(([why, count]) => `${why.replaceAll('_', ' ')} ${number(count)}`).join(', ');
  return make('section', { class: 'preview' },
    make('h2', {}, records.length ? plural(records.length, 'record') : 'No record'),
    make('p', { class: 'soft' }, title ? ['Of “', foreign(title), '”. '] : '', error ? foreign(`${error}. `) : '',
      `${plural(links.length, 'link')} would be followed`, left ? `; not followed: ${left}.` : '.'),
    records.length ? recordTable('Preview', records.map((fields) => ({ fields }))).node
      : make('p', {}, rejected.length ? 'What was found does not fit the rules:' : 'No selector matched anything on this page.'),
    rejected.length ? recordTable('Kept apart', rejected.map(({ why, fields }) => ({ fields, rejected: why }))).node : undefined,
    links.length ? make('details', { class: 'plain' }, make('summary', {}, 'Links that would be followed'),
      make('ul', { class: 'urls' }, links.slice(0, 200).map((url) => make('li', {}, link(url))))) : undefined);
}
