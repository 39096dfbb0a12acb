"""What a store of runs that outlasts the process promises beside `ports.Runs`."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tradewind.ports import Runs


class StoredRuns(Runs, Protocol):
    """Runs on a disk or a server: found by a person's word, with notes beside them."""

    def find(self, wanted: str) -> str:
        """The id of the run meant by `wanted`: an id, the beginning of either half of one, or "latest"."""

    def append(self, run: str, name: str, record: Mapping[str, Any]) -> None:
        """The record stands at the end of what was noted beside a run under `name`, durably."""

    def appended(self, run: str, name: str) -> Sequence[Mapping[str, Any]]:
        """What was noted beside a run under `name`, oldest first."""
