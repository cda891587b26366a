"""What somebody does who knows what it is: jobs, hosts, stored pages, keys, comparison."""

import json
import sqlite3
import time

import pytest
from conftest import KEY, run_of
from selenium.webdriver.support.ui import Select

FIELDS = {"title": "h1", "price": ".price"}


@pytest.fixture(scope="module")
def run(server, books):
    return run_of(server, books, FIELDS, name="books", limits={"pages": 30})


def test_a_job_is_written_tried_kept_scheduled_and_run(browser, server, books):
    browser.open(f"{server}/#/jobs")
    browser.says("No jobs yet")
    browser.press("New job")
    text = browser.labelled("Job, as YAML or JSON")
    assert "seeds:" in text.get_attribute("value")
    yaml = f"version: 1\nname: shelf\nseeds:\n  urls: [{books.origin}/]\nlimit:\n  pages: 5\nextract:\n  each: .item\n  fields:\n    name: a\n    link: {{ css: a, get: '@href', type: url }}\n    price: {{ css: .price, type: number }}\n"
    browser.fill("Job, as YAML or JSON", yaml)
    browser.press("Save")
    browser.says("Did you mean `limits`")
    assert text.get_attribute("aria-invalid")
    browser.fill("Job, as YAML or JSON", yaml.replace("limit:", "limits:"))
    browser.press("Preview")
    browser.says("12 records")
    assert "7.5" in browser.text() and f"{books.origin}/book/3" in browser.text()
    assert not text.get_attribute("aria-invalid")
    browser.shot("editor")

    box = browser.one("fieldset input[type=checkbox]")
    box.click()
    browser.fill("At", "61 * * * *")
    browser.press("Save")
    browser.says("schedule.cron")
    browser.fill("At", "0 3 * * *")
    browser.press("Save")
    browser.until(lambda: browser.driver.current_url.endswith("/#/jobs/1"), "the kept job")
    browser.says("Next:")
    # What is shown again is short: what holds anyway is left out, and a field that is only a selector is one.
    kept = json.loads(browser.labelled("Job, as YAML or JSON").get_attribute("value"))
    assert kept == {"version": 1, "name": "shelf", "seeds": {"urls": [f"{books.origin}/"]}, "limits": {"pages": 5},
                    "extract": {"each": ".item", "fields": {"name": "a", "link": {"css": "a", "get": "@href", "type": "url"}, "price": {"css": ".price", "type": "number"}}}}
    browser.press("Save")
    browser.says("Job shelf is kept")

    browser.open(f"{server}/#/jobs")
    browser.says("next")
    browser.press("Pause the schedule of shelf")
    browser.button("Resume the schedule of shelf")
    for _ in range(2):
        browser.open(f"{server}/#/jobs")
        browser.press("Run shelf now")
        browser.says("See the 12 records", 60)
    browser.press("Comparison")
    browser.says("Since run")
    browser.says("The same")
    assert [cell.text for cell in browser.all(".figures dd")] == ["0", "0", "5", "0"]
    browser.shot("comparison")
    browser.open(f"{server}/#/jobs/1")
    browser.press("Delete")
    browser.until(lambda: browser.all("dialog button.danger"), "the question")[0].click()
    browser.says("No jobs yet")
    assert [line for line in browser.errors() if "422" not in line] == []


def test_a_host_is_held_and_released(browser, server, books):
    browser.open(f"{server}/#/hosts")
    browser.says("No hosts")
    browser.open(f"{server}/#/new")
    browser.fill("Where to begin", books.origin)
    browser.press("Start harvesting")
    browser.says("URLs that are known so far")
    run = browser.driver.current_url
    browser.open(f"{server}/#/hosts")
    browser.press(f"Hold {books.origin}")
    browser.button(f"Release {books.origin}")
    assert browser.one(".badge.held").text == "held"
    browser.shot("hosts")
    # What is under way ends; then nobody asks.
    browser.until(lambda: quiet(books), "the host to be left alone", 60)
    browser.open(run)
    assert browser.one(".badge.running")
    browser.open(f"{run}/hosts")
    browser.press(f"Release {books.origin}")
    browser.button(f"Hold {books.origin}")
    browser.press("has rules")
    browser.says("Disallow: /basket")
    browser.open(run)
    browser.says("Ended", 90)


def quiet(site):
    """Nobody asked while somebody looked."""
    before = len(site.hits)
    time.sleep(1)
    return len(site.hits) == before


def test_a_run_is_paused_and_resumed(browser, server, books):
    browser.open(f"{server}/#/new")
    browser.fill("Where to begin", books.origin)
    browser.press("Start harvesting")
    browser.press("Pause")
    browser.one(".badge.paused")
    browser.press("Resume")
    browser.one(".badge.running")
    browser.press("Cancel")
    browser.until(lambda: browser.all("dialog button.danger"), "the question")[0].click()
    browser.one(".badge.cancelled")
    browser.button("Run again")


