// A job without what holds anyway, for people to read.

import { post } from './api.js';

let usual;

/** Every default, as the server knows them. */
async function defaults() {
  usual ??= post('/v1/jobs/check', { text: '{"seeds":{"urls":["https://example.com/"]},"extract":{"fields":{"a":"b"}}}' }).then(({ job }) => job);
  try { return await usual; } catch (error) {
    usual = undefined;
    throw error;
  }
}

const isMap = (value) => value && typeof value === 'object' && !Array.isArray(value);

function without(value, standard) {
  if (!isMap(value) || !isMap(standard)) return value;
  const kept = Object.entries(value).filter(([name, one]) => JSON.stringify(one) !== JSON.stringify(standard[name]))
    .map(([name, one]) => [name, without(one, standard[name])]).filter(([, one]) => one !== null);
  return Object.fromEntries(kept);
}

/** A field that is only a selector is written as one. */
function short(one, standard) {
  const left = without(one, standard);
  const { css, get, ...rest } = left;
  if (!css || Object.keys(rest).length) return left;
  if (!get) return css;
  return get.startsWith('@') ? css + get : left;
}

/** Reading keys may not check a job; then it is shown as it is. */
export async function brief(job) {
  let standard;
  try { standard = await defaults(); } catch { return job; }
  const { seeds, extract, version, ...rest } = job;
  const fields = extract && Object.fromEntries(Object.entries(extract.fields ?? {}).map(([name, one]) => [name, short(one, { ...standard.extract.fields.a, css: undefined })]));
  const { fields: _, ...standards } = standard.extract;
  return {
    version, ...without({ name: job.name }, standard),
    seeds: Object.fromEntries(Object.entries(seeds).filter(([, list]) => list?.length)),
    ...without(rest, standard), ...(extract && { extract: { ...without({ ...extract, fields: undefined }, standards), fields } }),
  };
}
