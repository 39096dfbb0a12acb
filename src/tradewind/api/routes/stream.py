"""The stream: what happens, as it happens. A ticket first, then the socket."""

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request, WebSocket

from tradewind.adapters.entrance.scopes import Principal
from tradewind.api.guards import needs, principal_of
from tradewind.api.stream.session import Session

if TYPE_CHECKING:
    from tradewind.api.stream.hub import Hub

router = APIRouter(tags=["stream"])
Me = Annotated[Principal, Depends(principal_of)]
MOST = 200
"""Clients at once."""


@router.post("/stream/tickets", status_code=201, dependencies=[needs("read")])
def ticket(me: Me, request: Request) -> dict[str, Any]:
    """A ticket for the stream: it opens `/api/v1/stream?ticket=...` once, within half a minute."""
    hub: Hub = request.app.state.stream
    text, expires = hub.tickets.make(me)
    return {"ticket": text, "expires_ns": expires}


@router.websocket("/stream")
async def stream(socket: WebSocket, ticket: str = "") -> None:
    """Whoever shows a ticket subscribes and is told; see docs/api.md."""
    hub: Hub = socket.app.state.stream
    who = hub.tickets.take(ticket)
    if who is None or hub.listeners >= MOST:
        await socket.close(1008, "Get a ticket." if who is None else "Too many listen.")
        return
    await socket.accept()
    await Session(socket, hub, who).run()
