"""The page."""

from tradewind.ui.live import region
from tradewind.ui.pieces import card, empty
from tradewind.ui.shell import page
from tradewind.ui.visit import Visit


@page("/", "Overview")
async def overview(visit: Visit) -> None:
    """The page."""
    await region(lambda: card("Overview", empty("Nothing yet", "Later", "tradewind paper")))
