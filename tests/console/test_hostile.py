"""A site that means harm: whatever it says is shown as text, and nothing of it runs, loads or leads away."""

import time

import pytest
from conftest import run_of
from sites import attacks

FIELDS = {"heading": "h1", "<img src=x onerror=alert(20)>": ".text", "link": "a.link@href", "url": {"css": "a.link", "get": "@href", "type": "url"},
          "markup": {"css": ".text", "get": "html"}, "page_title": {"page": "title"}, "about": {"page": "meta:description"}, "many": {"css": "p", "list": True}}


@pytest.fixture(scope="module")
def run(server, villain):
    return run_of(server, villain, FIELDS)


def harmless(browser, trap, where):
    """Nothing of the site has run, been loaded, or become an element that could."""
    assert browser.has_dialog() is None, where
    found = browser.run("""
      const all = [...document.querySelectorAll('*')];
      return {
        pwned: window.pwned ?? null,
        handlers: all.filter((node) => [...node.attributes].some(({ name }) => name.startsWith('on'))).length,
        scripts: [...document.scripts].filter((one) => !one.src.startsWith(location.origin + '/assets/')).length,
        leads: all.map((node) => node.getAttribute('href') ?? node.getAttribute('src') ?? node.getAttribute('action') ?? '')
          .filter((to) => /^\\s*(javascript|data|vbscript):/i.test(to)),
        loads: all.filter((node) => ['IMG', 'IFRAME', 'LINK', 'OBJECT', 'EMBED', 'BASE', 'STYLE', 'META'].includes(node.tagName))
          .map((node) => node.src || node.href || node.tagName + (node.name || node.getAttribute('charset') || ''))
          .filter((to) => !to.startsWith(location.origin + '/assets/') && !to.startsWith('META') && !to.startsWith('blob:')),
      };""")
    assert found == {"pwned": None, "handlers": 0, "scripts": 0, "leads": [], "loads": []}, where
    assert trap.hits == [], where
    assert browser.errors() == [], where


def test_no_view_runs_what_a_site_says(browser, server, run, trap, villain):
    side = f"{server}/#/runs/{run}"
    views = [f"{server}/#/", side, f"{side}/records", f"{side}/records?rejected=true", f"{side}/pages", f"{side}/hosts", f"{side}/job",
             f"{side}/pages?reason={attacks(trap.origin)[0]}"]
    for view in views:
        browser.open(view)
        harmless(browser, trap, view)
    browser.open(f"{side}/records")
    # They are there, as text, to the letter.
    for text in attacks(trap.origin)[:2]:
        assert text in browser.text()
    browser.shot("hostile")
    for summary in browser.all("details.long summary"):
        summary.click()
    harmless(browser, trap, "long texts, opened")
    browser.open(f"{side}/hosts")
    for summary in browser.all("td summary"):
        summary.click()
    browser.says("Disallow")
    harmless(browser, trap, "robots.txt, opened")


def test_no_page_runs_when_it_is_opened_raw(browser, server, run, trap):
    browser.open(f"{server}/#/runs/{run}/pages?outcome=fetched")
    pages = [link.get_attribute("href") for link in browser.all("td.url a")]
    assert len(pages) > 15
    frames = 0
    for view in pages:
        browser.open(view)
        harmless(browser, trap, view)
        for summary in browser.all("summary"):
            summary.click()
        harmless(browser, trap, f"{view}, opened")
        if not [one for one in browser.all("button") if one.text == "Reading view"]:
            continue
        browser.press("Reading view")
        frame = browser.one("iframe.raw")
        browser.driver.switch_to.frame(frame)
        browser.until(lambda: browser.run("return document.readyState") == "complete", "the frame")
        assert browser.run("return [window.pwned ?? null, document.scripts.length, document.querySelectorAll('[href],[src],[action],[style]').length]") == [None, 0, 0]
        # Whoever clicks on everything goes nowhere.
        for link in browser.all("a, button")[:5]:
            browser.run("arguments[0].click()", link)
        browser.driver.switch_to.default_content()
        assert browser.one("iframe.raw").get_attribute("src").startswith("blob:")
        harmless(browser, trap, f"{view}, in the frame")
        frames += 1
    assert frames > 15
    time.sleep(0.5)
    assert trap.hits == []


def test_the_editor_and_a_preview_run_nothing(browser, server, run, trap, villain):
    browser.open(f"{server}/#/jobs/new?run={run}&seq=3")
    browser.press("Preview")
    browser.says(r"\d+ record")
    for summary in browser.all("summary"):
        summary.click()
    harmless(browser, trap, "preview")
    browser.fill("Job, as YAML or JSON", f"seeds: {attacks(trap.origin)[0]}")
    browser.press("Preview")
    browser.one(".problem")
    assert [line for line in browser.errors() if "422" not in line] == []
    for text in attacks(trap.origin)[:8]:
        browser.open(f"{server}/#/runs/{run}/pages?url_prefix={text}")
        harmless(browser, trap, text)
    browser.open(f"{server}/#/<img src=x onerror=alert(21)>")
    harmless(browser, trap, "address")


def test_the_page_of_the_api_runs_nothing(browser, server, run, trap):
    browser.driver.get(f"{server}/docs")
    browser.until(lambda: len(browser.all("details")) > 30, "the operations")
    one = browser.all("details summary")[0]
    one.click()
    harmless(browser, trap, "/docs")
