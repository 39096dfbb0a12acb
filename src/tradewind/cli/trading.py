"""Verbs that trade: paper on a tape, on made-up prices or on a broker's stream; live at a broker; orders to a desk."""

import json
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradewind.cli.deeds import deed, note_first
from tradewind.cli.options import AsJson, DataFolder, SettingsFile, guarded_settings_of, settings_of
from tradewind.errors import TradewindError

if TYPE_CHECKING:
    from tradewind.live.desk import Desk
    from tradewind.live.folder import Folder
    from tradewind.modes import Request
    from tradewind.settings import Settings

app = typer.Typer()

Strategies = Annotated[list[str], typer.Argument(help="Strategy files, or names of shipped ones.")]
On = Annotated[list[str], typer.Option("--on", help="Instruments, separated by commas or given again.")]
Sets = Annotated[list[str] | None, typer.Option("--set", help="Parameter, name=value or strategy.name=value.")]
Risk = Annotated[str | None, typer.Option(help="Risk rules: house, a firm's pack, or a risk file.")]
Bar = Annotated[str, typer.Option(help="Timeframe of on_bar.")]
Named = Annotated[str, typer.Option("--account", help="Name of the account's folder.")]
ADDED_WITHIN = 180.0
"""Seconds in which a strategy is compiled and has seen what there was, at most."""
PARTS = ("tape", "synthetic", "broker")


def _request(
    strategies: list[str], on: list[str], sets: list[str] | None, given: dict[str, Any], settings: "Settings",
    *, bar: str, period: tuple[str | None, str | None] = (None, None), feed: str | None = None,
) -> "Request":  # fmt: skip
    """Return what was asked for; without risk rules the house's hold."""
    from tradewind.requests import backtest_request

    if given.get("risk") is None and settings.risk == "none":
        given["risk"] = "house"
        typer.echo("Risk rules: house. Choose others with --risk; `tradewind risk show house` lists these.", err=True)
    given.setdefault("rate", [])
    return backtest_request(strategies, on, period, sets or [], given=given, settings=settings, feed=feed, bar=bar)


