"""Verbs of secrets: are they guarded, make those that lack, change one where it is used. None is ever printed."""

from typing import Annotated

import typer

from tradewind.cli.options import DataFolder, SettingsFile, settings_of

app = typer.Typer(no_args_is_help=True, help="Secrets: check, make, rotate; none is ever printed.")


@app.command("check")
def check(data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """Say which files of secrets are missing, open to others, weak, or known defaults."""
    from tradewind.secret_files import files_of, weaknesses

    settings = settings_of(settings_file, data)
    found = weaknesses(settings)
    for one in found:
        typer.echo(f"{'bad' if one.grave else 'warning'}: {one.says} {one.cure}")
    if any(one.grave for one in found):
        raise typer.Exit(1)
    typer.echo(f"{len(files_of(settings))} files; nothing starts with a weak one.")


@app.command("make")
def make(data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """Make the secrets that these settings need and that have no file; those that are there stay."""
    from tradewind.stack.rotating import make_lacking

    settings = settings_of(settings_file, data)
    made = make_lacking(settings)
    typer.echo(f"Made in {settings.ports.secrets}: {', '.join(made)}." if made else "None lacks.")


@app.command("rotate")
def rotate(
    name: Annotated[str, typer.Argument(help="The file's name in the folder of secrets, such as postgresql-trader.")],
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Change a secret: at its server first, then in its file."""
    from tradewind.stack.rotating import rotate as change

    settings = settings_of(settings_file, data)
    left = change(settings, name)
    typer.echo(f"{name} is another. {left}")
