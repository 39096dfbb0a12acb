"""Verbs of who comes in: users and their passwords, keys of programs. They work beside a server that runs."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from tradewind.cli.deeds import who
from tradewind.cli.options import AsJson, DataFolder, SettingsFile, settings_of
from tradewind.errors import BadData, UnknownName

users_app = typer.Typer(no_args_is_help=True, help="People who log in.")
keys_app = typer.Typer(no_args_is_help=True, help="Keys of programs that use the API.")

Name = Annotated[str, typer.Argument(help="The user's name.")]
Ask = Annotated[bool, typer.Option("--ask", help="Ask for the password; else one is made, good for one log-in.")]
Scopes = Annotated[str, typer.Option(help="Any of read, backtest, paper, trade, admin, kill, with commas between.")]


def _module(name: str) -> Any:
    from tradewind.adapters.extras import module_of

    return module_of("serve", f"tradewind.adapters.entrance.{name}")


def _entrance(settings_file: Path | None, data: Path | None) -> Any:
    return _module("database").Entrance(settings_of(settings_file, data).data)


def _noted(entrance: Any, action: str, **about: Any) -> None:
    deed = (time.time_ns(), who(), action, "done")
    _module("audit").note(entrance, deed, about)


def _listed(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _password(ask: bool) -> tuple[str, bool]:
    """Return a password, and whether it is good for one log-in."""
    if not ask:
        return _module("users").new_password(), True
    return typer.prompt("Password", hide_input=True, confirmation_prompt=True), False


def _tell(password: str, once: bool) -> None:
    if once:
        typer.echo(f"The password, told once and good for one log-in:\n  {password}")


@users_app.command("add")
def add_user(
    name: Name, scopes: Scopes = "read", ask: Ask = False, data: DataFolder = None, settings_file: SettingsFile = None
) -> None:
    """Let somebody in."""
    entrance, (password, once) = _entrance(settings_file, data), _password(ask)
    user = _module("users").add_user(entrance, name, password, _listed(scopes), time.time_ns(), once=once)
    _noted(entrance, "add user", name=name, scopes=sorted(user.scopes))
    typer.echo(f"{name} may: {', '.join(sorted(user.scopes)) or 'nothing'}.")
    _tell(password, once)


@users_app.command("list")
def list_users(as_json: AsJson = False, data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """List everybody who can log in, or once could."""
    found = _module("users").users(_entrance(settings_file, data))
    if as_json:
        typer.echo(json.dumps([{**one._asdict(), "scopes": sorted(one.scopes)} for one in found], indent=2))
        return
    for one in found:
        state = "removed" if one.disabled else "has not chosen a password" if one.once else ""
        typer.echo(f"{one.name:20}  {', '.join(sorted(one.scopes))}{f'  ({state})' if state else ''}")
    if not found:
        typer.echo("Nobody yet. Begin: tradewind users add NAME")


@users_app.command("remove")
def remove_user(name: Name, data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """Let somebody in no more, nor their keys; the name stays in the audit trail."""
    entrance = _entrance(settings_file, data)
    _module("users").disable_user(entrance, name)
    _noted(entrance, "remove user", name=name)
    typer.echo(f"{name} cannot log in any more, and what they had open opens nothing.")


@users_app.command("password")
def password_of(name: Name, ask: Ask = False, data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """Give somebody a new password; sessions of theirs end."""
    entrance, (password, once) = _entrance(settings_file, data), _password(ask)
    _module("users").change_password(entrance, name, password, once=once)
    _noted(entrance, "change password", name=name)
    typer.echo(f"{name} has a new password.")
    _tell(password, once)


@keys_app.command("add")
def add_key(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    owner: Annotated[str, typer.Option(help="Whose it is; it ends with them.")],
    scopes: Scopes = "read",
    days: Annotated[int, typer.Option(help="How long it opens.", min=1, max=366)] = 90,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Make a key, which is told this once; it may do no more than its owner."""
    entrance, wanted = _entrance(settings_file, data), _listed(scopes)
    known = {one.name: one for one in _module("users").users(entrance) if not one.disabled}
    if owner not in known:
        raise UnknownName("user", owner, known)
    if over := sorted(set(_module("scopes").checked(wanted)) - known[owner].scopes):
        raise BadData(f"{owner} may not {', '.join(over)}, so no key of theirs may.", "Choose among their scopes.")
    text = _module("keys").make_key(entrance, name, owner, wanted, days=days, now=time.time_ns())
    _noted(entrance, "make key", name=name, owner=owner, scopes=sorted(wanted), prefix=text[3:11])
    typer.echo(text)


@keys_app.command("list")
def list_keys(as_json: AsJson = False, data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """List all keys, without what opens them."""
    found = _module("keys").keys(_entrance(settings_file, data))
    if as_json:
        typer.echo(json.dumps([{**one._asdict(), "scopes": sorted(one.scopes)} for one in found], indent=2))
        return
    for one in found:
        until = datetime.fromtimestamp(one.expires_ns / 1e9, UTC).date().isoformat()
        state = "revoked" if one.revoked else f"until {until}"
        typer.echo(f"{one.prefix}  {one.owner:16}  {one.name:24}  {', '.join(sorted(one.scopes))}  {state}")
    if not found:
        typer.echo("There are none. Make one: tradewind keys add NAME --owner USER")


@keys_app.command("revoke")
def revoke_key(
    prefix: Annotated[str, typer.Argument(help="Its first eight letters after tw_.")],
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Let a key open nothing any more, at once."""
    entrance = _entrance(settings_file, data)
    _module("keys").revoke_key(entrance, prefix)
    _noted(entrance, "revoke key", prefix=prefix)
    typer.echo(f"{prefix} opens nothing any more.")
