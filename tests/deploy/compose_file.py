"""The compose file as an engine reads it: YAML with merges, names from an environment filled in."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
ENVIRONMENT = {
    "TRADEWIND_FOLDER": "/srv/desk", "TRADEWIND_UID": "1000", "TRADEWIND_GID": "1000",
    "TRADEWIND_STRATEGY": "opening_range", "TRADEWIND_INSTRUMENTS": "XAUUSD", "TRADEWIND_ACCOUNT": "live",
}  # fmt: skip
NAME = re.compile(r"\$(?:(\$)|\{(\w+)(?::\?([^}]*))?\}|(.?))")


class MissingVariable(Exception):  # noqa: N818 - reads as the sentence it prints
    """The file asks for a name that nobody gave."""


def filled_in(value, environment):
    """Return a value with ${NAME} and ${NAME:?why} replaced, and $$ as $."""
    if isinstance(value, dict):
        return {key: filled_in(inner, environment) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled_in(inner, environment) for inner in value]
    if not isinstance(value, str):
        return value

    def replace(found):
        dollar, name, why, other = found.groups()
        if dollar:
            return "$"
        if name is None:
            raise AssertionError(f"${other} is neither a name nor $$ in {value!r}")
        if not environment.get(name):
            raise MissingVariable(f"{name}: {why}")
        return environment[name]

    return NAME.sub(replace, value)


def text():
    """Return the file as it is."""
    return (DEPLOY / "compose.yaml").read_text(encoding="utf-8")


def compose(environment=None):
    """Return the file's tree."""
    return filled_in(yaml.safe_load(text()), ENVIRONMENT if environment is None else environment)


def services():
    """Return the services by name."""
    return compose()["services"]


OURS = ("api", "feed", "recorder", "outbox", "trader", "watchdog")
"""The services of ours that run for good."""
ONCE = ("tables", "topics")
"""Those that run before them, and end."""
EXPORTERS = ("postgres-exporter", "timescale-exporter", "redis-exporter", "node-exporter")
SERVERS = ("postgres", "timescaledb", "redis", "kafka", "prometheus", "alertmanager", "grafana", *EXPORTERS)