@app.command()
def paper(
    strategies: Strategies,
    on: On,
    source: Annotated[
        str | None, typer.Option(help="Where prices come from: tape, synthetic or broker; by default what there is.")
    ] = None,
    speed: Annotated[float, typer.Option(help="Of a tape: 1 is real time, 1000 as much faster, 0 at once.")] = 60.0,
    start: Annotated[str | None, typer.Option("--from", help="First day or moment of the tape.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day or moment of the tape.")] = None,
    feed: Annotated[str | None, typer.Option(help="Which stored feed, where several hold the instrument.")] = None,
    sets: Sets = None,
    risk: Risk = None,
    balance: Annotated[str | None, typer.Option(help="Starting balance.")] = None,
    bar: Bar = "M5",
    seed: Annotated[int, typer.Option(help="Of made-up prices.")] = 2025,
    account: Named = "paper",
    fresh: Annotated[bool, typer.Option("--fresh", help="Put the former folder aside and begin anew.")] = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Trade without money: live code, simulated fills; it goes on where it stopped, however it stopped."""
    from tradewind.live.papering import on_a_tape, with_prices

    request = _request(
        strategies, on, sets, {"risk": risk, "balance": balance}, guarded_settings_of(settings_file, data),
        bar=bar, period=(start, end), feed=feed,
    )  # fmt: skip
    request, told = with_prices(request, source, seed)
    typer.echo(told)
    if source == "broker":
        from tradewind.live.trading import paper_at_broker

        paper_at_broker(request, account, fresh=fresh, say=typer.echo)
        return
    on_a_tape(request, account, speed, fresh=fresh, on_turn=_Line(), say=typer.echo)


@app.command()
def live(
    strategies: Strategies,
    on: On,
    sets: Sets = None,
    risk: Risk = None,
    bar: Bar = "M5",
    account: Named = "live",
    arm: Annotated[str | None, typer.Option(help="Number of the real account, typed to trade real money.")] = None,
    warm_up: Annotated[int, typer.Option(help="Days of history to fill indicators with at the first start.")] = 30,
    watchdog: Annotated[bool, typer.Option(help="Open nothing unless the watchdog is alive.")] = True,
    standby: Annotated[bool, typer.Option("--standby", help="Wait while another trader leads the account.")] = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Trade at the broker of the settings: the same strategy file, the same gate; only the venue is real."""
    from tradewind.live.trading import live_at_broker

    settings = guarded_settings_of(settings_file, data)
    request = _request(strategies, on, sets, {"risk": risk}, settings, bar=bar)
    if arm is not None:  # real money: what is not on record does not begin
        note_first(settings.data, "arm", account=account, number=arm, strategies=strategies, on=on)
    code = live_at_broker(
        request, account, arm=arm, warm_up_days=warm_up, watchdog=watchdog, say=typer.echo, standby=standby
    )
    raise typer.Exit(code)


@app.command("accounts")
def accounts(as_json: AsJson = False, data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """List the accounts of the data folder: mode, readiness, balance, positions, when they last beat."""
    from tradewind.live.folder import Folder, account_names

    folder = settings_of(settings_file, data).data
    root = folder / "accounts"
    found = [Folder(root / name) for name in account_names(folder)]
    documents = [(one.read_status() or {}) | {"account": one.name} for one in found]
    if as_json:
        typer.echo(json.dumps(documents, indent=2))
        return
    if not documents:
        typer.echo(f"No accounts in {root}. Begin one with `tradewind paper STRATEGY --on XAUUSD`.")
    for one in documents:
        typer.echo(_in_words(one))


@app.command("order-desk")
def order_desk(
    verb: Annotated[str, typer.Argument(help="halt, disable, enable, add, limits, ignore or stop.")],
    account: Named,
    strategy: Annotated[str | None, typer.Option(help="Whom to disable or enable; with add, its file.")] = None,
    sets: Sets = None,
    broker: Annotated[str | None, typer.Option(help="The broker's id of what to leave alone.")] = None,
    person: Annotated[str | None, typer.Option(help="Who orders it.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why.")] = None,
    limits: Annotated[str | None, typer.Option(help="With verb limits: the rules to take, a pack or a file.")] = None,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the answer.")] = 10.0,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Give an order to a running account and say what became of it."""
    from tradewind.live.folder import account_folder

    settings = settings_of(settings_file, data)
    folder = account_folder(settings.data, account)
    order: dict[str, Any] = {"verb": "kill" if verb == "halt" else verb}
    given = {"strategy": strategy, "broker": broker, "person": person, "reason": reason}
    order |= {name: value for name, value in given.items() if value is not None}
    if verb == "halt":
        order["level"] = 1
    if verb == "add":
        order |= {"strategy": _file_of(strategy), "set": sets or []}
        wait = max(wait, ADDED_WITHIN)
    if verb == "limits":
        order["limits"] = _limits_tree(settings, limits)
    with deed(settings.data, f"order desk {verb}", account=account, limits=limits, **given):
        typer.echo(_ordered(folder, verb, order, wait))


def _ordered(folder: "Folder", verb: str, order: dict[str, Any], wait: float) -> str:
    """Return what became of an order to a running account; TradewindError where it was not carried out."""
    name = f"{time.time_ns()}-{verb}"
    folder.ask(name, order)
    answer = folder.answered(name, wait)
    if answer is None:
        raise TradewindError(f"The account {folder.name} did not answer within {wait:g} s.", "Is it running?")
    if not answer["done"]:
        raise TradewindError(answer["text"])
    return str(answer["text"])


def _file_of(strategy: str | None) -> str:
    """Return the whole path of a strategy's file: the account's process may stand in another folder."""
    from tradewind.requests import strategy_path

    if strategy is None:
        raise TradewindError("Which strategy?", "Give --strategy with a file, or the name of a shipped one.")
    return str(strategy_path(strategy).resolve())


def _limits_tree(settings: Any, rules: str | None) -> dict[str, Any]:
    from tradewind.requests import risk_rules

    if rules is None:
        raise TradewindError("Which limits?", "Give --limits house, a pack or a file.")
    found = risk_rules(settings.model_copy(update={"risk": rules}))
    if found is None:
        raise TradewindError("An account that runs always has limits.", "Give others.")
    return found.limits.as_tree()


def _in_words(one: dict[str, Any]) -> str:
    """Return an account as one line."""
    if "mode" not in one:
        return f"{one['account']}: never ran"
    age = (time.time_ns() - one["wall_ns"]) / 1e9
    beat = "stopped" if one.get("ended") else f"beat {age:.0f} s ago"
    held = ", ".join(_held(position) for position in one["positions"]) or "flat"
    ready = "ready" if one["ready"] else "not ready: " + ", ".join(one["reasons"])
    return f"{one['account']}: {one['mode']}, {beat}, {held}, balance {one['balance'] / 100:,.2f}, {ready}"


def _held(position: dict[str, Any]) -> str:
    """Return a position in words: how much, and where its stops are."""
    stops = ", ".join(f"{stop:g}" for stop in position["stops"]) or "none"
    return f"{position['symbol']} {position['lots']:+g} stop {stops}"


class _Line:
    """What a person sees of a run: one line, written over, about once a second."""

    def __init__(self) -> None:
        self.said = 0.0

    def __call__(self, desk: "Desk") -> None:
        """The line says where the desk stands."""
        import sys

        from tradewind.live.status import positions_of
        from tradewind.markets.clock import utc_datetime

        if not sys.stderr.isatty() or time.monotonic() - self.said < 0.5:
            return
        self.said = time.monotonic()
        state = desk.core.state["account"]
        held = ", ".join(_held(position) for position in positions_of(desk)) or "flat"
        moment = f"{utc_datetime(desk.core.now):%a %d %b %H:%M:%S}"
        equity = (int(state["balance"]) + int(state["unrealised"])) / 100
        sys.stderr.write(f"\r{moment} UTC  equity {equity:,.2f}  {held}\x1b[K")
        sys.stderr.flush()
