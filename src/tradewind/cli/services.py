"""Verbs of services: each as a process, or all of them in one; and the topics between them."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradewind.cli.options import AsJson, DataFolder, SettingsFile, settings_of
from tradewind.errors import BadSettings, UnknownName

if TYPE_CHECKING:
    from tradewind.settings import Settings

app = typer.Typer()
topics = typer.Typer(no_args_is_help=True, help="Make and check the topics of Kafka.")
app.add_typer(topics, name="topics")
seen = typer.Typer(no_args_is_help=True, help="See what runs, and what it said.")
app.add_typer(seen, name="services")

On = Annotated[
    list[str] | None, typer.Option("--on", help="Instruments the feed listens to; left out, all of the profile.")
]


def _module(name: str) -> Any:
    from tradewind.adapters.extras import module_of

    return module_of("stack", f"tradewind.{name}")


def _symbols(on: list[str] | None) -> list[str]:
    return [symbol.strip() for text in on or () for symbol in text.split(",") if symbol.strip()]


@app.command("run")
def run_service(
    service: Annotated[str, typer.Argument(help="api, feed, recorder, outbox, trader or watchdog.")],
    on: On = None,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Run one service until it is told to stop; what it needs and cannot reach it waits for, and says so."""
    from tradewind.services.together import run

    settings = settings_of(settings_file, data)
    if service == "api":
        from tradewind.adapters.extras import module_of

        module_of("serve", "tradewind.services.api").run(settings, typer.echo)
        return
    known = _works(settings, settings_file, on)
    if service not in known:
        raise UnknownName("service with these settings", service, known)
    run({service: known[service]}, settings.data, typer.echo)


@app.command("up")
def up(on: On = None, data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """Run every service these settings have work for, and the web UI, until told to stop; the trader by itself."""
    from tradewind.adapters.extras import served
    from tradewind.services.together import run

    settings = settings_of(settings_file, data)
    works = _works(settings, settings_file, on)
    if settings.api.up and served():
        from tradewind.services.api import beside

        works["api"] = beside(settings, typer.echo, aloud=sys.stdout.isatty())
    if not works:
        raise BadSettings(
            "There is nothing to run.",
            'Say what is traded: [trader] strategies = ["opening_range"], symbols = ["XAUUSD"]; or share prices: '
            '[ports] feed = "kafka://127.0.0.1:9092".',
        )
    run(works, settings.data, typer.echo)


def _works(settings: "Settings", settings_file: Path | None, on: list[str] | None) -> dict[str, Any]:
    """Return the services there is work for, by name: the trader, and what stands around a stack."""
    from tradewind.services import children

    found = dict(children.works(settings, settings_file))
    if settings.ports.feed != "direct":
        found |= _module("services.running").works(settings, _symbols(on))
    return found


@seen.command("list")
def list_services(as_json: AsJson = False, data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """Show every trader, watchdog, service and server with its last sign of life."""
    from tradewind.views.services import services

    found = services(settings_of(settings_file, data))
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for one in found:
        heard = "" if one["age_s"] is None else f"{one['age_s']:.0f} s ago"
        typer.echo(f"{one['name']:12}  {one['account'] or '':14}  {one['state']:9}  {heard:12}  {one['why']}".rstrip())
    if not found:
        typer.echo("Nothing has run yet. Begin: tradewind up")


@seen.command("log")
def show_log(
    name: Annotated[str | None, typer.Argument(help="Which; left out, their names.")] = None,
    lines: Annotated[int, typer.Option(help="How many of its last lines.", min=1, max=1000)] = 50,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Show the end of a log; keys, tokens and passwords in it are covered."""
    from tradewind.views.logs import logs, read_log

    settings = settings_of(settings_file, data)
    told = logs(settings) if name is None else read_log(settings, name, lines)
    if as_json:
        typer.echo(json.dumps(told, indent=2))
    elif isinstance(told, dict):
        typer.echo("\n".join(one["text"] for one in told["lines"]))
    else:
        typer.echo("\n".join(f"{one['name']:30}  {one['bytes']:>12,} bytes" for one in told) or "There is no log yet.")


def _servers(settings_file: Path | None, data: Path | None) -> str:
    return str(_module("services.running").kafka_of(settings_of(settings_file, data)))


@topics.command("make")
def make(data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """Make the topics that are not there, with settings that lose nothing."""
    made = _module("adapters.kafka.topics").make_topics(_servers(settings_file, data))
    typer.echo(f"Made: {', '.join(made)}." if made else "All topics are there.")


@topics.command("check")
def check(data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """Say whether every topic is there as it was made."""
    _module("adapters.kafka.topics").check_topics(_servers(settings_file, data))
    typer.echo("All topics are there.")
