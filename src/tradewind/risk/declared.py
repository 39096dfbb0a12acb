"""The tables of a risk file and of a pack, as they are written: immutable, nothing filled in, no unknown names."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tradewind.risk.units import Value, read

PACKS = ("house", "ftmo-2step", "ftmo-1step", "the5ers", "topstep", "topstep-fx-legacy", "apex-like")
"""The packs we ship."""


class Declared(BaseModel):
    """A table of a risk file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Amount(NamedTuple):
    """A share of something, or cash in the account's currency; `by_size` has one for each size of account."""

    share: float | None = None
    cash: Decimal | None = None
    by_size: tuple[tuple[int, Decimal], ...] = ()


def _amount(value: object) -> object:
    """Return what "5 %", 2000 or a table of account size and cash means."""
    if value in ("off", None) or isinstance(value, Amount):
        return value
    if isinstance(value, dict):
        return Amount(by_size=tuple(sorted((int(size), _cash(cash)) for size, cash in value.items())))
    if isinstance(value, str):
        share = read("share", value)
        if share < 0:
            raise ValueError("it is written without a minus")
        return Amount(share=float(share))
    return Amount(cash=_cash(value))


def _cash(value: object) -> Decimal:
    cash = Decimal(str(read("cash", value)))
    if cash < 0:
        raise ValueError("it is written without a minus")
    if cash <= 1:
        raise ValueError(f'it could be a share or cash; write the share as "{float(cash * 100):g} %"')
    return cash


def _share(value: object) -> object:
    return None if value is None else read("share", value)


def _lock(value: object) -> object:
    return value if value == "initial" else _amount(value)


Loss = Annotated[Amount | Literal["off"] | None, BeforeValidator(_amount)]
Share = Annotated[float | None, BeforeValidator(_share)]


class LossTable(Declared):
    """One row of [[loss_rules]]; the words are those of `limits.LossRule`."""

    name: str
    control: str | None = None
    base: Literal["initial", "balance", "equity", "higher", "previous close equity"] | None = None
    resets: Literal["never", "day", "week"] | None = None
    clock: str | None = None
    """`internal`, `prop`, `server`, or a time and a zone: `00:00 Europe/Prague`."""
    amount: Loss = None
    amount_of: Literal["initial", "base"] | None = None
    highest: Literal["none", "balance", "equity"] | None = None
    highest_update: Literal["tick", "trade close", "end of day"] | None = None
    lock: Annotated[Amount | Literal["off", "initial"] | None, BeforeValidator(_lock)] = None
    """Where the floor stops trailing: at the initial capital, or so far above it."""
    breach_on: Literal["equity", "balance"] | None = None
    breach_check: Literal["tick", "end of day"] | None = None
    inclusive: bool | None = None
    """Whether reaching the floor is a breach, or only falling below it."""
    severity: Literal["delay payout", "no entries", "halt", "latch", "terminate"] | None = None
    source: str = "file"


class GroupTable(Declared):
    """One table of [groups]."""

    limit: Share = None
    members: dict[str, Annotated[float, Field(ge=-5, le=5)]] | None = None
    source: str = "file"


class Objectives(Declared):
    """What a firm asks for before it pays, besides that no floor is broken."""

    profit_target: Loss = None
    minimum_days: Annotated[int | None, Field(ge=1)] = None
    """Days on which a trade was opened."""
    minimum_profitable_days: Annotated[int | None, Field(ge=1)] = None
    profitable_day: Share = None
    """A day counts as profitable from this share of the capital on."""
    best_day: Share = None
    """The most that the best day may be of all profit; more delays, it does not fail."""
    best_day_of: Literal["all days", "profitable days"] | None = None
    time_limit_days: Annotated[int | None, Field(ge=1)] = None
    source: str = "file"


class Reference(Declared):
    """Where something was read, and when."""

    text: str
    read: date


class Part(NamedTuple):
    """What a file, or one phase of a pack, says."""

    values: dict[str, Value]
    """Single limits by name; cash in units of the account's currency."""
    loss_rules: tuple[LossTable, ...]
    groups: dict[str, GroupTable]
    caps: dict[str, dict[str, Value]]
    """Single limits of an instrument, by symbol."""
    objectives: Objectives
    sources: dict[str, str]
    """The entry of [sources] each single limit is from, by name."""


class Header(Declared):
    """What stands above the tables."""

    name: str
    version: Annotated[int, Field(ge=1)] = 1
    packs: tuple[str, ...] = ()
    phase: str | None = None
    capital: Annotated[Decimal | None, Field(gt=0)] = None
    firm: bool = False
    """Whether this is a firm's pack: its floors replace R6 and R7 of the house (domain 5.4)."""
    sizes: tuple[int, ...] = ()
    """The sizes of account a firm has; empty for any."""
    valid_from: date | None = None
    valid_to: date | None = None
    soft_share: Share = None
    hard_share: Share = None
    """At which shares of a firm's daily limit entries end and everything is closed; 60 % and 80 % by default."""
    sources: dict[str, Reference] = {}


class Document(NamedTuple):
    """A whole risk file or pack."""

    where: str
    """The file, or `pack NAME`."""
    header: Header
    part: Part
    phases: dict[str, Part]
    lines: dict[tuple[str | int, ...], tuple[int, int]]
    """Line and column of every key."""
