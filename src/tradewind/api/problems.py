"""Errors as RFC 9457 has them: `application/problem+json` with what was wrong and what to do, and never a traceback."""

import logging
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from tradewind.errors import BadData, BadSettings, TradewindError, UnknownName

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

JSON = "application/problem+json"
TITLES = {
    400: "Bad request", 401: "Not logged in", 403: "Not allowed", 404: "Not found", 405: "No such method",
    409: "In conflict", 412: "Changed meanwhile", 413: "Too large", 415: "Wrong kind", 422: "Not as it should be",
    429: "Too many requests", 500: "Our mistake", 503: "Not now",
}  # fmt: skip
log = logging.getLogger("tradewind.api")


class Problem(Exception):  # noqa: N818 - the RFC's word
    """An answer that is no success."""

    def __init__(self, status: int, detail: str, hint: str = "", **more: Any) -> None:
        """`more` are headers, with _ for -."""
        super().__init__(detail)
        self.status, self.detail, self.hint = status, detail, hint
        self.headers = {name.replace("_", "-"): str(value) for name, value in more.items()}


def problem(request: Request, status: int, detail: str, hint: str = "", **more: Any) -> Response:
    """Return a problem as an answer."""
    told = {"type": "about:blank", "title": TITLES.get(status, "Error"), "status": status, "detail": detail}
    told |= {"hint": hint} if hint else {}
    told |= {"instance": request.url.path, **more.pop("told", {})}
    return JSONResponse(told, status, media_type=JSON, headers=more.pop("headers", None))


def add_problems(app: FastAPI) -> None:
    """Every error of the application leaves as a problem."""
    handlers: list[tuple[Any, Callable[[Request, Any], Awaitable[Response]]]] = [
        (Problem, _problem), (TradewindError, _ours), (RequestValidationError, _invalid), (HTTPException, _plain),
        (Exception, _unforeseen),
    ]  # fmt: skip
    for kind, handler in handlers:
        app.add_exception_handler(kind, handler)


async def _problem(request: Request, error: Problem) -> Response:
    return problem(request, error.status, error.detail, error.hint, headers=error.headers)


async def _ours(request: Request, error: TradewindError) -> Response:
    status = 404 if isinstance(error, UnknownName) else 422 if isinstance(error, BadData | BadSettings) else 409
    return problem(request, status, error.message, error.hint)


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    faults = [{"where": ".".join(map(str, one["loc"])), "what": one["msg"]} for one in error.errors()[:20]]
    return problem(request, 422, f"{where}: {first['msg']}.", told={"faults": faults})


async def _plain(request: Request, error: HTTPException) -> Response:
    return problem(request, error.status_code, str(error.detail), headers=dict(error.headers or {}))


async def _unforeseen(request: Request, error: Exception) -> Response:
    log.error("%s %s", request.method, request.url.path, exc_info=error)
    return problem(request, 500, "Something went wrong that nobody foresaw; the log of the API has it.")
