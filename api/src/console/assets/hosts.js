// Hosts, their pace, and whether they are held.

import { get, post } from './api.js';
import { foreign, link, make } from './dom.js';
import { duration, number, when } from './format.js';
import { action, announce, badge, empty, head } from './ui.js';
import { later, listed, table } from './table.js';

function standing(host) {
  if (host.held) return badge('held', host.held < host.runs ? `held in ${host.held} of ${host.runs} runs` : 'held');
  if (host.down_since) return [badge('failed', 'down'), ' since ', when(host.down_since)];
  if (host.failures) return badge('paused', `${host.failures} failures in a row`);
  return badge('running', 'open');
}

/** What can be done to a host; the row's cells follow. */
function hold(host, run, places) {
  const show = () => {
    const verb = host.held ? 'release' : 'hold';
    places.state.replaceChildren(...[standing(host)].flat());
    places.button.replaceChildren(action(host.held ? 'Release' : 'Hold', async () => {
      const { runs } = await post(`/v1/hosts/${host.id}/${verb}`, undefined, { run });
      host.held = verb === 'hold' ? Math.max(runs, 1) : 0;
      announce(`${host.origin} is ${verb === 'hold' ? 'held: its URLs wait' : 'released'}.`);
      show();
      places.button.querySelector('button').focus();
    }, { class: 'second', 'aria-label': `${host.held ? 'Release' : 'Hold'} ${host.origin}` }));
  };
  show();
}

function robots(host) {
  const { robots: known } = host;
  if (!known) return make('span', { class: 'soft' }, 'not read yet');
  const words = { rules: 'has rules', allowed: 'none there', denied: 'cannot be had' };
  const details = make('details', { class: 'plain' }, make('summary', {}, words[known.access] ?? known.access));
  details.addEventListener('toggle', () => {
    if (!details.open || details.children.length > 1) return;
    const text = get(`/v1/hosts/${host.id}`).then(({ robots: whole }) => make('pre', { tabindex: 0 }, whole?.text || '(empty)'));
    details.append(later(text));
  });
  return details;
}

function hostTable(rows, run) {
  const places = new Map();
  const of = (host) => {
    if (!places.has(host)) {
      places.set(host, { state: make('span', {}), button: make('span', {}) });
      hold(host, run, places.get(host));
    }
    return places.get(host);
  };
  return table('Hosts', [
    ['Host', (host) => link(host.origin), 'first url'],
    ['State', (host) => of(host).state],
    ['Pause between requests', (host) => duration(host.delay_ms / 1000), 'n'],
    ['Waiting', (host) => number(host.queued), 'n'],
    ['Found', (host) => number(host.admitted), 'n'],
    ['robots.txt', robots],
    ['', (host) => of(host).button],
  ], rows);
}

/** The side "Hosts" of a run. */
export const hosts = ({ run, signal }) => listed('/v1/hosts', { run: run.id, limit: 100 }, signal,
  { noun: 'host', none: empty('No hosts', 'Nothing is admitted yet.'), show: (rows) => hostTable(rows, run.id) });

/** The hosts of all runs that are not over. */
export async function hostsView({ signal }) {
  const none = empty('No hosts', 'The hosts of runs that are under way are shown here, with their pace. A host that is held is asked nothing until it is released.');
  return make('div', {}, head('Hosts'),
    await listed('/v1/hosts', { limit: 100 }, signal, { noun: 'host', none, show: (rows) => hostTable(rows) }));
}
