"""A server with an empty folder, the sites, and a headless Chromium that looks at them."""

import json
import os
import re
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import NoAlertPresentException, NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/console")]
from programs import end, start  # noqa: E402
from sites import Site, canary, hostile, shop  # noqa: E402

HARVESTMAN = os.environ.get("HARVESTMAN", str(ROOT / "target/debug/harvestman"))
KEY = "a-key-for-the-tests-of-the-console"
SHOTS = Path(os.environ.get("SCREENSHOTS", ROOT / "target/console/screenshots"))


class Server(str):
    """A server's address; `data` is its folder."""

    data: Path


def serving(allowed, key=None):
    """A server over an empty folder."""
    env = {name: text for name, text in os.environ.items() if not name.startswith("HARVESTMAN_")}
    if key:
        env["HARVESTMAN_API_KEY"] = key
    with tempfile.TemporaryDirectory() as data:
        allow = ",".join(site.origin.removeprefix("http://") for site in allowed)
        process, address = start([HARVESTMAN, "serve", "--data", data, "--listen", "127.0.0.1:0", "--allow", allow], env, stderr=True)
        server = Server(address)
        server.data = Path(data)
        try:
            yield server
        finally:
            end(process)


@pytest.fixture(scope="session")
def books():
    site = Site(shop)
    yield site
    site.end()


@pytest.fixture(scope="session")
def trap():
    site = Site(canary, "127.0.0.3")
    yield site
    site.end()


@pytest.fixture(scope="session")
def villain(trap):
    site = Site(hostile(trap.origin), "127.0.0.2")
    yield site
    site.end()


@pytest.fixture(scope="module")
def server(books, villain):
    yield from serving([books, villain])


@pytest.fixture(scope="module")
def locked(books):
    yield from serving([books], KEY)


class Browser:
    """A tab, with the words of somebody who uses it."""

    def __init__(self, downloads):
        options = webdriver.ChromeOptions()
        for flag in ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,900", "--lang=en", "--force-prefers-reduced-motion"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.set_capability("unhandledPromptBehavior", "ignore")
        self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        self.downloads = downloads
        self.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads))

    def cdp(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def until(self, found, what="it", seconds=30):
        """Waits for an event on the page."""
        last = None
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            try:
                last = found()
                if last:
                    return last
            except (NoSuchElementException, StaleElementReferenceException):
                pass
            time.sleep(0.05)
        raise AssertionError(f"{what} did not come; the page says: {self.text()[:1500]}")

    def text(self):
        return self.driver.find_element(By.TAG_NAME, "body").text

    def says(self, pattern, seconds=30):
        return self.until(lambda: re.search(pattern, self.text(), re.I), pattern, seconds)

    def one(self, css):
        return self.until(lambda: self.driver.find_element(By.CSS_SELECTOR, css), css)

    def all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def button(self, name):
        path = f"//*[self::button or self::a or self::summary][normalize-space()='{name}' or @aria-label='{name}']"
        return self.until(lambda: next(iter([node for node in self.driver.find_elements(By.XPATH, path) if node.is_displayed()]), None), name)

    def press(self, name):
        self.button(name).click()

    def labelled(self, name):
        path = f"//*[@id=//label[normalize-space()='{name}']/@for]"
        return self.until(lambda: self.driver.find_element(By.XPATH, path), name)

    def fill(self, name, text):
        node = self.labelled(name)
        node.clear()
        node.send_keys(text)

    def open(self, address):
        """A view, loaded; the same address twice is loaded twice."""
        self.driver.get("about:blank")
        self.driver.get(address)
        self.one("h1")
        self.until(lambda: not self.all("[aria-busy=true]"), "the view")

    def phone(self, is_phone):
        if is_phone:
            self.cdp("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2, mobile=True)
        else:
            self.cdp("Emulation.clearDeviceMetricsOverride")

    def dark(self, is_dark):
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}])

    def shot(self, name):
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(SHOTS / f"{name}.png"))

    def has_dialog(self):
        try:
            return self.driver.switch_to.alert.text
        except NoAlertPresentException:
            return None

    def errors(self):
        """What the console of the browser holds against the page since the last look."""
        return [line["message"] for line in self.driver.get_log("browser") if line["level"] in ("SEVERE", "WARNING")]

    def downloaded(self, name):
        path = self.downloads / name
        self.until(lambda: path.exists() and not list(self.downloads.glob("*.crdownload")), name)
        return path


@pytest.fixture
def browser(tmp_path):
    one = Browser(tmp_path)
    yield one
    one.driver.quit()


def run_of(api, site, fields, **job):
    """A run that is over, made without the console."""
    def ask(method, path, body=None):
        request = urllib.request.Request(api + path, method=method, data=body and json.dumps(body).encode(), headers={"content-type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    run = ask("POST", "/v1/runs", {"version": 1, "seeds": {"urls": [site.origin + "/"]}, "extract": {"fields": fields}, "politeness": {"delay": "0s"}, **job})["id"]
    limit = time.monotonic() + 60
    while ask("GET", f"/v1/runs/{run}")["state"] != "done":
        assert time.monotonic() < limit, "the run does not end"
        time.sleep(0.1)
    return run
