"""Where a FIX session connects to, as whom, and what it trades.

A password comes from a file that only its owner can read, and shows itself to nobody.
"""

import stat
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from tradewind.adapters.brokers.fix.dialects import Dialect
from tradewind.adapters.brokers.fix.session import Identity
from tradewind.errors import BadSettings
from tradewind.markets.instruments import Instrument


class Secret:
    """A text that is not shown: only `reveal` gives it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        """Return a mask."""
        return "Secret(***)"

    def reveal(self) -> str:
        """Return the text."""
        return self._text


def read_secret(path: Path) -> Secret:
    """Return the first line of a file that its owner alone can read; `BadSettings` for any other."""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8") if not mode & (stat.S_IRWXG | stat.S_IRWXO) else ""
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"The password file {path} cannot be read.", "Write the password into it.") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise BadSettings(f"The password file {path} is open to others.", f"Run `chmod 600 {path}`.")
    secret = text.strip()
    if not secret or "\n" in secret or not secret.isascii():
        raise BadSettings(f"The password file {path} does not hold one line of ASCII.", "Write the password into it.")
    return Secret(secret)


class Endpoint(NamedTuple):
    """One connection: where to, as whom."""

    host: str
    port: int
    identity: Identity
    password: Secret
    tls: bool = True
    authorities: Path | None = None
    """A file of certificate authorities to trust instead of the system's."""
    numbers: Path | None = None
    """Where sequence numbers are kept for a session that does not reset."""


class Account(NamedTuple):
    """The account behind the session."""

    name: str
    currency: str
    practice: bool
    hedging: bool = False


class Listed(NamedTuple):
    """An instrument as the broker's FIX names and counts it."""

    symbol: str
    code: str
    """What stands in Symbol (55) or SecurityID (48)."""
    tick_size: Decimal
    step: Decimal
    """OrderQty of one lot step."""


def listed(instruments: Sequence[Instrument], codes: Mapping[str, str], dialect: Dialect) -> tuple[Listed, ...]:
    """Return the instruments as the dialect counts them; `codes` says by our symbol what the broker calls them."""
    rows = []
    for instrument in instruments:
        code = codes.get(instrument.symbol, instrument.broker_symbol)
        if not code or not code.isascii() or not code.isprintable():
            raise BadSettings(f"{code!r} is no FIX symbol for {instrument.symbol}.", "Give the broker's own.")
        step = instrument.volume_step
        if dialect.quantity == "units":
            step *= instrument.contract_size
        rows.append(Listed(instrument.symbol, code, instrument.tick_size, step))
    if len({row.code for row in rows}) != len(rows):
        raise BadSettings("Two instruments have the same FIX symbol.", "Give each its own.")
    return tuple(rows)
