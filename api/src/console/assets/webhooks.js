// Endpoints that are told what happens, and what was delivered to them.

import { post, remove } from './api.js';
import { field, foreign, make } from './dom.js';
import { when } from './format.js';
import { action, announce, badge, empty, head, problem, sure } from './ui.js';
import { later, listed, table } from './table.js';

const EVENTS = { 'run.started': 'a run began', 'run.pages': 'pages were closed', 'run.ended': 'a run ended' };

function form(done) {
  const url = make('input', { type: 'url', required: true, placeholder: 'https://example.com/hook', autocomplete: 'off' });
  const boxes = Object.entries(EVENTS).map(([name, text]) => {
    const input = make('input', { type: 'checkbox', value: name, checked: name === 'run.ended' });
    return { input, node: make('label', { class: 'check' }, input, text) };
  });
  const told = make('div', { 'aria-live': 'polite' });
  return make('form', {
    class: 'panel',
    onsubmit: async (event) => {
      event.preventDefault();
      try {
        const made = await post('/v1/webhooks', { url: url.value, events: boxes.filter(({ input }) => input.checked).map(({ input }) => input.value) });
        await done();
        told.replaceChildren(make('p', {}, 'Its secret is shown this once: ', make('code', { class: 'secret' }, made.secret)));
      } catch (error) {
        told.replaceChildren(problem(error));
      }
    },
  }, make('h2', {}, 'New endpoint'), field('Where events are sent', url, 'By POST, signed as Standard Webhooks say. Not to private addresses.'),
  make('fieldset', {}, make('legend', {}, 'Tell it when'), boxes.map(({ node }) => node)), make('button', {}, 'Keep'), told);
}

const deliveries = (hook) => listed(`/v1/webhooks/${hook.id}/deliveries`, { limit: 20 }, undefined, {
  noun: 'delivery', none: make('p', { class: 'soft' }, 'Nothing was sent yet.'),
  show: (rows) => table('Deliveries', [
    ['Event', (one) => [one.kind, one.run ? [' of ', make('a', { href: `#/runs/${one.run}` }, `run ${one.run}`)] : ''], 'first'],
    ['State', (one) => badge(one.state)], ['Tries', (one) => one.tries, 'n'],
    ['Last', (one) => [when(one.last_at), ' ', foreign(one.last_error ?? one.last_status ?? '')]],
    ['', (one) => action('Again', async () => {
      await post(`/v1/webhooks/${hook.id}/deliveries/${one.event}/redeliver`);
      announce('It is delivered again, under the same id.');
    }, { class: 'quiet', 'aria-label': `Deliver ${one.event} again` })],
  ], rows),
});

export async function webhooks({ signal }) {
  const list = make('div', {});
  const read = async () => list.replaceChildren(await listed('/v1/webhooks', { limit: 100 }, signal, {
    noun: 'endpoint', none: empty('No endpoints', 'An endpoint is told when runs begin and end.'),
    show: (rows) => table('Endpoints', [
      ['URL', (hook) => foreign(hook.url), 'first url'],
      ['Is told', (hook) => hook.events.map((name) => EVENTS[name] ?? name).join(', ')],
      ['State', (hook) => (hook.disabled ? [badge('failed', 'disabled'), ' ', foreign(hook.disabled)] : badge('running', 'open'))],
      ['Deliveries', (hook) => {
        const details = make('details', { class: 'plain' }, make('summary', {}, 'Show'));
        details.addEventListener('toggle', () => { if (details.open && details.children.length === 1) details.append(later(deliveries(hook))); });
        return details;
      }],
      ['', (hook) => make('div', { class: 'row' },
        action('Ping', async () => { await post(`/v1/webhooks/${hook.id}/ping`); announce('An event webhook.ping is on its way.'); }, { class: 'second' }),
        action('Delete', async () => {
          if (!await sure('Delete this endpoint?', 'Delete')) return;
          await remove(`/v1/webhooks/${hook.id}`);
          await read();
        }, { class: 'quiet danger' }))],
    ], rows),
  }));
  await read();
  return make('div', {}, head('Webhooks'), list, form(read));
}
