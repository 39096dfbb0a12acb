"""From settings to an adapter: which brokers there are, and what each needs to be told."""

from collections.abc import Sequence

from tradewind.broker import Broker
from tradewind.errors import BadSettings
from tradewind.markets.instruments import Instrument
from tradewind.settings import BrokerAccount

ADAPTERS = ("oanda", "metatrader", "fix")


def open_adapter(wanted: BrokerAccount, instruments: Sequence[Instrument]) -> Broker:
    """Return the adapter of the broker the settings name, not yet connected."""
    if wanted.name == "none":
        raise BadSettings(
            "No broker is set.", f"Write a [broker] section with name ({', '.join(ADAPTERS)}), account and token_file."
        )
    if wanted.token_file is None:
        raise BadSettings("The broker's token_file is not set.", "Name a file that only you can read (mode 0600).")
    from tradewind.adapters.brokers.tokens import read_token  # noqa: PLC0415 - only who trades loads an adapter

    token = read_token(wanted.token_file)
    if wanted.name == "oanda":
        from tradewind.adapters.brokers.oanda.broker import OandaBroker  # noqa: PLC0415 - the same

        return OandaBroker(
            wanted.account,
            token,
            instruments=instruments,
            practice=wanted.practice,
            base_url=wanted.base_url,
            stream_url=wanted.stream_url,
        )
    raise BadSettings(f"The adapter for {wanted.name} cannot be opened from settings yet.", "Use oanda.")
