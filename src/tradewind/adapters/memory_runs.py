"""Runs that forget with the process, and the rule by which a person's word names a run."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tradewind.errors import TradewindError, UnknownName, nearest

LATEST = "latest"


class MemoryRuns:
    """Runs in the process."""

    def __init__(self) -> None:
        """It is empty."""
        self._runs: dict[str, tuple[str, dict[str, Any]]] = {}

    def save(self, summary: Mapping[str, Any], tables: Mapping[str, Any]) -> str:
        """The run is stored whole; return its id, which the document `summary` names."""
        run, text = identified(summary)
        if run in self._runs:
            check_same(run, self._runs[run][0], text)
        self._runs[run] = (text, dict(tables))
        return run

    def get(self, run: str) -> Mapping[str, Any]:
        """The document of a run."""
        document: dict[str, Any] = json.loads(self._stored(run)[0])
        return document

    def table(self, run: str, name: str) -> Any:
        """One table of a run."""
        tables = self._stored(run)[1]
        if name not in tables:
            raise UnknownName(f"table of run {run}", name, tables)
        return tables[name]

    def list(self) -> Iterable[Mapping[str, Any]]:
        """Documents, newest first."""
        return [json.loads(self._runs[run][0]) for run in sorted(self._runs, reverse=True)]

    def find(self, wanted: str) -> str:
        """The id of the run meant by `wanted`: an id, the beginning of either half of one, or "latest".

        The latest is the newest that has a summary, which a walk-forward has not: nearly every verb asks for one.
        """
        runs = sorted(self._runs, reverse=True)
        if wanted == LATEST:
            runs = [run for run in runs if self.get(run).get("summary", {}) is not None]
        return choose_run(runs, wanted)

    def _stored(self, run: str) -> tuple[str, dict[str, Any]]:
        if run not in self._runs:
            raise no_such_run(run, list(self._runs))
        return self._runs[run]


def identified(document: Mapping[str, Any]) -> tuple[str, str]:
    """Return a document's id and its text; what is not plain JSON, or has no usable id, is refused."""
    run = document.get("id", "")
    if not isinstance(run, str) or not run.replace("-", "").isalnum() or not run.isascii():
        raise TradewindError(
            f"{run!r} cannot be the id of a run.", "Use letters, digits and -; `provenance.run_id` makes one."
        )
    try:
        text = json.dumps(document, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TradewindError(f"Run {run} cannot be stored as JSON: {error}.", "Give plain values.") from error
    if json.loads(text) != document:
        raise TradewindError(
            f"The document of run {run} is changed by JSON.", "Use lists, not tuples, and keys of text."
        )
    return run, text


def check_same(run: str, stored: str, text: str) -> None:
    """A run saved again is the one that is stored, or it is refused."""
    if json.loads(stored) != json.loads(text):
        raise TradewindError(f"Another run with the id {run} is stored already.", "Save it under a new id.")


def no_such_run(wanted: str, runs: Sequence[str]) -> TradewindError:
    """Return the error for a run nobody has, with the nearest or the newest id."""
    if not runs:
        return TradewindError(f"There is no run {wanted!r}: none is stored yet.", "Make one with `tradewind backtest`.")
    advice = nearest(wanted, runs).strip() or f"The newest is {max(runs)}."
    return TradewindError(f"There is no run {wanted!r}.", advice)


def choose_run(runs: Sequence[str], wanted: str) -> str:
    """Return the one id in `runs` (newest first) that is meant by `wanted`.

    An id is a moment and a hash joined by the last `-`; the beginning of either is enough where it is unique.
    """
    if wanted in runs:
        return wanted
    if not wanted or not runs:
        raise no_such_run(wanted, runs)
    if wanted == LATEST:
        return runs[0]
    found = [run for run in runs if run.startswith(wanted) or run.rpartition("-")[2].startswith(wanted)]
    if len(found) > 1:
        some = ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
        raise TradewindError(f"{wanted!r} could be any of {len(found)} runs.", f"Say more of: {some}.")
    if not found:
        raise no_such_run(wanted, runs)
    return found[0]
