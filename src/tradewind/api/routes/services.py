"""What runs and what it said: services with their signs of life, and the ends of their logs."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from tradewind.api.guards import At, needs
from tradewind.views.logs import MOST, logs, read_log
from tradewind.views.services import services

router = APIRouter(tags=["system"])
Lines = Annotated[int, Query(ge=1, le=MOST)]
Before = Annotated[int | None, Query(ge=0, le=2**53)]


@router.get("/services", dependencies=[needs("read")])
def list_services(at: At) -> list[dict[str, Any]]:
    """Traders, watchdogs, services and servers, each with what it last said of itself and how long ago."""
    return services(at.settings)


@router.get("/logs", dependencies=[needs("admin")])
def list_logs(at: At) -> list[dict[str, Any]]:
    """The logs there are, by name."""
    return logs(at.settings)


@router.get("/logs/{name}", dependencies=[needs("admin")])
def log(name: str, at: At, lines: Lines = 200, before: Before = None) -> dict[str, Any]:
    """The last lines of a log, or those before a byte; keys, tokens and passwords are covered."""
    return read_log(at.settings, name, lines, before)
