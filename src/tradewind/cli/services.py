"""Verbs of services: each as a process, or all of them in one; and the topics between them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradewind.cli.options import DataFolder, SettingsFile, guarded_settings_of, settings_of
from tradewind.cli.serve import answer
from tradewind.errors import BadSettings, UnknownName

if TYPE_CHECKING:
    from tradewind.settings import Settings

app = typer.Typer()
topics = typer.Typer(no_args_is_help=True, help="Make and check the topics of Kafka.")
app.add_typer(topics, name="topics")

On = Annotated[
    list[str] | None, typer.Option("--on", help="Instruments the feed listens to; left out, all of the profile.")
]


def _module(name: str, extra: str = "stack") -> Any:
    from tradewind.adapters.extras import module_of

    return module_of(extra, f"tradewind.{name}")


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
    if service == "api":
        answer(settings_file, data)
        return
    from tradewind.logs.log import open_log
    from tradewind.services.together import run

    settings = guarded_settings_of(settings_file, data)
    known = _works(settings, settings_file, on)
    if service not in known:
        raise UnknownName("service with these settings", service, known)
    with open_log(settings, service if service != "trader" else "keeper", typer.echo) as log:
        run({service: known[service]}, settings, log)


@app.command("up")
def up(on: On = None, data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """Run every service these settings have work for, the web UI too; only the trader is a process of its own."""
    from tradewind.logs.log import open_log
    from tradewind.services.together import run

    settings = guarded_settings_of(settings_file, data)
    works = _works(settings, settings_file, on)
    if _serves(settings):
        works["api"] = _module("services.api", "serve").beside(settings, typer.echo, watched=sys.stdout.isatty())
    with open_log(settings, "up", typer.echo) as log:
        run(works, settings, log)


def _serves(settings: "Settings") -> bool:
    """Whether the API is one of the services; where it would be but for its libraries, that is said."""
    from tradewind.stack.services import serves

    if settings.api.up and not serves(settings.api):
        typer.echo("The web UI needs the extra `serve`: pip install 'tradewind[serve]'", err=True)
    return serves(settings.api)


def _works(settings: "Settings", settings_file: Path | None, on: list[str] | None) -> dict[str, Any]:
    """Return the services there is work for, by name: the trader, and what stands around a stack."""
    from tradewind.services import children

    found = dict(children.works(settings, settings_file))
    if settings.ports.feed != "direct":
        found |= _module("services.running").works(settings, _symbols(on))
    if not found:
        raise BadSettings(
            "There is nothing to run.",
            'Say what is traded: [trader] strategies = ["opening_range"], symbols = ["XAUUSD"]; or share prices: '
            '[ports] feed = "kafka://127.0.0.1:9092".',
        )
    return found


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
