// One page: what is had of it, and what goes wrong with it.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { ODD, SITE, refused } from "./common.mjs";

export async function scrape(client) {
  const page = await client.scrape(`${SITE}/`, { formats: ["markdown", "html", "links"] });
  assert.ok(page.markdown && page.html && page.links.length);
  assert.equal(page.metadata.statusCode, 200);
}

export async function whatNeedsAModelIsRefusedByName(client) {
  const error = await refused(client.scrape(`${SITE}/`, { formats: ["summary"] }), 403);
  assert.match(error.message, /summary/);
}

export async function anUnknownOptionIsAWarning(client) {
  const page = await client.scrape(`${SITE}/`, { mobile: true });
  assert.match(page.warning, /mobile/);
}

export async function targetErrors(client) {
  const gone = await client.scrape(`${ODD}/gone`);
  assert.equal(gone.metadata.statusCode, 404);
  assert.ok(gone.metadata.error);
  await assert.rejects(client.scrape(`http://${randomUUID()}.invalid/`), { code: "SCRAPE_DNS_RESOLUTION_ERROR" });
  assert.equal((await refused(client.scrape(`${ODD}/stall`, { timeout: 1500 }), 408)).code, "SCRAPE_TIMEOUT");
  assert.match((await client.scrape(`${ODD}/big`)).warning, /too large/);
  assert.equal((await refused(client.scrape(`${ODD}/secret`), 403)).code, "SCRAPE_ROBOTS_DENIED");
}
