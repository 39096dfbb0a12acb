"""Where a server is, in one line: `postgresql://trader@127.0.0.1:5432/tradewind`, without a password.

Passwords lie in files of one line that their owner alone may read, one a user and server, in a folder of secrets:
`postgresql-trader`. They stand in no address, no error and no `repr`.
"""

from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from tradewind.adapters.brokers.tokens import Token, read_token
from tradewind.errors import BadSettings, TradewindError, nearest

PORTS = {"postgresql": 5432, "timescale": 5433, "kafka": 9092, "redis": 6379}
"""What may stand before ://, and the port it usually listens on."""


class Unreachable(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """A server does not answer now; it may later."""


class Address(NamedTuple):
    """A server, and whom we are there."""

    scheme: str
    user: str
    host: str
    """A name, a number, or the folder of a socket."""
    port: int
    database: str
    password: Token | None = None

    def __str__(self) -> str:
        """Return it as a person writes it, without the password."""
        user = f"{self.user}@" if self.user else ""
        usual = f":{self.port}" if self.port != PORTS[self.scheme] else ""
        host = usual if self.host.startswith("/") else f"{self.host}:{self.port}"
        socket = f"?host={self.host}" if self.host.startswith("/") else ""
        return f"{self.scheme}://{user}{host}/{self.database}{socket}".rstrip("/")


def read_address(text: str, secrets: Path | None = None) -> Address:
    """Return the address in a text, with its password from the folder of secrets where there is one."""
    parts = urlsplit(text)
    if parts.scheme not in PORTS:
        raise BadSettings(
            f"{_shown(text)!r} is no address.{nearest(parts.scheme, PORTS)}",
            f"It begins with one of {', '.join(f'{name}://' for name in PORTS)}.",
        )
    if parts.password is not None:
        raise BadSettings(
            f"A password stands in the address {_shown(text)}.",
            "Take it out; write it into a file of the secrets' folder that you alone can read.",
        )
    try:
        port = parts.port or PORTS[parts.scheme]
    except ValueError:
        raise BadSettings(f"{text!r} names no port that can be.", "Ports are 1 to 65535.") from None
    host = parts.query.removeprefix("host=") if parts.query.startswith("host=/") else parts.hostname or "127.0.0.1"
    user = parts.username or ""
    return Address(parts.scheme, user, host, port, parts.path.strip("/"), _password(parts.scheme, user, secrets))


def read_server(text: str, scheme: str, secrets: Path | None = None) -> Address:
    """Return the address in a text, which has to be that of such a server."""
    address = read_address(text, secrets)
    if address.scheme != scheme:
        raise BadSettings(f"{text} is no address of {scheme}.", f"Write {scheme}://user@host:port/database.")
    return address


def _password(scheme: str, user: str, secrets: Path | None) -> Token | None:
    """Return the password of a user; None where no file holds one."""
    if secrets is None:
        return None
    path = secrets / "-".join(filter(None, (scheme, user)))
    return read_token(path) if path.exists() else None


def _shown(text: str) -> str:
    """Return an address without what may be a password."""
    before, found, after = text.partition("@")
    return text if not found else f"{before.partition('://')[0]}://...@{after}"
