"""Made-up prices never get a real feed's name: what is called synthetic once stays called so."""

import re

from tradewind.data.series import SYNTHETIC
from tradewind.errors import BadData


def check_not_disguised(name: str, feed: str) -> None:
    """Refuse to give the made-up prices of a file the name of a real feed; real ones may be called synthetic."""
    words = set(re.split(r"[^a-z0-9]+", name.lower()))
    if SYNTHETIC in words and feed != SYNTHETIC:
        raise BadData(
            f"{name} says that its prices were made up; they cannot be imported as feed {feed!r}.",
            f"Leave the feed out, or state {SYNTHETIC}.",
        )
    if SYNTHETIC in feed.lower() and feed != SYNTHETIC:
        raise BadData(f"The feed {feed!r} looks like made-up prices but is not called so.", f"Call it {SYNTHETIC}.")
