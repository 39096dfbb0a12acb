"""OANDA's official contract, to hold what we send and what we read against."""

import json
import os
from functools import cache
from pathlib import Path

import jsonschema
import pytest

FIXTURES = Path(os.environ.get("TRADEWIND_DATA", "no data")) / ".." / "fixtures" / "oanda"
needs_fixtures = pytest.mark.skipif(not FIXTURES.is_dir(), reason="no market data at hand: OANDA's contract")


@cache
def contract():
    """Return the official OpenAPI document."""
    return json.loads((FIXTURES / "v20-openapi.json").read_text(encoding="utf-8"))


def fixture(name):
    """Return a real answer of OANDA's."""
    return json.loads((FIXTURES / "responses" / f"{name}.json").read_text(encoding="utf-8"))


@cache
def closed(definition):
    """Return a definition in which no property may be that it does not name, nor may those inside."""
    return _closed(contract()["definitions"][definition])


def _closed(schema):
    if "$ref" in schema:
        return closed(schema["$ref"].rpartition("/")[2])
    result = {key: value for key, value in schema.items() if key in ("type", "enum")}
    if "properties" in schema:
        result["properties"] = {name: _closed(inner) for name, inner in schema["properties"].items()}
        result["additionalProperties"] = False
    return result


def must_fit(body, definition):
    """The body is what the contract allows, and has nothing it does not name."""
    jsonschema.validate(body, closed(definition))
