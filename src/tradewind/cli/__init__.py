"""The command line: one function per verb, one file per family of verbs. A verb imports what it needs when it runs.

A mistake of the user's ends in one line on stderr and exit code 2, Ctrl-C in one line and 130, and nothing is
half-written.
"""

import signal
import sys
from types import FrameType
from typing import NoReturn

import typer

from tradewind.cli import (
    backtests,
    beginning,
    brokers,
    certificates,
    configuring,
    data_doctor,
    databases,
    doctor,
    drill,
    keeping,
    kill,
    logs,
    market_data,
    news,
    people,
    portfolio,
    reports,
    risk,
    running,
    secrets,
    serve,
    services,
    simulators,
    stack,
    sweeps,
    synthetic,
    trading,
    trials,
    twin,
    validation,
)
from tradewind.errors import Interrupted, TradewindError

app = typer.Typer(
    name="tradewind",
    help="Trade index, metal and FX CFDs by session: backtest, paper and live with one strategy file.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
market_data.app.add_typer(synthetic.app)
market_data.app.add_typer(data_doctor.app)
app.add_typer(beginning.app)
app.add_typer(backtests.app)
app.add_typer(trading.app)
app.add_typer(drill.app)
app.add_typer(doctor.app)
app.add_typer(sweeps.app)
app.add_typer(reports.app)
app.add_typer(certificates.app)
app.add_typer(portfolio.app)
app.add_typer(trials.app)
app.add_typer(kill.app)
app.add_typer(twin.app)
app.add_typer(validation.app)
app.add_typer(market_data.app, name="data")
app.add_typer(news.app, name="news")
app.add_typer(risk.app, name="risk")
app.add_typer(simulators.app, name="simulate")
app.add_typer(brokers.app, name="broker")
app.add_typer(databases.app, name="db")
app.add_typer(stack.app, name="stack")
app.add_typer(serve.app)
app.add_typer(people.users_app, name="users")
app.add_typer(people.keys_app, name="keys")
app.add_typer(services.app)
app.add_typer(running.app, name="services")
app.add_typer(logs.app)
app.add_typer(keeping.app)
app.add_typer(configuring.app, name="config")
app.add_typer(secrets.app, name="secrets")
app.add_typer(logs.audit_app, name="audit")


INTERRUPTED = 128 + signal.SIGINT
"""What a shell makes of a program that Ctrl-C ended."""


STOPPED = Interrupted("Interrupted; what was not finished was not saved.", "Run the command again.")
_pressed: list[bool] = []


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    _pressed.append(True)
    raise STOPPED


def main() -> None:
    """Run the command line; a mistake is one line and exit code 2, Ctrl-C one line and 130, whatever the verb."""
    signal.signal(signal.SIGINT, _interrupt)
    try:
        app()
    except Interrupted as error:
        _end(error)
    except TradewindError as error:
        typer.echo(f"tradewind: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        if _pressed:
            _end()
        where = f" {error.filename}" if error.filename else ""
        typer.echo(
            f"tradewind: {error.strerror or error}:{where}. Free the space or mend the path, then run again.", err=True
        )
        sys.exit(2)
    except Exception:
        if _pressed:  # a library that was cut off in the middle of its work complains in words of its own
            _end()
        raise
    except SystemExit as error:
        if error.code == INTERRUPTED:  # KeyboardInterrupt, which Typer ends without a word
            _end()
        raise


def _end(error: Interrupted = STOPPED) -> NoReturn:
    """One line was said; a further Ctrl-C, from whoever is impatient, says nothing more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    typer.echo(f"tradewind: {error}", err=True)
    sys.exit(INTERRUPTED)
