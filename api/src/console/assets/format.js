// Numbers and times for people.

import { make } from './dom.js';

const numbers = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const stamps = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const short = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const ago = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

export const number = (n) => numbers.format(n ?? 0);
export const plural = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;

export function bytes(n) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let power = 0;
  for (; n >= 999.5 && power < units.length - 1; power += 1) n /= 1000;
  return `${power ? n.toFixed(n < 10 ? 1 : 0) : n} ${units[power]}`;
}

export function duration(seconds) {
  if (seconds < 10) return `${number(seconds)} s`;
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  return [h && `${h} h`, (h || m) && `${m} min`, !h && s && `${s} s`].filter(Boolean).join(' ');
}

/** `3 minutes ago`, with the exact time at hand. */
export function when(stamp) {
  if (!stamp) return make('span', { class: 'soft' }, '–');
  const date = new Date(stamp);
  const seconds = (date - Date.now()) / 1000;
  const steps = [[60, 1, 'second'], [3600, 60, 'minute'], [86_400, 3600, 'hour'], [604_800, 86_400, 'day']];
  const step = steps.find(([below]) => Math.abs(seconds) < below);
  const text = step ? ago.format(Math.round(seconds / step[1]), step[2]) : short.format(date);
  return make('time', { datetime: stamp, title: stamps.format(date) }, text);
}

export const clock = (stamp) => make('time', { datetime: stamp, title: stamp }, stamps.format(new Date(stamp)));

/** The seconds between two stamps, or until now. */
export const between = (from, to) => Math.max(0, ((to ? new Date(to) : new Date()) - new Date(from)) / 1000);
