// The console: which view stands at which address (`#/runs/7/records?rejected=true`), and what is around all views.

import { key } from './api.js';
import { make } from './dom.js';
import { head, problem } from './ui.js';
import { keyForm, keyView } from './key.js';
import { home } from './home.js';
import { harvest } from './harvest.js';
import { run } from './run.js';
import { pageView } from './page.js';
import { jobs } from './jobs.js';
import { editor } from './editor.js';
import { hostsView } from './hosts.js';
import { letters } from './letters.js';
import { webhooks } from './webhooks.js';

/** Address, view. A view is given what stands at the colons, the query, and a signal that ends with it. */
const VIEWS = [
  ['/', home], ['/new', harvest], ['/runs', home],
  ['/runs/:run/pages/:seq', pageView], ['/runs/:run', run], ['/runs/:run/:side', run],
  ['/jobs', jobs], ['/jobs/:job', editor], ['/hosts', hostsView],
  ['/dead-letters', letters], ['/webhooks', webhooks], ['/key', keyView],
].map(([pattern, view]) => [new RegExp(`^${pattern.replace(/:(\w+)/g, '(?<$1>[\\w-]+)')}$`), view]);

let leaving = new AbortController();

function place() {
  const [path, query = ''] = location.hash.replace(/^#/, '').split('?');
  return { path: path || '/', query: Object.fromEntries(new URLSearchParams(query)) };
}

async function view({ path, query }, signal) {
  for (const [pattern, show] of VIEWS) {
    const found = pattern.exec(path);
    if (found) return show({ ...found.groups, query, signal });
  }
  return head('There is no such page');
}

/** Shows what the address says. The focus goes to the heading, except when the console opens. */
async function go(moved) {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const at = place();
  const room = `#/${at.path.split('/')[1]}`.replace(/^#\/(runs|new)$/, '#/');
  for (const anchor of document.querySelectorAll('#nav a')) {
    if (anchor.getAttribute('href') === room) anchor.setAttribute('aria-current', 'page');
    else anchor.removeAttribute('aria-current');
  }
  document.getElementById('key').textContent = key.get() ? 'Key ✓' : 'Key';
  const main = document.getElementById('main');
  main.setAttribute('aria-busy', 'true');
  let shown;
  try {
    shown = await view(at, signal);
  } catch (error) {
    if (signal.aborted) return;
    shown = error.status === 401 ? keyForm(error, () => go(true)) : make('div', {}, head('This cannot be shown'), problem(error));
  }
  if (signal.aborted) return;
  main.removeAttribute('aria-busy');
  main.replaceChildren(shown);
  const heading = main.querySelector('h1');
  document.title = heading ? `${heading.textContent} · Harvestman` : 'Harvestman';
  for (const current of document.querySelectorAll('nav [aria-current]')) current.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  if (moved) {
    scrollTo(0, 0);
    heading?.focus({ preventScroll: true });
  }
}

document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  document.getElementById('main').focus();
});
addEventListener('hashchange', () => go(true));
go(false);
