"""Crawls, batches and maps: begun, waited for, ended, and what is told of them."""

import time

from common import NOWHERE, ODD, SITE, SLOW, ask, API, refused, run_of, until


def check_crawl(client):
    job = client.crawl(SITE + "/", limit=130, poll_interval=1, timeout=60)
    assert job.status == "completed" and job.completed == job.total, (job.status, job.completed, job.total)
    urls = {page.metadata.url for page in job.data}
    assert len(job.data) == len(urls) == job.completed == 130, (len(job.data), len(urls), job.completed)
    assert all(page.markdown for page in job.data if page.metadata.status_code == 200)


def check_control(client):
    started = client.start_crawl(SLOW + "/", limit=50, delay=2)
    assert started.id in [crawl.id for crawl in client.get_active_crawls().crawls]
    assert client.get_crawl_status(started.id).status == "scraping"
    assert client.cancel_crawl(started.id)
    assert client.get_crawl_status(started.id).status == "cancelled"
    assert client.cancel_crawl(started.id) is False
    assert client.get_crawl_errors(started.id).errors == []
    refused(lambda: client.get_crawl_status(NOWHERE), 404)


def check_a_finished_job_cannot_be_cancelled(client):
    job = client.crawl(ODD + "/plain", limit=1, poll_interval=1, timeout=60)
    assert job.status == "completed" and client.cancel_crawl(job.id) is False


def check_status_while_it_is_paused(client):
    job = client.start_crawl(SLOW + "/", limit=40, delay=1)
    ask(f"{API}/v1/runs/{run_of(job.id)}/pause", "POST", {})
    paused = client.get_crawl_status(job.id)
    assert paused.status == "scraping", paused.status
    ask(f"{API}/v1/runs/{run_of(job.id)}/resume", "POST", {})
    assert client.cancel_crawl(job.id)


def check_a_failed_job_is_told_at_once(client):
    began = time.monotonic()
    job = client.crawl(ODD + "/broken", limit=3, poll_interval=1, timeout=60)
    assert job.status == "failed" and job.data == [], job
    assert time.monotonic() - began < 30
    (error,) = client.get_crawl_errors(job.id).errors
    assert error.error == "bad_redirect" and error.url == ODD + "/broken", error


def check_errors_of_a_crawl(client):
    job = client.crawl(ODD + "/", limit=10, poll_interval=1, timeout=60)
    said = client.get_crawl_errors(job.id)
    assert said.robots_blocked == [ODD + "/secret"], said
    statuses = {page.metadata.url: page.metadata.status_code for page in job.data}
    assert statuses == {ODD + "/": 200, ODD + "/plain": 200, ODD + "/gone": 404}, statuses


def check_batch(client):
    urls = [SITE + "/", ODD + "/gone"]
    job = client.batch_scrape(urls, formats=["markdown"], poll_interval=1, wait_timeout=60)
    assert job.status == "completed" and len(job.data) == 2, job
    started = client.start_batch_scrape([ODD + "/secret", ODD + "/plain"])
    until(lambda: client.get_batch_scrape_status(started.id).status == "completed")
    said = client.get_batch_scrape_errors(started.id)
    assert said.robots_blocked == [ODD + "/secret"] and said.errors == [], said


def check_a_batch_is_appended_to(client):
    first = client.start_batch_scrape([ODD + "/plain"])
    until(lambda: client.get_batch_scrape_status(first.id).status == "completed")
    more = client.start_batch_scrape([ODD + "/", ODD + "/language"], append_to_id=first.id)
    assert more.id == first.id, (more, first)
    whole = until(lambda: (job := client.get_batch_scrape_status(first.id)).status == "completed" and job)
    urls = [page.metadata.source_url for page in whole.data]
    assert urls[0] == ODD + "/plain" and sorted(urls[1:]) == [ODD + "/", ODD + "/language"], urls
    assert whole.completed == whole.total == 3


def check_map(client):
    links = client.map(SITE + "/", limit=100).links
    assert len(links) > 10 and all(link.url.startswith(SITE) for link in links), len(links)


def check_changes_since_the_last_crawl(client):
    options = {"formats": ["markdown", "changeTracking"]}

    def crawled():
        job = client.crawl(ODD + "/news/", limit=5, poll_interval=1, timeout=60, scrape_options=options)
        return {page.metadata.url: page.change_tracking for page in job.data}

    crawled()
    changes = crawled()
    assert changes[ODD + "/news/"]["changeStatus"] == "changed", changes
    assert "+Asked" in changes[ODD + "/news/"]["diff"]["text"], changes
    assert changes[ODD + "/news/plain"]["changeStatus"] == "same", changes
