"""The API's port, certificate and users.

A port is good when nobody has it, or when it is our API that answers there.
"""

import json
import socket
import sqlite3
import ssl
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

from tradewind.doctor.finding import BAD, GOOD, UNUSED, WARNING, Finding
from tradewind.settings import Settings

AREA = "api"
ASK_S = 1.0
DAY_S = 86_400
SOON_DAYS = 21
RENEW = "Have it renewed by whoever issued it, then restart the API."


def api(settings: Settings) -> list[Finding]:
    """Return whether the API can be served and somebody can log in."""
    if not settings.api.up:
        return [Finding(AREA, "api", UNUSED, "[api] up = false")]
    found = [_port(settings.api.port, secure=settings.api.certificate is not None)]
    if settings.api.certificate is not None:
        found.append(_certificate(settings.api.certificate))
        if settings.api.key is None:
            found.append(Finding(AREA, "key", BAD, "[api] key is not set.", "Name the certificate's key there."))
    return [*found, _users(settings.data / "entrance.sqlite")]


def _port(port: int, *, secure: bool) -> Finding:
    try:
        with socket.create_connection(("127.0.0.1", port), ASK_S):
            pass
    except OSError:
        return Finding(AREA, "port", GOOD, f"nobody listens at {port}", age_s=0.0)
    context = ssl._create_unverified_context() if secure else None  # noqa: S323, SLF001 - only who answers is asked
    handlers = [urllib.request.ProxyHandler({}), *([urllib.request.HTTPSHandler(context=context)] if secure else [])]
    address = f"{'https' if secure else 'http'}://127.0.0.1:{port}/api/v1/livez"
    try:
        with urllib.request.build_opener(*handlers).open(address, timeout=ASK_S) as answer:
            ours = isinstance(json.loads(answer.read(4096)), dict)
    except (OSError, ValueError, urllib.error.URLError):
        ours = False
    if ours:
        return Finding(AREA, "port", GOOD, f"the API answers at {port}", age_s=0.0)
    says = f"Another program listens at {port}."
    return Finding(AREA, "port", BAD, says, f"Stop it, or write another port in [api]. Who: ss -ltnp 'sport = :{port}'")


def _certificate(path: Path) -> Finding:
    try:
        ends = ends_at(path)
    except (OSError, ValueError) as error:
        says = f"{path} is no certificate: {error}."
        return Finding(AREA, "certificate", BAD, says, "Name a PEM file with the chain in [api] certificate.")
    days = (ends - time.time()) / DAY_S
    until = time.strftime("%Y-%m-%d", time.gmtime(ends))
    if days <= 0:
        return Finding(AREA, "certificate", BAD, f"It expired on {until}.", RENEW)
    if days < SOON_DAYS:
        return Finding(AREA, "certificate", WARNING, f"It expires on {until}.", RENEW, limit=f"{SOON_DAYS} days")
    return Finding(AREA, "certificate", GOOD, f"valid until {until}", limit=f"{SOON_DAYS} days")


def ends_at(path: Path) -> float:
    """Return when the first certificate of a PEM file ends, Unix seconds; ValueError where there is none."""
    decoder: Any = vars(ssl)["_ssl"]
    path.read_bytes()  # the decoder below does not say which file is missing
    try:
        told = decoder._test_decode_cert(str(path))  # noqa: SLF001 - the standard library decodes PEM nowhere else
    except ssl.SSLError:
        raise ValueError("it is not PEM") from None
    return float(ssl.cert_time_to_seconds(told["notAfter"]))


def _users(path: Path) -> Finding:
    if not path.is_file():
        return Finding(AREA, "users", WARNING, "Nobody can log in yet.", "Make one: tradewind users add NAME")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1.0)) as database:
        count = int(database.execute("SELECT count(*) FROM users WHERE NOT disabled").fetchone()[0])
    if not count:
        return Finding(AREA, "users", WARNING, "Nobody can log in.", "Make one: tradewind users add NAME")
    return Finding(AREA, "users", GOOD, f"{count} can log in")
