"""How things stand, on every page: mode, account, equity, the day, open risk, health, the clocks; and what stopped it."""

from tradewind.live.folder import account_folder
from tradewind.results.report.markup import Html, joined, tag
from tradewind.ui.live import Act, Given
from tradewind.ui.numbers import money
from tradewind.ui.pieces import badge
from tradewind.ui.visit import Visit, accounts_of
from tradewind.watchdog.killfile import MEANINGS


def names(visit: Visit) -> list[str]:
    """Return the accounts there are."""
    return accounts_of(visit.data)


def line(visit: Visit) -> Html:
    """Return the facts of the strip."""
    return tag("div", _mode(""), _clocks(), class_="facts-line")


def _mode(mode: str) -> Html:
    words = {"paper": "● Paper", "live": "▲ LIVE"}.get(mode, "No account")
    return tag("div", tag("span", words, class_=f"mode {mode or 'none'}"), class_="fact")


def _fact(name: str, value: object, kind: str = "") -> Html:
    return tag("div", tag("span", name, class_="name"), tag("span", value, class_="value"), class_=f"fact {kind}".strip())


def _clocks() -> Html:
    return joined([
        _fact("New York", tag("span", data_clock="America/New_York"), "phone-off"),
        _fact("Here", tag("span", data_clock=""), "third phone-off"),
    ])  # fmt: skip


def banner(visit: Visit) -> Html:
    """Return what has stopped the account, if something has."""
    return Html("")


def acts(visit: Visit) -> dict[str, Act]:
    """Return what can be done about it."""
    return {}
