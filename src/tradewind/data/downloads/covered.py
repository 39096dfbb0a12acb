"""Which stretches of time a download has had: intervals [start, end) in ns UTC, in order, none touching another."""

from collections.abc import Iterable, Mapping
from typing import Any

from tradewind.errors import BadData

Stretch = tuple[int, int]
DOCUMENT = "downloaded"


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Return the same time in as few stretches as possible."""
    joined: list[Stretch] = []
    for start, end in sorted(stretch for stretch in stretches if stretch[0] < stretch[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def includes(stretches: Iterable[Stretch], start: int, end: int) -> bool:
    """Answer whether one of the stretches holds all of [start, end)."""
    return any(first <= start and end <= last for first, last in stretches)


def written(stretches: list[Stretch], vendor: str) -> dict[str, Any]:
    """Return the document that is kept beside a series."""
    return {"vendor": vendor, "covered": [list(stretch) for stretch in stretches]}


def from_document(document: Mapping[str, Any] | None) -> list[Stretch]:
    """Return the stretches of a document, or refuse one that was edited."""
    if document is None:
        return []
    found = document.get("covered")
    if not isinstance(found, list) or not all(
        isinstance(one, list) and len(one) == 2 and all(type(end) is int for end in one) for one in found
    ):
        raise BadData(f"The document {DOCUMENT!r} beside a series is damaged.", "Delete it, or download with --again.")
    return merged((one[0], one[1]) for one in found)
