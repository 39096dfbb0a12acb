"""Modules that need libraries not everybody has installed."""

import importlib
import importlib.util
from typing import Any

from tradewind.errors import TradewindError

SERVE = ("fastapi", "nicegui", "uvicorn")
"""Libraries of the extra `serve`."""


def served() -> bool:
    """Return whether the API and its pages are installed."""
    return all(importlib.util.find_spec(name) is not None for name in SERVE)


def module_of(extra: str, name: str) -> Any:
    """Return a module of ours that needs the libraries of an extra; a TradewindError says how to install them."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("tradewind"):
            raise
        raise TradewindError(
            f"This needs the extra `{extra}`: {error.name} is missing.", f"pip install 'tradewind[{extra}]'"
        ) from None
