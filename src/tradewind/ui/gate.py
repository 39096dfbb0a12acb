"""In front of every page: who is not logged in sees nothing, and what is shown may load and run only what is ours.

Plain ASGI around NiceGUI. Its libraries are open, because they are in every copy of it; its pages, its socket and its
uploads want a session. Each page gets a nonce, which its scripts carry; a script that somebody smuggled in has none.
"""

import re
import secrets
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote

from tradewind.adapters.entrance.scopes import Principal
from tradewind.api.guards import COOKIE, holder_of
from tradewind.api.house import House
from tradewind.ui import theme

WHO = "tradewind.who"
"""Where in the scope of a request its person stands."""
OPEN = re.compile(r"/_nicegui/[0-9][^/]*/(static|libraries|components|resources|esm)/")
_SCRIPT = re.compile(rb"<script(?=[\s>])")
_HTML = re.compile(rb"<html(?=[\s>])")
App = Callable[..., Any]


def policy(nonce: str) -> str:
    """Return the policy of a page.

    `unsafe-eval`: Vue compiles the components of NiceGUI in the browser, and NiceGUI runs what its server sends.
    `style-src 'unsafe-inline'`: both write styles. Neither lets anything in from elsewhere.
    """
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self'; manifest-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def cookie(scope: Any, name: str) -> str:
    """Return a cookie of a request, empty where there is none."""
    text = b"; ".join(value for key, value in scope["headers"] if key == b"cookie").decode("latin-1")
    try:
        found = SimpleCookie(text).get(name)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def person(house: House, scope: Any) -> Principal | None:
    """Return whose session a request carries."""
    text = cookie(scope, COOKIE)
    found = holder_of(house, text) if text else None
    return found._replace(by="session") if found else None


class Gate:
    """The layer around the pages."""

    def __init__(self, app: App, house: House) -> None:
        self.app, self.house = app, house

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The request is passed on with its person, or sent to the log-in."""
        if scope["type"] not in ("http", "websocket") or OPEN.match(scope["path"]):
            await self.app(scope, receive, send)
            return
        who = person(self.house, scope)
        if who is None:
            await _away(scope, receive, send)
            return
        scope[WHO] = who
        page = scope["type"] == "http" and not scope["path"].startswith("/_nicegui")
        await self.app(scope, receive, _Page(scope, send) if page else send)


class _Page:
    """A `send` that gives the scripts of a page their nonce, and the page its policy and theme."""

    def __init__(self, scope: Any, send: Any) -> None:
        self.send, self.start, self.body = send, None, b""
        chosen = cookie(scope, theme.COOKIE)
        self.theme = chosen if chosen in ("dark", "light") else ""

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            return
        if message["type"] != "http.response.body" or self.start is None:
            await self.send(message)
            return
        self.body += message.get("body", b"")
        if message.get("more_body"):
            return
        await self.send(self._dressed())
        await self.send({"type": "http.response.body", "body": self.body})

    def _dressed(self) -> Any:
        start: Any = self.start
        headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        nonce = secrets.token_urlsafe(18)
        if any(name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in headers):
            self.body = _SCRIPT.sub(f'<script nonce="{nonce}"'.encode(), self.body)
            dark = f' data-theme="{self.theme}"' if self.theme else ""
            self.body = _HTML.sub(f"<html{dark}".encode(), self.body, count=1)
        headers += [(b"content-length", str(len(self.body)).encode())]
        headers += [(b"content-security-policy", policy(nonce).encode())]
        return {**start, "headers": headers}


async def _away(scope: Any, receive: Any, send: Any) -> None:
    """A page is asked for the session's renewal, anything else is refused."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": "Log in."})
        return
    page = scope["method"] in ("GET", "HEAD") and not scope["path"].startswith("/_nicegui")
    query = scope.get("query_string", b"").decode("latin-1")
    back = quote(scope["path"] + (f"?{query}" if query else ""), safe="/")
    headers = [(b"location", f"/session?next={back}".encode())] if page else [(b"content-type", b"text/plain")]
    headers.append((b"cache-control", b"no-store"))
    await send({"type": "http.response.start", "status": 303 if page else 401, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if page else b"Log in."})
