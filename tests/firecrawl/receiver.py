"""A receiver of webhooks. `POST /NAME` is noted, `GET /NAME` tells what was; what begins with `flaky` fails first."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    noted = {}
    lock = threading.Lock()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        with Receiver.lock:
            noted = Receiver.noted.setdefault(self.path, [])
            fails = self.path.startswith("/flaky") and not noted
            noted.append({"headers": headers, "body": body, "status": 500 if fails else 200})
        self.answer(500 if fails else 200, {})

    def do_GET(self):
        with Receiver.lock:
            noted = list(Receiver.noted.get(self.path, []))
        self.answer(200, noted)

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve():
    """The receiver's address."""
    server = ThreadingHTTPServer(("127.0.0.4", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.4:{server.server_port}"
