"""From settings to services: which there is work for, and which addresses each needs."""

import time
from collections.abc import Mapping, Sequence
from functools import partial

from tradewind.adapters.address import Address, read_server
from tradewind.errors import BadSettings
from tradewind.live.brokers import open_adapter
from tradewind.markets.loading import load_profile
from tradewind.services.feed import feed
from tradewind.services.life import Work
from tradewind.services.outbox import send_out
from tradewind.services.recorder import recorder
from tradewind.settings import Settings


def works(settings: Settings, symbols: Sequence[str] = ()) -> Mapping[str, Work]:
    """Return the services that these settings have work for, by name; the feed listens to `symbols`."""
    servers = kafka_of(settings)
    trading, market = _database(settings, "journal", "postgresql"), _database(settings, "history", "timescale")
    found: dict[str, Work] = {}
    if market is not None or trading is not None:
        found["recorder"] = recorder(servers, market, _as(trading, "recorder", settings))
    if trading is not None:
        found["outbox"] = partial(send_out, servers=servers, address=trading)
    if settings.broker.name != "none":
        profile = load_profile(settings.profile)
        listed = [profile.instrument(one) for one in symbols or profile.symbols]
        found["feed"] = lambda life: feed(
            life, servers, listed, lambda: open_adapter(settings.broker, listed), time.time_ns
        )
    return found


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
