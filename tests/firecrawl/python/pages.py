"""One page: what is had of it, and what goes wrong with it."""

import uuid

from common import ODD, SITE, refused
from firecrawl.v2.types import Location


def check_scrape(client):
    page = client.scrape(SITE + "/", formats=["markdown", "html", "links"], max_age=0)
    assert page.markdown and page.html and page.links, page
    assert page.metadata.status_code == 200 and page.metadata.source_url == SITE + "/", page.metadata


def check_what_needs_a_model_is_refused_by_name(client):
    error = refused(lambda: client.scrape(SITE + "/", formats=["summary"]), 403)
    assert "summary" in str(error), error


def check_an_unknown_option_is_a_warning(client):
    page = client.scrape(SITE + "/", mobile=True)
    assert "mobile" in page.warning, page.warning


def check_target_errors(client):
    gone = client.scrape(ODD + "/gone")
    assert gone.metadata.status_code == 404 and gone.metadata.error, gone.metadata
    nowhere = refused(lambda: client.scrape(f"http://{uuid.uuid4()}.invalid/"), 200)
    assert type(nowhere).__name__ == "DNSResolutionError", repr(nowhere)
    assert refused(lambda: client.scrape(ODD + "/stall", timeout=1500), 408).code == "SCRAPE_TIMEOUT"
    big = client.scrape(ODD + "/big")
    assert "too large" in big.warning and len(big.markdown or "") < 11 << 20, big.warning
    assert refused(lambda: client.scrape(ODD + "/secret"), 403).code == "SCRAPE_ROBOTS_DENIED"


def check_languages_are_asked_for(client):
    page = client.scrape(ODD + "/language", location=Location(languages=["de-CH", "fr"]))
    assert "de-CH, fr" in page.markdown, page.markdown


def check_changes_of_a_page(client):
    tracked = lambda: client.scrape(ODD + "/changing", formats=["markdown", "changeTracking"], max_age=0).change_tracking
    first, second = tracked(), tracked()
    assert first["changeStatus"] in ("new", "changed"), first
    assert second["changeStatus"] == "changed" and "+Asked" in second["diff"]["text"], second
