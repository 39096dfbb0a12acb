"""The page."""

from tradewind.ui.live import region
from tradewind.ui.pieces import card, empty
from tradewind.ui.shell import page
from tradewind.ui.visit import Visit


@page("/strategies", "Strategies")
async def strategies(visit: Visit) -> None:
    """The page."""
    await region(lambda: card("Strategies", empty("Nothing yet", "Later", "tradewind paper")))
