"""What screens in other processes see at once: the desk's prices on a board. Nobody waits for it; it may be lost."""

from typing import Any

from tradewind.adapters.address import read_server
from tradewind.adapters.extras import module_of
from tradewind.live.desk import Desk
from tradewind.ports import Board
from tradewind.settings import Settings


def board_of(settings: Settings) -> Any:
    """Return the board that processes share, None where there is none; nothing is connected yet."""
    if not settings.ports.board.startswith("redis:"):
        return None
    address = read_server(settings.ports.board, "redis", settings.ports.secrets)
    return module_of("stack", "tradewind.adapters.redis").RedisBoard(address)


def topic_of(account: str) -> str:
    """Return the board's topic of an account's prices."""
    return f"quotes.{account}"


class Showing:
    """What puts one desk's prices on a board."""

    def __init__(self, desk: Desk, board: Board) -> None:
        """Nothing has been shown yet."""
        self.desk, self.board, self.topic = desk, board, topic_of(desk.folder.name)
        listings = desk.prepared.listings[: desk.prepared.traded]
        self.instruments = [one.instrument for one in listings]
        self.shown = [0] * len(listings)

    def turn(self) -> None:
        """The newest price of each instrument that has one since the last turn is on its way."""
        rows = self.desk.core.state["instruments"]
        for number, one in enumerate(self.instruments):
            ts = int(rows["quoted_at"][number])
            if ts != self.shown[number]:
                self.shown[number] = ts
                bid, ask = (round(float(int(rows[side][number]) * one.tick_size), 10) for side in ("bid", "ask"))
                self.board.publish(self.topic, {"symbol": one.symbol, "ts": ts, "bid": bid, "ask": ask})
