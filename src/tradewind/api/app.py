"""The application: routes, problems, and the edge around them."""

from collections.abc import Sequence
from importlib.metadata import version
from ipaddress import IPv4Network
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from tradewind.api.edge import Edge
from tradewind.api.house import House
from tradewind.api.problems import add_problems
from tradewind.api.routes import (
    accounts,
    arming,
    calendar,
    chart,
    desks,
    entrance,
    health,
    imports,
    jobs,
    kill,
    market_data,
    markets,
    risk,
    runs,
    services,
    strategies,
    stream,
)
from tradewind.api.stream.hub import Hub

PREFIX = "/api/v1"
OPEN: tuple[APIRouter, ...] = (health.router,)
"""Without the prefix, where supervisors look for them."""
DESKS: tuple[APIRouter, ...] = (
    accounts.router, strategies.router, risk.router, calendar.router, market_data.router, arming.router, desks.paper,
    desks.live,
)  # fmt: skip
ROUTERS: tuple[APIRouter, ...] = (
    entrance.router, kill.router, jobs.router, imports.router, runs.router, markets.router, chart.router,
    stream.router, services.router, *DESKS,
)  # fmt: skip


class Tradewind(FastAPI):
    """An application whose edge is around everything, answers to what nobody foresaw included.

    What is added as middleware stands inside of Starlette's last resort, so its answers would not be dressed.
    """

    edge: dict[str, Any] = {}  # noqa: RUF012 - each application is given its own

    def build_middleware_stack(self) -> Any:
        """Return the whole application: the edge, and within it what there is."""
        return Edge(super().build_middleware_stack(), **self.edge)


def create(
    house: House,
    *,
    hosts: frozenset[str] = frozenset(),
    peers: Sequence[IPv4Network] = (),
    docs: bool = False,
    pages: bool = False,
) -> Tradewind:
    """Return the application over a data folder, with the web UI if `pages`.

    `docs` shows interactive documentation, for development only; `hosts` and `peers` are those of the edge.
    """
    more: dict[str, Any] = {} if docs else {"docs_url": None, "redoc_url": None}
    app = Tradewind(
        title="Tradewind",
        summary="Sessions, backtests, risk and accounts of a self-hosted trading system.",
        version=version("tradewind"),
        openapi_url=f"{PREFIX}/openapi.json",
        **more,
    )
    app.state.house = house
    app.state.stream = Hub(house)
    add_problems(app)
    for router in OPEN:
        app.include_router(router)
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX)
    if pages:
        from tradewind.ui.mounting import mount  # noqa: PLC0415 - the API is whole without NiceGUI

        mount(app, house)
    app.edge = {"hosts": hosts, "peers": peers}
    return app


def inventory() -> list[tuple[str, APIRoute]]:
    """Return every route there is, with its whole path."""
    given = [("", router) for router in OPEN] + [(PREFIX, router) for router in ROUTERS]
    return [
        (f"{prefix}{one.path}", one) for prefix, router in given for one in router.routes if isinstance(one, APIRoute)
    ]
