"""How long the trader waits for what, ns."""

from typing import NamedTuple

SECOND = 1_000_000_000


class Timing(NamedTuple):
    """Moments of the trader's own; those of the broker are in its capabilities."""

    entry_keeps: int = 5 * SECOND
    """A decision to open is not sent later than this after it was made."""
    exit_keeps: int = 15 * SECOND
    request_within: int = 10 * SECOND
    """A request without an answer for so long has an unknown outcome."""
    find_every: int = 1 * SECOND
    """How soon an unknown outcome is asked for again; four times as long after each ten tries."""
    picture_every: int = 30 * SECOND
    since_every: int = 10 * SECOND
    answer_within: int = 15 * SECOND
    """A cancel or change without an answer for so long is looked up."""
    cash_tolerance: float = 0.005
    """The share of the balance up to which the broker's figure is taken over by itself."""
