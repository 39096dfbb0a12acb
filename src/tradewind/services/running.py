"""From settings to services that run: which addresses each needs, what stops them, all of them in one process."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tradewind.adapters.address import Address, read_server
from tradewind.errors import BadSettings, UnknownName
from tradewind.live.brokers import open_adapter
from tradewind.markets.loading import load_profile
from tradewind.services.feed import feed
from tradewind.services.life import Life, serve, told_to_stop
from tradewind.services.outbox import send_out
from tradewind.services.recorder import record
from tradewind.settings import Settings

Work = Callable[[Life], None]
Say = Callable[[str], Any]


def works(settings: Settings, symbols: Sequence[str] = ()) -> Mapping[str, Work]:
    """Return the services that these settings have work for, by name; the feed listens to `symbols`."""
    servers = kafka_of(settings)
    trading, market = _database(settings, "journal", "postgresql"), _database(settings, "history", "timescale")
    found: dict[str, Work] = {}
    if market is not None or trading is not None:
        found["recorder"] = lambda life: record(life, servers, market, _as(trading, "recorder", settings))
    if trading is not None:
        found["outbox"] = lambda life: send_out(life, servers, trading)
    if settings.broker.name != "none":
        profile = load_profile(settings.profile)
        listed = [profile.instrument(one) for one in symbols or profile.symbols]
        found["feed"] = lambda life: feed(
            life, servers, listed, lambda: open_adapter(settings.broker, listed), time.time_ns
        )
    return found


def run(settings: Settings, names: Sequence[str], symbols: Sequence[str], say: Say) -> None:
    """The services worked until they were told to stop: each in a thread, one that cannot go on ends all."""
    known = works(settings, symbols)
    for name in names:
        if name not in known:
            raise UnknownName("service with these settings", name, known)
    stop = threading.Event()
    lives = [Life(name, Path(settings.data), stop) for name in names]
    failed: list[BaseException] = []

    def live(life: Life) -> None:
        try:
            serve(life, known[life.name], say)
        except BaseException as error:  # noqa: BLE001 - raised below, by whoever waits
            failed.append(error)
            stop.set()

    threads = [threading.Thread(target=live, args=(life,), name=life.name) for life in lives]
    with told_to_stop(stop):
        for thread in threads:
            thread.start()
        say(f"Running: {', '.join(names)}. Ctrl-C stops them softly.")
        for thread in threads:
            while thread.is_alive():
                thread.join(0.5)
    if failed:
        raise failed[0]


def kafka_of(settings: Settings) -> str:
    """Return Kafka's address, as its clients write it."""
    if settings.ports.feed == "direct":
        raise BadSettings("Services share prices through Kafka.", 'Set [ports] feed = "kafka://127.0.0.1:9092".')
    address = read_server(settings.ports.feed, "kafka")
    return f"{address.host}:{address.port}"


def _database(settings: Settings, port: str, scheme: str) -> Address | None:
    text = str(getattr(settings.ports, port))
    return read_server(text, scheme, settings.ports.secrets) if text.startswith(f"{scheme}:") else None


def _as(address: Address | None, user: str, settings: Settings) -> Address | None:
    """Return the same database for another user, where the folder of secrets has a password of theirs."""
    if (
        address is None
        or settings.ports.secrets is None
        or not (settings.ports.secrets / f"postgresql-{user}").exists()
    ):
        return address
    return read_server(str(address._replace(user=user)), address.scheme, settings.ports.secrets)
