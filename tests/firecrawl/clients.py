"""What the Python client of Firecrawl does, against a server: see with_server.py."""

import os
import time

from firecrawl import Firecrawl
from firecrawl.v2.utils.error_handler import FirecrawlError

API, SITE, SLOW, KEY = (os.environ[name] for name in ("API", "SITE", "SLOW", "KEY"))
NOWHERE = "00000000-0000-8000-8000-00000fffffff"


def refused(call, status):
    try:
        call()
    except FirecrawlError as error:
        assert getattr(error, "status_code", None) == status, (status, error)
        return error
    raise AssertionError(f"{status} was expected")


def scrape(client):
    page = client.scrape(SITE + "/", formats=["markdown", "html", "links"], max_age=0)
    assert page.markdown and page.html and page.links, page
    assert page.metadata.status_code == 200 and page.metadata.source_url == SITE + "/", page.metadata
    gone = client.scrape(SITE + "/there-is-no-such-page")
    assert gone.metadata.status_code == 404 and gone.metadata.error, gone.metadata
    refused(lambda: client.scrape(SITE + "/", formats=["summary"]), 403)


def crawl(client):
    job = client.crawl(SITE + "/", limit=130, poll_interval=1, timeout=60)
    assert job.status == "completed" and job.completed == job.total, (job.status, job.completed, job.total)
    urls = {page.metadata.url for page in job.data}
    assert len(job.data) == len(urls) == job.completed == 130, (len(job.data), len(urls), job.completed)
    assert all(page.markdown for page in job.data if page.metadata.status_code == 200)


def control(client):
    started = client.start_crawl(SLOW + "/", limit=50, delay=2)
    assert started.id in [crawl.id for crawl in client.get_active_crawls().crawls]
    assert client.get_crawl_status(started.id).status == "scraping"
    assert client.cancel_crawl(started.id)
    assert client.get_crawl_status(started.id).status == "cancelled"
    assert client.cancel_crawl(started.id) is False
    assert client.get_crawl_errors(started.id).errors == []
    refused(lambda: client.get_crawl_status(NOWHERE), 404)


def batch(client):
    urls = [SITE + "/", SITE + "/there-is-no-such-page"]
    job = client.batch_scrape(urls, formats=["markdown"], poll_interval=1, wait_timeout=60)
    assert job.status == "completed" and len(job.data) == 2, job
    started = client.start_batch_scrape(urls)
    assert client.get_batch_scrape_errors(started.id).errors == []


def site_map(client):
    links = client.map(SITE + "/", limit=100).links
    assert len(links) > 10 and all(link.url.startswith(SITE) for link in links), len(links)


def watch(client):
    started = client.start_crawl(SITE + "/", limit=20)
    ends, pages = [], []
    watcher = client.watcher(started.id, kind="crawl", poll_interval=1, timeout=60)
    watcher.add_event_listener("done", ends.append)
    watcher.add_event_listener("document", pages.append)
    watcher.start()
    watcher._thread.join(60)
    assert len(ends) == 1 and len(pages) == 20, (len(ends), len(pages))


def main():
    client = Firecrawl(api_key=KEY or None, api_url=API)
    for part in (scrape, crawl, control, batch, site_map, watch):
        began = time.monotonic()
        part(client)
        print(f"python, key {KEY[:9]!r}: {part.__name__}, {time.monotonic() - began:.1f} s", flush=True)


main()
