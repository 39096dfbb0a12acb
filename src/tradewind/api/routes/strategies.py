"""Strategies that can be run, what they declare, and which account runs which."""

from typing import Any

from fastapi import APIRouter, Request, Response

from tradewind.api.guards import At, needs
from tradewind.api.tags import tagged
from tradewind.views import strategies as seen

router = APIRouter(tags=["strategies"])


@router.get("/strategies", dependencies=[needs("read")])
def strategies(at: At, request: Request) -> Response:
    """Every strategy that can be named, with parameters, defaults and gates, and the accounts that run it."""
    return tagged(request, {"items": seen.strategies(at.settings), "next": None})


@router.get("/strategies/{name}", dependencies=[needs("read")])
def strategy(name: str, at: At) -> dict[str, Any]:
    """One strategy: its thesis, parameters and gates, and the accounts that run it."""
    return seen.strategy(at.settings, name)
