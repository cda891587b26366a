// One page of a run: what is known of it, and its bytes, which run nothing.

import { get, save, send } from './api.js';
import { foreign, link, make } from './dom.js';
import { bytes, clock } from './format.js';
import { action, badge, problem } from './ui.js';
import { cell } from './records.js';
import { meaning } from './reasons.js';

/** The most bytes that are shown. */
const SHOWN = 512 * 1024;
/** What could load, run or lead away, were the frame not without rights as it is. */
const ACTIVE = 'script, style, x-style, link, x-link, meta, x-meta, base, x-base, iframe, frame, frameset, object, embed, applet, template, svg, math, audio, video, source, portal, noscript, form';
const KEPT = ['href', 'alt', 'title', 'colspan', 'rowspan', 'dir', 'lang', 'start', 'type'];

/** A page without all that is active, as HTML again. It is put into a frame that may do nothing. */
function quiet(html) {
  // What the policy would refuse, and complain of, as soon as it is parsed has another name before.
  const plain = html.replace(/<(\/?)(style|base|meta|link)\b/gi, '<$1x-$2').replace(/<[^<>]*>/g, (tag) => tag.replace(/(["'\s/])(style|on\w+)(?=\s*=)/gi, '$1x-$2'));
  const page = new DOMParser().parseFromString(plain, 'text/html');
  page.querySelectorAll(ACTIVE).forEach((node) => node.remove());
  for (const node of page.querySelectorAll('*')) {
    for (const { name } of [...node.attributes]) if (!KEPT.includes(name)) node.removeAttribute(name);
    // A link leads nowhere from inside the frame; where it would have led is its title.
    if (node.hasAttribute('href')) {
      node.title = node.getAttribute('href');
      node.removeAttribute('href');
    }
  }
  return `<!doctype html><meta charset="utf-8">${page.body?.innerHTML ?? ''}`;
}

function frame(html, signal) {
  const url = URL.createObjectURL(new Blob([quiet(html)], { type: 'text/html' }));
  signal.addEventListener('abort', () => URL.revokeObjectURL(url));
  return make('iframe', { class: 'raw', sandbox: true, referrerpolicy: 'no-referrer', title: 'The page, without scripts, pictures and styles', src: url });
}

/** The stored bytes, as text or in the frame. */
async function raw(path, signal) {
  const response = await send('GET', `${path}/body`, { headers: { accept: '*/*' }, signal });
  const kind = response.headers.get('x-archived-content-type') ?? '';
  const data = new Uint8Array(await response.arrayBuffer());
  const charset = /charset="?([\w-]+)/i.exec(kind)?.[1] ?? 'utf-8';
  let decoder;
  try { decoder = new TextDecoder(charset); } catch { decoder = new TextDecoder(); }
  const text = decoder.decode(data.subarray(0, SHOWN));
  const place = make('div', {});
  const isHtml = /html/i.test(kind);
  const views = [['Source', () => make('pre', { class: 'source', tabindex: 0, 'aria-label': 'Source' }, text)],
    ...(isHtml ? [['Reading view', () => frame(text, signal)]] : [])];
  const buttons = views.map(([name, show]) => make('button', {
    type: 'button', class: 'quiet',
    onclick: (event) => {
      buttons.forEach((button) => button.setAttribute('aria-pressed', button === event.currentTarget));
      place.replaceChildren(show());
    },
  }, name));
  buttons[0].click();
  return make('section', {}, make('div', { class: 'row spread' }, make('h2', {}, 'As it was received'), make('div', { class: 'row' }, buttons)),
    make('p', { class: 'soft' }, foreign(kind || 'no content type'), ` · ${bytes(data.length)}`, data.length > SHOWN ? `, of which ${bytes(SHOWN)} are shown` : ''), place);
}

const rows = (pairs) => make('dl', { class: 'facts' }, pairs.filter(([, value]) => value !== undefined && value !== null)
  .map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))));

export async function pageView({ run, seq, signal }) {
  const path = `/v1/runs/${run}/pages/${seq}`;
  const page = await get(path, {}, signal);
  const name = (ending) => `run-${run}-page-${seq}.${ending}`;
  const meta = Object.entries(page.meta ?? {});
  const text = page.has_body ? await raw(path, signal).catch(problem) : make('p', { class: 'soft' }, 'Nothing was received of it.');
  return make('div', {},
    make('p', { class: 'crumbs' }, make('a', { href: `#/runs/${run}` }, `Run ${run}`), ' / ', make('a', { href: `#/runs/${run}/pages` }, 'Pages')),
    make('div', { class: 'head' }, make('h1', { tabindex: -1, class: 'long' }, foreign(page.title || page.url))),
    rows([['URL', link(page.url)], ['Asked', page.asked_url && link(page.asked_url)], ['Outcome', [badge(page.outcome, page.outcome === 'cut' ? 'not asked' : page.outcome), ' ', foreign(page.reason ?? ''), meaning(page.reason) && `: ${meaning(page.reason)}`]],
      ['Status', page.status], ['Kind', page.kind], ['Depth', page.depth], ['Fetched', clock(page.fetched_at)], ['Digest', page.digest && make('code', {}, foreign(page.digest))]]),
    page.has_body ? make('div', { class: 'row' }, make('a', { class: 'button second', href: `#/jobs/new?run=${run}&seq=${seq}` }, 'Try rules on it'),
      action('Save the body', () => save(`${path}/body`, {}, name('bin')), { class: 'quiet' }),
      action('Save as WARC', () => save(`${path}/warc`, {}, name('warc.gz')), { class: 'quiet' })) : undefined,
    meta.length ? make('details', {}, make('summary', {}, 'What the page says of itself'),
      make('div', { class: 'inside' }, rows(meta.map(([key, value]) => [foreign(key), cell(value)])))) : undefined,
    text);
}
