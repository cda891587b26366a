"""How it looks: on a phone, in the dark, and whether it can be read."""

import pytest
from conftest import run_of

FIELDS = {"title": "h1", "author": ".author", "price": {"css": ".price", "type": "number"}, "isbn": ".isbn", "link": "a.buy@href"}

# The contrast of every text with what is behind it (WCAG 2.2, 1.4.3).
CONTRAST = """
const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4))
  .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
const behind = (node) => {
  for (; node; node = node.parentElement) {
    const colour = numbers(getComputedStyle(node).backgroundColor);
    if (colour[3] === undefined || colour[3] > 0.99) return colour;
  }
  return [255, 255, 255];
};
const bad = [];
for (const node of document.querySelectorAll('body *')) {
  const hasText = [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
  const style = getComputedStyle(node);
  if (!hasText || !node.checkVisibility() || style.clipPath !== 'none' || node.closest('.unseen, noscript, [disabled]')) continue;
  const [a, b] = [light(numbers(style.color)), light(behind(node))].sort((x, y) => y - x);
  const ratio = (a + .05) / (b + .05);
  const need = parseFloat(style.fontSize) >= 24 ? 3 : 4.5;
  if (ratio < need) bad.push(`${node.tagName}.${node.className}: ${node.textContent.slice(0, 30)} ${ratio.toFixed(2)}`);
}
return bad;
"""

# What a screen reader has no name for.
NAMELESS = """
return [...document.querySelectorAll('a, button, input, select, textarea, iframe, summary, [role=img]')].filter((node) => node.checkVisibility())
  .filter((node) => !(node.getAttribute('aria-label') || node.title || node.labels?.length || (node.textContent.trim() && !['SELECT', 'TEXTAREA'].includes(node.tagName))))
  .map((node) => node.outerHTML.slice(0, 120));
"""


@pytest.fixture(scope="module")
def run(server, books):
    return run_of(server, books, FIELDS, name="pied-bookshop")


@pytest.fixture(scope="module")
def views(server, run):
    side = f"{server}/#/runs/{run}"
    return {"runs": f"{server}/#/", "new": f"{server}/#/new", "run": side, "records": f"{side}/records", "pages": f"{side}/pages", "page": f"{side}/pages/4",
            "run-hosts": f"{side}/hosts", "compare": f"{side}/compare", "run-job": f"{side}/job", "versions": f"{side}/versions", "jobs": f"{server}/#/jobs", "editor": f"{server}/#/jobs/new",
            "hosts": f"{server}/#/hosts", "dead-letters": f"{server}/#/dead-letters", "webhooks": f"{server}/#/webhooks", "key": f"{server}/#/key"}


def test_on_a_phone_nothing_is_wider_than_the_screen(browser, views):
    browser.phone(True)
    for name, view in views.items():
        browser.open(view)
        wide = browser.run("""
          const most = document.documentElement.clientWidth;
          const isInside = (node) => node.parentElement?.closest('.scroll, nav, pre');
          return [document.documentElement.scrollWidth, ...[...document.querySelectorAll('body *')]
            .filter((node) => node.checkVisibility() && node.getBoundingClientRect().right > most + 1 && !isInside(node) && !node.closest('.unseen, .skip'))
            .map((node) => node.outerHTML.slice(0, 100))]""")
        assert wide == [360], f"{name}: {wide}"
        # Fingers are thicker than a pointer (WCAG 2.2, 2.5.8).
        small = browser.run("""return [...document.querySelectorAll('button, .button, select, input:not([type=checkbox]), nav a')].filter((node) => node.checkVisibility())
          .filter((node) => node.getBoundingClientRect().height < 24).map((node) => node.outerHTML.slice(0, 90))""")
        assert small == [], f"{name}: {small}"
        browser.shot(f"phone-{name}")


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_everything_can_be_read_and_has_a_name(browser, views, is_dark):
    browser.dark(is_dark)
    for name, view in views.items():
        browser.open(view)
        assert browser.run(CONTRAST) == [], name
        assert browser.run(NAMELESS) == [], name
        assert browser.run("return document.querySelectorAll('h1').length") == 1, name
        ground = browser.run("return getComputedStyle(document.body).backgroundColor")
        assert ground == ("rgb(19, 23, 22)" if is_dark else "rgb(251, 250, 246)")
        browser.shot(f"{'dark' if is_dark else 'light'}-{name}")
    assert [line for line in browser.errors() if "comparison" not in line] == []


def test_the_page_of_the_api_fits_as_well(browser, server):
    browser.phone(True)
    browser.driver.get(f"{server}/docs")
    browser.until(lambda: len(browser.all("details")) > 30, "the operations")
    assert browser.run("return document.documentElement.scrollWidth") == 360
    browser.dark(True)
    assert browser.run(CONTRAST) == []
