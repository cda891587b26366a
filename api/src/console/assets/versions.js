// The side "Versions" of a run: its stored pages parsed again by other rules, without a request to the site.

import { get, post, remove } from './api.js';
import { brief } from './brief.js';
import { field, foreign, make } from './dom.js';
import { number, plural, when } from './format.js';
import { action, announce, badge, problem, sure } from './ui.js';
import { table } from './table.js';
import { isOver } from './run.js';

const EVERY = 1000;

/** Rules as a person writes them, YAML or JSON, as the API takes them. */
async function rules(text) {
  const indented = text.replace(/^/gm, '  ');
  return (await post('/v1/jobs/check', { text: `seeds: { urls: ['https://example.com/'] }\nextract:\n${indented}` })).job.extract;
}

/** How the fields differ from those of the version before. */
function differences({ differences: all, base, state }) {
  const words = [['changed', 'changed'], ['added', 'new'], ['removed', 'gone']];
  const lines = all.map((one) => [one.field, words.filter(([name]) => one[name]).map(([name, word]) => `${number(one[name])} ${word}`)])
    .filter(([, counts]) => counts.length).map(([name, counts]) => make('li', {}, make('code', {}, foreign(name)), ` ${counts.join(', ')}`));
  if (lines.length) return make('ul', { class: 'values' }, lines);
  return make('span', { class: 'soft' }, state === 'done' ? `as version ${base}` : '–');
}

export async function versions({ run, signal }) {
  const base = `#/runs/${run.id}`;
  const list = make('div', {});
  const adopt = (version) => action('Adopt', async () => {
    await post(`/v1/runs/${run.id}/versions/${version}/adopt`);
    announce(`Version ${version} is the current one.`);
    await read();
  }, { class: 'second', 'data-key': `adopt-${version}`, 'aria-label': `Adopt version ${version}` });
  const drop = (version) => action('Drop', async () => {
    if (!await sure(`Forget version ${version}?`, 'Drop')) return;
    await remove(`/v1/runs/${run.id}/versions/${version}`);
    await read();
  }, { class: 'quiet danger', 'aria-label': `Drop version ${version}` });
  const columns = [
    ['Version', (one) => (one.state === 'done' ? make('a', { href: `${base}/records?version=${one.version}` }, `Version ${one.version}`) : `Version ${one.version}`), 'first'],
    ['State', (one) => (one.current ? badge('done', 'current') : one.state === 'done' ? badge('cut', 'beside') : [badge('running', `${Math.round(one.progress * 100)} %`)])],
    ['Records', (one) => (one.own ? '' : number(one.records)), 'n'],
    ['Kept apart', (one) => (one.own ? '' : number(one.rejected)), 'n'],
    ['Fields that differ', (one) => (one.own ? make('span', { class: 'soft' }, 'the crawl’s own') : differences(one))],
    ['Made', (one) => when(one.created_at)],
    ['', (one) => make('div', { class: 'row' }, one.current || one.state !== 'done' ? undefined : [adopt(one.version), one.own ? undefined : drop(one.version)])],
  ];
  const shown = table('Versions', columns, []);
  const read = async () => {
    const { data } = await get(`/v1/runs/${run.id}/versions`, {}, signal);
    const own = { own: true, version: 0, state: 'done', current: !data.some((one) => one.current), created_at: run.created_at };
    shown.set([...data, own]);
    list.replaceChildren(make('p', { class: 'soft' }, `${plural(data.length + 1, 'version')}. A version leaves the others as they are; the current one is what is listed and exported.`), shown.node);
    if (data.some((one) => one.state !== 'done') && !signal.aborted) setTimeout(() => read().catch(() => {}), EVERY);
  };

  const source = make('textarea', { class: 'source', rows: 12, spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off' });
  const { extract } = await brief(run.job);
  source.value = JSON.stringify(extract ?? { fields: { title: 'h1' } }, null, 2);
  const told = make('div', { 'aria-live': 'polite' });
  const again = (text, dry, attributes) => action(text, async () => {
    told.replaceChildren();
    try {
      const made = await post(`/v1/runs/${run.id}/reparse`, { extract: await rules(source.value), dry_run: dry });
      announce(`Version ${made.version} is being made.`);
      await read();
    } catch (error) {
      told.replaceChildren(problem(error));
    }
  }, attributes);
  await read();
  return make('div', {}, list, make('section', { class: 'panel' }, make('h2', {}, 'Parse the stored pages again'),
    isOver(run) ? undefined : make('p', {}, 'This can be done when the run is over.'),
    field('Rules, as YAML or JSON', source, ['As ', make('code', {}, 'extract'), ' of a job. Nothing is asked of the site.']), told,
    make('div', { class: 'row' }, again('Look first', true, {}), again('Parse and adopt', false, { class: 'second' }))));
}
