// More than 300 documents, page by page, through a proxy that ends TLS.
import assert from "node:assert/strict";
import { SITE, TLS, clientOf } from "./common.mjs";

export async function pagingBehindAProxy() {
  const job = await clientOf(TLS).crawl(`${SITE}/`, { limit: 330, pollInterval: 1, timeout: 120 });
  assert.equal(job.status, "completed");
  assert.equal(job.data.length, 330);
  assert.equal(new Set(job.data.map((page) => page.metadata.url)).size, 330);
}
