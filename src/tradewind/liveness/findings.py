"""What the guard of quotes can have against one, in words, and the record it leaves."""

from typing import NamedTuple

KINDS = {
    "malformed": "A price or a time is not a whole number of ours: NaN, infinite, absent, text or too large.",
    "instrument": "No such instrument is listed.",
    "not positive": "A price is zero or negative.",
    "crossed": "The ask is below the bid.",
    "locked": "The ask is the bid.",
    "absurd": "A price is so far from the last one, or a spread so wide, that no market explains it.",
    "spike": "A price jumped out of its band, and the next print did not confirm it.",
    "duplicate": "The same price of the same moment as the one before.",
    "replayed": "It came again after a reconnect: nothing of it is new.",
    "late": "A younger price of the instrument is already known.",
    "old": "It was too long on its way to be acted on.",
    "future": "Its time lies ahead of the broker's clock.",
    "outside hours": "The instrument does not trade at that time.",
    "not tradable": "The broker says that nobody can trade on it.",
}
"""Every kind of finding."""

DOUBTS = frozenset(KINDS) - {"instrument", "duplicate", "replayed", "late"}
"""After these the price of the instrument is in doubt until a good quote comes."""

TEXT = 120


class Finding(NamedTuple):
    """One quote that was not let through."""

    kind: str
    instrument: int
    """-1 where it cannot be told."""
    received: int
    """When it came, by the broker's clock as we know it, ns UTC."""
    text: str
    """The quote as it came, cut to a length."""


def finding(kind: str, instrument: object, received: int, quote: object) -> Finding:
    """Return the record of a quote that was not let through."""
    number = instrument if type(instrument) is int else -1
    try:
        text = repr(quote)[:TEXT]
    except ValueError:  # a whole number of thousands of digits
        text = "a number that is too long to print"
    return Finding(kind, number, received, text)
