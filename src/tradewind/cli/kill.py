"""Verbs of the kill switch and the watchdog: stop at once, see how it stands, trade again, watch."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from tradewind.cli.deeds import deed
from tradewind.cli.options import AsJson, DataFolder, SettingsFile, settings_of
from tradewind.errors import TradewindError

app = typer.Typer(rich_markup_mode=None)

AccountName = Annotated[str, typer.Option("--account", help="The account's name.")]


def _data(settings_file: Path | None, data: Path | None) -> Path:
    """Return the data folder; settings that cannot be read stop nobody who named it."""
    return data if data is not None else settings_of(settings_file, None).data


@app.command("kill")
def kill_accounts(
    account: Annotated[list[str] | None, typer.Option("--account", help="An account; again for more.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every account of the data folder.")] = False,
    level: Annotated[
        int, typer.Option(help="1 no entries, 2 and pending entries cancelled, 3 and all closed, 4 and disconnected.",
                          min=1, max=4)
    ] = 2,
    status: Annotated[bool, typer.Option("--status", help="Only say how it stands.")] = False,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:  # fmt: skip
    """Stop trading now, in one step; exit code 0 in force and proved, 1 asked for but not proved, 2 not even that."""
    from tradewind.watchdog import kill, rearm

    root = _data(settings_file, data)
    if bool(account) == every and not (status and not account):
        raise TradewindError("Say which account to stop.", "Give --account NAME, or --all.")
    folders = [rearm.account_folder(root, name) for name in account] if account else rearm.account_folders(root)
    if not folders:
        raise TradewindError(f"There are no accounts in {root}.", "Name the data folder with --data.")
    if not status:
        with deed(root, "kill", accounts=[one.name for one in folders], level=level):
            raise typer.Exit(kill.kill(folders, level, kill.aloud))
    told = [rearm.standing(folder) for folder in folders]
    typer.echo(json.dumps(told, indent=2) if as_json else "\n".join(map(_in_words, told)))


def _in_words(told: dict[str, Any]) -> str:
    """Return how it stands with an account as one line."""
    asked, taken = told["asked"], told["taken"]
    parts = [f"kill level {asked} asked for" if asked else "no kill level asked for"]
    if told["trader"] is None:
        parts.append("no trader runs")
    else:
        parts.append(f"trader {told['trader']} " + ("has not said its level" if taken is None else f"at level {taken}"))
        if told.get("silent_s", 0.0) > 2:
            parts.append(f"without a sign of life for {told['silent_s']:.1f} s")
    ready = "ready" if told["watchdog_ready"] else "NOT ready"
    parts.append(f"watchdog {told['watchdog']} {ready}" if told["watchdog"] else "NO watchdog")
    return f"{told['account']}: {'; '.join(parts)}"


@app.command("rearm")
def rearm_account(
    account: AccountName,
    person: Annotated[str, typer.Option(help="Who answers for it.")],
    reason: Annotated[str, typer.Option(help="Why it may trade again.")],
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Let a killed account trade again: the trader is asked, and the kill file goes once it has agreed."""
    from tradewind.watchdog import rearm

    root = _data(settings_file, data)
    folder = rearm.account_folder(root, account)
    with deed(root, "rearm", account=account, person=person, reason=reason):
        text = rearm.rearm(folder, person, reason)
    typer.echo(f"{account}: the trader took the order and the kill file is away. {text}".strip())


@app.command("watchdog")
def watch_account(
    account: AccountName,
    level: Annotated[int, typer.Option(help="Kill level when the trader hangs.", min=1, max=4)] = 2,
    stall: Annotated[float, typer.Option(help="Seconds without life that are a hang.", min=1, max=3600)] = 3.0,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Watch an account's trader from a process of its own, until ended."""
    from tradewind.watchdog import rearm

    folder = rearm.account_folder(_data(settings_file, data), account)
    # A fresh interpreter: none of what this command line has loaded stays in the process that must not fail.
    words = [sys.executable, "-m", "tradewind.watchdog", str(folder), "--level", str(level), "--stall", str(stall)]
    sys.stdout.flush()
    os.execv(sys.executable, words)  # noqa: S606 - our own interpreter, no shell
