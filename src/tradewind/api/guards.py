"""Every route says what it takes to use it: a scope, or `PUBLIC` with the reason; a test holds all of them to it."""

from typing import Annotated, Any

from fastapi import Depends, Request

from tradewind.adapters.entrance import audit, keys, sessions
from tradewind.adapters.entrance.scopes import SCOPES, Principal
from tradewind.api.house import House, house_of
from tradewind.api.problems import Problem

COOKIE = "tradewind_session"
CSRF = "x-tradewind-csrf"
"""A header no other site's form can send; pages of ours send it with everything that changes something."""
FRESH_NS = 300 * 1_000_000_000
"""How long ago a password may have been given for what can lose money."""
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
At = Annotated[House, Depends(house_of)]


def principal_of(request: Request) -> Principal:
    """Return who asks; a problem 401 where nobody we know. It is looked up once a request."""
    found: Principal | None = getattr(request.state, "principal", None)
    if found is None:
        found = request.state.principal = _looked_up(request)
    return found


def _looked_up(request: Request) -> Principal:
    house = house_of(request)
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    found = None
    if scheme.casefold() == "bearer" and text:
        by_key = text.startswith("tw_")
        found = keys.shown_by(house.entrance, text, house.now()) if by_key else holder_of(house, text)
    elif text := request.cookies.get(COOKIE, ""):
        if request.method in UNSAFE and request.headers.get(CSRF) != "1":
            raise Problem(403, "The request does not come from our own page.", f"Send the header {CSRF}: 1.")
        found = holder_of(house, text)
        found = found._replace(by="session") if found else None
    if found is None:
        raise Problem(
            401, "Nobody we know asks.", "Send Authorization: Bearer with an API key, or log in.",
            WWW_Authenticate="Bearer",
        )  # fmt: skip
    return found


def holder_of(house: House, text: str) -> Principal | None:
    """Return whose token it is and what they may do by now: who was disabled or logged out is nobody at once."""
    found = sessions.shown_by(house.key, text, house.now())
    scopes = sessions.scopes_now(house.entrance, found.name, house.now()) if found else None
    return found._replace(scopes=found.scopes & scopes) if found and scopes is not None else None


def needs(scope: str, *, fresh: bool = False) -> Any:
    """Return what a route depends on: somebody who has the scope, and with `fresh` has just given the password."""
    assert scope in SCOPES  # noqa: S101 - a mistake of ours, found when the application is made

    def guard(request: Request) -> Principal:
        found = principal_of(request)
        if scope not in found.scopes:
            raise Problem(403, f"{found.name} has not the scope {scope}.", f"{scope}: {SCOPES[scope]}.")
        if fresh and house_of(request).now() - found.fresh_ns > FRESH_NS:
            raise Problem(403, "This needs a password given just now.", "Log in again; then repeat.")
        return found

    guard.__dict__.update(scope=scope, fresh=fresh)
    return Depends(guard)


def public(why: str) -> Any:
    """Return what a route depends on that anybody may use, with the reason."""

    def guard() -> None:
        """Anybody."""

    guard.__dict__.update(scope=f"public: {why}", fresh=False)
    return Depends(guard)


def noted(house: House, who: Principal, action: str, outcome: str, **about: Any) -> None:
    """What somebody did stands in the audit trail."""
    audit.note(house.entrance, (house.now(), who.name, action, outcome), about)
