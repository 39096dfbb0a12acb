"""The terminal's numbers, as the vendor's package names them, and what its answers mean.

An answer to a request is a retcode. Three say that it was done, a list says that it was not, and everything else,
codes we do not know included, says nothing: a timeout or a lost connection may stand behind an order that lives.
Source: constants of the package MetaTrader5 5.0.6231, and MetaQuotes' reference "Return Codes of the Trade Server".
"""

from typing import Literal

from tradewind.kernel.refusals import (
    EXPIRY_PASSED,
    MARKET_CLOSED,
    NO_REASON,
    NO_SUCH_ORDER,
    NOT_ENOUGH_MARGIN,
    NOT_TRADABLE,
    ORDER_TOO_LARGE,
    POSITION_CLOSED,
    POSITION_TOO_LARGE,
    PRICE_TOO_FAR,
    QUANTITY_BELOW_MINIMUM,
    STALE_PRICE,
    STOP_TOO_CLOSE,
    TOO_MANY_MESSAGES,
    TRADING_HALTED,
)

Outcome = Literal["taken", "refused", "unknown"]

TRADE_ACTION_DEAL = 1
TRADE_ACTION_PENDING = 5

ORDER_TYPE_BUY_LIMIT = 2
ORDER_TYPE_BUY_STOP = 4
ORDER_TYPE_BUY_STOP_LIMIT = 6
ORDER_TYPE_SELL_STOP_LIMIT = 7
"""The first three with 1 added are the same of a sale."""

ORDER_FILLING_FOK = 0
ORDER_FILLING_IOC = 1
ORDER_FILLING_RETURN = 2
ORDER_TIME_GTC = 0
ORDER_TIME_SPECIFIED = 2

ORDER_STATE_CANCELED = 2
ORDER_STATE_PARTIAL = 3
ORDER_STATE_FILLED = 4
ORDER_STATE_REJECTED = 5
ORDER_STATE_EXPIRED = 6

DEAL_TYPE_BUY = 0
DEAL_TYPE_SELL = 1
DEAL_TYPES_OF_COSTS = range(7, 13)
"""Commissions, interest."""
DEAL_TYPE_CHARGE = 4
DEAL_DIVIDEND = 15
DEAL_TAX = 17
DEAL_REASON_SL = 4
DEAL_REASON_TP = 5
DEAL_REASON_SO = 6

ACCOUNT_TRADE_MODE_REAL = 2
ACCOUNT_MARGIN_MODE_RETAIL_HEDGING = 2
SYMBOL_TRADE_MODE_FULL = 4
SYMBOL_TRADE_EXECUTION_MARKET = 2

# Bits of a symbol's `filling_mode` and `expiration_mode`; the package does not name them, the reference does.
SYMBOL_FILLING_FOK = 1
SYMBOL_FILLING_IOC = 2
SYMBOL_EXPIRATION_SPECIFIED = 4

TAKEN = frozenset({10008, 10009, 10010})
NO_CHANGES = 10025

REFUSED = {
    10004: STALE_PRICE,  # requote
    10006: NO_REASON,  # rejected
    10007: NO_REASON,  # cancelled by the dealer
    10013: NO_SUCH_ORDER,  # invalid request
    10014: QUANTITY_BELOW_MINIMUM,  # invalid volume
    10015: PRICE_TOO_FAR,  # invalid price
    10016: STOP_TOO_CLOSE,  # invalid stops
    10017: NOT_TRADABLE,  # trade disabled
    10018: MARKET_CLOSED,
    10019: NOT_ENOUGH_MARGIN,
    10020: STALE_PRICE,  # price changed
    10021: STALE_PRICE,  # no quotes
    10022: EXPIRY_PASSED,
    10024: TOO_MANY_MESSAGES,
    10025: NO_REASON,  # nothing to change
    10026: TRADING_HALTED,  # by the server
    10027: TRADING_HALTED,  # by the terminal: its button "Algo Trading"
    10029: STOP_TOO_CLOSE,  # frozen: the price is too near to change it
    10030: NO_REASON,  # filling mode
    10032: NO_REASON,  # real accounts only
    10033: NO_REASON,  # too many orders
    10034: POSITION_TOO_LARGE,
    10035: NO_SUCH_ORDER,  # invalid order
    10036: POSITION_CLOSED,
    10038: ORDER_TOO_LARGE,  # more than the position
    10039: POSITION_CLOSED,  # a close is on its way
    10040: NO_REASON,  # too many positions
    10041: NO_REASON,
    10042: NOT_TRADABLE,  # long only
    10043: NOT_TRADABLE,  # short only
    10044: NOT_TRADABLE,  # close only
    10045: NO_REASON,  # oldest first
    10046: NO_REASON,  # no hedging
}
"""The retcodes that say clearly that nothing was done, each with our reason."""

NEVER_LEFT = frozenset({-2, -8})
"""Errors of the package with which a request did not leave the terminal: its arguments, trading switched off."""


def outcome_of(retcode: int, error: int) -> Outcome:
    """Return what a retcode says; 0 with an error where the package gave no answer."""
    if retcode in TAKEN:
        return "taken"
    if retcode in REFUSED or (retcode == 0 and error in NEVER_LEFT):
        return "refused"
    return "unknown"
