"""Users: names, password hashes, scopes, and how often somebody guessed wrong.

Hashes are argon2id with the parameters of RFC 9106's second choice (64 MiB, three passes, four lanes). Who guesses
wrong waits: nothing for the first four times, then twice as long each time, up to an hour; a right password within
that time is refused like a wrong one, so that guessing tells nothing.
"""

import re
import secrets
from collections.abc import Iterable
from typing import Any, NamedTuple

import argon2

from tradewind.adapters.entrance.database import Entrance
from tradewind.adapters.entrance.scopes import checked
from tradewind.errors import BadData, TradewindError

SECOND = 1_000_000_000
NAME = re.compile(r"[a-z][a-z0-9_.-]{0,39}")
SHORTEST = 12
LONGEST = 200
FREE_GUESSES = 4
LONGEST_LOCK_S = 3600
COMMON = frozenset({"admin123", "password", "tradewind", "changeme", "letmein", "123456789012", "administrator"})

_HASHER = argon2.PasswordHasher()
_NOBODY = _HASHER.hash("nobody has this password")


class User(NamedTuple):
    """A user as others may see them."""

    name: str
    scopes: frozenset[str]
    disabled: bool


class WrongPassword(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """Name or password are wrong, or there were too many guesses; which of them is not said."""


def new_password() -> str:
    """Return a password nobody has: 256 bits."""
    return secrets.token_urlsafe(32)


def add_user(entrance: Entrance, name: str, password: str, scopes: Iterable[str], now: int) -> User:
    """The user exists; refuses a name that is taken, and a password that others would guess."""
    if not NAME.fullmatch(name):
        raise BadData(f"{name!r} is no name for a user.", "Use a letter and then letters, digits, . _ -, at most 40.")
    found, text = checked(scopes), _hashed(name, password)
    with entrance.opened() as database:
        if database.execute("SELECT 1 FROM users WHERE name = ?", (name,)).fetchone():
            raise BadData(f"There is a user {name} already.", "Choose another name, or change the password.")
        values = (name, text, " ".join(sorted(found)), now)
        database.execute("INSERT INTO users (name, password, scopes, made_ns) VALUES (?, ?, ?, ?)", values)
    return User(name, found, disabled=False)


def change_password(entrance: Entrance, name: str, password: str) -> None:
    """The user has another password, and every session of theirs is over."""
    text = _hashed(name, password)
    with entrance.opened() as database:
        _row(database, name)
        database.execute("UPDATE users SET password = ?, failures = 0, locked_ns = 0 WHERE name = ?", (text, name))
        database.execute("DELETE FROM sessions WHERE user = ?", (name,))


def disable_user(entrance: Entrance, name: str) -> None:
    """The user cannot come in any more, nor can keys of theirs."""
    with entrance.opened() as database:
        _row(database, name)
        database.execute("UPDATE users SET disabled = 1 WHERE name = ?", (name,))
        database.execute("DELETE FROM sessions WHERE user = ?", (name,))
        database.execute("UPDATE keys SET revoked = 1 WHERE owner = ?", (name,))


def users(entrance: Entrance) -> list[User]:
    """Return all users by name."""
    with entrance.opened() as database:
        rows = database.execute("SELECT name, scopes, disabled FROM users ORDER BY name").fetchall()
    return [User(name, frozenset(scopes.split()), bool(disabled)) for name, scopes, disabled in rows]


def enter(entrance: Entrance, name: str, password: str, now: int) -> User:
    """Return the user whose password this is; every other case takes as long and says the same."""
    with entrance.opened() as database:
        query = "SELECT password, scopes, disabled, failures, locked_ns FROM users WHERE name = ?"
        row = database.execute(query, (name,)).fetchone()
    text, scopes, disabled, failures, locked = row or (_NOBODY, "", 1, 0, 0)
    right = _fits(text, password)
    if right and not disabled and now >= locked:
        with entrance.opened() as database:
            database.execute("UPDATE users SET failures = 0, locked_ns = 0 WHERE name = ?", (name,))
        return User(name, frozenset(scopes.split()), disabled=False)
    if row is not None and not right and now >= locked:
        with entrance.opened() as database:
            until = now + lock_seconds(failures + 1) * SECOND
            database.execute("UPDATE users SET failures = failures + 1, locked_ns = ? WHERE name = ?", (until, name))
    raise WrongPassword("Name or password are wrong, or there were too many guesses.", "Wait a little; then try again.")


def lock_seconds(failures: int) -> int:
    """Return how long after so many wrong guesses in a row nobody comes in under the name."""
    return 0 if failures <= FREE_GUESSES else min(2 ** (failures - FREE_GUESSES), LONGEST_LOCK_S)


def _fits(text: str, password: str) -> bool:
    try:
        return len(password) <= LONGEST and _HASHER.verify(text, password)
    except argon2.exceptions.VerificationError:
        return False


def _hashed(name: str, password: str) -> str:
    """Return the hash of a password that is long enough and not one that everybody tries first."""
    plain = password.casefold()
    if not SHORTEST <= len(password) <= LONGEST or plain in COMMON or plain == name or len(set(plain)) < SHORTEST // 2:
        raise BadData(
            f"The password is too weak: {SHORTEST} to {LONGEST} letters, not the usual ones, not one letter repeated.",
            "Leave it out, and one is made.",
        )
    return _HASHER.hash(password)


def _row(database: Any, name: str) -> None:
    if database.execute("SELECT 1 FROM users WHERE name = ?", (name,)).fetchone() is None:
        raise BadData(f"There is no user {name!r}.", "See `tradewind user list`.")
