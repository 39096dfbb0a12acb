"""The application: routes, problems, and the edge around them."""

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from tradewind.api.edge import Edge
from tradewind.api.house import House
from tradewind.api.problems import add_problems
from tradewind.api.routes import accounts, arming, desks, entrance, health, jobs, kill, markets, runs, strategies

PREFIX = "/api/v1"
OPEN: tuple[APIRouter, ...] = (health.router,)
"""Without the prefix, where supervisors look for them."""
DESKS: tuple[APIRouter, ...] = (accounts.router, strategies.router, arming.router, desks.paper, desks.live)
ROUTERS: tuple[APIRouter, ...] = (entrance.router, kill.router, jobs.router, runs.router, markets.router, *DESKS)


def create(house: House, *, hosts: frozenset[str] = frozenset(), docs: bool = False) -> FastAPI:
    """Return the application over a data folder; `docs` shows interactive documentation, for development only."""
    more: dict[str, Any] = {} if docs else {"docs_url": None, "redoc_url": None}
    app = FastAPI(
        title="Tradewind",
        summary="Sessions, backtests, risk and accounts of a self-hosted trading system.",
        version=version("tradewind"),
        openapi_url=f"{PREFIX}/openapi.json",
        **more,
    )
    app.state.house = house
    add_problems(app)
    for router in OPEN:
        app.include_router(router)
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX)
    app.add_middleware(Edge, hosts=hosts)
    return app


def inventory() -> list[tuple[str, APIRoute]]:
    """Return every route there is, with its whole path."""
    given = [("", router) for router in OPEN] + [(PREFIX, router) for router in ROUTERS]
    return [
        (f"{prefix}{one.path}", one) for prefix, router in given for one in router.routes if isinstance(one, APIRoute)
    ]
