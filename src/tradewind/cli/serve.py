"""The verb that opens the web UI and the API."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from tradewind.cli.options import DataFolder, SettingsFile, guarded_settings_of

app = typer.Typer()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Where to listen; others than this machine need TLS.")] = None,
    port: Annotated[int | None, typer.Option(help="At which port.", min=1, max=65_535)] = None,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Serve the web UI and the API until told to stop; in a terminal the first start makes a user."""
    answer(settings_file, data, host, port)


def answer(settings_file: Path | None, data: Path | None, host: str | None = None, port: int | None = None) -> None:
    """The API answered until it was told to stop, at another place than the settings' where one is named."""
    from tradewind.adapters.extras import module_of

    settings = guarded_settings_of(settings_file, data)
    named = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = settings.model_copy(update={"api": settings.api.model_copy(update=named)})
    module_of("serve", "tradewind.services.api").run(settings, typer.echo, watched=sys.stdout.isatty())
