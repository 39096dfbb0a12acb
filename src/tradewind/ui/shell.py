"""What is around every page: navigation, the strip that says how things stand, the kill button, the palette, help.

It is plain HTML in the body, there before any script has run; only the strip is a region that is kept up to date.
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from nicegui import ui

from tradewind.results.report.markup import Html, joined, tag
from tradewind.ui import strip, theme
from tradewind.ui.icons import icon
from tradewind.ui.live import region
from tradewind.ui.pieces import entry
from tradewind.ui.standing import drawn_once
from tradewind.ui.visit import Visit, visit_of
from tradewind.watchdog.killfile import MEANINGS


class Place(NamedTuple):
    """A page in the navigation."""

    path: str
    title: str
    icon: str
    key: str
    """After `g`."""
    answers: str


PLACES = (
    Place("/", "Overview", "overview", "o", "Am I in the market, and what am I risking?"),
    Place("/chart", "Chart", "chart", "c", "What did the market do, and what did we do in it?"),
    Place("/strategies", "Strategies", "strategies", "s", "What runs, and why did it trade or not?"),
    Place("/orders", "Orders & trades", "orders", "t", "What was sent, filled, earned?"),
    Place("/risk", "Risk", "risk", "r", "How far is every limit, and what happens there?"),
    Place("/research", "Research", "research", "b", "What would it have done?"),
    Place("/data", "Data", "data", "d", "What prices are there, and can they be trusted?"),
    Place("/system", "System", "system", "y", "Is everything healthy?"),
)
LIVE_S = 1.0
"""How often is looked whether what is shown has grown old; beats are felt at once."""
TABS = ("/", "/chart", "/orders", "/risk")
"""At the bottom of a phone; the rest is behind the fifth."""
Build = Callable[[Visit], Awaitable[None]]


def page(path: str, title: str) -> Callable[[Build], Build]:
    """The function builds the page at a path, inside the shell."""

    def built(build: Build) -> Build:
        async def shown() -> None:
            visit = visit_of(ui.context.client.request)
            here = next((one.path for one in PLACES if one.path != "/" and path.startswith(one.path)), "/")
            ui.add_head_html(head())
            ui.add_body_html(body(visit, here))
            if not visit.asked("bare"):
                (await region(lambda: drawn_once(visit, "line", strip.line), LIVE_S, heart=visit.heart)).classes(
                    "strip-facts"
                )
            with ui.element("div").classes("body").props('id="main" tabindex="-1"'):
                await region(
                    lambda: drawn_once(visit, "banner", strip.banner), LIVE_S, strip.acts(visit), heart=visit.heart
                )
                await build(visit)

        ui.page(path, title=f"{title} · Tradewind", response_timeout=20.0)(shown)
        return build

    return built


def head() -> Html:
    """Return what the head of every page has: tokens, style, script."""
    return joined([
        Html(f"<style>{theme.style()}</style>"), Html('<link rel="stylesheet" href="/ui/app.css">'),
        Html('<script src="/ui/app.js" defer></script>'), Html('<meta name="theme-color" content="#155fb0">'),
    ])  # fmt: skip


def body(visit: Visit, here: str) -> Html:
    """Return what stands around a page."""
    return joined(
        [
            tag("a", "To the content", href="#main", class_="skip"),
            _rail(visit, here),
            _tabs(here),
            _kill(visit),
            _palette(visit),
            _help(),
            _more(here),
            tag("div", id="toasts", class_="toasts", role="status", aria_live="polite"),
        ]
    )


def _link(place: Place, here: str) -> Html:
    current = "page" if place.path == here else None
    return tag("a", icon(place.icon), tag("span", place.title), href=place.path, aria_current=current,
               data_key=place.key, title=f"{place.answers}  (g {place.key})")  # fmt: skip


def _rail(visit: Visit, here: str) -> Html:
    foot = tag(
        "div",
        tag("button", icon("search"), "Find", tag("kbd", "Ctrl K", class_="key"), type="button", data_palette=True),
        tag("button", icon("theme"), tag("span", "Theme", data_theme_word=True), type="button", data_theme_switch=True),
        tag("button", icon("help"), "Keys", tag("kbd", "?", class_="key"), type="button", data_open="help"),
        tag("button", icon("leave"), f"Log out {visit.who.name}", type="button", data_leave=True),
        class_="foot",
    )
    links = tag("nav", *(_link(one, here) for one in PLACES), aria_label="Pages")
    return tag("header", tag("a", icon("mark"), "Tradewind", href="/", class_="brand"), links, foot, class_="rail")


def _tabs(here: str) -> Html:
    shown = [_link(one, here) for one in PLACES if one.path in TABS]
    more = tag("button", icon("menu"), tag("span", "More"), type="button", data_open="more")
    return tag("nav", *shown, more, class_="tabs", aria_label="Pages, short")


def _more(here: str) -> Html:
    links = [_link(one, here) for one in PLACES if one.path not in TABS]
    buttons = [
        tag("button", icon("theme"), tag("span", "Theme", data_theme_word=True), type="button", data_theme_switch=True),
        tag("button", icon("leave"), "Log out", type="button", data_leave=True),
    ]
    sheet = tag("div", *links, *buttons, class_="sheet")
    return tag("dialog", tag("h2", "More"), sheet, _end(), id="more", aria_label="More pages")


def _end() -> Html:
    return tag("div", tag("button", "Close", type="button", data_close=True), class_="end")


def _kill(visit: Visit) -> Html:
    why_not = visit.why_not("kill")
    main = tag(
        "button", icon("stop"), tag("span", "KILL"), tag("span", "stop all", class_="words"), type="button", id="kill",
        disabled=bool(why_not), aria_label="Kill: stop all accounts, level 2",
        title=why_not or f"Level 2 on every account: {MEANINGS[2]}. Exits and stops stay.",
    )  # fmt: skip
    more = tag("button", icon("more"), type="button", id="kill-more", aria_label="Other kill levels",
               aria_expanded="false", aria_controls="kill-menu", disabled=bool(why_not))  # fmt: skip
    items = [
        tag("button", tag("b", f"Level {level}, all accounts"), MEANINGS[level], type="button", data_kill=level)
        for level in (1, 2, 3, 4)
    ]
    if visit.account:
        items.append(tag("button", tag("b", f"Level 2, only {visit.account}"), MEANINGS[2], type="button",
                         data_kill=2, data_account=visit.account))  # fmt: skip
    menu = tag("div", *items, id="kill-menu", class_="menu", hidden=True)
    return tag("div", tag("div", main, more, class_="kill"), menu, class_="strip", role="region", aria_label="Stop")


def _palette(visit: Visit) -> Html:
    items = [(one.title, one.answers, {"data_href": one.path}) for one in PLACES]
    items += [(f"Account {name}", "look at it", {"data_href": f"/?account={name}"}) for name in strip.names(visit)]
    items += [(f"Theme: {one}", "", {"data_run": "theme", "data_value": one}) for one in theme.CHOICES]
    items += [("New backtest", "Research", {"data_href": "/research#new"}),
              ("New sweep", "Research", {"data_href": "/research?new=sweep#new"}),
              ("Import data", "Data", {"data_href": "/data#import"}),
              ("Keys", "?", {"data_run": "help"}), ("Log out", "", {"data_run": "leave"})]  # fmt: skip
    if not visit.why_not("kill"):
        items += [(f"Kill level {one}, all accounts", MEANINGS[one], {"data_run": "kill", "data_value": str(one)})
                  for one in (2, 1, 3, 4)]  # fmt: skip
    listed = [
        tag(
            "li",
            title,
            tag("span", under, class_="soft"),
            role="option",
            id=f"item-{number}",
            aria_selected="false",
            **do,
        )
        for number, (title, under, do) in enumerate(items)
    ]
    box = entry("find", placeholder="Where to, or what to do?", role="combobox", aria_expanded="true",
                aria_controls="palette-list", aria_label="Find a page or a command")  # fmt: skip
    return tag("dialog", box, tag("ul", *listed, role="listbox", id="palette-list", aria_label="Found"), id="palette",
               class_="palette", aria_label="Find")  # fmt: skip


def _help() -> Html:
    rows = [(f"g {one.key}", one.title) for one in PLACES]
    rows += [("Ctrl K", "find a page or a command"), ("?", "this"), ("Esc", "close"), ("← →", "on the chart: move"),
             ("+ -", "on the chart: nearer, farther")]  # fmt: skip
    inside = [
        joined([tag("span", joined(tag("kbd", one) for one in keys.split(" "))), tag("span", what)])
        for keys, what in rows
    ]
    return tag("dialog", tag("h2", "Keys"), tag("div", *inside, class_="keys"), _end(), id="help", aria_label="Keys")
