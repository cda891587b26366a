// What the JavaScript client of Firecrawl does, against a server: see with_server.py.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { API, SITE, SLOW, KEY, MODULES } = process.env;
const module = createRequire(join(MODULES, "x")).resolve("@mendable/firecrawl-js");
const { Firecrawl, default: standard } = await import(pathToFileURL(module));
const client = new (Firecrawl ?? standard)({ apiKey: KEY || null, apiUrl: API });

const refused = async (call, status) =>
  assert.rejects(call, (error) => (assert.equal(error.status, status, error.message), true));

const parts = {
  async scrape() {
    const page = await client.scrape(`${SITE}/`, { formats: ["markdown", "html", "links"] });
    assert.ok(page.markdown && page.html && page.links.length);
    assert.equal(page.metadata.statusCode, 200);
    const gone = await client.scrape(`${SITE}/there-is-no-such-page`);
    assert.equal(gone.metadata.statusCode, 404);
    await refused(client.scrape(`${SITE}/`, { formats: ["summary"] }), 403);
  },
  async crawl() {
    const job = await client.crawl(`${SITE}/`, { limit: 130, pollInterval: 1, timeout: 60 });
    assert.equal(job.status, "completed");
    assert.equal(new Set(job.data.map((page) => page.metadata.url)).size, 130);
    assert.equal(job.data.length, 130);
  },
  async control() {
    const { id } = await client.startCrawl(`${SLOW}/`, { limit: 50, delay: 2 });
    assert.ok((await client.getActiveCrawls()).crawls.some((crawl) => crawl.id === id));
    assert.equal(await client.cancelCrawl(id), true);
    await refused(client.cancelCrawl(id), 409);
    assert.deepEqual((await client.getCrawlErrors(id)).errors, []);
    await refused(client.getCrawlStatus("00000000-0000-8000-8000-00000fffffff"), 404);
  },
  async batch() {
    const job = await client.batchScrape([`${SITE}/`, `${SITE}/there-is-no-such-page`], { pollInterval: 1, timeout: 60 });
    assert.equal(job.status, "completed");
    assert.equal(job.data.length, 2);
  },
  async map() {
    assert.ok((await client.map(`${SITE}/`, { limit: 100 })).links.length > 10);
  },
  async watch() {
    const { id } = await client.startCrawl(`${SITE}/`, { limit: 20 });
    const seen = { documents: 0, ends: 0 };
    const watcher = client.watcher(id, { kind: "crawl", pollInterval: 1, timeout: 60 });
    watcher.on("document", () => (seen.documents += 1));
    watcher.on("done", () => (seen.ends += 1));
    await watcher.start();
    assert.equal(seen.ends, 1);
    assert.equal(seen.documents, 20);
  },
};

for (const [name, part] of Object.entries(parts)) {
  const began = performance.now();
  await part();
  console.log(`js, key '${KEY.slice(0, 9)}': ${name}, ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
process.exit(0);
