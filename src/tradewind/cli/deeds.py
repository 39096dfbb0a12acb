"""What a person does in a shell stands in the audit trail, as what they do in the browser does, with how it ended."""

import contextlib
import getpass
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from tradewind.errors import TradewindError


@contextlib.contextmanager
def deed(data: Path, what: str, **about: Any) -> Iterator[dict[str, Any]]:
    """What is done inside is noted afterwards: done, or refused with the reason; what is given may be added to.

    A trail that cannot be written holds up nobody who stops trading: that is said, and the deed stands.
    """
    told = {name: value for name, value in about.items() if value is not None}
    try:
        yield told
    except typer.Exit as ended:
        _note(data, what, "done" if ended.exit_code == 0 else f"ended with {ended.exit_code}", told)
        raise
    except TradewindError as error:
        _note(data, what, "refused", {**told, "why": str(error)})
        raise
    except BaseException as error:
        _note(data, what, "broke off", {**told, "why": type(error).__name__})
        raise
    _note(data, what, "done", told)


def note_first(data: Path, what: str, **about: Any) -> None:
    """That it is about to be done stands in the trail; TradewindError where it cannot: then it is not done."""
    from tradewind.adapters.entrance import audit
    from tradewind.adapters.entrance.database import Entrance

    audit.note(Entrance(data), (time.time_ns(), who(), what, "begun"), about)


def who() -> str:
    """Return who sits at this shell, as the trail names them."""
    try:
        return f"shell/{getpass.getuser()}"
    except (OSError, KeyError):  # a container's user without a name
        return "shell"


def _note(data: Path, what: str, outcome: str, about: dict[str, Any]) -> None:
    from tradewind.adapters.entrance import audit
    from tradewind.adapters.entrance.database import Entrance

    try:
        audit.note(Entrance(data), (time.time_ns(), who(), what, outcome), about)
    except (TradewindError, OSError) as error:
        typer.echo(f"tradewind: not noted in the audit trail: {error}", err=True)
