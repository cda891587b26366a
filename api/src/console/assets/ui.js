// The parts that every view is made of.

import { make } from './dom.js';
import { number } from './format.js';
import { meaning } from './reasons.js';

/** Says something to everybody: on the screen for some seconds, and to screen readers. */
export function announce(text) {
  const place = document.getElementById('status');
  place.textContent = text;
  clearTimeout(announce.timer);
  announce.timer = setTimeout(() => { place.textContent = ''; }, 6000);
}

/** What went wrong, with the fields that are concerned. */
export function problem(error) {
  const fields = (error.fields ?? []).map(({ pointer, detail }) =>
    make('li', {}, pointer ? [make('code', {}, pointer.replace(/^\//, '').replaceAll('/', '.')), ' '] : '', detail));
  return make('div', { class: 'problem', role: 'alert' }, make('p', {}, error.message),
    fields.length ? make('ul', {}, fields) : undefined,
    error.request && error.status >= 500 ? make('p', { class: 'soft' }, `Request ${error.request}`) : undefined);
}

/** A button that does something: it waits meanwhile, and tells beside itself what went wrong. */
export function action(text, run, attributes = {}) {
  const button = make('button', {
    type: 'button', ...attributes,
    onclick: async () => {
      const old = button.nextElementSibling;
      if (old?.classList.contains('problem')) old.remove();
      const had = document.activeElement === button;
      button.disabled = true;
      button.setAttribute('aria-busy', 'true');
      try {
        await run();
      } catch (error) {
        if (error.name !== 'AbortError') button.after(problem(error));
      } finally {
        button.disabled = false;
        button.removeAttribute('aria-busy');
        // A disabled button loses the focus.
        if (had && button.isConnected && document.activeElement === document.body) button.focus();
      }
    },
  }, text);
  return button;
}

/** Asks before something that cannot be undone. */
export function sure(question, yes) {
  const dialog = make('dialog', { 'aria-labelledby': 'question' }, make('form', { method: 'dialog' },
    make('p', { id: 'question' }, question),
    make('div', { class: 'row' }, make('button', { value: 'yes', class: 'danger' }, yes),
      make('button', { value: '', class: 'quiet', autofocus: true }, 'Back'))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener('close', () => {
    dialog.remove();
    done(dialog.returnValue === 'yes');
  }));
}

/** A state as a word with a colour. */
export const badge = (state, text = state) => make('span', { class: `badge ${state}` }, text);

/** A figure with its name; `set` changes it. */
export function figure(name, href) {
  const value = make('dd', {}, '–');
  const node = make('div', {}, make('dt', {}, href ? make('a', { href }, name) : name), value);
  return { node, set: (text) => { if (value.textContent !== text) value.textContent = text; } };
}

/** Counts by name, as bars; `more` gives what stands beside one. */
export function bars(title, counts, { href, more, none = 'Nothing yet.' } = {}) {
  const all = Object.entries(counts ?? {}).sort((a, b) => b[1] - a[1]);
  const most = Math.max(1, ...all.map(([, count]) => count));
  const rows = all.map(([name, count]) => make('li', {},
    make('span', { class: 'name' }, href ? make('a', { href: href(name) }, name) : name),
    make('span', { class: 'count' }, number(count)),
    make('meter', { min: 0, max: most, value: count, 'aria-hidden': 'true' }),
    meaning(name) && make('small', { class: 'hint' }, meaning(name)), more?.(name, count)));
  return make('section', { class: 'panel' }, make('h2', {}, title),
    rows.length ? make('ul', { class: 'bars' }, rows) : make('p', { class: 'soft' }, none));
}

/** What stands where there is nothing yet. */
export const empty = (title, ...text) => make('div', { class: 'empty' }, make('h2', {}, title), ...text.map((one) => make('p', {}, one)));

/** The head of a view. */
export const head = (title, ...beside) => make('div', { class: 'head' },
  make('h1', { tabindex: -1 }, title), make('div', { class: 'row' }, beside));

/** Links between the sides of one thing. */
export const tabs = (label, links, current) => make('nav', { class: 'tabs', 'aria-label': label },
  links.map(([href, text]) => make('a', { href, 'aria-current': href === current ? 'page' : undefined }, text)));
