"""Strategies that can be run, what they declare, and which account runs which."""

from typing import Any

from fastapi import APIRouter

from tradewind.api.guards import At, needs
from tradewind.views import strategies as seen

router = APIRouter(tags=["strategies"])


@router.get("/strategies", dependencies=[needs("read")])
def strategies(at: At) -> dict[str, Any]:
    """Every strategy that can be named, with parameters, defaults and gates, and the accounts that run it."""
    return {"items": seen.strategies(at.settings), "next": None}


@router.get("/strategies/{name}", dependencies=[needs("read")])
def strategy(name: str, at: At) -> dict[str, Any]:
    """One strategy: its thesis, parameters and gates, and the accounts that run it."""
    return seen.strategy(at.settings, name)
