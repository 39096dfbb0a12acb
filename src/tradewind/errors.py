"""Errors a person can act on.

Every error that reaches a user is one sentence: what was wrong, the value, and what to do. Whoever raises it
knows those three things; whoever shows it (the command line: one line on stderr, exit code 2) adds nothing.
Inside the kernel there are no exceptions: a refusal is a named value there.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class TradewindError(Exception):
    """What was asked for cannot be done: `message` says what was wrong, `hint` what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = " ".join(message.split())
        self.hint = " ".join(hint.split())
        super().__init__(f"{self.message} {self.hint}".strip())


class UnknownName(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """A name was given that we do not have; the nearest valid one is suggested, else all are listed."""

    def __init__(self, kind: str, name: object, valid: Iterable[str]) -> None:
        names = sorted(valid)
        advice = nearest(name, names).strip() or f"Valid names: {', '.join(names) or 'none'}."
        super().__init__(f"There is no {kind} named {str(name)!r}.", advice)


class BadData(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """A number, a time or a file does not mean what it should."""


class BadSettings(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """A profile or a settings file says something impossible."""


class BadLedger(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """The trial ledger cannot be read or written; whoever catches this keeps the run and says so."""


class Interrupted(TradewindError):  # noqa: N818 - reads as what it is
    """A person pressed Ctrl-C: one line, and the exit code that shells expect of that, 130."""


def nearest(name: object, valid: Iterable[str]) -> str:
    """Return ` Did you mean 'X'?` for the valid name closest to `name`, or nothing where none is close."""
    folded = {candidate.casefold(): candidate for candidate in valid}
    matches = get_close_matches(str(name).casefold(), folded, n=1, cutoff=0.6)
    return f" Did you mean {folded[matches[0]]!r}?" if matches else ""
