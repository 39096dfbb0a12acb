"""Where each setting comes from: its default, the stage, the file, the environment; what comes later wins.

    default  <  stage  <  tradewind.toml  <  TRADEWIND__API__PORT=8601  <  the command line

The stage is a word in the file, and says what the folder is for: `development`, `paper` or `production`. In the
environment two underscores part a section from a name; a value is read as TOML would read it, and as text where that
cannot be. A secret is never a setting: settings name files.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tradewind.errors import BadSettings, nearest

PREFIX = "TRADEWIND__"
DEFAULT = "default"
STAGES: Mapping[str, Mapping[str, Any]] = {
    "development": {"api": {"docs": True}},
    "paper": {"risk": "house"},
    "production": {"risk": "house"},
}
"""What a stage sets where nothing else does."""


class Layer(NamedTuple):
    """Settings of one origin."""

    origin: str
    values: Mapping[str, Any]


def layers_of(path: Path | None, environment: Mapping[str, str]) -> tuple[Layer, ...]:
    """Return the layers over the defaults, the weakest first; BadSettings where the file is no TOML."""
    found = []
    if path is not None:
        try:
            found.append(Layer(str(path), tomllib.loads(path.read_text(encoding="utf-8"))))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadSettings(f"{path}: {error}.", "Correct the line named.") from None
        except OSError as error:
            raise BadSettings(
                f"{path} cannot be read: {error.strerror}.", "Make it readable, or name another."
            ) from None
    named = sorted(name for name in environment if name.startswith(PREFIX))
    found += [Layer(f"environment {name}", _tree(name, environment[name])) for name in named]
    stage: Any = merged(found).get("stage")
    if stage is not None and stage not in STAGES:
        raise BadSettings(f"stage = {stage!r} is none.{nearest(stage, STAGES)}", f"Choose from {', '.join(STAGES)}.")
    return (Layer(f"stage {stage}", STAGES[stage]), *found) if stage is not None else tuple(found)


def _tree(name: str, text: str) -> Mapping[str, Any]:
    """Return the setting that a variable of the environment names, as a tree."""
    parts = name.removeprefix(PREFIX).lower().split("__")
    if not all(parts):
        raise BadSettings(f"{name} names no setting.", f"Write {PREFIX}SECTION__NAME, for instance {PREFIX}API__PORT.")
    try:
        value: Any = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    for part in reversed(parts):
        value = {part: value}
    found: Mapping[str, Any] = value
    return found


def merged(layers: "tuple[Layer, ...] | list[Layer]") -> dict[str, Any]:
    """Return one tree: sections are joined name by name, of everything else the last holds."""
    found: dict[str, Any] = {}
    for layer in layers:
        found = _over(found, layer.values)
    return found


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(below)
    for name, value in above.items():
        other = found.get(name)
        both = isinstance(other, Mapping) and isinstance(value, Mapping)
        found[name] = _over(other or {}, value) if both else value
    return found


def origin_of(layers: tuple[Layer, ...], name: str) -> str:
    """Return where the setting of that dotted name, or what lies in it, was set last."""
    for layer in reversed(layers):
        value: Any = layer.values
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            return str(layer.origin)
    return DEFAULT
