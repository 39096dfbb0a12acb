"""API keys: `tw_PREFIX_SECRET`, shown once; what is kept is the SHA-256 of the secret's 256 bits."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from typing import NamedTuple

from tradewind.adapters.entrance.database import Entrance
from tradewind.adapters.entrance.scopes import Principal, checked
from tradewind.errors import BadData

DAY = 86_400 * 1_000_000_000
LONGEST_DAYS = 366
NOTED = 60 * 1_000_000_000
"""When a key was used last is known to the minute."""
KEY = re.compile(r"tw_([a-z0-9]{8})_([A-Za-z0-9_-]{43})")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


class Key(NamedTuple):
    """A key as others may see it."""

    prefix: str
    name: str
    owner: str
    scopes: frozenset[str]
    made_ns: int
    expires_ns: int
    used_ns: int
    revoked: bool


def make_key(entrance: Entrance, name: str, owner: str, scopes: Iterable[str], days: int, now: int) -> str:
    """Return a new key with these scopes: the only time it is shown."""
    if not 1 <= days <= LONGEST_DAYS:
        raise BadData(f"A key for {days} days is not made.", f"1 to {LONGEST_DAYS}.")
    if not 1 <= len(name) <= 60 or not name.isprintable():
        raise BadData(f"{name[:60]!r} is no name for a key.", "Say what it is for, in at most 60 letters.")
    prefix = "".join(secrets.choice(LETTERS) for _ in range(8))
    secret = secrets.token_urlsafe(32)
    row = (prefix, _digest(secret), name, owner, " ".join(sorted(checked(scopes))), now, now + days * DAY)
    with entrance.opened() as database:
        columns = "prefix, digest, name, owner, scopes, made_ns, expires_ns"
        database.execute(f"INSERT INTO keys ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608 - our own names
    return f"tw_{prefix}_{secret}"


def shown_by(entrance: Entrance, text: str, now: int) -> Principal | None:
    """Return whose key this is and what it may do; None where it is none, has expired or was revoked."""
    match = KEY.fullmatch(text)
    if match is None:
        return None
    with entrance.opened() as database:
        query = "SELECT digest, name, owner, scopes, expires_ns, revoked, used_ns FROM keys WHERE prefix = ?"
        row = database.execute(query, (match[1],)).fetchone()
        if row is None or not hmac.compare_digest(row[0], _digest(match[2])) or row[5] or now >= row[4]:
            return None
        if now - (row[6] or 0) > NOTED:  # a disk that is asked at every request answers slowly
            database.execute("UPDATE keys SET used_ns = ? WHERE prefix = ?", (now, match[1]))
    return Principal(f"{row[2]}/{match[1]}", frozenset(row[3].split()), "key")


def revoke_key(entrance: Entrance, prefix: str) -> None:
    """The key opens nothing any more."""
    with entrance.opened() as database:
        if database.execute("UPDATE keys SET revoked = 1 WHERE prefix = ?", (prefix,)).rowcount == 0:
            raise BadData(f"There is no key {prefix!r}.", "See `tradewind keys list`.")


def keys(entrance: Entrance) -> list[Key]:
    """Return all keys, newest first, without what opens them."""
    query = "SELECT prefix, name, owner, scopes, made_ns, expires_ns, used_ns, revoked FROM keys ORDER BY made_ns DESC"
    with entrance.opened() as database:
        rows = database.execute(query).fetchall()
    return [
        Key(prefix, name, owner, frozenset(scopes.split()), made, expires, used, bool(revoked))
        for prefix, name, owner, scopes, made, expires, used, revoked in rows
    ]


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