def test_pages_are_filtered_and_shown_as_they_were_received(browser, server, run, books):
    browser.open(f"{server}/#/runs/{run}/pages")
    Select(browser.labelled("Outcome")).select_by_value("failed")
    browser.until(lambda: "outcome=failed" in browser.driver.current_url, "the filter")
    browser.says("http_404")
    browser.open(f"{server}/#/runs/{run}/pages?url_prefix={books.origin}/book/0")
    browser.says("The Salt Path, volume 1")
    assert len(browser.all("tbody tr")) == 1
    browser.one("td.url a").click()
    browser.says("As it was received")
    assert "<h1>The Salt Path, volume 1</h1>" in browser.one("pre.source").text
    browser.shot("page")
    browser.press("Reading view")
    frame = browser.one("iframe.raw")
    assert frame.get_attribute("sandbox") == "" and frame.get_attribute("src").startswith("blob:")
    browser.driver.switch_to.frame(frame)
    browser.until(lambda: "A quiet book about work and weather" in browser.text(), "the page")
    assert browser.run("return origin") == "null"
    browser.driver.switch_to.default_content()
    browser.press("Save as WARC")
    seq = browser.driver.current_url.rsplit("/", 1)[1]
    assert browser.downloaded(f"run-{run}-page-{seq}.warc.gz").read_bytes()[:2] == b"\x1f\x8b"
    browser.press("Try rules on it")
    browser.press("Preview")
    browser.says("1 record")
    assert browser.errors() == []


def test_a_key_is_asked_for_and_a_wrong_one_is_told(browser, locked, books):
    browser.open(locked)
    browser.says("This server asks for a key")
    browser.fill("API key", "hm_wrong_key")
    browser.press("Use this key")
    browser.says("This key is not accepted")
    assert browser.labelled("API key").get_attribute("aria-invalid")
    assert browser.run("return sessionStorage.length + localStorage.length") == 0
    browser.fill("API key", KEY)
    browser.press("Use this key")
    browser.says("Harvest a site")
    browser.fill("Where to begin", books.origin)
    browser.press("Start harvesting")
    browser.says(r"See the \d+ records", 90)
    browser.one("a.button[href$=records]").click()
    browser.press("Export")
    name = f"run-{browser.driver.current_url.split('/runs/')[1].split('/')[0]}.csv"
    assert browser.downloaded(name).read_text().startswith("title")
    # It is nowhere but in this tab, and gone when it is forgotten.
    assert browser.run("return [localStorage.length, document.cookie, location.href.includes(arguments[0])]", KEY) == [0, "", False]
    browser.open(f"{locked}/#/key")
    browser.press("Forget the key")
    browser.says("This server asks for a key")
    assert [line for line in browser.errors() if "401" not in line] == []


def test_what_is_not_there_is_told(browser, server):
    browser.open(f"{server}/#/runs/999")
    browser.says("there is no run 999")
    browser.open(f"{server}/#/nothing")
    browser.says("There is no such page")


def test_an_endpoint_of_a_webhook_is_kept(browser, server):
    browser.open(f"{server}/#/webhooks")
    browser.fill("Where events are sent", "http://127.0.0.1/hook")
    browser.press("Keep")
    browser.one(".problem")
    browser.fill("Where events are sent", "https://example.com/hook")
    browser.press("Keep")
    browser.says("whsec_")
    browser.one("tbody tr")
    browser.press("Delete")
    browser.until(lambda: browser.all("dialog button.danger"), "the question")[0].click()
    browser.says("No endpoints")


def test_dead_letters_are_shown_sent_again_and_dropped(browser, server, run):
    browser.open(f"{server}/#/dead-letters")
    browser.says("No dead letters")
    database = next(server.data.glob("**/*.db"))
    with sqlite3.connect(database, timeout=10) as store:
        store.executemany("INSERT INTO dead_letters (name, filed_at, run_id, reason, lane, len, body, url, kind, depth) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [
            ("one", 1_790_000_000_000, run, "unreadable <b>", "parse", 16, b"<img src=x> {...", None, None, None),
            ("two", 1_790_000_000_001, run, "poison_parse", None, None, None, "javascript:alert(1)", 3, 1)])
    browser.open(f"{server}/#/dead-letters")
    browser.says("2 letters")
    assert browser.all("tbody a[href^=javascript]") == [] and "javascript:alert(1)" in browser.text()
    browser.one("tbody summary").click()
    browser.says(r"<img src=x> \{\.\.\.")
    browser.shot("dead-letters")
    browser.press("Replay letter 1")
    browser.says("The message is on its way again")
    browser.one(".badge.done")
    browser.press("Drop letter 2")
    browser.until(lambda: browser.all("dialog button.danger"), "the question")[0].click()
    browser.until(lambda: "javascript:" not in browser.text(), "the letter to go")
    browser.press("Dead")
    browser.until(lambda: "replayed=false" in browser.driver.current_url, "the others")


def test_stored_pages_are_parsed_again_and_the_version_is_adopted(browser, server, run, books):
    before = len(books.hits)
    browser.open(f"{server}/#/runs/{run}/versions")
    browser.says("the crawl’s own")
    browser.fill("Rules, as YAML or JSON", "fields:\n  title: h1\n  author: .author\n  price: { css: .price, type: numbr }\n")
    browser.press("Look first")
    browser.says("number")
    browser.fill("Rules, as YAML or JSON", "fields:\n  title: h1\n  author: .author\n  price: { css: .price, type: number }\n")
    browser.press("Look first")
    browser.says(r"author \d+ new")
    browser.says(r"price \d+ changed")
    browser.shot("versions")
    browser.one("a[href$='records?version=1']").click()
    browser.says("These are of version 1")
    assert "Ines Arbour" in browser.text()
    browser.open(f"{server}/#/runs/{run}/records")
    assert "Ines Arbour" not in browser.text()
    browser.open(f"{server}/#/runs/{run}/versions")
    browser.press("Adopt version 1")
    browser.button("Adopt version 0")
    browser.open(f"{server}/#/runs/{run}/records")
    assert "Ines Arbour" in browser.text()
    assert len(books.hits) == before
