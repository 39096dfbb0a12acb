"""Coming in with a browser: a page without scripts, two cookies no script can read, renewed while a page is open.

The short cookie is what every request shows. The long one is sent to `/session` alone and is replaced each time; two
pages that renew at the same moment get the same answer, so that nobody is taken for a thief of their own cookie.
"""

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from tradewind.adapters.entrance import audit, sessions, users
from tradewind.api.guards import COOKIE, CSRF, At, noted, public
from tradewind.api.house import House
from tradewind.api.problems import Problem
from tradewind.errors import BadData
from tradewind.results.report.markup import Html, joined, tag
from tradewind.ui import theme
from tradewind.ui.gate import cookie, person
from tradewind.ui.icons import icon
from tradewind.ui.pieces import entry, field

LONG = "tradewind_renewal"
TOGETHER_NS = 30_000_000_000
"""So long a long cookie that was just used gives the answer it gave."""
POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
router = APIRouter(include_in_schema=False)
_recent: dict[bytes, tuple[int, sessions.Pair]] = {}


@router.get("/login", dependencies=[public("whoever comes in is nobody yet")])
def door(at: At, request: Request, next_: str = "/") -> Response:
    """The page that asks for name and password."""
    after = request.query_params.get("next", next_)
    return _page(at, request, after)


@router.post("/login", dependencies=[public("whoever comes in is nobody yet")])
def come_in(
    at: At,
    request: Request,
    name: Annotated[str, Form(max_length=40)],
    password: Annotated[str, Form(max_length=200)],
    after: Annotated[str, Form(max_length=400)] = "/",
    *,
    own: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """The browser has both cookies and goes where it wanted to; or the page says that it does not."""
    now = at.now()
    try:
        user = users.come_in(at.entrance, name.strip(), (password, own or None), now)
    except users.WrongPassword as error:
        audit.note(at.entrance, (now, name[:40], "log in", "refused"), {"by": "page"})
        return _page(at, request, after, str(error), 401)
    except (users.OnceOnly, BadData) as error:
        return _page(at, request, after, str(error), 403, choose=name.strip())
    audit.note(at.entrance, (now, user.name, "log in", "done"), {"by": "page"})
    answer = RedirectResponse(_ours(after), 303)
    return _given(answer, request, sessions.begin(at.entrance, at.key, user, now))


@router.get("/session", dependencies=[public("the long cookie shows who it is")])
def go_on(at: At, request: Request) -> Response:
    """A page whose short cookie has ended comes back with a new one, or to the log-in."""
    after = _ours(request.query_params.get("next", "/"))
    pair = _renewed(at, request)
    if pair is None:
        return RedirectResponse(f"/login?next={after}", 303)
    return _given(RedirectResponse(after, 303), request, pair)


@router.post("/session", dependencies=[public("the long cookie shows who it is")])
def stay(at: At, request: Request) -> Response:
    """An open page has new cookies."""
    _from_us(request)
    pair = _renewed(at, request)
    if pair is None:
        raise Problem(401, "The session is over.", "Log in again.")
    return _given(Response(status_code=204), request, pair)


@router.post("/logout", dependencies=[public("leaving is always allowed")])
def leave(at: At, request: Request) -> Response:
    """Every session of the person is over, here and elsewhere."""
    _from_us(request)
    who = person(at, request.scope)
    if who is not None:
        sessions.end(at.entrance, who.name)
        noted(at, who, "log out", "done")
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE)
    answer.delete_cookie(LONG, path="/session")
    return answer


def _from_us(request: Request) -> None:
    if request.headers.get(CSRF) != "1":
        raise Problem(403, "The request does not come from our own page.", f"Send the header {CSRF}: 1.")


def _ours(address: str) -> str:
    """Return where to go on: a page of ours, whatever was asked for."""
    fine = address.startswith("/") and not address.startswith(("//", "/\\", "/login", "/session", "/_nicegui"))
    return address if fine and address.isprintable() else "/"


def _renewed(at: House, request: Request) -> sessions.Pair | None:
    text = cookie(request.scope, LONG)
    if not text:
        return None
    digest, now = hashlib.sha256(text.encode()).digest(), at.now()
    for old in [one for one, (then, _) in _recent.items() if now - then > TOGETHER_NS]:
        del _recent[old]
    if digest in _recent:
        return _recent[digest][1]
    try:
        pair = sessions.renew(at.entrance, at.key, text, now)
    except users.WrongPassword:
        return None
    _recent[digest] = (now, pair)
    return pair


def _given(answer: Response, request: Request, pair: sessions.Pair) -> Response:
    safe: dict[str, Any] = {"httponly": True, "samesite": "strict", "secure": request.url.scheme == "https"}
    answer.set_cookie(COOKIE, pair.short, max_age=sessions.SHORT_S, path="/", **safe)
    answer.set_cookie(LONG, pair.long, max_age=sessions.LONG_S, path="/session", **safe)
    answer.headers["cache-control"] = "no-store"
    return answer


def _page(at: House, request: Request, after: str, wrong: str = "", status: int = 200, *, choose: str = "") -> Response:
    nobody = not users.users(at.entrance)
    inside = joined([
        tag("div", icon("mark"), "Tradewind", class_="brand"),
        tag("h1", "Log in", class_="unseen"),
        tag("p", wrong, class_="trouble", role="alert") if wrong else None,
        tag("p", "There is no user yet. Make one in a terminal: ", tag("code", "tradewind users add NAME"))
        if nobody else None,
        field("Name", entry("name", choose, required=True, autofocus=not choose, autocapitalize="none")),
        field("Password", entry("password", type="password", required=True, autofocus=bool(choose))),
        field("New password", entry("own", type="password", required=True, minlength=users.SHORTEST))
        if choose else None,
        entry("after", _ours(after), type="hidden"),
        tag("button", "Log in", class_="main"),
    ])  # fmt: skip
    chosen = cookie(request.scope, theme.COOKIE)
    form = tag("main", tag("form", inside, method="post", action="/login"), class_="door")
    head = joined([
        Html('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        tag("title", "Log in · Tradewind"), Html(f"<style>{theme.style()}</style>"),
        Html('<link rel="icon" href="/ui/mark.svg"><link rel="stylesheet" href="/ui/app.css">'),
    ])  # fmt: skip
    root = tag("html", tag("head", head), tag("body", form), lang="en",
               data_theme=chosen if chosen in ("dark", "light") else None)  # fmt: skip
    # With no-referrer a browser would send its form without an origin, and the edge would take it for somebody else's.
    headers = {"content-security-policy": POLICY, "cache-control": "no-store", "referrer-policy": "same-origin"}
    return HTMLResponse(f"<!doctype html>{root}", status, headers)
