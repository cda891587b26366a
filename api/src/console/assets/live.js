// The side "Overview" of a run: its figures, its pace and its counts, while they change.

import { follow, get, post } from './api.js';
import { make, refill } from './dom.js';
import { between, bytes, duration, number, when } from './format.js';
import { action, announce, bars, figure, problem } from './ui.js';
import { throughput } from './chart.js';
import { isOver } from './run.js';
import { again } from './again.js';

/** How often counts by name and the curve are read, at the most; and how much longer than they took. */
const EVERY = 2000;
const REST = 20;

export async function live({ run, signal, told }) {
  const base = `#/runs/${run.id}`;
  const figures = {
    pages: figure('Pages', `${base}/pages?outcome=fetched`), records: figure('Records', `${base}/records`),
    failed: figure('Failed', `${base}/pages?outcome=failed`), waiting: figure('Waiting'), pace: figure('Pages a second'),
    bytes: figure('Received'), time: figure('Time'),
  };
  const bar = make('progress', { max: 1, 'aria-label': 'URLs done of those found' });
  const said = make('p', { class: 'soft said' });
  const next = make('div', {});
  const chart = make('div', {});
  const counts = make('div', { class: 'grid' });
  const lost = make('div', { role: 'status' });

  const showFigures = () => {
    const { counts: c } = run;
    const seconds = between(run.created_at, run.ended_at);
    figures.pages.set(number(c.pages));
    figures.records.set(number(c.records) + (c.rejected ? ` + ${number(c.rejected)} apart` : ''));
    figures.failed.set(number(c.failed));
    figures.waiting.set(number(c.admitted - c.closed));
    figures.pace.set(number(seconds ? c.pages / seconds : 0));
    figures.bytes.set(bytes(c.bytes));
    figures.time.set(duration(seconds));
    bar.value = c.admitted ? c.closed / c.admitted : 0;
    bar.hidden = isOver(run);
    refill(said, isOver(run) ? ['Ended ', when(run.ended_at), '.'] : [`${number(c.closed)} of ${number(c.admitted)} URLs that are known so far are done. Began `, when(run.created_at), '.']);
    if (isOver(run) && !c.pages && !next.firstChild) next.append(make('p', { class: 'problem' }, 'No page was fetched. Why is told below, by reason.'));
    const hasNext = isOver(run) && c.records > 0;
    if (hasNext && !next.firstChild) {
      next.append(make('p', { class: 'next' }, make('a', { class: 'button', href: `${base}/records` }, `See the ${number(c.records)} records`)));
    }
  };
  const byReason = (reason) => `${base}/pages?outcome=failed&reason=${encodeURIComponent(reason)}`;
  const retry = (reason, count) => (isOver(run) ? action('Try again', () => again(run, reason, count), { class: 'quiet', 'data-key': `again-${reason}` }) : undefined);
  const showCounts = (curve) => {
    refill(chart, throughput(curve, Math.max(0.1, between(run.created_at, run.ended_at))));
    const { status, failed, cut, refused, rejected } = run.tallies;
    refill(counts,
      bars('Answers by status', status, { href: (code) => `${base}/pages?status=${code}` }),
      bars('Failures by reason', failed, { href: byReason, more: retry, none: 'None.' }),
      bars('Links left out, by reason', { ...refused, ...cut }, { none: 'None.' }),
      Object.keys(rejected).length ? bars('Records kept apart, by reason', rejected, { href: () => `${base}/records?rejected=true` }) : undefined);
  };

  const read = async () => {
    const begun = performance.now();
    const [detail, curve] = await Promise.all([get(`/v1/runs/${run.id}`, {}, signal), get(`/v1/runs/${run.id}/throughput`, {}, signal)]);
    Object.assign(run, detail);
    showFigures();
    showCounts(curve);
    return Math.max(EVERY, (performance.now() - begun) * REST);
  };
  // One reader at a time; what changes while it reads is read once more.
  let due, isReading = false, isStale = false;
  const refresh = async () => {
    isStale = true;
    if (isReading) return;
    isReading = true;
    while (isStale && !signal.aborted) {
      isStale = false;
      const wait = await read().catch(() => EVERY);
      if (!isOver(run)) await new Promise((done) => { due = setTimeout(done, wait); });
    }
    isReading = false;
  };
  signal.addEventListener('abort', () => clearTimeout(due));

  await read();
  if (!isOver(run)) {
    let state = run.state;
    const ticking = setInterval(() => (isOver(run) || signal.aborted ? clearInterval(ticking) : showFigures()), 1000);
    follow(run.id, signal, (event) => {
      lost.replaceChildren();
      Object.assign(run, { ...event, tallies: run.tallies, job: run.job });
      showFigures();
      if (run.state !== state) {
        state = run.state;
        told();
        announce(isOver(run) ? `The run is ${state}: ${number(run.counts.pages)} pages, ${number(run.counts.records)} records.` : `The run is ${state}.`);
      }
      if (isOver(run)) read().catch(() => {});
      else refresh();
    }, () => lost.replaceChildren(make('p', { class: 'soft' }, 'The connection is lost; trying again…')))
      .catch((error) => lost.replaceChildren(problem(error)));
  }
  return make('div', {}, lost, make('dl', { class: 'figures' }, Object.values(figures).map(({ node }) => node)), bar, said, next,
    make('section', { class: 'panel' }, make('h2', {}, 'Pages a second'), chart), counts);
}
