"""Verbs about the settings: what holds, where it comes from, what it means, and whether it can be."""

import json
from typing import Annotated, Any

import typer

from tradewind.cli.options import AsJson, DataFolder, SettingsFile, settings_of
from tradewind.errors import UnknownName

app = typer.Typer(no_args_is_help=True, help="Settings: what holds, and why.")


@app.command("show")
def show(
    origin: Annotated[bool, typer.Option("--origin", help="Also where each comes from.")] = False,
    changed: Annotated[bool, typer.Option("--changed", help="Only what is not a default.")] = False,
    as_json: AsJson = False,
    settings_file: SettingsFile = None,
) -> None:
    """Print every setting that holds here. None is a secret: settings name the files of secrets."""
    from tradewind.settings import settings_and_layers
    from tradewind.settings_layers import DEFAULT, origin_of

    settings, layers = settings_and_layers(settings_file)
    lines = {name: (value, origin_of(layers, name)) for name, value in _flat(settings.model_dump(mode="json"))}
    lines = {name: told for name, told in lines.items() if not changed or told[1] != DEFAULT}
    if as_json:
        typer.echo(json.dumps({name: {"value": told[0], "origin": told[1]} for name, told in lines.items()}, indent=2))
        return
    width = max((len(_line(name, told[0])) for name, told in lines.items()), default=0)
    for name, (value, where) in lines.items():
        typer.echo(f"{_line(name, value):<{min(width, 60)}}  # {where}" if origin else _line(name, value))


@app.command("explain")
def explain(
    name: Annotated[str, typer.Argument(help="As `config show` prints it: risk, api.port, fills.latency_ms.")],
    settings_file: SettingsFile = None,
) -> None:
    """Say what a setting means, what it may be, what it is here, and why."""
    from tradewind.settings import Settings, settings_and_layers
    from tradewind.settings_layers import origin_of

    field, names = _field_of(name, Settings)
    if field is None:
        raise UnknownName("setting", name, names)
    settings, layers = settings_and_layers(settings_file)
    value: Any = settings.model_dump(mode="json")
    for part in name.split("."):
        value = value[part]
    typer.echo(f"{_line(name, value)}  # {origin_of(layers, name)}")
    if field.description:
        typer.echo(field.description)
    typer.echo(f"Default: {json.dumps(field.get_default(call_default_factory=True), default=str)}.")
    variable = f"TRADEWIND__{name.upper().replace('.', '__')}"
    typer.echo(f"May be: {_allowed(field)}. In the environment: {variable}.")


@app.command("check")
def check(data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """Say whether the settings can be, whether what they name is there, and whether the secrets are guarded."""
    from tradewind.doctor.choices import choices
    from tradewind.doctor.finding import BAD, WARNING, fit
    from tradewind.doctor.secrets import secrets

    settings = settings_of(settings_file, data)
    found = [*choices(settings), *secrets(settings)]
    for one in found:
        if one.state in (BAD, WARNING):
            typer.echo(f"{one.state}: {one.area}, {one.name}: {one.says} {one.cure}")
    if not fit(found):
        raise typer.Exit(1)
    typer.echo(f"The settings can be; stage {settings.stage}.")


def _line(name: str, value: Any) -> str:
    return f"{name} = {json.dumps(value, default=str)}"


def _flat(tree: dict[str, Any], above: str = "") -> list[tuple[str, Any]]:
    """Return every leaf of the tree with its dotted name; an empty section is a leaf."""
    found: list[tuple[str, Any]] = []
    for name, value in tree.items():
        inner = isinstance(value, dict) and value
        found += _flat(value, f"{above}{name}.") if inner else [(f"{above}{name}", value)]
    return found


def _field_of(name: str, tree: Any) -> tuple[Any, list[str]]:
    """Return the field of a dotted name, and the names there are."""
    fields: dict[str, Any] = {}

    def gather(section: Any, above: str) -> None:
        for own, field in section.model_fields.items():
            inner = field.annotation
            if isinstance(inner, type) and hasattr(inner, "model_fields"):
                gather(inner, f"{above}{own}.")
            else:
                fields[f"{above}{own}"] = field

    gather(tree, "")
    return fields.get(name), list(fields)


def _allowed(field: Any) -> str:
    """Return what a setting may be, in the words of its type."""
    kind = field.annotation
    choices = getattr(kind, "__args__", ()) if "Literal" in str(kind) else ()
    words = ", ".join(str(one) for one in choices) if choices else getattr(kind, "__name__", str(kind))
    bounds = [text for one in field.metadata if (text := _bound(one))]
    return " ".join([words, *bounds])


def _bound(one: Any) -> str:
    signs = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
    return " ".join(f"{sign} {getattr(one, name)}" for name, sign in signs.items() if hasattr(one, name))
