"""Heavy work: submitted, watched, cancelled, fetched. It runs elsewhere and outlives the API."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from tradewind.adapters.entrance.scopes import Principal
from tradewind.adapters.job_store import NEWEST, Job, JobStore
from tradewind.api.guards import At, needs, noted, principal_of
from tradewind.api.house import House
from tradewind.api.paging import Limit, page
from tradewind.api.repeats import once
from tradewind.jobs.commands import Backtest, Sweep, TwinRun, WalkForward, as_typed
from tradewind.jobs.commands import Job as Command

router = APIRouter(tags=["jobs"])
Me = Annotated[Principal, Depends(principal_of)]
Place = Annotated[str | None, Query(pattern=r"^[0-8]?[0-9]{1,18}-[0-9a-z]{1,32}$")]
"""The moment and the id of the job a page ended with."""
MOST = 20
"""Jobs of one owner that have not ended."""


@router.post("/backtests", status_code=202, dependencies=[needs("backtest")])
async def backtest(wanted: Backtest, at: At, me: Me, request: Request) -> Response:
    """A backtest waits for a worker; the answer names the job."""
    return await _submitted("backtest", wanted, at, me, request)


@router.post("/sweeps", status_code=202, dependencies=[needs("backtest")])
async def sweep(wanted: Sweep, at: At, me: Me, request: Request) -> Response:
    """A sweep waits for a worker; the answer names the job."""
    return await _submitted("sweep", wanted, at, me, request)


@router.post("/walkforwards", status_code=202, dependencies=[needs("backtest")])
async def walkforward(wanted: WalkForward, at: At, me: Me, request: Request) -> Response:
    """A walk-forward waits for a worker; the answer names the job."""
    return await _submitted("walkforward", wanted, at, me, request)


@router.post("/twins", status_code=202, dependencies=[needs("backtest")])
async def twin(wanted: TwinRun, at: At, me: Me, request: Request) -> Response:
    """A twin run waits for a worker: why a recorded day came out otherwise than its backtest, in money."""
    return await _submitted("twin", wanted, at, me, request)


@router.get("/jobs", dependencies=[needs("read")])
def jobs(at: At, cursor: Place = None, limit: Limit = 50) -> dict[str, Any]:
    """Jobs, newest first, a page at a time; results are asked for one by one."""
    moment, _, last = (cursor or "").partition("-")
    found = JobStore(at.data).list((int(moment), last) if cursor else NEWEST, limit + 1)
    return page([told(one) for one in found], limit, lambda one: f"{one['made_ns']}-{one['id']}")


@router.get("/jobs/{job}", dependencies=[needs("read")])
def job(job: str, at: At) -> dict[str, Any]:
    """One job: how far it is, and what came of it."""
    found = JobStore(at.data).get(job)
    return told(found) | {"result": found.result}


@router.delete("/jobs/{job}", dependencies=[needs("backtest")])
def cancel(job: str, at: At, me: Me) -> dict[str, Any]:
    """It does not begin, or ends soon; a job that has ended stays as it is."""
    found = JobStore(at.data).cancel(job, at.now())
    noted(at, me, "cancel job", "done", job=job)
    return told(found)


def told(one: Job) -> dict[str, Any]:
    """Return a job without its result."""
    document = one._asdict() | {"command": as_typed(one.command)}
    del document["result"], document["worker"]
    return document


async def _submitted(
    kind: str, wanted: Command, at: House, me: Principal, request: Request
) -> Response:  # fmt: skip
    async def act() -> tuple[int, dict[str, Any]]:
        command = wanted.command(at.settings.strategies)
        row = (secrets.token_hex(8), kind, wanted.model_dump(mode="json"), command, me.name)
        found = JobStore(at.data).add(row, at.now(), MOST)
        noted(at, me, f"submit {kind}", "done", job=found.id)
        return 202, told(found)

    return await once(at, request, me, act)
