"""Watchers: each document once, one end, for crawls and batches, with TLS and without."""

from common import API, ODD, SITE, TLS, client_of


def watched(client, job, kind, documents):
    ends, pages = [], []
    watcher = client.watcher(job, kind=kind, poll_interval=1, timeout=60)
    watcher.add_event_listener("done", ends.append)
    watcher.add_event_listener("document", pages.append)
    watcher.start()
    watcher._thread.join(60)
    assert len(ends) == 1 and len(pages) == documents, (kind, len(ends), len(pages))


def check_watch_crawls_and_batches(_):
    for api in (API, TLS):
        client = client_of(api)
        watched(client, client.start_crawl(SITE + "/", limit=20).id, "crawl", 20)
        watched(client, client.start_batch_scrape([ODD + "/", ODD + "/plain"]).id, "batch", 2)
