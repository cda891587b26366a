// The page at /docs: the operations of /openapi.json, to read and to try. Nothing is loaded from elsewhere.

import { key } from './api.js';
import { make } from './dom.js';

const at = (document, ref) => ref.slice(2).split('/').reduce((node, part) => node?.[part.replace(/~1/g, '/').replace(/~0/g, '~')], document);

/** A value that fits a schema, to begin with. */
function example(api, schema, depth = 0) {
  if (!schema || depth > 5) return null;
  if (schema.$ref) return example(api, at(api, schema.$ref), depth + 1);
  if (schema.examples?.length) return schema.examples[0];
  for (const one of ['example', 'default', 'const']) if (schema[one] !== undefined) return schema[one];
  if (schema.enum) return schema.enum[0];
  const choice = (schema.oneOf ?? schema.anyOf)?.find((one) => one.type !== 'null');
  if (choice) return example(api, choice, depth + 1);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((one) => example(api, one, depth + 1)));
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== 'null') : schema.type;
  if (type === 'object' || schema.properties) {
    const wanted = Object.entries(schema.properties ?? {}).filter(([name]) => schema.required?.includes(name));
    return Object.fromEntries(wanted.map(([name, one]) => [name, example(api, one, depth + 1)]));
  }
  if (type === 'array') return [];
  return { string: '', integer: schema.minimum ?? 0, number: schema.minimum ?? 0, boolean: false }[type] ?? null;
}

/** A schema in a few words. */
function kind(api, schema) {
  if (!schema) return '';
  if (schema.$ref) return schema.$ref.split('/').pop();
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return choices.map((one) => kind(api, one)).join(' | ');
  if (schema.type === 'array') return `list of ${kind(api, schema.items)}`;
  return [schema.type].flat().join(' | ') + (schema.format ? ` (${schema.format})` : '');
}

/** The properties of a schema as a table; what refers to another one opens below. */
function shape(api, schema, seen = []) {
  if (schema?.$ref) {
    const name = schema.$ref.split('/').pop();
    if (seen.includes(name)) return make('p', { class: 'soft' }, `${name}, as above`);
    return shape(api, at(api, schema.$ref), [...seen, name]);
  }
  if (schema?.type === 'array') return shape(api, schema.items, seen);
  const rows = Object.entries(schema?.properties ?? {}).map(([name, one]) => {
    const ref = one.$ref ?? one.items?.$ref ?? one.oneOf?.find((choice) => choice.$ref)?.$ref;
    const inner = ref && seen.length < 4 && !seen.includes(ref.split('/').pop())
      ? lazily(make('details', {}, make('summary', {}, ref.split('/').pop())), () => shape(api, { $ref: ref }, seen)) : undefined;
    return make('tr', {}, make('td', {}, make('code', {}, name), schema.required?.includes(name) ? ' *' : ''),
      make('td', {}, kind(api, one)), make('td', {}, one.description ?? '', inner));
  });
  if (!rows.length) return make('p', { class: 'soft' }, kind(api, schema) || 'anything');
  return make('table', {}, make('tbody', {}, ...rows));
}

/** Fills a `details` when it is first opened. */
function lazily(details, fill) {
  details.addEventListener('toggle', () => {
    if (details.open && details.children.length === 1) details.append(make('div', { class: 'inside' }, fill()));
  });
  return details;
}

/** The form that sends a request. */
function trial(api, path, method, operation) {
  const inputs = (operation.parameters ?? []).map((parameter) => ({
    parameter,
    input: make('input', { name: parameter.name, required: parameter.required, placeholder: kind(api, parameter.schema) }),
  }));
  const body = operation.requestBody?.content?.['application/json'];
  const text = body && make('textarea', { class: 'wide', rows: 8, 'aria-label': 'Body', spellcheck: 'false' });
  if (text) text.value = JSON.stringify(example(api, body.schema), null, 2);
  const answer = make('pre', { hidden: true, tabindex: 0, 'aria-live': 'polite' });
  const rows = inputs.map(({ parameter, input }) => make('tr', {},
    make('td', {}, make('label', {}, make('code', {}, parameter.name), parameter.required ? ' *' : '', make('br'), input)),
    make('td', {}, make('span', { class: 'soft' }, `${parameter.in}. `), parameter.description ?? '')));

  const send = async (event) => {
    event.preventDefault();
    let target = path;
    const query = new URLSearchParams();
    const headers = { accept: 'application/json' };
    for (const { parameter, input } of inputs) {
      if (input.value === '') continue;
      if (parameter.in === 'path') target = target.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (parameter.in === 'query') query.append(parameter.name, input.value);
      else headers[parameter.name] = input.value;
    }
    if (key.get()) headers.authorization = `Bearer ${key.get()}`;
    if (text) headers['content-type'] = 'application/json';
    answer.hidden = false;
    answer.textContent = '…';
    try {
      const url = query.size ? `${target}?${query}` : target;
      const response = await fetch(url, { method: method.toUpperCase(), headers, body: text?.value });
      const raw = await response.text();
      let shown = raw.slice(0, 200_000);
      try { shown = JSON.stringify(JSON.parse(raw), null, 2); } catch { /* not JSON: as it is */ }
      answer.textContent = `${response.status} ${response.statusText}\n\n${shown}`;
    } catch (error) {
      answer.textContent = String(error);
    }
  };
  return make('form', { onsubmit: send },
    rows.length ? make('table', {}, make('tbody', {}, ...rows)) : undefined,
    text, make('p', {}, make('button', {}, 'Send')), answer);
}

function operation(api, path, method, one) {
  const details = make('details', { id: one.operationId },
    make('summary', {}, make('span', { class: 'method' }, method.toUpperCase()), make('code', {}, path), ' ', one.summary ?? ''));
  return lazily(details, () => {
    const answers = Object.entries(one.responses ?? {}).map(([status, answer]) => {
      const content = Object.entries(answer.content ?? {})[0];
      return lazily(make('details', {}, make('summary', {}, make('code', {}, status), ' ', answer.description ?? '')),
        () => content ? make('div', {}, make('p', { class: 'soft' }, content[0]), shape(api, content[1].schema)) : make('p', {}, 'No body.'));
    });
    const body = one.requestBody?.content?.['application/json'];
    return make('div', {}, one.description ? make('p', {}, one.description) : undefined,
      trial(api, path, method, one),
      body ? lazily(make('details', {}, make('summary', {}, 'What the body may hold')), () => shape(api, body.schema)) : undefined,
      ...answers);
  });
}

async function show() {
  const main = document.getElementById('operations');
  const api = await (await fetch('/openapi.json')).json();
  const rooms = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, one] of Object.entries(methods)) {
      const room = one.tags?.[0] ?? 'other';
      rooms.set(room, [...(rooms.get(room) ?? []), operation(api, path, method, one)]);
    }
  }
  main.replaceChildren(
    make('h1', {}, `${api.info.title} ${api.info.version}`), make('p', {}, api.info.description ?? ''),
    ...[...rooms].map(([name, all]) => make('section', { id: name }, make('h2', {}, name), ...all)));
  const chosen = document.getElementById(location.hash.slice(1));
  if (chosen) { if (chosen.tagName === 'DETAILS') chosen.open = true; chosen.scrollIntoView(); }
}

const input = document.getElementById('key');
input.value = key.get();
input.addEventListener('change', () => key.set(input.value.trim()));
show().catch((error) => document.getElementById('operations').replaceChildren(make('p', {}, `The description cannot be read: ${error}`)));
