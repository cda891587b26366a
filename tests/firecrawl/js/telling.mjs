// Webhooks of crawls and batches: what is told, how it is signed, and addresses that are refused.
import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import { API, HOOK, ODD, ask, refused, until } from "./common.mjs";

async function told(name, end, job) {
  const all = await until(async () => {
    const all = await ask(`${HOOK}/${name}`);
    return all.some((one) => JSON.parse(one.body).type === end) && all;
  }, `${end} at ${name}`);
  const { secret } = await ask(`${API}/v1/webhook-secret`);
  return all.map(({ headers, body }) => {
    const digest = createHmac("sha256", secret).update(body).digest("hex");
    assert.equal(headers["x-firecrawl-signature"], `sha256=${digest}`);
    assert.equal(JSON.parse(body).id, job);
    return JSON.parse(body);
  });
}

export async function webhookOfACrawl(client) {
  const name = randomUUID();
  const webhook = { url: `${HOOK}/${name}`, metadata: { mine: "too" } };
  const { id } = await client.startCrawl(`${ODD}/`, { limit: 10, webhook });
  const bodies = await told(name, "crawl.completed", id);
  assert.deepEqual(bodies.map((body) => body.type).sort(), [
    "crawl.completed", "crawl.page", "crawl.page", "crawl.page", "crawl.started",
  ]);
  assert.ok(bodies.every((body) => body.success && body.metadata.mine === "too"));
}

export async function webhookOfABatch(client) {
  const name = randomUUID();
  const { id } = await client.startBatchScrape([`${ODD}/plain`], { webhook: `${HOOK}/${name}` });
  const bodies = await told(name, "batch_scrape.completed", id);
  const page = bodies.find((body) => body.type === "batch_scrape.page");
  assert.match(page.data[0].markdown, /plain/);
}

export async function privateAddressesAreRefused(client) {
  await refused(client.startCrawl(`${ODD}/plain`, { limit: 1, webhook: "http://127.0.0.9:1/" }), 400);
}
