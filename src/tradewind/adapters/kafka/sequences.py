"""What was missed and what came twice, by the numbers a feed gives its messages."""

from typing import NamedTuple


class Place(NamedTuple):
    """Where a feed is with an instrument."""

    epoch: int
    sequence: int


class Sequences:
    """The newest message of each feed and instrument."""

    def __init__(self) -> None:
        """Nothing has come."""
        self.places: dict[tuple[str, str], Place] = {}
        self.gaps = self.doubled = 0
        self.missing = 0
        """Messages, of all gaps together."""

    def take(self, feed: str, symbol: str, epoch: int, sequence: int) -> bool:
        """Whether a message is new; what lies between it and the one before is counted as missing."""
        before = self.places.get((feed, symbol))
        if before is not None and (epoch < before.epoch or (epoch == before.epoch and sequence <= before.sequence)):
            self.doubled += 1
            return False
        expected = 1 if before is None or epoch > before.epoch else before.sequence + 1
        if sequence > expected and before is not None:
            self.gaps += 1
            self.missing += sequence - expected
        self.places[feed, symbol] = Place(epoch, sequence)
        return True
