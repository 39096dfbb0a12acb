"""Where the API listens: this machine alone without a certificate, anywhere with one; refused before it begins.

A container is the one exception: this machine reaches what runs in it over a bridge that lies within this machine, so
the address to listen at is the container's. Then only peers on the container's own networks are answered. A port that
was published to all the world by mistake shows its callers' own addresses, and they are refused.
"""

import ipaddress
import socket
import ssl
import struct
from pathlib import Path
from typing import Any

from tradewind.errors import BadSettings
from tradewind.settings import Api

HERE = frozenset({"localhost"})
MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))
"""What engines put into their containers."""
ROUTES = Path("/proc/net/route")
UP, GATEWAY = 1, 2


def check(wanted: Api) -> None:
    """Raise BadSettings where what is sent could be read on its way, or the certificate is none."""
    if (wanted.certificate is None) != (wanted.key is None):
        raise BadSettings("A certificate and its key go together.", "Set both in [api]: certificate and key.")
    if wanted.container and not in_a_container():
        raise BadSettings(
            "[api] container = true, and this is no container.",
            "Leave it out: here 127.0.0.1 is reached by this machine alone.",
        )
    if wanted.certificate is None or wanted.key is None:
        if not is_here(wanted.host) and not wanted.container:
            raise BadSettings(
                f"[api] host = {wanted.host!r} is not this machine alone, and passwords would travel in the open.",
                "Set certificate and key in [api], or listen at 127.0.0.1 behind a proxy or a tunnel.",
            )
        return
    for path in (wanted.certificate, wanted.key):
        if not path.is_file():
            raise BadSettings(f"There is no file {path}.", "Correct certificate and key in [api].")
    if wanted.key.stat().st_mode & 0o077:
        raise BadSettings(f"The key {wanted.key} can be read by others.", f"Run: chmod 600 {wanted.key}")
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(wanted.certificate, wanted.key)
    except (ssl.SSLError, OSError) as error:
        raise BadSettings(
            f"{wanted.certificate} and {wanted.key} are no certificate and its key: {error}.", "Both are PEM."
        ) from None


def is_here(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in HERE


def in_a_container() -> bool:
    """Whether an engine made the file system this process sees."""
    return any(mark.exists() for mark in MARKS)


def peers(wanted: Api, routes: Path = ROUTES) -> tuple[ipaddress.IPv4Network, ...]:
    """Return the networks whose members alone are answered; none: whoever reaches the address is.

    In a container without a certificate they are those it is attached to, as the kernel tells them.
    """
    if not wanted.container or wanted.certificate is not None:
        return ()
    found = [ipaddress.IPv4Network("127.0.0.0/8")]
    try:
        lines = routes.read_text(encoding="ascii").splitlines()[1:]
    except OSError:  # no evidence, nobody else
        return tuple(found)
    for line in lines:
        _, destination, _, flags, _, _, _, mask, *_ = line.split()
        if int(flags, 16) & UP and not int(flags, 16) & GATEWAY and int(mask, 16):
            address, size = (struct.pack("=I", int(text, 16)) for text in (destination, mask))
            bits = int.from_bytes(size, "big").bit_count()
            found.append(ipaddress.IPv4Network((int.from_bytes(address, "big"), bits)))
    return tuple(found)


def bound(wanted: Api) -> socket.socket:
    """Return a socket at the address of the settings; BadSettings where somebody else has it, or it is not ours."""
    family: Any = socket.AF_INET6 if ":" in wanted.host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((wanted.host, wanted.port))
        found.listen(1024)
    except OSError as error:
        found.close()
        raise BadSettings(
            f"Nothing can listen at {wanted.host}:{wanted.port}: {error.strerror or error}.",
            "End what listens there, or set another port in [api].",
        ) from None
    return found


def address(wanted: Api) -> str:
    """Return what to type into a browser."""
    host = f"[{wanted.host}]" if ":" in wanted.host else wanted.host
    return f"http{'s' if wanted.certificate else ''}://{host}:{wanted.port}"


def names(wanted: Api) -> frozenset[str]:
    """Return the names requests may be for; an address that stands for all of a machine's is none of them."""
    wild = {"0.0.0.0", "::"}  # noqa: S104 - taken out, not listened at
    return frozenset({*wanted.hosts, wanted.host} - wild)


def files(wanted: Api) -> dict[str, Any]:
    """Return certificate and key by the names uvicorn has for them."""
    if wanted.certificate is None or wanted.key is None:
        return {}
    return {"ssl_certfile": wanted.certificate, "ssl_keyfile": wanted.key}
