"""Tokens of people who gave their password: short ones that are signed, long ones that are used once.

The short one is a JWT after RFC 8725: one pinned algorithm, issuer, audience, expiry, and an id. The long one renews
it and is replaced each time; whoever shows one that was used before holds a copy, and the whole family ends.
"""

import hashlib
import secrets
from pathlib import Path
from typing import Any, NamedTuple

import jwt

from tradewind.adapters.entrance.database import Entrance
from tradewind.adapters.entrance.scopes import Principal
from tradewind.adapters.entrance.users import User, WrongPassword
from tradewind.errors import BadSettings

SECOND = 1_000_000_000
SHORT_S = 900
LONG_S = 14 * 86_400
ALGORITHM = "HS256"
ISSUER, AUDIENCE = "tradewind", "tradewind-api"


class Reused(WrongPassword):
    """A long token came twice: one of two who have it took it from the other."""


class Pair(NamedTuple):
    """What a person holds after the password."""

    short: str
    long: str
    expires_ns: int
    """Of the short one."""


def signing_key(path: Path) -> bytes:
    """Return the key in the file; one is made where there is none, one that others may read is refused."""
    if not path.exists():
        path.parent.mkdir(0o700, parents=True, exist_ok=True)
        path.touch(0o600, exist_ok=False)
        path.write_bytes(secrets.token_bytes(32))
    if path.stat().st_mode & 0o077:
        raise BadSettings(f"The key {path} can be read by others.", f"Run: chmod 600 {path}")
    key = path.read_bytes()
    if len(key) < 32:
        raise BadSettings(f"The key {path} is too short.", "Delete it; a new one is made, and people log in again.")
    return key


def begin(entrance: Entrance, key: bytes, user: User, now: int) -> Pair:
    """Return the tokens of a new session; `now` is when the password was given."""
    return _issued(entrance, key, user, secrets.token_hex(16), (now, now))


def renew(entrance: Entrance, key: bytes, long: str, now: int) -> Pair:
    """Return the next tokens for a long one; a used one ends its family."""
    with entrance.opened() as database:
        query = "SELECT family, user, expires_ns, used FROM sessions WHERE digest = ?"
        row = database.execute(query, (_digest(long),)).fetchone()
        if row is not None and row[3]:
            database.execute("DELETE FROM sessions WHERE family = ?", (row[0],))
        database.execute("UPDATE sessions SET used = 1 WHERE digest = ?", (_digest(long),))
        user = None if row is None else database.execute(
            "SELECT name, scopes, disabled FROM users WHERE name = ?", (row[1],)
        ).fetchone()  # fmt: skip
    if row is not None and row[3]:
        raise Reused("The session is over.", "Log in again.")
    if row is None or now >= row[2] or user is None or user[2]:
        raise WrongPassword("The session is over.", "Log in again.")
    return _issued(entrance, key, User(user[0], frozenset(user[1].split()), disabled=False), row[0], (now, 0))


def end(entrance: Entrance, user: str) -> None:
    """Every session of the user is over, and their short tokens open nothing any more (`scopes_now`)."""
    with entrance.opened() as database:
        database.execute("DELETE FROM sessions WHERE user = ?", (user,))


def scopes_now(entrance: Entrance, user: str, now: int) -> frozenset[str] | None:
    """Return what a user may do at this moment; None where they have been disabled or have no session any more."""
    query = (
        "SELECT scopes FROM users WHERE name = ? AND disabled = 0 "
        "AND EXISTS (SELECT 1 FROM sessions WHERE user = name AND expires_ns > ?)"
    )
    with entrance.opened() as database:
        row = database.execute(query, (user, now)).fetchone()
    return None if row is None else frozenset(str(row[0]).split())


def shown_by(key: bytes, text: str, now: int) -> Principal | None:
    """Return whose short token this is; None where it is none of ours or has expired."""
    options: Any = {"require": ["exp", "nbf", "iss", "aud", "sub", "jti"], "verify_exp": False, "verify_nbf": False}
    try:
        told = jwt.decode(text, key, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER, options=options)
        inside = int(told["nbf"]) <= now // SECOND < int(told["exp"])
        scopes, fresh = frozenset(str(told["scope"]).split()), int(told["fresh"])
    except (jwt.InvalidTokenError, KeyError, TypeError, ValueError):
        return None
    return Principal(str(told["sub"]), scopes, "token", fresh) if inside else None


def _issued(entrance: Entrance, key: bytes, user: User, family: str, times: tuple[int, int]) -> Pair:
    """Return new tokens; `times` are now and when the password was given."""
    now, fresh = times
    long, expires = secrets.token_urlsafe(32), now + SHORT_S * SECOND
    told = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": user.name, "jti": secrets.token_hex(16), "nbf": now // SECOND,
        "exp": expires // SECOND, "scope": " ".join(sorted(user.scopes)), "fresh": fresh,
    }  # fmt: skip
    with entrance.opened() as database:
        database.execute("DELETE FROM sessions WHERE expires_ns <= ?", (now,))
        row = (family, _digest(long), user.name, now + LONG_S * SECOND)
        database.execute("INSERT INTO sessions (family, digest, user, expires_ns) VALUES (?, ?, ?, ?)", row)
    return Pair(jwt.encode(told, key, ALGORITHM), long, expires)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
