"""A server that goes away while somebody looks."""

import os
import signal
import tempfile

from conftest import HARVESTMAN, end, start


def test_a_run_that_is_followed_goes_on_when_the_server_is_back(browser, books):
    with tempfile.TemporaryDirectory() as data:
        command = [HARVESTMAN, "serve", "--data", data, "--allow", books.origin.removeprefix("http://"), "--listen"]
        process, server = start([*command, "127.0.0.1:0"], stderr=True)
        try:
            browser.open(f"{server}/#/new")
            browser.fill("Where to begin", books.origin)
            browser.press("Start harvesting")
            browser.says("URLs that are known so far")
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            browser.says("The connection is lost")
            process, _ = start([*command, server.removeprefix("http://")], stderr=True)
            browser.says(r"See the \d+ records", 90)
            browser.until(lambda: "The connection is lost" not in browser.text(), "the end of the warning")
        finally:
            if process.poll() is None:
                end(process)
