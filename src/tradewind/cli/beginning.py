"""The verb that makes a folder to trade from."""

from pathlib import Path
from typing import Annotated

import typer

from tradewind.errors import BadSettings

app = typer.Typer()


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where; made if it is not there.")] = Path(),
    stack: Annotated[
        bool, typer.Option("--stack", help="With servers on this machine, see `tradewind stack`.")
    ] = False,
    compose: Annotated[bool, typer.Option("--compose", help="With servers in containers, see docs/deploy.md.")] = False,
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
    begun = begin_folder(folder, stack=stack, containers=compose, ports=ports)
    typer.echo(f"Written: {', '.join(map(str, begun.files))}.")
    typer.echo(f"{begun.secrets} secrets lie in {begun.folder}; back them up, commit them never.")
    typer.echo("There, `tradewind users add NAME` makes the first person for the web UI, and tells a password once.")
