"""Every single limit: its letter in the domain rules, its place in a risk file, its unit, and which way is tighter.

The names are those of `limits.Limits`; a test keeps the two the same. Loss rules, groups and caps of instruments have
tables of their own in a risk file (`risk.file`).
"""

from typing import NamedTuple

LOWER, HIGHER, NEITHER = -1, 1, 0
"""Which way a limit is tighter; a change of one that has no such way counts as loosening."""


class Control(NamedTuple):
    """One limit."""

    letter: str
    name: str
    section: str
    """The table of a risk file it stands in."""
    unit: str
    """One of `units.FORMS`."""
    tighter: int
    low: float
    high: float
    meaning: str
    can_be_off: bool = True


_ANY = 1e12
_TABLE = """
R1  risk_per_trade            exposure share     lower  0 0.1   what one trade may lose at its stop, of the smaller of balance and equity
R2  open_risk                 exposure share     lower  0 1     what all open trades and pending orders may lose together, of equity
R2  kappa                     exposure multiple  higher 1 10    what stops are expected to slip, as a multiple of the loss to the stop
R2  kappa_break               exposure multiple  higher 1 10    the same through news or the daily break
R2  kappa_weekend             exposure multiple  higher 1 10    the same over a weekend
R3  netting_credit            exposure share     lower  0 1     how much of the smaller side of a group is taken off the larger
R3  group_method              exposure method    none   0 9     how the risks of a group are added
R3  correlation_floor         exposure share     higher 0 1     correlation taken inside a group at least, with the method "correlation"
R4  gross_leverage            exposure multiple  lower  0 1000  sum of all values of positions, as a multiple of equity
R4  net_leverage              exposure multiple  lower  0 1000  the same with signs, inside one group
R5  margin_use                exposure share     lower  0 1     margin after the order, of equity
R5  margin_level_warning      exposure multiple  higher 0 100   equity / margin below which pending orders are cancelled and none is sent
R5  margin_level_cut          exposure multiple  higher 0 100   equity / margin below which the worst loser by margin is closed
R8  floor_buffer              exposure share     higher 0 0.5   what must be left above every floor when all stops are hit, of the capital
R8  flatten_cost_spreads      exposure multiple  higher 0 100   what closing a position is expected to cost, in spreads
R12 consecutive_losses        losses   count     lower  1 100   losing trades in a row of one strategy in one instrument, before it cools down
R12 consecutive_losses_global losses   count     lower  1 100   the same, of all together
R12 loss_counts_below         losses   R         higher -5 0    a trade that ends at this or worse counts as lost
R12 cool_down_minutes         losses   minutes   higher 1 _     no entries for so long after that, or to the next block if that is later
R13 trades_per_block          trades   count     lower  1 _     entries of one instrument in one trading session
R13 trades_per_day            trades   count     lower  1 _     entries of one instrument in one trading date
R13 trades_per_day_total      trades   count     lower  1 _     entries of all instruments in one trading date
R14 last_entry_minutes        times    minutes   higher 1 1440  no entries in the last minutes before everything is closed
R14 flat_minute               times    time      lower  0 1439  New York time at which everything is closed, Monday to Friday
R14 friday_flat_minute        times    time      lower  0 1439  the same on Fridays
R14 early_close_minutes       times    minutes   higher 1 1440  so long before an early close everything is closed
R14 weekend_flat              times    flag      higher 0 1     nothing is held over a weekend
R14 day_types                 times    day_types none   1 15    types of days on which entries are allowed
R14 news_lock_minutes         times    minutes   higher 1 120   no order is sent so long before and after a release
R14 news_flat_minutes         times    minutes   higher 1 120   everything is closed so long before a release
R15 stop_required             protection flag    higher 0 1     every order that opens has a stop-loss
R15 stop_within_s             protection seconds lower  0 3600  so soon after a fill its stop lives at the broker
R16 reconciliation_s          protection seconds lower  0 86400 so often positions are compared with the broker's; a mismatch as old halts entries
R16 mismatch_kill_s           protection seconds lower  0 86400 a mismatch as old raises kill level 2
R17 rejects_for_kill          protection count   lower  1 1000  unexpected rejects within 60 s that raise the kill level
C1  collar_share              orders   share     lower  0 1     distance of an order's price from the middle price
C1  collar_atr                orders   multiple  lower  0 1000  the same in ATR(14) of M5 bars; the wider of both holds
C1  level_atr_day             orders   multiple  lower  0 1000  distance of stop and target, in ATR(14) of days
C3  order_lots_cap            orders   lots      lower  0 _     size of one order
C3  order_median_multiple     orders   multiple  lower  0 1000  size of one order, in medians of the latest orders
C3  order_median_count        orders   count     none   1 50    of how many latest orders the median is taken
C4  order_value_share         orders   multiple  lower  0 1000  value of one order, as a multiple of equity
C4  order_value_cap           orders   cash      lower  0 _     value of one order
C5  position_lots_cap         orders   lots      lower  0 _     position and pending orders of an instrument, as if filled
C6  messages_per_second       orders   count     lower  1 _     new orders, changes and cancels in a second
C6  messages_per_minute       orders   count     lower  1 _     the same in a minute
C6  messages_per_day          orders   count     lower  1 _     the same in a day
C7  quote_age_s               orders   seconds   lower  0 86400 age of the latest quote in London and New York
C7  quote_age_asia_s          orders   seconds   lower  0 86400 the same in Asia
C7  bar_age_s                 orders   seconds   lower  0 86400 age of the latest finished minute bar
C8  spread_median_multiple    orders   multiple  lower  0 1000  spread at an entry, as a multiple of the usual one
C8  spread_cap                orders   price     lower  0 _     spread at an entry
C9  duplicate_s               orders   seconds   higher 0 86400 the same order is not sent again for so long
C10 fills_per_5min            orders   count     lower  1 _     fewer fills of one strategy within 5 minutes; at so many it is disabled
C10 fills_per_day             orders   count     lower  1 _     the same in a trading date
C11 broker_rejects            orders   count     lower  1 _     fewer rejects of the broker within 60 s; at so many no entries
C12 minutes_to_close          orders   minutes   higher 1 1440  so long before an instrument closes nothing is sent
C13 clock_skew_s              orders   seconds   lower  0 3600  difference between our clock and the broker's
C14 unknown_hold              orders   flag      higher 0 1     nothing is sent again before the outcome of an order is known
"""  # noqa: E501 - a table reads as a table

_NEVER_OFF = {"kappa", "kappa_break", "kappa_weekend", "group_method", "loss_counts_below", "order_median_count"}
_DIRECTIONS = {"lower": LOWER, "higher": HIGHER, "none": NEITHER}


def _control(line: str) -> Control:
    letter, name, section, unit, tighter, low, high, meaning = line.split(maxsplit=7)
    bounds = float(low), _ANY if high == "_" else float(high)
    can_be_off = name not in _NEVER_OFF
    return Control(
        letter, name, section, unit.replace("_", " "), _DIRECTIONS[tighter], *bounds, meaning, can_be_off=can_be_off
    )


CONTROLS = {control.name: control for control in map(_control, _TABLE.strip().splitlines())}
"""Every single limit by name, in the order of the domain rules."""

SECTIONS = tuple(dict.fromkeys(control.section for control in CONTROLS.values()))
