// What the checks share: the places, a client, and the wait for something.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export const { API, TLS, SITE, SLOW, ODD, HOOK, KEY, MODULES } = process.env;
export const NOWHERE = "00000000-0000-8000-8000-00000fffffff";
const PATIENCE = 60_000;

const module = createRequire(join(MODULES, "x")).resolve("@mendable/firecrawl-js");
const { Firecrawl, default: standard } = await import(pathToFileURL(module));

export const clientOf = (api) => new (Firecrawl ?? standard)({ apiKey: KEY || null, apiUrl: api });

// The error of a call that is to be refused.
export const refused = async (call, status) => {
  let caught;
  await assert.rejects(call, (error) => ((caught = error), assert.equal(error.status, status, error.message), true));
  return caught;
};

// An answer of /v1, or of the receiver.
export const ask = async (url, method = "GET", body = undefined) => {
  const headers = { "Content-Type": "application/json", ...(KEY && { Authorization: `Bearer ${KEY}` }) };
  const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, `${method} ${url}: ${answer.status}`);
  return answer.json();
};

// Asks again and again until there is an answer that counts.
export const until = async (what, told = "what was waited for") => {
  const end = performance.now() + PATIENCE;
  while (performance.now() < end) {
    const found = await what();
    if (found) return found;
    await new Promise((wake) => setTimeout(wake, 100));
  }
  throw new Error(`${told} did not come`);
};

// The run of /v1 that a job is.
export const runOf = (job) => parseInt(job.split("-").at(-1), 16);
