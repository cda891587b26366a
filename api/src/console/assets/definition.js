// The side "Job" of a run: what it harvests, its own copy.

import { make } from './dom.js';
import { draft } from './draft.js';
import { brief } from './brief.js';

export async function definition({ run }) {
  const copy = make('button', { type: 'button', class: 'second', onclick: () => { draft.put(run.job); location.hash = '#/jobs/new'; } }, 'Begin a new job from it');
  return make('div', {},
    make('p', {}, run.job_id ? ['This run has its own copy of ', make('a', { href: `#/jobs/${run.job_id}` }, `job ${run.job_id}`), ' as it was then.'] : 'This run is of no job that is kept.'),
    make('pre', { tabindex: 0, 'aria-label': 'Job' }, JSON.stringify(await brief(run.job), null, 2)), make('p', {}, copy));
}
