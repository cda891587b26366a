"""Webhooks of crawls and batches: what is told, how it is signed, a receiver that fails, addresses that are refused."""

import hashlib
import hmac
import json
import uuid

from common import API, HOOK, ODD, ask, refused, until
from firecrawl.v2.types import WebhookConfig


def told(name, end):
    """What arrived at the receiver, in order, once the end did."""

    def arrived():
        all_of_it = ask(f"{HOOK}/{name}")
        return all_of_it if any(json.loads(one["body"])["type"] == end and one["status"] == 200 for one in all_of_it) else None

    return until(arrived, f"{end} at {name}")


def checked(all_of_it, job):
    """The bodies, each signed and under an id of its own that all tries bear."""
    secret = ask(f"{API}/v1/webhook-secret")["secret"].encode()
    bodies = {}
    for one in all_of_it:
        headers, body = one["headers"], json.loads(one["body"])
        digest = hmac.new(secret, one["body"].encode(), hashlib.sha256).hexdigest()
        assert headers["x-firecrawl-signature"] == f"sha256={digest}", headers
        assert headers["webhook-id"] == body["webhookId"] and headers["webhook-signature"].startswith("v1,"), headers
        assert body["id"] == job, (body["id"], job)
        assert bodies.get(body["webhookId"], one["body"]) == one["body"], "two bodies under one id"
        bodies[body["webhookId"]] = one["body"]
    return [json.loads(body) for body in bodies.values()]


def check_webhook_of_a_crawl(client):
    name = uuid.uuid4().hex
    hook = WebhookConfig(url=f"{HOOK}/{name}", headers={"X-Mine": "yes"}, metadata={"mine": "too"})
    job = client.start_crawl(ODD + "/", limit=10, webhook=hook).id
    all_of_it = told(name, "crawl.completed")
    assert all(one["headers"]["x-mine"] == "yes" for one in all_of_it)
    bodies = checked(all_of_it, job)
    assert all(body["metadata"] == {"mine": "too"} for body in bodies)
    kinds = [body["type"] for body in bodies]
    assert sorted(set(kinds)) == ["crawl.completed", "crawl.page", "crawl.started"] and kinds[-1] == "crawl.completed", kinds
    pages = [body for body in bodies if body["type"] == "crawl.page"]
    documents = {page["metadata"]["url"]: page for body in pages for page in body["data"]}
    assert set(documents) == {ODD + "/", ODD + "/plain", ODD + "/gone"} and len(pages) == 3, documents.keys()
    assert documents[ODD + "/plain"]["markdown"] and documents[ODD + "/gone"]["metadata"]["statusCode"] == 404


def check_a_page_that_fails_is_told(client):
    name = uuid.uuid4().hex
    urls = [ODD + "/broken", ODD + "/plain"]
    job = client.start_batch_scrape(urls, webhook=f"{HOOK}/{name}").id
    bodies = checked(told(name, "batch_scrape.completed"), job)
    failed = [body for body in bodies if body["type"] == "batch_scrape.page" and not body["success"]]
    assert [body["data"] for body in failed] == [[{"metadata": {"sourceURL": urls[0]}}]] and failed[0]["error"], failed
    assert len([body for body in bodies if body["type"] == "batch_scrape.page"]) == 2


def check_a_failed_crawl_is_told_and_nothing_else_where_only_that_is_wanted(client):
    name = uuid.uuid4().hex
    hook = WebhookConfig(url=f"{HOOK}/{name}", events=["failed", "completed"])
    job = client.start_crawl(ODD + "/broken", limit=2, webhook=hook).id
    (body,) = checked(told(name, "crawl.failed"), job)
    assert body["success"] is False and body["error"] and body["data"] == [], body


def check_a_receiver_that_fails_is_told_again_under_the_same_id(client):
    name = "flaky" + uuid.uuid4().hex
    hook = WebhookConfig(url=f"{HOOK}/{name}", events=["completed"])
    job = client.start_crawl(ODD + "/plain", limit=1, webhook=hook).id
    first, second = told(name, "crawl.completed")
    assert (first["status"], second["status"]) == (500, 200)
    assert first["body"] == second["body"] and len(checked([first, second], job)) == 1


def check_private_addresses_are_refused(client):
    for url in ("http://127.0.0.9:1/", "http://10.0.0.1/", "ftp://example.com/", "http://[::1]/"):
        error = refused(lambda: client.start_crawl(ODD + "/plain", limit=1, webhook=url), 400)
        assert "webhook" in str(error), error
