"""Our ids of orders: the same for the same decision whoever computes them, and different for every other.

    TW K7QD - 3 - 1 - 1042 - E 0
       tag  epoch strategy order leg and version

The tag names the desk, so that two of them can share an account; the epoch counts starts, so that a journal restored
from an old backup cannot use an id a second time; the version counts the changes of one order. At most 32 characters
of A-Z, 0-9 and "-", which every broker takes.
"""

import re
from random import Random
from typing import NamedTuple

from tradewind.errors import BadData

ENTRY_LEG, STOP_LEG, TARGET_LEG = "E", "S", "T"
LEGS = (ENTRY_LEG, STOP_LEG, TARGET_LEG)
"""By role of kernel.orders."""
LONGEST = 32
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_SHAPE = re.compile(r"TW([A-Z2-9]{4})-(\d+)-(\d+)-(\d+)-([EST])(\d+)")


class Identity(NamedTuple):
    """What an id says."""

    tag: str
    epoch: int
    strategy: int
    order: int
    """The kernel's number."""
    leg: str
    version: int

    def __str__(self) -> str:
        """The id as it is sent."""
        text = f"TW{self.tag}-{self.epoch}-{self.strategy}-{self.order}-{self.leg}{self.version}"
        if len(text) > LONGEST:
            raise BadData(f"The order id {text} is longer than {LONGEST} characters.", "Begin a new account folder.")
        return text


def new_tag(chance: Random) -> str:
    """Return four letters for a new desk."""
    return "".join(chance.choice(LETTERS) for _ in range(4))


def parse(text: str) -> Identity | None:
    """Return what an id says, or None if it is not of our making."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        return None
    tag, epoch, strategy, order, leg, version = found.groups()
    return Identity(tag, int(epoch), int(strategy), int(order), leg, int(version))
