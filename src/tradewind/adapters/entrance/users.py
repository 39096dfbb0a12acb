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
    once: bool = False
    """Whether the password is good for one log-in, in which another is chosen."""


class OnceOnly(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """The password is right and was made by a machine: the person has to choose one."""


class WrongPassword(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """Name or password are wrong, or there were too many guesses; which of them is not said."""


def new_password() -> str:
    """Return a password nobody has: 256 bits."""
    return secrets.token_urlsafe(32)


def add_user(
    entrance: Entrance, name: str, password: str, scopes: Iterable[str], now: int, *, once: bool = False
) -> User:
    """The user exists; refuses a name that is taken, and a password that others would guess.

    With `once` the password is good for one log-in, in which another is chosen.
    """
    if not NAME.fullmatch(name):
        raise BadData(f"{name!r} is no name for a user.", "Use a letter and then letters, digits, . _ -, at most 40.")
    found, text = checked(scopes), _hashed(name, password)
    with entrance.opened() as database:
        if database.execute("SELECT 1 FROM users WHERE name = ?", (name,)).fetchone():
            raise BadData(f"There is a user {name} already.", "Choose another name, or change the password.")
        values = (name, text, " ".join(sorted(found)), now, once)
        database.execute("INSERT INTO users (name, password, scopes, made_ns, once) VALUES (?, ?, ?, ?, ?)", values)
    return User(name, found, disabled=False, once=once)


def change_password(entrance: Entrance, name: str, password: str, *, once: bool = False) -> None:
    """The user has another password, and every session of theirs is over."""
    text = _hashed(name, password)
    with entrance.opened() as database:
        _row(database, name)
        query = "UPDATE users SET password = ?, once = ?, failures = 0, locked_ns = 0 WHERE name = ?"
        database.execute(query, (text, once, name))
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
        rows = database.execute("SELECT name, scopes, disabled, once FROM users ORDER BY name").fetchall()
    return [User(name, frozenset(scopes.split()), bool(disabled), bool(once)) for name, scopes, disabled, once in rows]


def come_in(entrance: Entrance, name: str, passwords: tuple[str, str | None], now: int) -> User:
    """Return the user whose password this is, who has the second one from now on if one is given.

    Raises WrongPassword, and OnceOnly where a second one must be given.
    """
    password, own = passwords
    user = enter(entrance, name, password, now)
    if own is not None:
        if own == password:
            raise BadData("The new password is the old one.", "Choose another.")
        change_password(entrance, name, own)
    elif user.once:
        raise OnceOnly("This password was made for one log-in.", "Give a new one of your own together with it.")
    return user._replace(once=False)


def enter(entrance: Entrance, name: str, password: str, now: int) -> User:
    """Return the user whose password this is; every other case takes as long and says the same."""
    with entrance.opened() as database:
        query = "SELECT password, scopes, disabled, locked_ns, once FROM users WHERE name = ?"
        row = database.execute(query, (name,)).fetchone()
    text, scopes, disabled, locked, once = row or (_NOBODY, "", 1, 0, 0)
    right = _fits(text, password)
    if right and not disabled and now >= locked:
        with entrance.opened() as database:
            database.execute("UPDATE users SET failures = 0, locked_ns = 0 WHERE name = ?", (name,))
        return User(name, frozenset(scopes.split()), disabled=False, once=bool(once))
    if row is not None and not right and now >= locked:
        with entrance.opened() as database:  # counted there, because many may guess at once
            failures = database.execute("SELECT failures FROM users WHERE name = ?", (name,)).fetchone()[0] + 1
            values = (failures, now + lock_seconds(failures) * SECOND, name)
            database.execute("UPDATE users SET failures = ?, locked_ns = ? WHERE name = ?", values)
    raise WrongPassword("Name or password are wrong, or there were too many guesses.", "Wait a little; then try again.")


def lock_ends(entrance: Entrance) -> dict[str, int]:
    """Return until when, ns UTC, nobody comes or came in under a name because of wrong guesses."""
    with entrance.opened() as database:
        rows = database.execute("SELECT name, locked_ns FROM users WHERE locked_ns > 0").fetchall()
    return {str(name): int(until) for name, until in rows}


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
        raise BadData(f"There is no user {name!r}.", "See `tradewind users list`.")
