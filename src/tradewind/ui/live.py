"""Regions of a page: markup drawn here, kept up to date there, and what is pressed in them carried out.

Drawing reads files and databases, so it is done beside the event loop. A region is sent only when it has changed.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nicegui import run, ui
from nicegui.element import Element

from tradewind.api.problems import Problem
from tradewind.errors import TradewindError
from tradewind.results.report.markup import Html
from tradewind.ui.pieces import trouble
from tradewind.ui.pulse import feel

log = logging.getLogger("tradewind.ui")
Draw = Callable[[], Html]
Given = Mapping[str, Any]
Act = Callable[[Given], str | None]
"""Gets what was pressed or filled in; returns what to tell, or nothing."""


class Live(Element, component="static/live.js"):
    """A region; its events are `do`, with the data of what was pressed."""

    def __init__(self, content: Html) -> None:
        super().__init__()
        self._props["content"] = content

    def show(self, content: Html) -> None:
        """The region shows this."""
        if self._props["content"] != content:
            self._props["content"] = content
            self.update()


async def region(
    draw: Draw, every: float | None = None, acts: Mapping[str, Act] | None = None, *, heart: Path | None = None
) -> Live:
    """Return a region that is drawn again after so many seconds, after everything done in it, and after every beat.

    `heart` is the folder of the account whose beats are meant.
    """
    found = Live(await drawn(draw))
    lock = asyncio.Lock()

    async def again() -> None:
        async with lock:
            found.show(await drawn(draw))

    async def do(event: Any) -> None:
        given: dict[str, Any] = event.args if isinstance(event.args, dict) else {}
        act = (acts or {}).get(str(given.get("do", "")))
        if act is not None:
            tell(*await done(act, given))
            await again()

    if acts:
        found.on("do", do)
    if heart is not None:
        ui.context.client.on_delete(feel(heart, again))
    if every is not None:
        ui.timer(every, again, immediate=False)
    return found


async def drawn(draw: Draw) -> Html:
    """Return what a function draws, or what was in its way."""
    try:
        return await run.io_bound(draw) or Html("")
    except TradewindError as error:
        return trouble(error.message, error.hint)
    except Exception:
        log.exception("A region cannot be drawn.")
        return trouble("This cannot be shown.", "The log of the server says why: tradewind serve.")


async def done(act: Act, given: Given) -> tuple[str, str]:
    """Return what to tell after something was done, and whether it was good or bad."""
    try:
        return await run.io_bound(act, given) or "", "good"
    except TradewindError as error:
        return f"{error.message} {error.hint or ''}".strip(), "bad"
    except Problem as error:
        return f"{error.detail} {error.hint}".strip(), "bad"
    except Exception:
        log.exception("What was asked for failed.")
        return "That failed for a reason nobody foresaw; the log of the server has it.", "bad"


def tell(text: str, kind: str = "good") -> None:
    """A message appears for a few seconds."""
    if text:
        ui.run_javascript(f"window.tradewind.toast({json.dumps(text)}, {json.dumps(kind)})")


def go(address: str) -> None:
    """The browser opens a page of ours."""
    ui.navigate.to(address)
