"""The feed as it should have been, from the stored history."""

from tradewind.errors import BadData
from tradewind.modes import Request, open_history, plan_backtest
from tradewind.ports import Rows
from tradewind.settings import Settings
from tradewind.twin.beginning import Reference
from tradewind.twin.world import joined


def stored_tape(settings: Settings) -> Reference:
    """Return what gives the tape of a period from the history that the settings name."""

    def tape(request: Request) -> Rows:
        blocks = [block.copy() for block in plan_backtest(request, open_history(settings)).feed()]
        if not blocks:
            raise BadData("The history has no prices of that day.", "Import them, or leave --against out.")
        return joined(blocks)

    return tape
