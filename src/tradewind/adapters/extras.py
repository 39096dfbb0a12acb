"""Modules that need libraries not everybody has installed."""

import importlib
from typing import Any

from tradewind.errors import TradewindError


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
