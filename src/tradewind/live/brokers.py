"""From settings to an adapter: which brokers there are, and what each needs to be told.

An adapter is imported only when it is asked for, and what it needs beside Python says how it is installed.
"""
# ruff: noqa: PLC0415 - only who trades loads an adapter

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

from tradewind.adapters.address import read_server
from tradewind.adapters.extras import module_of
from tradewind.broker import Broker
from tradewind.errors import BadSettings, UnknownName
from tradewind.markets.instruments import Instrument
from tradewind.settings import BrokerAccount, Settings

Adapter = Callable[[BrokerAccount, Sequence[Instrument]], Broker]


def open_adapter(wanted: BrokerAccount, instruments: Sequence[Instrument]) -> Broker:
    """Return the adapter of the broker the settings name, not yet connected."""
    if wanted.name == "none":
        raise BadSettings(
            "No broker is set.", f"Write a [broker] section with name ({', '.join(ADAPTERS)}), account and token_file."
        )
    return ADAPTERS[wanted.name](wanted, instruments)


def open_prices(settings: Settings, instruments: Sequence[Instrument], *, trades: bool, group: str) -> Broker:
    """Return what a desk is connected to: the broker, whose prices come through Kafka where the settings say so.

    A desk that fills its own orders (`trades` is False) needs no broker then.
    """
    if settings.ports.feed == "direct":
        return open_adapter(settings.broker, instruments)
    address = read_server(settings.ports.feed, "kafka")
    feeds, prices = (module_of("stack", f"tradewind.adapters.kafka.{name}") for name in ("feed", "prices"))
    told = feeds.TopicPrices(
        f"{address.host}:{address.port}", f"tradewind-trader-{group}", [one.symbol for one in instruments],
        {one.symbol: str(one.tick_size) for one in instruments}, time.time_ns,
    )  # fmt: skip
    if not trades:
        only: Broker = prices.PricesOnly(told, settings.account.currency)
        return only
    fed: Broker = prices.FedBroker(open_adapter(settings.broker, instruments), told)
    return fed


def _token_file(wanted: BrokerAccount) -> Path:
    if wanted.token_file is None:
        raise BadSettings("The broker's token_file is not set.", "Name a file that only you can read (mode 0600).")
    return wanted.token_file


def _oanda(wanted: BrokerAccount, instruments: Sequence[Instrument]) -> Broker:
    from tradewind.adapters.brokers.oanda.broker import OandaBroker
    from tradewind.adapters.brokers.tokens import read_token

    _known(wanted.options, ())
    return OandaBroker(
        wanted.account,
        read_token(_token_file(wanted)),
        instruments=instruments,
        practice=wanted.practice,
        base_url=wanted.base_url,
        stream_url=wanted.stream_url,
    )


def _metatrader(wanted: BrokerAccount, instruments: Sequence[Instrument]) -> Broker:
    from tradewind.adapters.brokers.metatrader.broker import MetaTraderBroker
    from tradewind.adapters.brokers.metatrader.wire import Settings

    given = _known(wanted.options, ("host", "port", "certificate", "magic", "deviation"))
    usual = Settings(wanted.account, _token_file(wanted))
    settings = Settings(
        wanted.account,
        usual.secret,
        given.get("host", usual.host),
        _whole(given, "port", usual.port),
        Path(given["certificate"]) if "certificate" in given else None,
        _whole(given, "magic", usual.magic),
        _whole(given, "deviation", usual.deviation),
    )
    return MetaTraderBroker(settings, instruments)


def _fix(wanted: BrokerAccount, instruments: Sequence[Instrument]) -> Broker:
    from tradewind.adapters.brokers.fix.dialects import dialect
    from tradewind.adapters.brokers.fix.session import Identity
    from tradewind.adapters.brokers.fix.settings import Account, Endpoint, listed, read_secret

    try:
        from tradewind.adapters.brokers.fix.broker import FixBroker
    except ImportError:
        raise BadSettings("FIX needs simplefix.", "Install it: pip install 'tradewind[fix]'.") from None
    codes = {name[7:]: code for name, code in wanted.options.items() if name.startswith("symbol.")}
    plain = {name: value for name, value in wanted.options.items() if not name.startswith("symbol.")}
    needed = ("host", "port", "sender", "target", "currency")
    more = ("dialect", "sender_sub", "target_sub", "user", "price_port", "price_sub", "hedging", "tls")
    given = _known(plain, (*needed, *more))
    for name in needed:
        if name not in given:
            raise BadSettings(f"broker.options.{name} is not set.", "FIX needs: " + ", ".join(needed) + ".")
    subs = given.get("sender_sub", ""), given.get("target_sub", "")
    identity = Identity(given["sender"], given["target"], *subs, given.get("user", ""))
    secret, tls = read_secret(_token_file(wanted)), given.get("tls", "yes") != "no"
    trade = Endpoint(given["host"], _whole(given, "port"), identity, secret, tls)
    prices = None
    if "price_port" in given:
        sub = given.get("price_sub", subs[0])
        prices = trade._replace(
            port=_whole(given, "price_port"), identity=identity._replace(sender_sub=sub, target_sub=sub)
        )
    spoken = dialect(given.get("dialect", "standard"))
    account = Account(wanted.account, given["currency"], wanted.practice, given.get("hedging") == "yes")
    rows = listed(instruments, codes, spoken)
    return FixBroker(account, rows, spoken, trade, prices, now=time.time_ns, chance=Random())  # noqa: S311 - it spreads retries


def _known(options: Mapping[str, str], names: Sequence[str]) -> Mapping[str, str]:
    """Return the options, all of which are known."""
    for name in options:
        if name not in names:
            raise UnknownName("option of this broker", name, names)
    return options


def _whole(options: Mapping[str, str], name: str, otherwise: int = 0) -> int:
    try:
        return int(options.get(name, otherwise))
    except ValueError:
        raise BadSettings(f"broker.options.{name} = {options[name]!r} is no number.", "Give a whole one.") from None


ADAPTERS: Mapping[str, Adapter] = {"oanda": _oanda, "metatrader": _metatrader, "fix": _fix}
