"""Why the venue says no, and the sentence it says it with.

A `Rejected` becomes a reject transaction and an answer with the reason as `errorCode`. An `Invalid` request is one
that OANDA's front door does not let in: no transaction comes of it. The names are those of OANDA's contract
(`TransactionRejectReason`), misspellings included.
"""

from typing import NamedTuple

SENTENCES = {
    "INSTRUMENT_PRICE_UNKNOWN": "No price is known for the instrument",
    "INSTRUMENT_MISSING": "No instrument is specified",
    "INSTRUMENT_UNKNOWN": "The instrument specified is not known",
    "ACCOUNT_ORDER_CREATION_LOCKED": "The Account is locked for order creation",
    "ORDER_DOESNT_EXIST": "The Order specified does not exist",
    "TRADE_DOESNT_EXIST": "The Trade specified does not exist",
    "TRADE_IDENTIFIER_INCONSISTENCY": "The Trade ID and client Trade ID specified do not identify the same Trade",
    "UNITS_MISSING": "No units are specified",
    "UNITS_INVALID": "The units specified are not valid",
    "UNITS_PRECISION_EXCEEDED": "The units specified contain more precision than is allowed for the instrument",
    "UNITS_LIMIT_EXCEEDED": "The units specified exceed the maximum number of units allowed",
    "UNITS_MIMIMUM_NOT_MET": "The units specified are less than the minimum number of units required",
    "PRICE_MISSING": "No price is specified",
    "PRICE_INVALID": "The price specified is not valid",
    "PRICE_PRECISION_EXCEEDED": "The price specified contains more precision than is allowed for the instrument",
    "PRICE_DISTANCE_MINIMUM_NOT_MET": "The price distance is less than the minimum allowed",
    "PRICE_DISTANCE_MAXIMUM_EXCEEDED": "The price distance exceeds the maximum allowed",
    "TIME_IN_FORCE_INVALID": "The time in force specified is not valid for this type of Order",
    "TIME_IN_FORCE_GTD_TIMESTAMP_MISSING": "The time in force is GTD and no time is specified",
    "TIME_IN_FORCE_GTD_TIMESTAMP_IN_PAST": "The time specified for a GTD Order has passed",
    "CLIENT_ORDER_ID_INVALID": "The client Order ID specified is not valid",
    "CLIENT_ORDER_ID_ALREADY_EXISTS": "The client Order ID specified is already assigned to another pending Order",
    "CLIENT_TRADE_ID_INVALID": "The client Trade ID specified is not valid",
    "CLIENT_TRADE_ID_ALREADY_EXISTS": "The client Trade ID specified is already assigned to another open Trade",
    "CLOSE_TRADE_UNITS_EXCEED_TRADE_SIZE": "The units specified exceed those of the Trade",
    "CLOSEOUT_POSITION_DOESNT_EXIST": "The Position requested to be closed out does not exist",
    "CLOSEOUT_POSITION_INCOMPLETE_SPECIFICATION": "Neither side of the Position to close out is specified",
    "CLOSEOUT_POSITION_UNITS_EXCEED_POSITION_SIZE": "The units specified exceed those of the Position",
    "CLOSEOUT_POSITION_REJECT": "The closeout was rejected because its other side was",
    "CLIENT_EXTENSIONS_DATA_MISSING": "No client extensions are specified",
    "REPLACING_ORDER_INVALID": "The replacing Order is not of the same type as the one it replaces",
    "REPLACING_TRADE_ID_INVALID": "The replacing Order is not linked to the same Trade",
    "CLIENT_CONFIGURE_DATA_MISSING": "Nothing to configure is specified",
    "MARGIN_RATE_INVALID": "The margin rate specified is not valid",
    "ALIAS_INVALID": "The alias specified is not valid",
    "NO_SUCH_ORDER": "The order ID specified does not exist",
    "NO_SUCH_TRADE": "The trade ID specified does not exist",
    "NO_SUCH_POSITION": "The position specified does not exist",
    "NO_SUCH_TRANSACTION": "The transaction ID specified does not exist",
}

ABSENT = frozenset({"ORDER_DOESNT_EXIST", "TRADE_DOESNT_EXIST", "CLOSEOUT_POSITION_DOESNT_EXIST"})
"""Reasons that are answered with 404; the others with 400."""


def sentence(reason: str) -> str:
    """Return what the venue says beside a reason."""
    return SENTENCES.get(reason, reason.replace("_", " ").capitalize())


class Rejected(Exception):  # noqa: N818 - a reason, not an error of ours
    """The venue's rules do not allow what was asked for."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(sentence(reason))


class Invalid(Exception):  # noqa: N818 - a reason, not an error of ours
    """A field of the request has no meaning."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(f"Invalid value specified for '{field}'")


class Reply(NamedTuple):
    """An answer: status, body, and where what was made can be found."""

    status: int
    body: dict[str, object]
    location: str = ""


def refusal(status: int, message: str, code: str = "") -> Reply:
    """Return an answer that says no."""
    body: dict[str, object] = {"errorMessage": message}
    return Reply(status, body | ({"errorCode": code} if code else {}))


def absent(code: str) -> Reply:
    """Return the answer about something that is not there."""
    return refusal(404, sentence(code), code)
