// Failed pages once more, as a run of their own: a run that is over stays as it was.

import { get, post } from './api.js';
import { announce } from './ui.js';
import { plural } from './format.js';

/** The most URLs that are tried again at once. */
const MOST = 10_000;

export async function again(run, reason) {
  const urls = [];
  let cursor;
  do {
    const part = await get(`/v1/runs/${run.id}/pages`, { outcome: 'failed', reason, limit: 1000, cursor });
    urls.push(...part.data.filter((page) => page.kind === 'page').map((page) => page.url));
    cursor = part.next_cursor;
  } while (cursor && urls.length < MOST);
  if (!urls.length) throw new Error('None of them is a page; robots.txt and sitemaps are read again by the next run.');
  const { job } = run;
  const next = await post('/v1/runs', {
    ...job, name: job.name && `${job.name}-again`.slice(0, 100), seeds: { urls: urls.slice(0, MOST) },
    scope: { ...job.scope, sitemaps: false }, limits: { ...job.limits, depth: 0 },
  });
  announce(`Run ${next.id} tries ${plural(urls.length, 'page')} again.`);
  location.hash = `#/runs/${next.id}`;
}
