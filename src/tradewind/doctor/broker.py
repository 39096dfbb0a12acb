"""The broker: named, with an account and a token that only its owner can read.

What a trader last heard of it is judged with the account; `tradewind broker probe` asks it anew.
"""

from tradewind.adapters.brokers.tokens import read_token
from tradewind.doctor.finding import BAD, GOOD, UNUSED, Finding
from tradewind.errors import TradewindError
from tradewind.settings import Settings

AREA = "broker"


def broker(settings: Settings) -> list[Finding]:
    """Return whether what a broker needs to be told is there."""
    told = settings.broker
    if told.name == "none":
        if settings.trader.mode == "live" and settings.trader.strategies:
            return [Finding(AREA, "name", BAD, "Live needs a broker, none is set.", "Write a [broker] section.")]
        return [Finding(AREA, "name", UNUSED, "no broker is set")]
    found = [Finding(AREA, "name", GOOD, f"{told.name}, {'practice' if told.practice else 'real money'}")]
    if not told.account:
        found.append(Finding(AREA, "account", BAD, "[broker] account is empty.", "Write the account's number there."))
    if told.token_file is None:
        says = "[broker] token_file is not set."
        found.append(Finding(AREA, "token", BAD, says, "Name a file that only you can read (chmod 600)."))
        return found
    try:
        read_token(told.token_file)
    except TradewindError as error:
        return [*found, Finding(AREA, "token", BAD, error.message, error.hint)]
    return [*found, Finding(AREA, "token", GOOD, "there, readable by its owner alone")]
