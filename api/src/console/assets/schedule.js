// When a job runs by itself.

import { field, make, select } from './dom.js';
import { when } from './format.js';

const here = () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** A form for a schedule; `read` gives what the API takes, or null. */
export function scheduleForm(plan) {
  const text = (value, attributes) => make('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', value, ...attributes });
  const cron = text(plan?.cron ?? '30 4 * * *');
  const timezone = text(plan?.timezone ?? here());
  const jitter = make('input', { type: 'number', min: 0, max: 86_400, value: plan?.jitter_seconds ?? 0 });
  const missed = select([['run_once', 'one run makes up for them'], ['skip', 'are left out']], plan?.missed ?? 'run_once');
  const overlap = make('input', { type: 'checkbox', checked: plan?.overlap });
  const isOn = make('input', { type: 'checkbox', checked: Boolean(plan) });
  const inner = make('div', { class: 'columns' },
    field('At', cron, 'Minute, hour, day, month, weekday; or @daily and the like.'), field('Time zone', timezone),
    field('Up to so many seconds later', jitter), field('Missed times', missed),
    make('label', { class: 'check' }, overlap, 'also while the last run is under way'),
    plan?.next_at ? make('p', { class: 'soft' }, 'Next: ', when(plan.next_at)) : undefined);
  const show = () => { inner.hidden = !isOn.checked; };
  isOn.addEventListener('change', show);
  show();
  const node = make('fieldset', {}, make('legend', {}, 'Schedule'), make('label', { class: 'check' }, isOn, 'Runs by itself'), inner);
  const read = () => (isOn.checked ? {
    cron: cron.value.trim(), timezone: timezone.value.trim(), jitter_seconds: Number(jitter.value) || 0,
    missed: missed.value, overlap: overlap.checked, paused: plan?.paused ?? false,
  } : null);
  return { node, read };
}
