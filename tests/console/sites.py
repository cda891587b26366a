"""What the console is tried with: a small bookshop, a site of somebody who means harm, and a canary that counts who calls it."""

import html
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote, urlsplit

BOOKS = 60
PER_PAGE = 12
NAMES = ["The Salt Path", "A Month in the Country", "Winter Orchard", "The Long Field", "Gleanings", "Threshing Day", "Of Barley and Bees",
         "The Reaper’s Almanac", "Stubble", "Chaff", "Straw Men", "Hedgerow"]
AUTHORS = ["Ines Arbour", "J. L. Carr", "Tove Lund", "Ruth Ashby", "Mats Ek"]


class Site:
    """A web site in a thread; `pages` makes the answer to a path: (status, headers, body)."""

    def __init__(self, pages, host="127.0.0.1"):
        self.hits = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                site.hits.append(self.path)
                status, headers, body = pages(site, self.path)
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer((host, 0), Handler)
        self.server.daemon_threads = True
        self.origin = f"http://{host}:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()


def page(title, body, kind="text/html; charset=utf-8", head=""):
    text = f"<!doctype html><html lang=en><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    return 200, [("content-type", kind)], text.encode()


def title(n):
    return f"{NAMES[n % len(NAMES)]}, volume {n // len(NAMES) + 1}"


def shop(site, path):
    """A bookshop: five lists, sixty books, some of them sold out and gone."""
    time.sleep(0.04)
    part = urlsplit(path).path.strip("/").split("/")
    if part == ["robots.txt"]:
        return 200, [("content-type", "text/plain")], b"User-agent: *\nDisallow: /basket\n"
    if part == [""] or part[0] == "list":
        at = int(part[1]) if len(part) > 1 else 0
        books = range(at * PER_PAGE, min(BOOKS, (at + 1) * PER_PAGE))
        rows = "".join(f'<li class=item><a href="/book/{n}">{title(n)}</a> <b class=price>€ {7 + n % 9}.50</b></li>' for n in books)
        more = f'<a href="/list/{at + 1}">more</a>' if (at + 1) * PER_PAGE < BOOKS else ""
        return page("The Pied Bookshop", f'<h1>Books</h1><ul>{rows}</ul>{more} <a href="/basket">Basket</a>')
    if part[0] == "book":
        n = int(part[1])
        if n % 17 == 5:
            return 404, [("content-type", "text/html")], b"<h1>Sold out</h1>"
        return page(title(n), f'<h1>{title(n)}</h1><p class=author>{AUTHORS[n % len(AUTHORS)]}</p><p class=price>€ {7 + n % 9}.50</p>'
                    f'<p class=isbn>97801{n:08d}</p><p>{"A quiet book about work and weather. " * 4}</p><a class=buy href="/buy/{n}" rel=nofollow>Buy</a>')
    return 404, [("content-type", "text/html")], b"<h1>Nothing here</h1>"


def canary(site, path):
    """Whoever asks it for anything has run, loaded or followed what a stranger wrote."""
    return 200, [("content-type", "text/javascript"), ("access-control-allow-origin", "*")], b"window.pwned = 1; alert('canary')"


def attacks(at):
    """Texts that break out of a page which does not escape them."""
    return [
        f"<script>alert(1);fetch('{at}/script')</script>",
        f'"><img src={at}/img onerror="alert(2)">',
        f"<svg onload=\"alert(3);fetch('{at}/svg')\">",
        f"</script><script src={at}/src></script>",
        f"</textarea></title></style></pre><img src={at}/end>",
        f"<!-- --><iframe src={at}/frame></iframe>",
        f"<link rel=stylesheet href={at}/style.css><meta http-equiv=refresh content='0;url={at}/refresh'>",
        "javascript:alert(4)//",
        f"jAvAsCrIpT:fetch('{at}/scheme')",
        "data:text/html,<script>alert(5)</script>",
        "{{7*7}} ${7*7} <%= 7*7 %> #{7*7}",
        "line\u2028separator\u2029alert(6)",
        "\u202egpj.exe\u202c and \u2067הרצל\u2069 שלום",
        "+ADw-script+AD4-alert(7)+ADw-/script+AD4-",
        f"'-alert(8)-'`${{alert(9)}}`\\\"><base href={at}/base/>",
        f"<style>body{{background:url({at}/css)}}</style><div style=\"background:url({at}/inline)\">x</div>",
        f"<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src={at}/mxss onerror=alert(10)&gt;\">",
        "__proto__", "=HYPERLINK(\"http://x\")", "x" * 3000,
    ]


def hostile(canary_at):
    """Every text that a page gives (title, heading, link, address, header, robots.txt) is an attack; raw pages run them when opened."""
    texts = attacks(canary_at)

    def pages(site, path):
        bare = unquote(urlsplit(path).path)
        if bare == "/robots.txt":
            return 200, [("content-type", "text/plain")], f"User-agent: *\nDisallow: /no/{texts[1]}\n# {texts[0]}\n".encode()
        if bare == "/":
            links = "".join(f'<li><a href="/p/{n}/{quote(text[:60], safe="")}">{html.escape(text[:60])}</a></li>' for n, text in enumerate(texts))
            return page("Index", f'<h1>Index</h1><ul>{links}</ul><a href="javascript:alert(11)">x</a><a href="/moved">m</a><a href="/kind">k</a><a href="/svg">s</a><a href="/jp">j</a>')
        if bare == "/moved":
            return 302, [("location", "javascript:alert(12)")], b""
        if bare == "/kind":
            return 200, [("content-type", 'text/html; charset="><script>alert(13)</script>')], b"<h1>kind</h1><script>alert(13)</script>" + b"<" * 400_000
        if bare == "/svg":
            return 200, [("content-type", "image/svg+xml")], b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(14)"><script>alert(15)</script></svg>'
        if bare == "/jp":
            return 200, [("content-type", "text/html; charset=iso-2022-jp")], b"<h1>\x1b(J<script>alert(16)</script></h1>"
        if bare.startswith("/p/"):
            text = texts[int(bare.split("/")[2])]
            said = html.escape(text, quote=True)
            # Escaped: the extracted texts are the attacks. And once as they are, for who opens the raw page.
            return page(said, f'<h1>{said}</h1><p class=text>{said}</p><a class=link href="{said}">{said}</a>{text}'
                        f'<link rel=preconnect href={canary_at}><img src={canary_at}/raw><script>alert(17)</script><form action={canary_at}/form><button autofocus>x</button></form>',
                        head=f'<meta name=description content="{said}"><meta http-equiv=refresh content="0;url={canary_at}/raw-refresh">')
        return 404, [], b""

    return pages
