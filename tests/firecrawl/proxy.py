"""A reverse proxy that ends TLS, as one stands before a server: it says so in `X-Forwarded-Proto`, and passes the rest
on, WebSockets included."""

import asyncio
import ssl
import threading
from urllib.parse import urlsplit

import trustme


def serve(api, folder):
    """The proxy's address, and the file with the certificate of its authority."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(f"{folder}/ca.pem")
    parts = urlsplit(api)
    ready, port = threading.Event(), []

    async def run():
        async def one(reader, writer):
            await passed(reader, writer, parts.hostname, parts.port)

        server = await asyncio.start_server(one, "127.0.0.1", 0, ssl=context)
        port.append(server.sockets[0].getsockname()[1])
        ready.set()
        await server.serve_forever()

    threading.Thread(target=lambda: asyncio.run(run()), daemon=True).start()
    ready.wait()
    return f"https://localhost:{port[0]}", f"{folder}/ca.pem"


async def passed(reader, writer, host, port):
    """One request a connection: its head is looked at, all else goes through."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head[:-4].split(b"\r\n")
        is_socket = any(line.lower().startswith(b"upgrade:") for line in lines)
        if not is_socket:
            lines = [line for line in lines if not line.lower().startswith(b"connection:")]
            lines.append(b"Connection: close")
        lines.append(b"X-Forwarded-Proto: https")
        inner, outer = await asyncio.open_connection(host, port)
        outer.write(b"\r\n".join([first, *lines, b"", b""]))
        await asyncio.gather(pipe(reader, outer), pipe(inner, writer))
    except (OSError, asyncio.IncompleteReadError):
        pass  # Whoever asked went away.
    finally:
        writer.close()


async def pipe(reader, writer):
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
