"""The sample receiver of a province's gateway: a real HTTP server on loopback that holds each message against its key.

``docs/webhook.md`` explains the check that ``Gateway.verify`` makes; a province may copy it.
"""

import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

TOO_OLD = 300  # seconds: an older message is a replay


@dataclass
class Taken:
    """One message that was signed rightly."""

    id: str
    event: str
    body: dict[str, Any]
    headers: dict[str, str]


class Gateway:
    """``answers`` go to the next messages, the first first: a status, ``hang``, ``close``, ``drip`` or ``rubbish``."""

    def __init__(self) -> None:
        self.secret = ""
        self.answers: list[int | str] = []
        self.headers: dict[str, str] = {}
        self.taken: list[Taken] = []
        self.refused: list[str] = []
        self.asked = 0
        self.silence: float = 30
        self.url = ""

    def verify(self, headers: dict[str, str], body: bytes, *, now: float) -> str:
        """Why a message is refused, or nothing: the key fits, and the time that it signs is not long ago."""
        stamp = headers.get("X-MangNon-Timestamp", "")
        signed = hmac.new(self.secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(f"v1={signed}", headers.get("X-MangNon-Signature", "")):
            return "signature"
        if not stamp.isdecimal() or abs(now - int(stamp)) > TOO_OLD:
            return "time"
        return ""

    @property
    def ids(self) -> list[str]:
        return [row.id for row in self.taken]


class Handler(BaseHTTPRequestHandler):
    gateway: Gateway

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.gateway.asked += 1
        answer = self.gateway.answers.pop(0) if self.gateway.answers else 200
        match answer:
            case "hang":
                time.sleep(self.gateway.silence)
            case "close":
                self.close_connection = True
            case "rubbish":
                self.wfile.write(b"I am no HTTP server\r\n\r\n")
                self.close_connection = True
            case "drip":
                self._drip()
            case int():
                self._answer(answer, body)

    def _answer(self, status: int, body: bytes) -> None:
        headers = dict(self.headers.items())
        if wrong := self.gateway.verify(headers, body, now=time.time()):
            self.gateway.refused.append(wrong)
            status = 401
        elif 200 <= status < 300:
            said = json.loads(body)
            self.gateway.taken.append(Taken(said["id"], said["event"], said, headers))
        text = f"answer {status}".encode()
        self.send_response(status)
        for name, value in self.gateway.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _drip(self) -> None:
        """One byte now and then: no single wait is long, all of them together are."""
        end = time.monotonic() + self.gateway.silence
        for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 10_000:
            if time.monotonic() > end:
                return
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(0.05)

    def log_message(self, *args: Any) -> None:
        """Nothing: the test looks at what was taken."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The sender has gone: that is what some tests are about."""


@contextmanager
def gateway(certificate: Path | None = None) -> Iterator[Gateway]:
    """A receiver on a free port; over TLS with a certificate (its key in the same file)."""
    found = Gateway()
    server = Server(("127.0.0.1", 0), type("Bound", (Handler,), {"gateway": found}))
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    found.url = f"http://127.0.0.1:{server.server_port}/mang-non?cong=1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
