"""Somebody who has read nothing: from an empty start to a table that is exported."""

import csv
import json

from selenium.webdriver.common.keys import Keys


def test_from_an_empty_start_to_an_exported_table(browser, server, books):
    browser.open(server)
    browser.says("Harvest a site")
    browser.shot("empty")
    browser.fill("Where to begin", books.origin)
    browser.press("+ Add a field")
    names, selectors = browser.all("input.name"), browser.all("input.css")
    names[1].send_keys("price")
    selectors[1].send_keys(".price")
    browser.press("Preview on this page")
    browser.says("1 record")
    browser.says(r"14 links would be followed")
    assert "€ 7.50" in browser.text()
    browser.shot("preview")

    browser.press("Start harvesting")
    browser.says("URLs that are known so far")
    # It is alive: the number of pages rises without anybody doing anything.
    pages = lambda: int(browser.all(".figures dd")[0].text.replace(",", "").replace("–", "0"))
    first = browser.until(lambda: pages() or None, "the first page")
    browser.until(lambda: pages() > first, "more pages")
    browser.one(".chart svg path.line")
    browser.says(r"See the \d+ records", 90)
    assert browser.one(".badge.done")
    browser.says("http_404")
    browser.shot("run")

    browser.press("See the 61 records")
    browser.one("table.wide")
    assert {cell.text for cell in browser.all("table.wide th")} >= {"Page", "title", "price"}
    browser.until(lambda: len(browser.all("table.wide tbody tr")) > 50, "rows")
    browser.shot("records")
    run = browser.driver.current_url.split("/runs/")[1].split("/")[0]
    browser.press("Export")
    with browser.downloaded(f"run-{run}.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(browser.all("table.wide tbody tr"))
    assert {"title", "price"} <= set(rows[0]) and any(row["title"].startswith("The Salt Path") for row in rows)
    form = browser.one("select[aria-label='File format']")
    form.send_keys("JSON")
    browser.press("Export")
    lines = browser.downloaded(f"run-{run}.jsonl").read_text().splitlines()
    assert len([json.loads(line) for line in lines]) == len(rows)
    form.send_keys("Par")
    browser.press("Export")
    data = browser.downloaded(f"run-{run}.parquet").read_bytes()
    assert data[:4] == data[-4:] == b"PAR1"
    assert browser.errors() == []


def test_failures_are_found_and_tried_again(browser, server, books):
    browser.open(f"{server}/#/runs")
    browser.one("td.first a")
    runs = [link.get_attribute("href") for link in browser.all("td.first a")]
    browser.open(runs[0])
    browser.press("http_404")
    browser.until(lambda: "/pages?" in browser.driver.current_url, "the filter")
    browser.says("4 pages")
    assert all("404" in row.text for row in browser.all("tbody tr"))
    browser.driver.back()
    before = len(books.hits)
    browser.press("Try again")
    browser.until(lambda: browser.driver.current_url != runs[0] and "/runs/" in browser.driver.current_url, "the new run")
    browser.says("-again")
    browser.says("Ended", 60)
    asked = [path for path in books.hits[before:] if path != "/robots.txt"]
    assert sorted(asked) == sorted(f"/book/{n}" for n in range(60) if n % 17 == 5)


def test_a_site_that_cannot_be_had_is_explained(browser, server):
    browser.open(f"{server}/#/new")
    browser.fill("Where to begin", "http://10.1.1.1/")
    browser.press("Preview on this page")
    browser.says("the page could not be had: address_refused")
    browser.press("Start harvesting")
    browser.says("No page was fetched")
    browser.says("a private address")


def test_by_keyboard_only(browser, server, books):
    browser.open(f"{server}/#/new")
    keys = lambda *text: browser.driver.switch_to.active_element.send_keys(*text)
    where = lambda: browser.run("const a = document.activeElement; return a.getAttribute('aria-label') || a.labels?.[0]?.textContent || a.textContent")
    browser.run("document.activeElement.blur()")
    browser.one("body").send_keys(Keys.TAB)
    assert where() == "Skip to the content"
    keys(Keys.ENTER)
    assert browser.run("return document.activeElement.id") == "main"
    seen = []
    while where() != "Where to begin":
        keys(Keys.TAB)
        seen.append(where())
        assert len(seen) < 10, seen
    keys(books.origin)
    order = []
    for _ in range(9):
        keys(Keys.TAB)
        order.append(where().strip())
        ring = browser.run("const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0")
        assert ring, f"no focus ring on {order[-1]}"
        if order[-1] == "Start harvesting":
            break
    assert order == ["Field name", "CSS selector", "Remove this field", "+ Add a field", "More", "Start harvesting"], order
    keys(Keys.ENTER)
    browser.until(lambda: "#/runs/" in browser.driver.current_url, "the run")
    # The focus is on the heading of what came, and what happens is said.
    browser.until(lambda: browser.run("return document.activeElement.tagName") == "H1", "the heading")
    while where().strip() != "Cancel":
        keys(Keys.TAB)
    keys(Keys.ENTER)
    browser.says("End this run at once")
    assert where() == "Back"
    keys(Keys.ESCAPE)
    browser.until(lambda: not browser.all("dialog"), "the question to go")
    assert where().strip() == "Cancel"
    keys(Keys.ENTER)
    browser.one("dialog")
    keys(Keys.SHIFT, Keys.TAB)
    keys(Keys.ENTER)
    browser.one(".badge.cancelled")
