"""One answer: what was asked, how it stands, what is known, and what to do where that is not good.

The worst answer decides. A warning is something to do soon; bad is something because of which nobody should trade.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

State = Literal["good", "warning", "bad", "not used"]
GOOD: State = "good"
WARNING: State = "warning"
BAD: State = "bad"
UNUSED: State = "not used"


class Finding(NamedTuple):
    """One line of the table."""

    area: str
    name: str
    state: State
    says: str
    """What is known, with the value."""
    cure: str = ""
    """What to do; empty only where there is nothing to do."""
    age_s: float | None = None
    """How old the evidence is."""
    limit: str = ""
    """What is allowed, in words."""


def fit(found: Iterable[Finding]) -> bool:
    """Return whether nothing is bad, and something was looked at."""
    listed = list(found)
    return bool(listed) and all(one.state != BAD for one in listed)
