"""The limits of one account, as plain numbers: what a risk file comes down to, and all that the gate is given.

Units are in the names or here: a *share* is a part of one (0.005 is half a per cent), cash is in minor units of the
account's currency, a `..._minute` is the minute of the New York day at which something happens, `..._minutes` and
`..._s` are lengths. Every limit is a positive number or `OFF`; zero is no limit but a mistake, so that memory nobody
filled in cannot pass for one. Numbers and letters such as R7 and C3 are those of the domain rules 5.3 and 5.5.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

OFF = -1
"""Says that a limit was switched off on purpose."""

INTERNAL, PROP, SERVER = 0, 1, 2
"""The day clocks every account has, by their place in `Limits.clocks`; further ones follow."""

BASE_MODES = ("initial", "balance", "equity", "higher", "previous close equity")
INITIAL, BALANCE, EQUITY, HIGHER, PREVIOUS_CLOSE_EQUITY = range(5)
"""What a loss is measured from: the capital at the start, or what the reset of the clock found."""

HIGHEST_SOURCES = ("none", "balance", "equity")
NO_HIGHEST, HIGHEST_BALANCE, HIGHEST_EQUITY = range(3)
"""Whether the floor trails the highest balance or the highest equity; HIGHEST_EQUITY has floating profit in it."""

HIGHEST_UPDATES = ("tick", "trade close", "end of day")
ON_TICK, ON_TRADE_CLOSE, ON_DAY_END = range(3)
"""When the highest is looked at; "end of day" is the reset of the rule's clock."""

RESETS = ("never", "day", "week")
NEVER, DAILY, WEEKLY = range(3)
"""How often the base is set anew; a week begins with Monday's day of the rule's clock."""

BREACH_SOURCES = ("equity", "balance")
BREACH_ON_EQUITY, BREACH_ON_BALANCE = range(2)

BREACH_CHECKS = ("tick", "end of day")
CHECK_ON_TICK, CHECK_ON_DAY_END = range(2)

SEVERITIES = ("delay payout", "no entries", "halt", "latch", "terminate")
DELAY_PAYOUT, NO_ENTRIES, HALT, LATCH, TERMINATE = range(5)
"""What a breach does, mildest first: nothing here; pending entries cancelled and no new ones until the reset;
everything closed and halted until the reset; the same until a named person re-arms; the firm ends the account."""

AMOUNT_IN_CASH, AMOUNT_OF_BASE = range(2)

GROUP_METHODS = ("sides", "correlation")
GROUP_SIDES, GROUP_CORRELATION = range(2)


class ResetClock(NamedTuple):
    """A day that begins when the clock `zone` (a name of `markets.clock.clock`) shows `minute` after midnight."""

    zone: str
    minute: int


class LossRule(NamedTuple):
    """One floor under the account (domain 5.4): floor = base - amount, or min(lock, max(highest, initial) - amount).

    Equity strictly below the floor is a breach; with `inclusive`, as in the house rules, equity at it is one too.
    """

    name: str
    control: str
    """R6, R7, R9, R10, R11, or the pack of the firm whose rule it is."""
    base_mode: int
    resets: int
    clock: int
    """Which of `Limits.clocks` sets the base anew and ends the day."""
    amount_of: int
    amount: int
    """Minor units; OFF where the amount is a share of the base."""
    share: float
    """Share of the base; OFF where the amount is cash."""
    highest_source: int
    highest_update: int
    lock: int
    """The floor trails no further than this, minor units; OFF where it never stops."""
    breach_on: int
    breach_check: int
    inclusive: int
    severity: int


class Group(NamedTuple):
    """Instruments that lose together: a long position of weight -1 stands on the short side of its group."""

    name: str
    limit: float
    """Share of equity (R3)."""
    members: tuple[tuple[str, float], ...]
    """Symbol and weight, in the order of the symbols."""


class Cap(NamedTuple):
    """What one instrument may have at most, in place of the general limits of the same names."""

    symbol: str
    order_lots_cap: float
    order_value_cap: int
    position_lots_cap: float
    spread_cap: float
    """Price units."""


