"""Start trading: paper at once; live in two steps: what would happen, then the account's name and a password."""

from typing import TYPE_CHECKING, Any

from tradewind.api.arming import Preview
from tradewind.jobs.commands import strategy_files
from tradewind.markets.loading import load_profile
from tradewind.modes import open_history
from tradewind.results.report.markup import Html, joined, tag
from tradewind.ui import acting
from tradewind.ui.live import Given, region
from tradewind.ui.pieces import badge, button, card, choice, empty, entry, field, grid, pairs
from tradewind.ui.shell import page
from tradewind.ui.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Mapping

RULES = {"house": "house: our own rules", "none": "none: no risk rules at all"}
SPEEDS = {"1": "1: in real time", "60": "60 times the clock", "600": "600 times", "6000": "6,000 times", "0": "at once"}


@page("/strategies/start", "Start")
async def start(visit: Visit) -> None:
    """The page."""
    shown: dict[str, Preview] = {}

    def look(given: Given) -> str:
        shown["now"] = acting.look(visit, given)
        return ""

    def begin(given: Given) -> str:
        told = acting.begin(visit, given, shown["now"])
        shown.clear()
        return told

    def back(_given: Given) -> str:
        shown.clear()
        return ""

    await region(
        lambda: tag(
            "div",
            tag("h1", "Start trading"),
            tag("span", tag("a", "Strategies", href="/strategies", class_="button"), class_="right"),
            class_="title",
        )
    )
    await region(lambda: grid(_paper(visit)), None, {"paper": lambda given: acting.start_paper(visit, given)})
    acts = {"look": look, "begin": begin, "back": back}
    await region(lambda: grid(_arm(shown["now"]) if "now" in shown else _live(visit)), None, acts)


def _what(visit: Visit, symbols: list[str]) -> list[Html]:
    names = sorted(strategy_files(visit.settings.strategies))
    return [
        field("Strategy", choice("strategies", names, visit.asked("strategy", "opening_range"))),
        field("Instrument", choice("on", symbols, "XAUUSD")),
        field("Parameters, name=value", entry("set", placeholder="window=15")),
    ]


def _paper(visit: Visit) -> Html:
    symbols = sorted(load_profile(visit.settings.profile).symbols)
    stored = sorted({one.symbol for one in open_history(visit.settings).series()} & set(symbols))
    fields = [
        *_what(visit, symbols),
        field(
            "Prices",
            choice(
                "source",
                {"": "stored, else made up", "tape": "stored", "synthetic": "made up", "broker": "the broker's"},
            ),
        ),
        field("Speed of stored prices", choice("speed", SPEEDS, "60")),
        field("From", entry("start", type="date")),
        field("Risk rules", choice("risk", RULES, "house")),
        field("Account", entry("account", "paper", pattern="[a-z0-9][a-z0-9_\\-]{0,39}", required=True)),
        tag("label", entry("fresh", "true", type="checkbox"), "begin anew", class_="check"),
    ]
    why = visit.why_not("paper")
    send = tag("button", "Start on paper", class_="main", disabled=bool(why), title=why or None)
    note = f"stored: {', '.join(stored)}" if stored else "nothing is stored: prices are made up"
    form = tag("form", *fields, tag("div", send, class_="field"), class_="fields", data_do="paper")
    return card("Paper", form, note=f"no money, no broker; {note}", right=badge("Paper", "info"))


def _live(visit: Visit) -> Html:
    broker = visit.settings.broker
    if broker.name == "none":
        none = empty(
            "No broker yet",
            "Name one in tradewind.toml under [broker], then restart the server. Begin on a practice account.",
            "tradewind broker list",
        )
        return card("Live", none, right=badge("Live", "bad"))
    why = visit.why_not("trade")
    fields = [
        *_what(visit, sorted(load_profile(visit.settings.profile).symbols)),
        field("Risk rules", choice("risk", {"house": RULES["house"]}, "house")),
        field("Account", entry("account", "live", pattern="[a-z0-9][a-z0-9_\\-]{0,39}", required=True)),
        tag(
            "label", entry("watchdog", "true", type="checkbox", checked=True), "only with the watchdog", class_="check"
        ),
        tag("div", tag("button", "Show what would happen…", disabled=bool(why), title=why or None), class_="field"),
    ]
    money = badge("practice account", "info") if broker.practice else badge("REAL MONEY", "bad")
    form = tag("form", *fields, class_="fields", data_do="look")
    return card("Live", form, note=f"{broker.name} {broker.account}; nothing is begun by looking", right=money)


def _arm(shown: Preview) -> Html:
    told: Mapping[str, Any] = shown.told
    money = badge("REAL MONEY", "bad") if told["real_money"] else badge("practice account", "info")
    will = tag("ol", *(tag("li", one) for one in told["will"]))
    losses = pairs((one["name"], f"{one['amount']}: {one['does']}") for one in told["limits"]["losses"])
    form = tag(
        "form",
        field(
            f"Type {told['type_this']} to arm it",
            entry("alias", required=True, autocapitalize="none", spellcheck="false"),
        ),
        field("Your password", entry("password", type="password", required=True)),
        tag("div", tag("button", "Arm it", class_="stop"), class_="field"),
        tag("div", button("Back, nothing was begun", "back"), class_="field"),
        class_="fields",
        data_do="begin",
    )
    inside = joined(
        [will, tag("h3", f"Rules {told['limits']['name']}"), losses, tag("p", tag("code", told["command"])), form]
    )
    return card(
        f"Arm {told['account']}?", tag("div", inside, class_="stack"), note="holds for five minutes, once", right=money
    )
