"""Whether the API lives, can serve, and whether accounts may trade. Read by supervisors, so without a key.

A check without fresh positive evidence is red.
"""

import time
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from tradewind.api.guards import At, public
from tradewind.live.folder import Folder

router = APIRouter(tags=["health"])
BEAT_AGE_S = 5.0


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
    accounts = [_account(Folder(path)) for path in sorted((at.data / "accounts").glob("*")) if path.is_dir()]
    running = [one for one in accounts if one["running"]]
    ready = bool(running) and all(one["ready"] for one in running)
    return JSONResponse({"status": "ready" if ready else "not ready", "accounts": accounts}, 200 if ready else 503)


def _opens(at: At) -> bool:
    with at.entrance.opened():
        return True


def _account(folder: Folder) -> dict[str, Any]:
    told = folder.read_status() or {}
    age = (time.monotonic_ns() - int(told.get("monotonic_ns", 0))) / 1e9
    fresh = 0 <= age <= BEAT_AGE_S
    reasons = list(told.get("reasons", {})) if fresh else ["no fresh heartbeat"]
    return {
        "account": folder.name,
        "running": bool(told) and not told.get("ended", False),
        "ready": fresh and told.get("ready") is True,
        "reasons": reasons,
        "age_s": round(age, 3) if told else None,
    }
