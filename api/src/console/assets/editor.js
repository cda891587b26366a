// The job editor: a document as YAML or JSON, what it takes of a page, and when it runs by itself.

import { get, post, put, remove, send } from './api.js';
import { field, foreign, make } from './dom.js';
import { action, announce, head, problem, sure } from './ui.js';
import { found } from './preview.js';
import { draft } from './draft.js';
import { brief } from './brief.js';
import { scheduleForm } from './schedule.js';
import { address } from './harvest.js';

const BEGINNING = `version: 1
name: my-job
seeds:
  urls:
    - https://example.com/
scope:
  within: host      # or site, path, prefix, any
limits:
  pages: 1000
extract:
  # each: .product  # a record for each match
  fields:
    title: h1
    # link: a.more@href
    # price: { css: .price, type: number, required: true }
`;

async function beginning(id, signal) {
  if (id !== 'new') {
    const response = await send('GET', `/v1/jobs/${id}`, { signal });
    const kept = await response.json();
    return { kept, tag: response.headers.get('etag'), text: JSON.stringify(await brief(kept.job), null, 2) };
  }
  const job = draft.take();
  return { text: job ? JSON.stringify(await brief(job), null, 2) : BEGINNING };
}

export async function editor({ job: id, query, signal }) {
  let { kept, tag, text } = await beginning(id, signal);
  if (query.run && !kept) {
    const of = await get(`/v1/runs/${query.run}`, {}, signal);
    text = JSON.stringify(await brief(of.job), null, 2);
  }
  const source = make('textarea', { class: 'source', rows: 22, spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off' });
  source.value = text;
  const plan = scheduleForm(kept?.schedule);
  const told = make('div', {});
  const outcome = make('div', { 'aria-live': 'polite' });

  /** Does something with the job as it is written; what is wrong with it is told above. */
  const checked = (run) => async () => {
    told.replaceChildren();
    source.removeAttribute('aria-invalid');
    try {
      await run((await post('/v1/jobs/check', { text: source.value })).job);
    } catch (error) {
      if (error.status === 422 || error.status === 400) {
        source.setAttribute('aria-invalid', 'true');
        told.replaceChildren(problem(error));
        told.scrollIntoView({ block: 'nearest' });
      } else throw error;
    }
  };
  const save = checked(async (job) => {
    const body = { job, schedule: plan.read() };
    const answer = kept ? await put(`/v1/jobs/${kept.id}`, body, tag ? { 'if-match': tag } : {}) : await post('/v1/jobs', body);
    announce(`Job ${answer.name ?? answer.id} is kept.`);
    if (kept) ({ kept, tag } = { kept: answer, tag: `"${answer.version}"` });
    else location.hash = `#/jobs/${answer.id}`;
  });
  const once = checked(async (job) => {
    const run = await post('/v1/runs', job);
    location.hash = `#/runs/${run.id}`;
  });
  const now = async () => {
    const run = await post(`/v1/jobs/${kept.id}/runs`);
    location.hash = `#/runs/${run.id}`;
  };
  const erase = async () => {
    if (!await sure('Delete this job and its schedule? Its runs stay.', 'Delete')) return;
    await remove(`/v1/jobs/${kept.id}`);
    location.hash = '#/jobs';
  };

  const page = make('input', { type: 'text', inputmode: 'url', autocomplete: 'off', spellcheck: 'false', placeholder: 'the first seed' });
  const stored = query.run && query.seq ? { run: Number(query.run), seq: Number(query.seq) } : undefined;
  const preview = action('Preview', checked(async ({ extract, seeds }) => {
    if (!extract) throw new Error('The job has no `extract`: it takes nothing of a page.');
    outcome.replaceChildren(make('p', { class: 'soft' }, 'Reading the page…'));
    const url = address(page.value) || seeds.urls[0];
    try {
      outcome.replaceChildren(found(await post('/v1/parse-preview', { extract, ...(stored && !page.value ? stored : { url }) })));
    } catch (error) {
      outcome.replaceChildren();
      throw error;
    }
  }), { class: 'second' });

  const title = kept ? foreign(kept.name ?? `Job ${kept.id}`) : 'New job';
  return make('div', {},
    make('p', { class: 'crumbs' }, make('a', { href: '#/jobs' }, 'Jobs'), ` / ${kept?.id ?? 'new'}`), head(title),
    make('div', { class: 'split' },
      make('section', {}, told, field('Job, as YAML or JSON', source), plan.node,
        make('div', { class: 'row' }, action('Save', save), kept ? action('Run now', now, { class: 'second' }) : action('Run once', once, { class: 'second' }),
          kept ? action('Delete', erase, { class: 'quiet danger' }) : undefined)),
      make('section', { class: 'panel' }, make('h2', {}, 'What it takes of a page'),
        field('Page', page, stored ? `Empty: page ${stored.seq} of run ${stored.run}, as it is stored.` : 'It is fetched now; robots.txt is kept.'),
        make('div', { class: 'row' }, preview), outcome)));
}
