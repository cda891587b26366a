// Elements. Whatever comes from a crawled page goes through here: text is only ever text, and nothing but http,
// https and our own addresses can be followed.

const FOLLOWED = /^(https?:\/\/|\/(?!\/)|#|blob:)/i;
const SVG = 'http://www.w3.org/2000/svg';

function furnish(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if ((key === 'href' || key === 'src') && !FOLLOWED.test(value)) continue;
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.flat(9).filter((child) => child !== undefined && child !== null && child !== false && child !== ''));
  return node;
}

/** An element with attributes (`onclick` and the like listen) and children; strings become text. */
export const make = (name, attributes = {}, ...children) => furnish(document.createElement(name), attributes, children);

/** The same in SVG. */
export const draw = (name, attributes = {}, ...children) => furnish(document.createElementNS(SVG, name), attributes, children);

/** Text of strangers: its direction and its control characters end where it ends. */
export const foreign = (text, attributes = {}) => make('bdi', attributes, String(text ?? ''));

/** A stranger's URL: a link if it leads to the web, text if not. */
export function link(url, text = url) {
  let target;
  try { target = new URL(url); } catch { return foreign(text); }
  if (!['http:', 'https:'].includes(target.protocol)) return foreign(text);
  return make('a', { href: target.href, target: '_blank', rel: 'noopener noreferrer nofollow', referrerpolicy: 'no-referrer' }, foreign(text));
}

/** A label with its input. */
export function field(label, input, hint) {
  const id = input.id || (input.id = `f-${Math.random().toString(36).slice(2)}`);
  const told = hint && make('small', { class: 'hint', id: `${id}-hint` }, hint);
  if (told) input.setAttribute('aria-describedby', told.id);
  return make('div', { class: 'field' }, make('label', { for: id }, label), input, told);
}

/** A choice: pairs of value and text. */
export function select(options, value, attributes = {}) {
  const node = make('select', attributes, options.map(([key, text]) => make('option', { value: key }, text)));
  node.value = value ?? '';
  return node;
}

/** Puts new content into a place; whoever had the focus on a link or a button there has it again. */
export function refill(place, ...content) {
  const held = place.contains(document.activeElement) ? document.activeElement : null;
  const same = held && ((node) => node.tagName === held.tagName && (held.dataset.key ? node.dataset.key === held.dataset.key
    : held.getAttribute('href') ? node.getAttribute('href') === held.getAttribute('href') : node.textContent === held.textContent));
  place.replaceChildren(...content.flat(9).filter(Boolean));
  if (same) [...place.querySelectorAll('a, button, summary')].find(same)?.focus({ preventScroll: true });
  return place;
}
