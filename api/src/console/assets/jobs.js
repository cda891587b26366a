// The job definitions that are kept.

import { post } from './api.js';
import { foreign, make } from './dom.js';
import { when } from './format.js';
import { action, announce, badge, empty, head } from './ui.js';
import { listed, table } from './table.js';

const runNow = (job) => action('Run now', async () => {
  const run = await post(`/v1/jobs/${job.id}/runs`);
  announce(`Run ${run.id} has begun.`);
  location.hash = `#/runs/${run.id}`;
}, { class: 'second', 'aria-label': `Run ${job.name ?? `job ${job.id}`} now` });

/** When it runs by itself, and a switch. */
function schedule(job) {
  const place = make('span', {});
  const show = () => {
    const { schedule: plan } = job;
    if (!plan) return place.replaceChildren(make('span', { class: 'soft' }, 'by hand'));
    const verb = plan.paused ? 'resume' : 'pause';
    return place.replaceChildren(make('code', {}, plan.cron), ' ', make('span', { class: 'soft' }, plan.timezone), ' ',
      ...(plan.paused ? [badge('paused')] : ['next ', when(plan.next_at)]), ' ',
      action(plan.paused ? 'Resume' : 'Pause', async () => {
        job.schedule = await post(`/v1/jobs/${job.id}/schedule/${verb}`);
        show();
        place.querySelector('button').focus();
      }, { class: 'quiet', 'aria-label': `${plan.paused ? 'Resume' : 'Pause'} the schedule of ${job.name ?? `job ${job.id}`}` }));
  };
  show();
  return place;
}

const columns = [
  ['Job', (job) => make('a', { href: `#/jobs/${job.id}` }, foreign(job.name ?? `Job ${job.id}`)), 'first'],
  ['Runs by itself', schedule],
  ['Last run', (job) => (job.last_run ? make('a', { href: `#/runs/${job.last_run}` }, `Run ${job.last_run}`) : make('span', { class: 'soft' }, 'none'))],
  ['Changed', (job) => when(job.updated_at)],
  ['', runNow],
];

export async function jobs({ signal }) {
  const none = empty('No jobs yet', 'A job is a harvest that is kept: it runs when you say so, or by itself at set times, and each run is compared with the last.');
  return make('div', {}, head('Jobs', make('a', { class: 'button', href: '#/jobs/new' }, 'New job')),
    await listed('/v1/jobs', { limit: 100 }, signal, { noun: 'job', none, show: (rows) => table('Jobs', columns, rows) }));
}
