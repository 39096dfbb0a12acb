"""The verb that makes a folder to trade from."""

import os
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from tradewind.errors import BadSettings

app = typer.Typer()
DATA = "tradewind-data"
"""As the settings that are written name it."""


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where; made if it is not there.")] = Path(),
    stack: Annotated[
        bool, typer.Option("--stack", help="With servers on this machine, see `tradewind stack`.")
    ] = False,
    compose: Annotated[bool, typer.Option("--compose", help="With servers in containers, see docs/deploy.md.")] = False,
    stage: Annotated[str, typer.Option(help="What the folder is for: development, paper or production.")] = "paper",
    port_base: Annotated[
        int | None, typer.Option(help="With --stack: ports in a row from here on, not the usual ones.")
    ] = None,
) -> None:
    """Write settings with every choice explained, and secrets that nobody chose; nothing is written over."""
    if (stack and compose) or (port_base is not None and not stack):
        raise BadSettings("--stack and --compose are two ways; --port-base goes with --stack.", "Choose one.")
    from tradewind.stack.beginning import begin_folder
    from tradewind.stack.places import DEFAULT, ports_from

    ports = DEFAULT if port_base is None else ports_from(port_base)
    begun = begin_folder(folder, stack=stack, containers=compose, ports=ports, stage=stage)
    typer.echo(f"Written: {', '.join(map(str, begun.files))}.")
    secrets = "1 secret lies" if begun.secrets == 1 else f"{begun.secrets} secrets lie"
    typer.echo(f"{secrets} in {begun.folder}; back that up, commit it never.")
    _first_user(folder / DATA)


def _first_user(data: Path) -> None:
    """Somebody can log in: made here and told to the person at the terminal, else how to make one is said."""
    if any(find_spec(name) is None for name in ("argon2", "jwt")):
        return  # no web UI here
    from tradewind.adapters.entrance import first
    from tradewind.adapters.entrance.database import Entrance

    if not sys.stdout.isatty():
        typer.echo(f"Nobody can log in at the web UI yet. In a terminal, in that folder: {first.HOW}")
        return
    entrance = Entrance(data)
    for line in first.make(entrance, time.time_ns()):
        typer.echo(line)
    owner = data.parent.stat()
    for path in (data, *data.glob(f"{entrance.path.name}*")):
        if os.geteuid() == 0 and path.stat().st_uid != owner.st_uid:
            os.chown(path, owner.st_uid, owner.st_gid)  # whom containers run as
