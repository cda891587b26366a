"""A site with what goes wrong: what robots.txt keeps, what is not there, never comes or never ends, what changes."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROBOTS = "User-agent: *\nDisallow: /secret\n"
BIG = 64 << 20
STALLS = 30


class Odd(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked = {}

    def do_GET(self):
        path = self.path.split("?")[0]
        Odd.asked[path] = Odd.asked.get(path, 0) + 1
        if path == "/robots.txt":
            self.answer(ROBOTS, kind="text/plain")
        elif path == "/":
            self.answer('<p>A page. <a href="/secret">a secret</a> <a href="/plain">plain</a> <a href="/gone">gone</a></p>')
        elif path == "/stall":
            time.sleep(STALLS)
        elif path == "/big":
            self.big()
        elif path == "/broken":
            self.answer("A redirect to nowhere.", 302)
        elif path in ("/changing", "/news/"):
            link = '<a href="/news/plain">more</a>' if path == "/news/" else ""
            self.answer(f"<p>The same line.</p><p>Asked {Odd.asked[path]} times.</p>{link}")
        elif path in ("/plain", "/news/plain", "/language"):
            self.answer(f"<p>A plain page, in {self.headers.get('accept-language', 'no language')}.</p>")
        else:
            self.answer("<p>Nothing is here.</p>", 404)

    def answer(self, text, status=200, kind="text/html"):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def big(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(BIG))
        self.end_headers()
        try:
            for _ in range(BIG >> 16):
                self.wfile.write(b"x" * (1 << 16))
        except OSError:
            pass  # Whoever asked has had enough.

    def log_message(self, *_):
        pass


def serve(host="127.0.0.3"):
    """The site's address."""
    server = ThreadingHTTPServer((host, 0), Odd)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://{host}:{server.server_port}"