class Goals(NamedTuple):
    """What a firm asks for before it pays, in the numbers of the account; OFF where it does not ask."""

    profit_target: int = OFF
    """Minor units above the capital."""
    minimum_days: int = OFF
    minimum_profitable_days: int = OFF
    profitable_day: int = OFF
    """Minor units from which a day counts as profitable."""
    best_day: float = OFF
    best_day_of_all: bool = True
    """Whether the best day is compared with the profit of all days, or of profitable days only."""
    time_limit_days: int = OFF


class Limits(NamedTuple):
    """Every limit of an account; the names are those of the kernel's record."""

    name: str
    version: int
    """Counted up by whoever changes the file."""
    digest: int
    """The first 63 bits of the SHA-256 of everything below (`risk.digest`)."""
    currency: str
    capital: int
    """What the account began with, or began its phase with, minor units (domain 5.3: I)."""
    clocks: tuple[ResetClock, ...]
    loss_rules: tuple[LossRule, ...]
    groups: tuple[Group, ...]
    caps: tuple[Cap, ...]
    # Exposure: R1 to R5, R8.
    risk_per_trade: float
    open_risk: float
    kappa: float
    kappa_break: float
    kappa_weekend: float
    netting_credit: float
    group_method: int
    correlation_floor: float
    gross_leverage: float
    net_leverage: float
    margin_use: float
    margin_level_warning: float
    margin_level_cut: float
    floor_buffer: float
    flatten_cost_spreads: float
    # After losses, and how many trades: R12, R13.
    consecutive_losses: int
    consecutive_losses_global: int
    loss_counts_below: float
    cool_down_minutes: int
    trades_per_block: int
    trades_per_day: int
    trades_per_day_total: int
    # Times: R14.
    last_entry_minutes: int
    flat_minute: int
    friday_flat_minute: int
    early_close_minutes: int
    weekend_flat: int
    day_types: int
    """Bit n: entries are allowed on days of type n of `markets.hours.DAY_TYPES`."""
    news_lock_minutes: int
    news_flat_minutes: int
    # Protection: R15 to R17.
    stop_required: int
    stop_within_s: float
    reconciliation_s: float
    mismatch_kill_s: float
    rejects_for_kill: int
    # Orders: C1 to C14.
    collar_share: float
    collar_atr: float
    level_atr_day: float
    order_lots_cap: float
    order_median_multiple: float
    order_median_count: int
    order_value_share: float
    order_value_cap: int
    position_lots_cap: float
    messages_per_second: int
    messages_per_minute: int
    messages_per_day: int
    quote_age_s: float
    quote_age_asia_s: float
    bar_age_s: float
    spread_median_multiple: float
    spread_cap: float
    duplicate_s: float
    fills_per_5min: int
    fills_per_day: int
    broker_rejects: int
    minutes_to_close: int
    clock_skew_s: float
    unknown_hold: int

    def as_tree(self) -> dict[str, Any]:
        """Return the limits as plain mappings and lists, from which `from_tree` makes them again."""
        nested = {
            name: [one._asdict() for one in getattr(self, name)] for name in ("clocks", "loss_rules", "groups", "caps")
        }
        return {**self._asdict(), **nested}

    @classmethod
    def from_tree(cls, tree: Mapping[str, Any]) -> "Limits":
        """Return the limits that `as_tree`, or JSON made of it, holds."""
        groups = [
            Group(one["name"], one["limit"], tuple((symbol, weight) for symbol, weight in one["members"]))
            for one in tree["groups"]
        ]
        nested = {
            "clocks": tuple(ResetClock(**one) for one in tree["clocks"]),
            "loss_rules": tuple(LossRule(**one) for one in tree["loss_rules"]),
            "groups": tuple(groups),
            "caps": tuple(Cap(**one) for one in tree["caps"]),
        }
        return cls(**{**tree, **nested})
