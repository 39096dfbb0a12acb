"""Verbs of services: each as a process, or all of them in one; and the topics between them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tradewind.cli.options import DataFolder, SettingsFile, settings_of
from tradewind.cli.serve import answer

app = typer.Typer()
topics = typer.Typer(no_args_is_help=True, help="Make and check the topics of Kafka.")
app.add_typer(topics, name="topics")

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
    service: Annotated[str, typer.Argument(help="api, feed, recorder or outbox; `live` and `paper` are the trader.")],
    on: On = None,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Run one service until it is told to stop; what it needs and cannot reach it waits for, and says so."""
    if service == "api":
        answer(settings_file, data)
        return
    running = _module("services.running")
    running.run(settings_of(settings_file, data), [service], _symbols(on), typer.echo)


@app.command("up")
def up(on: On = None, data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """Run every service these settings have work for, in one process, until told to stop."""
    running = _module("services.running")
    settings, symbols = settings_of(settings_file, data), _symbols(on)
    running.run(settings, list(running.works(settings, symbols)), symbols, typer.echo)


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
