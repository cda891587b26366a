// The API key: where one is needed, and where it is kept.

import { get, key } from './api.js';
import { field, foreign, make } from './dom.js';
import { announce, head, problem } from './ui.js';

/** The form that asks for a key. */
export function keyForm(error, done) {
  const input = make('input', { type: 'password', autocomplete: 'off', spellcheck: 'false', placeholder: 'hm_…', required: true });
  const told = make('div', { id: 'told' });
  const refused = key.get() && error ? 'This key is not accepted. It may have ended, or be mistyped.' : undefined;
  if (refused) told.append(problem({ message: refused }));
  const form = make('form', {
    class: 'panel narrow',
    onsubmit: async (event) => {
      event.preventDefault();
      const old = key.get();
      key.set(input.value.trim());
      try {
        await get('/v1/tenant');
        announce('The key is accepted.');
        done();
      } catch (failure) {
        key.set(old);
        const isWrong = failure.status === 401;
        told.replaceChildren(problem(isWrong ? { message: 'This key is not accepted. It may have ended, or be mistyped.' } : failure));
        input.setAttribute('aria-invalid', 'true');
        input.focus();
      }
    },
  }, told, field('API key', input, 'It is kept in this tab until you close it, and sent to this server only.'),
    make('div', { class: 'row' }, make('button', {}, 'Use this key')));
  return make('div', {}, head('This server asks for a key'),
    make('p', {}, 'Make one with ', make('code', {}, 'harvestman keys create'), ', or ask whoever runs the server.'), form);
}

/** Who this tab is. */
export async function keyView({ signal }) {
  const again = () => { location.hash = '#/'; };
  let own;
  try { own = await get('/v1/tenant', {}, signal); } catch (error) {
    if (error.status === 401) return keyForm(error, again);
    throw error;
  }
  const form = keyForm(undefined, again).querySelector('form');
  const forget = make('button', { class: 'quiet', type: 'button', onclick: () => { key.set(''); announce('The key is forgotten.'); location.hash = '#/'; } }, 'Forget the key');
  const { name } = own;
  return make('div', {}, head('Key'),
    make('p', {}, key.get() ? 'This tab uses a key' : 'This server asks for no key on this machine',
      name ? [' (tenant ', foreign(name), ')'] : '', '.'),
    key.get() ? make('p', {}, forget) : undefined, form);
}
