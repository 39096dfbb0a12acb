"""Whether the API lives, can serve, and whether accounts may trade. Read by supervisors, so without a key.

A check without fresh positive evidence is red.
"""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from tradewind.api.guards import At, public
from tradewind.live.folder import account_names
from tradewind.views.health import account_health
from tradewind.views.heart import RUNNING, STALE

router = APIRouter(tags=["health"])


@router.get("/livez", dependencies=[public("a supervisor asks, and learns nothing else")])
async def livez() -> dict[str, str]:
    """The loop turns."""
    return {"status": "alive"}


@router.get("/readyz", dependencies=[public("a supervisor asks, and learns nothing else")])
def readyz(at: At) -> Response:
    """Keys and tokens can be checked, and the data folder can be read."""
    checks = {"data folder": at.data.is_dir(), "entrance": _opens(at)}
    ready = all(checks.values())
    return JSONResponse({"status": "ready" if ready else "not ready", "checks": checks}, 200 if ready else 503)


@router.get("/tradez", dependencies=[public("a supervisor asks; it names accounts and reasons, no money")])
def tradez(at: At) -> Response:
    """Every account that runs may open positions; each with its reasons where it may not."""
    accounts = [_account(at, name) for name in account_names(at.data)]
    running = [one for one in accounts if one["running"]]
    ready = bool(running) and all(one["ready"] for one in running)
    return JSONResponse({"status": "ready" if ready else "not ready", "accounts": accounts}, 200 if ready else 503)


def _opens(at: At) -> bool:
    with at.entrance.opened():
        return True


def _account(at: At, name: str) -> dict[str, Any]:
    """Return the checks of an account without what it holds: whoever asks here has shown nothing."""
    told = account_health(at.settings, name)
    names = ("name", "state", "age_s", "limit")
    return {
        "account": name,
        "running": told["state"] in (RUNNING, STALE),
        "ready": told["ready"],
        "reasons": [one["name"] for one in told["checks"] if one["state"] in ("bad", "unknown")],
        "age_s": told["checks"][0]["age_s"],
        "checks": [{field: one[field] for field in names} for one in told["checks"]],
    }
