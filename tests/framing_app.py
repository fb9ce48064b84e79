"""An app's site, for the tests: a page that frames another, and remembers what that one tells."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PAGE = """<!DOCTYPE html><html lang="en"><title>App</title><link rel="icon" href="data:,"><script>
window.heard = [];
window.addEventListener("message", (event) => heard.push(event.data));
</script><iframe src="{}" width="390" height="800"></iframe></html>"""


@dataclass
class FramingApp:
    """A running site.

    Attributes:
        origin: by which it may frame the page.
        foreign_origin: of the same site, by which it may not.
        framed: the address that its page frames.
    """

    origin: str
    foreign_origin: str
    framed: str = "about:blank"


@contextmanager
def framing_app() -> Iterator[FramingApp]:
    """Run the site while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(_PAGE.format(app.framed).encode())

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        port = server.server_port
        app = FramingApp(f"http://127.0.0.1:{port}", f"http://localhost:{port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield app
        server.shutdown()
