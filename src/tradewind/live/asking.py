"""A person's order to a running account, from a process apart: left in its inbox, answered, or taken back.

An order that nobody answers in time is removed, so that it is not obeyed later when nobody expects it.
"""

import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from tradewind.errors import TradewindError
from tradewind.live.folder import Folder
from tradewind.watchdog import rearm as rearming
from tradewind.watchdog.killfile import level_asked

ANSWER_S = 10.0
ADDED_WITHIN = 180.0
"""Seconds in which a strategy is compiled and has seen what there was, at most."""


class Unanswered(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """The account's process said nothing in time."""

    taken = False
    """Whether it had taken the order, so that nobody knows what became of it; else it was taken back."""


def asked(folder: Folder, order: Mapping[str, Any], seconds: float = ANSWER_S) -> str:
    """Return what the account's process did, as one sentence; TradewindError where it refused or did not answer."""
    name = f"{time.time_ns()}-{order['verb']}-{secrets.token_hex(4)}"
    folder.ask(name, order)
    answer = folder.answered(name, seconds)
    if answer is None:
        taken = True
        with suppress(FileNotFoundError):
            (folder.inbox / f"{name}.json").unlink()
            taken = False
        error = Unanswered(
            f"The account {folder.name} did not answer within {seconds:g} s.",
            "It had taken the order; look what became of it." if taken else "The order was taken back. Is it running?",
        )
        error.taken = taken
        raise error
    if answer.get("done") is not True:
        raise TradewindError(str(answer.get("text", "It was refused.")))
    return str(answer.get("text", ""))


def rearmed(folder: Folder, person: str, reason: str) -> str:
    """Return what the account's process said to being armed again; a kill file is away once it has agreed."""
    if level_asked(folder.root):
        return rearming.rearm(folder.root, person, reason)
    return asked(folder, {"verb": "rearm", "person": person, "reason": reason, "level": 0})
