// One run: its head with what may be done to it, and its sides.

import { get, post } from './api.js';
import { make, refill } from './dom.js';
import { action, announce, badge, sure, tabs } from './ui.js';
import { live } from './live.js';
import { records } from './records.js';
import { pages } from './pages.js';
import { hosts } from './hosts.js';
import { versions } from './versions.js';
import { comparison } from './compare.js';
import { definition } from './definition.js';

export const name = (run) => run.name ?? `Run ${run.id}`;
export const isOver = (run) => ['done', 'cancelled'].includes(run.state);

const SIDES = [['', 'Overview', live], ['records', 'Records', records], ['pages', 'Pages', pages], ['hosts', 'Hosts', hosts],
  ['versions', 'Versions', versions], ['compare', 'Comparison', comparison], ['job', 'Job', definition]];

/** The buttons that fit a run's state. */
function commands(run, told) {
  const command = (text, verb, attributes, ask) => action(text, async () => {
    if (ask && !await sure(ask, text)) return;
    Object.assign(run, await post(`/v1/runs/${run.id}/${verb}`));
    announce(`The run is ${run.state}.`);
    told();
  }, attributes);
  if (!isOver(run)) {
    return [run.state === 'paused' ? command('Resume', 'resume', { 'data-key': 'pause' }) : command('Pause', 'pause', { class: 'second', 'data-key': 'pause' }),
      command('Cancel', 'cancel', { class: 'quiet danger' }, 'End this run at once? What it has stays.')];
  }
  const again = action('Run again', async () => {
    const next = run.job_id ? await post(`/v1/jobs/${run.job_id}/runs`) : await post('/v1/runs', run.job);
    announce(`Run ${next.id} has begun.`);
    location.hash = `#/runs/${next.id}`;
  }, { class: 'second' });
  return [again];
}

export async function run({ run: id, side = '', query, signal }) {
  const run = await get(`/v1/runs/${id}`, {}, signal);
  const [, , show] = SIDES.find(([path]) => path === side) ?? SIDES[0];
  const beside = make('div', { class: 'row' });
  const state = make('span', {});
  const told = () => {
    state.replaceChildren(badge(run.state));
    refill(beside, ...commands(run, told));
  };
  told();
  const base = `#/runs/${run.id}`;
  const body = await show({ run, query, signal, told });
  return make('div', {},
    make('p', { class: 'crumbs' }, make('a', { href: '#/' }, 'Runs'), ` / ${run.id}`),
    make('div', { class: 'head' }, make('h1', { tabindex: -1 }, name(run)), state, beside),
    tabs('Run', SIDES.map(([path, text]) => [path ? `${base}/${path}` : base, text]), side ? `${base}/${side}` : base), body);
}
