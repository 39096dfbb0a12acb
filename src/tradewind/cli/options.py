"""Options that many verbs have, and the settings they lead to."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tradewind.settings import Settings

DataFolder = Annotated[Path | None, typer.Option("--data", help="Folder of history and runs.")]
SettingsFile = Annotated[Path | None, typer.Option("--settings", help="Settings file (default ./tradewind.toml).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def settings_of(file: Path | None, folder: Path | None) -> "Settings":
    """Return the settings, with the data folder given on the command line if there is one."""
    from tradewind.settings import load_settings

    settings = load_settings(file)
    return settings if folder is None else settings.model_copy(update={"data": folder})


def guarded_settings_of(file: Path | None, folder: Path | None) -> "Settings":
    """Return the settings of something that trades or listens: BadSettings where a secret is weak or open to others."""
    from tradewind.secret_files import refuse_weak

    settings = settings_of(file, folder)
    refuse_weak(settings)
    return settings
