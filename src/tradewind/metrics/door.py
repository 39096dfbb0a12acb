"""A process's own small HTTP door: /metrics, /livez, /readyz and /tradez, read-only, in a thread of its own.

It binds to 127.0.0.1 at a free port and writes `<data>/metrics/<name>.json`, a target in Prometheus's file_sd format,
so that a scraper finds processes as they come and go. In a container it binds to every address, and the target is the
container's name. Who asks under another host's name is refused, so that no page
in a browser can read it. A request never waits for the work of the process: probes read what was last known.
"""

import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from prometheus_client import CONTENT_TYPE_LATEST

from tradewind.errors import TradewindError
from tradewind.metrics.checks import Check, answer, fresh
from tradewind.metrics.told import Told
from tradewind.watchdog.beats import write_whole

LIVE_WITHIN_S = 2.0
REQUEST_S = 5.0
LOCAL = ("127.0.0.1", "localhost", "::1")
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - recognised, not listened at


class Probes(NamedTuple):
    """What the door asks of its process; each returns at once."""

    turned_s: Callable[[], float | None]
    """Seconds since the loop last turned, None before it did."""
    ready: Callable[[], Sequence[Check]]
    """Whether the process can do its part."""
    tradable: Callable[[], Sequence[Check]] | None = None
    """Whether it may open positions; None where it is no trader."""
    refresh: Callable[[], None] = lambda: None
    """Gauges that are only worth reading when somebody asks are set."""


class Door:
    """The open door; `close` shuts it and takes its target back."""

    def __init__(self, server: ThreadingHTTPServer, target: Path | None) -> None:
        """The server answers from now on."""
        self.server, self.target = server, target
        self.host, self.port = str(server.server_address[0]), int(server.server_address[1])
        self.thread = threading.Thread(target=server.serve_forever, args=(0.2,), name="metrics", daemon=True)
        self.thread.start()

    def close(self) -> None:
        """Nothing answers any more, and no scraper looks for it."""
        if self.target is not None:
            with contextlib.suppress(OSError):
                self.target.unlink()
        self.server.shutdown()
        self.server.server_close()


def open_door(
    told: Told, probes: Probes, address: tuple[str, int], *, data: Path, component: str, account: str = ""
) -> Door:
    """Return the open door of a process; port 0 is any free one. TradewindError where it cannot be had."""

    class Handler(_Handler):
        asked = probes
        figures = told

    try:
        server = ThreadingHTTPServer(address, Handler)
    except OSError as error:
        raise TradewindError(
            f"[metrics] cannot listen on {address[0]}:{address[1]}: {error.strerror}.", "Choose another port, or 0."
        ) from None
    server.daemon_threads = True
    host, port = str(server.server_address[0]), server.server_address[1]
    named = socket.gethostname() if host in EVERYWHERE else f"[{host}]" if ":" in host else host
    labels = {"component": component, **({"account": account} if account else {})}
    name = f"{component}-{account}" if account else component
    return Door(server, tell_target(data, name, f"{named}:{port}", labels))


def tell_target(data: Path, name: str, address: str, labels: Mapping[str, str]) -> Path:
    """Prometheus finds a process, under the same name as before its restart; return the file that says so.

    By its port, which is another after each start, no count of restarts could ever be more than none, and what the
    process said last before it died would be read as long again as Prometheus looks back.
    """
    target = data / "metrics" / f"{name}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    told = [{"targets": [address], "labels": {"instance": name, **labels}}]
    write_whole(target, json.dumps(told).encode())
    return target


class _Handler(BaseHTTPRequestHandler):
    """Answers GET alone."""

    asked: Probes
    figures: Told
    timeout = REQUEST_S
    server_version, sys_version = "tradewind", ""

    def do_GET(self) -> None:
        """What was asked for is answered."""
        if not _named_locally(self.headers.get("Host", ""), str(self.server.server_address[0])):  # type: ignore[index]  # the stub allows bytes
            return self._send(421, b"This is no server of that name.\n", "text/plain")
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self.asked.refresh()
            return self._send(200, self.figures.text(), CONTENT_TYPE_LATEST)
        checks = self._checks(path)
        if checks is None:
            return self._send(404, b"/metrics, /livez, /readyz or /tradez\n", "text/plain")
        code, body = answer(checks)
        return self._send(code, json.dumps(body).encode() + b"\n", "application/json")

    def _checks(self, path: str) -> Sequence[Check] | None:
        if path == "/livez":
            return [fresh("loop", self.asked.turned_s(), LIVE_WITHIN_S, "When the loop last turned.")]
        if path == "/readyz":
            return self.asked.ready()
        if path == "/tradez" and self.asked.tradable is not None:
            return self.asked.tradable()
        return None

    def _send(self, code: int, body: bytes, kind: str) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *_what: object) -> None:
        """Who scrapes every 15 seconds is no news."""


def _named_locally(host: str, bound: str) -> bool:
    """Whether a request names this machine, or whatever name where the door was told to open wider."""
    if bound not in LOCAL:
        return True
    name = host[1:].partition("]")[0] if host.startswith("[") else host.rsplit(":", 1)[0]
    return name in LOCAL


def remove_stale(data: Path) -> list[Path]:
    """Targets of processes that are gone are taken back; return them. A process that was killed leaves its own."""
    gone = []
    for target in sorted((data / "metrics").glob("*.json")):
        try:
            port = int(str(json.loads(target.read_text())[0]["targets"][0]).rsplit(":", 1)[1])
        except (OSError, ValueError, LookupError, TypeError):
            port = 0
        if port == 0 or not _listening(port):
            with contextlib.suppress(OSError):
                os.unlink(target)  # noqa: PTH108 - beside the suppressed error of one that is gone already
            gone.append(target)
    return gone


def _listening(port: int) -> bool:
    with socket.socket() as asked:
        asked.settimeout(0.5)
        return asked.connect_ex(("127.0.0.1", port)) == 0
