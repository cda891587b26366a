// Watchers: each document once, one end, for crawls and batches, with TLS and without.
import assert from "node:assert/strict";
import { API, ODD, SITE, TLS, clientOf } from "./common.mjs";

async function watched(client, id, kind, documents) {
  const seen = { documents: 0, ends: 0 };
  const watcher = client.watcher(id, { kind, pollInterval: 1, timeout: 60 });
  watcher.on("document", () => (seen.documents += 1));
  watcher.on("done", () => (seen.ends += 1));
  watcher.on("error", (error) => assert.fail(JSON.stringify(error)));
  await watcher.start();
  assert.deepEqual(seen, { documents, ends: 1 }, kind);
}

export async function watchCrawlsAndBatches() {
  for (const api of [API, TLS]) {
    const client = clientOf(api);
    await watched(client, (await client.startCrawl(`${SITE}/`, { limit: 20 })).id, "crawl", 20);
    await watched(client, (await client.startBatchScrape([`${ODD}/`, `${ODD}/plain`])).id, "batch", 2);
  }
}
