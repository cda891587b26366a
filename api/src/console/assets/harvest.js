// "Harvest a site": a URL and fields become a run.

import { post } from './api.js';
import { field, make, select } from './dom.js';
import { action, announce, head, problem } from './ui.js';
import { found } from './preview.js';
import { draft } from './draft.js';

const text = (attributes) => make('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off', ...attributes });

/** What people type as an address. */
export function address(typed) {
  const url = typed.trim();
  return !url || /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url : `https://${url}`;
}

/** A name that a job may have, from a URL. */
function named(url) {
  try { return new URL(url).host.replace(/[^\w.-]+/g, '-').slice(0, 100) || undefined; } catch { return undefined; }
}

/** The rows of fields. */
function fields(start) {
  const list = make('ul', { class: 'fields' });
  const add = (name = '', css = '') => {
    const inputs = [text({ placeholder: 'name', 'aria-label': 'Field name', class: 'name' }), text({ placeholder: 'h1, .price, a.buy@href', 'aria-label': 'CSS selector', class: 'css' })];
    [inputs[0].value, inputs[1].value] = [name, css];
    const row = make('li', {}, inputs, make('button', {
      type: 'button', class: 'quiet', 'aria-label': 'Remove this field',
      onclick: () => { const next = row.nextElementSibling ?? row.previousElementSibling; row.remove(); (next?.querySelector('input') ?? list.nextElementSibling)?.focus(); },
    }, '×'));
    list.append(row);
    return inputs[0];
  };
  start.forEach((pair) => add(...pair));
  const button = make('button', { type: 'button', class: 'quiet', onclick: () => add().focus() }, '+ Add a field');
  const read = () => Object.fromEntries([...list.children].map((row) => [...row.querySelectorAll('input')].map((input) => input.value.trim()))
    .filter(([name, css]) => name && css));
  return { node: make('fieldset', {}, make('legend', {}, 'What to take of each page'), list, button,
    make('small', { class: 'hint' }, 'A field is a name and a CSS selector; put @attribute behind it for an attribute, as in a@href.')), read };
}

export function harvest({ first = false } = {}) {
  const url = text({ inputmode: 'url', required: true, placeholder: 'https://example.com/', autofocus: first });
  const rows = fields([['title', 'h1']]);
  const each = text({ placeholder: '.product' });
  const pages = make('input', { type: 'number', min: 1, value: 200, inputmode: 'numeric' });
  const within = select([['host', 'this host'], ['path', 'this path and below'], ['site', 'this site with all its hosts']], 'host');
  const told = make('div', { 'aria-live': 'polite' });

  const extract = () => ({ ...(each.value.trim() && { each: each.value.trim() }), fields: rows.read() });
  const job = () => {
    const seed = address(url.value);
    return { version: 1, name: named(seed), seeds: { urls: [seed] }, scope: { within: within.value },
      limits: pages.value ? { pages: Number(pages.value) } : {}, extract: extract() };
  };
  const isReady = () => url.reportValidity() && pages.reportValidity();
  const start = async (event) => {
    event.preventDefault();
    const button = form.querySelector('button[type=submit]');
    button.disabled = true;
    try {
      const run = await post('/v1/runs', job());
      announce(`Run ${run.id} has begun.`);
      location.hash = `#/runs/${run.id}`;
    } catch (error) {
      told.replaceChildren(problem(error));
    } finally {
      button.disabled = false;
    }
  };
  const preview = action('Preview on this page', async () => {
    if (!isReady()) return;
    told.replaceChildren(make('p', { class: 'soft' }, 'Fetching the page…'));
    try {
      told.replaceChildren(found(await post('/v1/parse-preview', { url: address(url.value), extract: extract() })));
    } catch (error) {
      told.replaceChildren(problem(error));
    }
  }, { class: 'second' });
  const edit = make('button', { type: 'button', class: 'quiet', onclick: () => { draft.put(job()); location.hash = '#/jobs/new'; } }, 'Edit as a job');

  const form = make('form', { class: 'panel', onsubmit: start },
    field('Where to begin', url), rows.node,
    make('details', { class: 'plain' }, make('summary', {}, 'More'), make('div', { class: 'columns' },
      field('One record for each', each, 'A selector, where a page holds several records. Empty: a page is one record.'),
      field('Pages at the most', pages), field('Stay within', within))),
    make('div', { class: 'row' }, make('button', { type: 'submit' }, 'Start harvesting'), preview, edit), told);
  return make('div', { class: first ? 'welcome' : undefined }, head(first ? 'Harvest a site' : 'New harvest'),
    first ? make('p', { class: 'lead' }, 'Say where to begin and what to take of each page. You get a table, and every page is kept.') : undefined, form);
}
