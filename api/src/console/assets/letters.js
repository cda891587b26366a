// Dead letters: pages that broke whoever handled them, and messages that nobody could handle.

import { get, post, remove } from './api.js';
import { foreign, link, make } from './dom.js';
import { bytes, when } from './format.js';
import { action, announce, badge, empty, head, sure } from './ui.js';
import { later, listed, table } from './table.js';

const isPage = (letter) => letter.about === 'page';

/** What was kept of a message. */
async function message({ id }) {
  const { text, base64 } = await get(`/v1/dead-letters/${id}`);
  return make('pre', { tabindex: 0, 'aria-label': 'Message' }, text ?? (base64 ? `base64: ${base64}` : '(empty)'));
}

/** What a letter is about; a message opens when it is asked for. */
function about(letter) {
  if (isPage(letter)) return [link(letter.url), letter.kind === 'page' ? '' : make('span', { class: 'soft' }, ` ${letter.kind}`)];
  const details = make('details', { class: 'plain' }, make('summary', {}, 'A message on ', foreign(letter.lane), `, ${bytes(letter.bytes ?? 0)}`));
  details.addEventListener('toggle', () => { if (details.open && details.children.length === 1) details.append(later(message(letter))); });
  return details;
}

function columns(read) {
  const replay = (letter) => action('Replay', async () => {
    const done = await post(`/v1/dead-letters/${letter.id}/replay`);
    announce(done.run ? `The page is open again in run ${done.run}.` : 'The message is on its way again.');
    await read();
  }, { class: 'second', 'data-key': `replay-${letter.id}`, 'aria-label': `Replay letter ${letter.id}` });
  const drop = (letter) => action('Drop', async () => {
    if (!await sure('Forget this letter for good?', 'Drop')) return;
    await remove(`/v1/dead-letters/${letter.id}`);
    announce(`Letter ${letter.id} is gone.`);
    await read();
  }, { class: 'quiet danger', 'aria-label': `Drop letter ${letter.id}` });
  return [
    ['About', about, 'first url'],
    ['Why', (letter) => foreign(letter.reason)],
    ['Run', (letter) => (letter.run ? make('a', { href: `#/runs/${letter.run}` }, `Run ${letter.run}`) : make('span', { class: 'soft' }, 'none'))],
    ['Filed', (letter) => when(letter.filed_at)],
    ['State', (letter) => (letter.replayed_at ? [badge('done', 'replayed'), ' ', when(letter.replayed_at)] : badge('failed', 'dead'))],
    ['', (letter) => make('div', { class: 'row' }, replay(letter), drop(letter))],
  ];
}

export async function letters({ query, signal }) {
  const place = make('div', {});
  const none = empty('No dead letters', 'A page that broke its worker or parser again and again, or a message that nobody could handle, is put aside here instead of being lost.');
  const read = async () => place.replaceChildren(await listed('/v1/dead-letters', { run: query.run, replayed: query.replayed, limit: 100 }, signal,
    { noun: 'letter', none, show: (rows) => table('Dead letters', columns(read), rows) }));
  await read();
  const pill = (text, replayed) => make('a', { href: replayed ? `#/dead-letters?replayed=${replayed}` : '#/dead-letters', 'aria-current': query.replayed === replayed ? 'true' : undefined }, text);
  return make('div', {}, head('Dead letters', make('div', { class: 'pills', role: 'group', 'aria-label': 'Which letters' }, pill('All'), pill('Dead', 'false'), pill('Replayed', 'true'))), place);
}
