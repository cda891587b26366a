"""More than 300 documents, page by page, through a proxy that ends TLS; and a job that is looked at while it runs."""

from urllib.parse import urlsplit

from common import API, SITE, TLS, ask, client_of, until

STATUSES = {"scraping", "completed", "failed", "cancelled"}


def check_paging_behind_a_proxy(_):
    client = client_of(TLS)
    job = client.crawl(SITE + "/", limit=330, poll_interval=1, timeout=120)
    urls = {page.metadata.url for page in job.data}
    assert job.status == "completed" and len(job.data) == len(urls) == job.total == 330, (len(job.data), len(urls), job.total)


def check_polling_while_it_runs(client):
    started = client.start_crawl(SITE + "/", limit=300)

    def looked():
        body = ask(f"{API}/v2/crawl/{started.id}")
        seen, cursors = body["data"], set()
        while following := body.get("next"):
            assert urlsplit(following)[:2] == urlsplit(API)[:2], following
            assert following not in cursors, "a cursor was repeated"
            cursors.add(following)
            body = ask(following)
            seen = seen + body["data"]
            whole(body)
        whole(body)
        urls = [page["metadata"]["url"] for page in seen]
        assert len(urls) == len(set(urls)), "a document came twice"
        return body["status"] == "completed" and len(urls) == 300

    until(looked)


def whole(body):
    assert body["success"] is True and body["status"] in STATUSES, body["status"]
    for name in ("completed", "total", "creditsUsed"):
        assert isinstance(body[name], int), (name, body[name])
    assert body["total"] >= body["completed"] and body["expiresAt"], body
