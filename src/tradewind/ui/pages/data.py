"""The page."""

from tradewind.ui.live import region
from tradewind.ui.pieces import card, empty
from tradewind.ui.shell import page
from tradewind.ui.visit import Visit


@page("/data", "Data")
async def data(visit: Visit) -> None:
    """The page."""
    await region(lambda: card("Data", empty("Nothing yet", "Later", "tradewind paper")))
