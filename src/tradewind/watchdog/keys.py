"""The key file: how the watchdog reaches the broker and a person without anything else of ours.

`emergency.toml` in the account's folder, readable by its owner only:

    broker = "oanda"              # or "command"
    account = "101-001-1234567-001"
    token = "..."                 # a key of its own, if the broker gives several; or token_file = "..."
    practice = true
    run = ["/usr/local/bin/pull"]    # broker "command": called with the level and the account's name

    [page]
    run = ["/usr/local/bin/ring"]         # gets the text on its standard input
    webhook = "https://hooks.example/..."  # gets {"text": ..., "content": ...}
"""

import os
import stat
import tomllib
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tradewind.errors import BadSettings
from tradewind.watchdog.beats import read_small

KEY_FILE = "emergency.toml"
_NAMES = {"broker", "account", "token", "token_file", "practice", "url", "run", "page"}


class Secret:
    """A text that is never shown: `reveal()` gives it to the one place that sends it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(...)"

    def __bool__(self) -> bool:
        return bool(self._text)

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text


class Key(NamedTuple):
    """Who we are at the broker, and whom we page."""

    broker: str = ""
    account: str = ""
    token: Secret = Secret("")
    practice: bool = True
    url: str = ""
    """Another address than the broker's: https, or plain http on 127.0.0.1 for a simulator."""
    run: tuple[str, ...] = ()
    page_run: tuple[str, ...] = ()
    page_webhook: Secret = Secret("")
    name: str = ""
    """Our name of the account: the folder's."""


def load_key(folder: Path) -> Key:
    """Return the key in the account's folder; BadSettings says what is wrong with it, without its contents."""
    path = folder / KEY_FILE
    try:
        _owners_only(path)
        told = tomllib.loads(read_small(path, 65_536).decode())
    except FileNotFoundError:
        raise BadSettings(f"There is no key file {path}.", "Write one: docs/live/watchdog.md says how.") from None
    except OSError as error:
        raise BadSettings(f"The key file {path} cannot be read: {error.strerror}.") from None
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"The key file {path} is no TOML: {error}.") from None
    except ValueError:
        raise BadSettings(f"The key file {path} is no text of a reasonable length.") from None
    if strange := sorted(set(told) - _NAMES):
        raise BadSettings(f"The key file {path} has names we do not know: {', '.join(strange)}.", _known())
    return _key(path, told)


def _known() -> str:
    return f"Known: {', '.join(sorted(_NAMES))}."


def _key(path: Path, told: dict[str, Any]) -> Key:
    page = told.get("page", {})
    if not isinstance(page, dict) or set(page) - {"run", "webhook"}:
        raise BadSettings(f"The [page] part of {path} knows only run and webhook.")
    token = _text(path, told, "token")
    if file := _text(path, told, "token_file"):
        token = _token_in((path.parent / file).expanduser())
    if any(letter.isspace() or not letter.isprintable() for letter in token) or not token.isascii():
        raise BadSettings(f"The token in {path} has letters no token has.", "Copy it again, without line breaks.")
    if type(practice := told.get("practice", True)) is not bool:
        raise BadSettings(f"practice in {path} is true or false.")
    if url := _text(path, told, "url"):
        check_address(url, path)
    if webhook := _text(path, page, "webhook"):
        check_address(webhook, path)
    return Key(
        broker=_text(path, told, "broker"),
        account=_text(path, told, "account"),
        token=Secret(token),
        practice=practice,
        url=url,
        run=_words(path, told, "run"),
        page_run=_words(path, page, "run"),
        page_webhook=Secret(webhook),
        name=path.parent.name,
    )


def check_address(url: str, path: Path) -> None:
    """A secret goes over https, or in the clear to this machine only; BadSettings otherwise."""
    try:
        parts = urlsplit(url)
        good = bool(parts.hostname) and (
            parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == "127.0.0.1")
        )
        good = good and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good:
        raise BadSettings(f"An address in {path} is neither https nor http on 127.0.0.1.", "Correct it.")


def _owners_only(path: Path) -> None:
    mode = path.stat().st_mode
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise BadSettings(
            f"{path} can be read by others (mode {stat.S_IMODE(mode):04o}).", f"Close it: chmod 600 {path}"
        )
    if path.stat().st_uid not in (os.getuid(), 0):
        raise BadSettings(f"{path} belongs to somebody else.", "A key file belongs to whoever runs the watchdog.")


def _token_in(path: Path) -> str:
    try:
        _owners_only(path)
        return read_small(path, 8_192).decode().strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise BadSettings(f"The token file {path} cannot be read: {reason}.") from None


def _text(path: Path, told: dict[str, Any], name: str) -> str:
    value = told.get(name, "")
    if not isinstance(value, str):
        raise BadSettings(f"{name} in {path} is no text.", f'Write {name} = "...".')
    return value


def _words(path: Path, told: dict[str, Any], name: str) -> tuple[str, ...]:
    value = told.get(name, [])
    if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
        raise BadSettings(f"{name} in {path} is no list of words.", f'Write {name} = ["/path/to/program"].')
    return tuple(value)
