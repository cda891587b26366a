// Crawls, batches and maps: begun, waited for, ended, and what is told of them.
import assert from "node:assert/strict";
import { API, NOWHERE, ODD, SITE, SLOW, ask, refused, runOf, until } from "./common.mjs";

export async function crawl(client) {
  const job = await client.crawl(`${SITE}/`, { limit: 130, pollInterval: 1, timeout: 60 });
  assert.equal(job.status, "completed");
  assert.equal(new Set(job.data.map((page) => page.metadata.url)).size, 130);
  assert.equal(job.data.length, 130);
}

export async function control(client) {
  const { id } = await client.startCrawl(`${SLOW}/`, { limit: 50, delay: 2 });
  assert.ok((await client.getActiveCrawls()).crawls.some((crawl) => crawl.id === id));
  assert.equal(await client.cancelCrawl(id), true);
  await refused(client.cancelCrawl(id), 409);
  assert.deepEqual((await client.getCrawlErrors(id)).errors, []);
  await refused(client.getCrawlStatus(NOWHERE), 404);
}

export async function aFinishedJobCannotBeCancelled(client) {
  const job = await client.crawl(`${ODD}/plain`, { limit: 1, pollInterval: 1, timeout: 60 });
  await refused(client.cancelCrawl(job.id), 409);
}

export async function statusWhileItIsPaused(client) {
  const { id } = await client.startCrawl(`${SLOW}/`, { limit: 40, delay: 1 });
  await ask(`${API}/v1/runs/${runOf(id)}/pause`, "POST", {});
  assert.equal((await client.getCrawlStatus(id)).status, "scraping");
  await ask(`${API}/v1/runs/${runOf(id)}/resume`, "POST", {});
  assert.equal(await client.cancelCrawl(id), true);
}

export async function aFailedJobIsToldAtOnce(client) {
  const began = performance.now();
  const job = await client.crawl(`${ODD}/broken`, { limit: 3, pollInterval: 1, timeout: 60 });
  assert.equal(job.status, "failed");
  assert.ok(performance.now() - began < 30_000);
  assert.equal((await client.getCrawlErrors(job.id)).errors[0].error, "bad_redirect");
}

export async function errorsOfACrawl(client) {
  const job = await client.crawl(`${ODD}/`, { limit: 10, pollInterval: 1, timeout: 60 });
  assert.deepEqual((await client.getCrawlErrors(job.id)).robotsBlocked, [`${ODD}/secret`]);
  assert.equal(job.data.length, 3);
}

export async function batch(client) {
  const urls = [`${SITE}/`, `${ODD}/gone`];
  const job = await client.batchScrape(urls, { pollInterval: 1, timeout: 60 });
  assert.equal(job.status, "completed");
  assert.equal(job.data.length, 2);
  const { id } = await client.startBatchScrape([`${ODD}/secret`, `${ODD}/plain`]);
  await until(async () => (await client.getBatchScrapeStatus(id)).status === "completed");
  assert.deepEqual((await client.getBatchScrapeErrors(id)).robotsBlocked, [`${ODD}/secret`]);
}

export async function aBatchIsAppendedTo(client) {
  const first = await client.startBatchScrape([`${ODD}/plain`]);
  await until(async () => (await client.getBatchScrapeStatus(first.id)).status === "completed");
  const more = await client.startBatchScrape([`${ODD}/`, `${ODD}/language`], { appendToId: first.id });
  assert.equal(more.id, first.id);
  const whole = await until(async () => {
    const job = await client.getBatchScrapeStatus(first.id);
    return job.status === "completed" && job;
  });
  assert.equal(whole.data.length, 3);
}

export async function map(client) {
  assert.ok((await client.map(`${SITE}/`, { limit: 100 })).links.length > 10);
}
