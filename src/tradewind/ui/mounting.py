"""The pages become part of the application: NiceGUI behind our gate, our scripts and styles, the log-in."""

from importlib.resources import files
from typing import Any

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import Match, Mount, Route
from starlette.staticfiles import StaticFiles

from tradewind.api.house import House
from tradewind.ui import entering
from tradewind.ui.gate import Gate
from tradewind.ui.icons import PATHS
from tradewind.ui.serving import serve_with

NOT_OURS = ("/api/", "/livez", "/readyz", "/tradez", "/metrics")
MARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect width="24" height="24" rx="5" fill="#155fb0"/>'
    f'<path d="{PATHS["mark"]}" fill="none" stroke="#fff" stroke-width="2" stroke-linejoin="round"/></svg>'
)


class Pages(Mount):
    """Everything that is neither the API nor health: a wrong method or path there stays a problem of theirs."""

    def matches(self, scope: Any) -> tuple[Match, Any]:
        """Return whether a request is for a page."""
        if scope["type"] in ("http", "websocket") and scope["path"].startswith(NOT_OURS):
            return Match.NONE, {}
        return super().matches(scope)


def mount(app: Any, house: House) -> None:
    """The application has pages."""
    vendor = files("tradewind.results.report") / "vendor" / "lightweight-charts.js"
    app.include_router(entering.router)
    app.router.routes.append(Route("/ui/mark.svg", _mark))
    app.router.routes.append(Route("/ui/vendor/lightweight-charts.js", lambda _: _script(vendor.read_bytes())))
    app.mount("/ui", StaticFiles(packages=[("tradewind.ui", "static")]))
    theirs = serve_with(app, house, MARK)
    app.router.routes[-1] = Pages("/", app=GZipMiddleware(Gate(theirs, house), minimum_size=1024))


async def _mark(_request: Any) -> Response:
    return Response(MARK, media_type="image/svg+xml", headers={"cache-control": "max-age=86400"})


def _script(content: bytes) -> Response:
    return Response(content, media_type="text/javascript", headers={"cache-control": "max-age=86400"})
