"""Scrapy on the benchmark's site: python scrapy_spider.py URL RECORDS [careful]

Tuned: no cookies, no robots.txt, no depth bookkeeping, no console, links by one XPath and a set of
its own, so that a link that is known never becomes a Request. Fields are text. `careful` is for the
messy site: cookies, robots.txt and a limit on the depth, without which the traps never end.
"""

import sys
from urllib.parse import urldefrag, urljoin

import scrapy
from scrapy.crawler import CrawlerProcess

FIELDS = [
    ("name", "h1.product-name", None),
    ("price", "div.offer span.price", None),
    ("sku", "[itemprop=sku]", None),
    ("brand", "a.brand", None),
    ("rating", "span.rating", "data-rating"),
    ("stock", "div.offer span.stock", "data-available"),
    ("category", "nav.breadcrumb .category", None),
    ("description", "div.description", None),
]


class Products(scrapy.Spider):
    name = "products"

    def __init__(self, url):
        super().__init__()
        self.origin = urljoin(url, "/")
        self.start_urls = [url]
        self.known = {url}

    def parse(self, response):
        if not isinstance(response, scrapy.http.TextResponse):
            return
        record = {}
        for name, css, attribute in FIELDS:
            found = response.css(css)
            if found:
                text = found[0].attrib.get(attribute) if attribute else found[0].xpath("string()").get()
                record[name] = " ".join(text.split())
        if record:
            record["url"] = response.url
            yield record
        base = response.xpath("//base/@href").get()
        base = urljoin(response.url, base) if base else response.url
        for href in response.xpath("//a/@href").getall():
            try:
                url = urldefrag(urljoin(base, href.strip())).url
            except ValueError:
                continue
            if url.startswith(self.origin) and url not in self.known:
                self.known.add(url)
                yield scrapy.Request(url, callback=self.parse, dont_filter=True)


CAREFUL = {
    "COOKIES_ENABLED": True,
    "ROBOTSTXT_OBEY": True,
    "DEPTH_LIMIT": 20,
    "SPIDER_MIDDLEWARES": {},
}


def main(url, records, careful=None):
    process = CrawlerProcess(
        {
            "CONCURRENT_REQUESTS": 16,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
            "DOWNLOAD_DELAY": 0,
            "ROBOTSTXT_OBEY": False,
            "COOKIES_ENABLED": False,
            "REFERER_ENABLED": False,
            "TELNETCONSOLE_ENABLED": False,
            "MEMUSAGE_ENABLED": False,
            "LOG_LEVEL": "ERROR",
            "LOGSTATS_INTERVAL": 0,
            "DEPTH_STATS_VERBOSE": False,
            "SPIDER_MIDDLEWARES": {"scrapy.spidermiddlewares.depth.DepthMiddleware": None},
            "FEEDS": {records: {"format": "jsonlines", "encoding": "utf8", "overwrite": True}},
            **(CAREFUL if careful else {}),
        }
    )
    process.crawl(Products, url=url)
    process.start()


if __name__ == "__main__":
    main(*sys.argv[1:4])
