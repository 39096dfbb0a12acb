"""Finished work: documents, tables, reports, comparisons, and why a trade was taken or not."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from tradewind.adapters.stored_runs import StoredRuns
from tradewind.api.guards import At, needs
from tradewind.api.house import House
from tradewind.api.paging import Cursor, Limit, Number, page
from tradewind.api.problems import Problem
from tradewind.modes import open_history, open_runs
from tradewind.requests import moment_ns, only
from tradewind.results.printing import plain
from tradewind.results.why import why as ask

router = APIRouter(tags=["runs"])
Run = Annotated[str, Query(max_length=80, pattern=r"^[A-Za-z0-9-]*$")]
REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'self'; sandbox allow-scripts"
)
"""A report is one file with its own style and script; in a sandbox it can reach nothing of ours."""
FRAMED = {"content-security-policy": REPORT_POLICY, "x-frame-options": "SAMEORIGIN"}
"""Our own pages show it in a frame."""
MOST_ROWS = 5_000


def _runs(at: House) -> StoredRuns:
    return open_runs(at.settings)


def _etag(request: Request, run: str) -> Response | None:
    """Return 304 where the caller has it: a run never changes."""
    return Response(status_code=304) if request.headers.get("if-none-match") == f'"{run}"' else None


@router.get("/runs", dependencies=[needs("read")])
def runs(at: At, cursor: Cursor = None, limit: Limit = 50, kind: str | None = None) -> dict[str, Any]:
    """Runs, newest first, a page at a time, without their tables."""
    found = [one for one in _runs(at).list() if kind in (None, one["kind"])]
    if cursor:
        found = [one for one in found if one["id"] < cursor]
    return page([_brief(one) for one in found[: limit + 1]], limit, lambda one: str(one["id"]))


@router.get("/runs/{run}", dependencies=[needs("read")])
def run_document(run: str, at: At, request: Request) -> Response:
    """Everything a run came to, as the command line prints it with --json; `latest` is the newest."""
    store = _runs(at)
    found = store.find(run)
    return _etag(request, found) or JSONResponse(store.get(found), headers={"etag": f'"{found}"'})


@router.get("/runs/{run}/tables/{name}", dependencies=[needs("read")])
def table(
    run: str, name: str, at: At, cursor: Number = None, limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 500
) -> dict[str, Any]:
    """The rows of a table of a run, a page at a time, in their order."""
    store = _runs(at)
    found = store.table(store.find(run), name)
    start = cursor or 0
    rows = [plain(row) for row in found.slice(start, limit).to_dicts()]
    after = start + len(rows)
    return {"items": rows, "next": str(after) if after < found.height else None, "rows": found.height}


@router.get("/runs/{run}/report", dependencies=[needs("read")])
def report(run: str, at: At) -> HTMLResponse:
    """The run's page, one file that needs no network."""
    from tradewind.reports import report_of  # noqa: PLC0415 - drawing is loaded by who draws

    store = _runs(at)
    text = report_of(store, store.find(run), open_history(at.settings))
    return HTMLResponse(text, headers=FRAMED)


@router.get("/runs/{run}/why", dependencies=[needs("read")])
def why(
    run: str,
    at: At,
    moment: Annotated[str, Query(alias="at", max_length=40)],
    on: str | None = None,
    strategy: str | None = None,
) -> dict[str, Any]:
    """What each gate of a strategy said at a bar: why there was a trade, or why not."""
    store = _runs(at)
    found = store.find(run)
    document = store.get(found)
    tables = {name: store.table(found, name) for name in ("gates", "orders", "fills")}
    chosen = only(strategy, document["strategies"], "strategy", "strategy")
    symbol = only(on, document["instruments"], "instrument", "on")
    answer = ask(document, tables, chosen, symbol, moment_ns(moment))
    return {"synthetic": document["synthetic"], "sentence": answer.sentence, **plain(answer)}


@router.get("/comparisons", dependencies=[needs("read")])
def compare(
    at: At, run: Annotated[list[str], Query(min_length=2, max_length=20)], measure: Literal["all"] = "all"
) -> dict[str, Any]:
    """Runs side by side: what they are and what they came to."""
    store = _runs(at)
    if len({store.find(one) for one in run}) < len(run):
        raise Problem(422, "The same run stands there twice.", "Name different ones.")
    return {"items": [_brief(store.get(store.find(one))) for one in run], "measure": measure}


def _brief(document: Any) -> dict[str, Any]:
    names = (
        "id",
        "kind",
        "created",
        "strategies",
        "instruments",
        "from",
        "to",
        "synthetic",
        "account",
        "summary",
        "parameters",
    )
    return {name: document[name] for name in names if name in document}
