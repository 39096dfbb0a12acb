"""Stored prices: which there are, and what the doctor says of them."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from tradewind.api.guards import At, needs
from tradewind.api.tags import tagged
from tradewind.views.market_data import coverage, quality

router = APIRouter(tags=["data"])


@router.get("/data/coverage", dependencies=[needs("read")])
def data_coverage(at: At, request: Request) -> Response:
    """Every stored series with its reach and the months it has prices of."""
    return tagged(request, {"items": coverage(at.settings), "next": None})


@router.get("/data/quality", dependencies=[needs("read")])
def data_quality(at: At, on: Annotated[str | None, Query(max_length=20)] = None) -> dict[str, Any]:
    """What the data doctor found in each series when it last looked; null where nobody looked since it changed."""
    return {"items": quality(at.settings, on), "next": None}
