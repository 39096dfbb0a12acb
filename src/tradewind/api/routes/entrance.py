"""Coming in: log-in, renewal, log-out, and keys."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from tradewind.adapters.entrance import audit, keys, sessions, users
from tradewind.adapters.entrance.scopes import Principal
from tradewind.api.guards import COOKIE, At, needs, noted, principal_of, public
from tradewind.api.paging import Limit, Number
from tradewind.api.problems import Problem

router = APIRouter(tags=["entrance"])
Me = Annotated[Principal, Depends(principal_of)]


class Credentials(BaseModel):
    """Name and password."""

    name: str = Field(max_length=40)
    password: str = Field(max_length=200)
    new_password: str | None = Field(default=None, max_length=200)
    """From now on; a password that was made for one log-in asks for it."""
    cookie: bool = False
    """Whether a page asks: the token comes as a cookie that no script can read."""


class Renewal(BaseModel):
    """The long token."""

    token: str = Field(max_length=200)


class KeyWanted(BaseModel):
    """What a new key is for."""

    name: str = Field(min_length=1, max_length=60)
    scopes: list[str] = Field(min_length=1, max_length=6)
    days: int = Field(default=90, ge=1, le=366)


@router.post("/login", dependencies=[public("whoever comes in is nobody yet")])
def login(wanted: Credentials, at: At, request: Request, response: Response) -> dict[str, Any]:
    """Tokens for a name and its password: a short one for a quarter of an hour, a long one to renew it."""
    now = at.now()
    try:
        user = users.come_in(at.entrance, wanted.name, (wanted.password, wanted.new_password), now)
    except users.WrongPassword as error:
        audit.note(at.entrance, (now, wanted.name[:40], "log in", "refused"), {})
        raise Problem(401, error.message, error.hint) from error
    except users.OnceOnly as error:
        raise Problem(403, error.message, "Send new_password with it.") from error
    about = {} if wanted.new_password is None else {"new_password": True}
    audit.note(at.entrance, (now, user.name, "log in", "done"), about)
    return _told(
        sessions.begin(at.entrance, at.key, user, now),
        response,
        cookie=wanted.cookie,
        safe=request.url.scheme == "https",
    )


@router.post("/renew", dependencies=[public("the long token shows who it is")])
def renew(wanted: Renewal, at: At, response: Response) -> dict[str, Any]:
    """The next tokens; a long one that was used before ends the whole session."""
    try:
        pair = sessions.renew(at.entrance, at.key, wanted.token, at.now())
    except users.WrongPassword as error:
        about = {"reused": True} if isinstance(error, sessions.Reused) else {}
        audit.note(at.entrance, (at.now(), "nobody known", "renew", "refused"), about)
        raise Problem(401, error.message, error.hint) from error
    return _told(pair, response)


@router.post("/logout", dependencies=[needs("read")])
def logout(at: At, me: Me, response: Response) -> dict[str, str]:
    """Every session of the user is over."""
    sessions.end(at.entrance, me.name)
    response.delete_cookie(COOKIE)
    noted(at, me, "log out", "done")
    return {"status": "logged out"}


@router.get("/me", dependencies=[needs("read")])
def who(me: Me) -> dict[str, Any]:
    """Who asks, and what they may do."""
    return {"name": me.name, "scopes": sorted(me.scopes), "by": me.by}


@router.get("/keys", dependencies=[needs("admin")])
def list_keys(at: At) -> list[dict[str, Any]]:
    """All keys, without what opens them."""
    return [{**one._asdict(), "scopes": sorted(one.scopes)} for one in keys.keys(at.entrance)]


@router.post("/keys", status_code=201, dependencies=[needs("admin", fresh=True)])
def make(wanted: KeyWanted, at: At, me: Me) -> dict[str, str]:
    """A new key, shown once; it may do no more than whoever makes it."""
    if not me.scopes.issuperset(wanted.scopes):
        raise Problem(403, "A key may do no more than whoever makes it.", f"You have {', '.join(sorted(me.scopes))}.")
    text = keys.make_key(at.entrance, wanted.name, me.name, wanted.scopes, days=wanted.days, now=at.now())
    noted(at, me, "make key", "done", name=wanted.name, scopes=sorted(wanted.scopes), prefix=text[3:11])
    return {"key": text}


@router.delete("/keys/{prefix}", dependencies=[needs("admin")])
def revoke(prefix: str, at: At, me: Me) -> dict[str, str]:
    """The key opens nothing any more."""
    keys.revoke_key(at.entrance, prefix)
    noted(at, me, "revoke key", "done", prefix=prefix)
    return {"status": "revoked"}


@router.get("/audit", dependencies=[needs("admin")])
def trail(at: At, after: Number = 0, limit: Limit = 200) -> dict[str, Any]:
    """Who did what, oldest first, a page at a time; and whether the chain of all of it is whole."""
    rows = audit.deeds(at.entrance, after or 0, limit)
    return {
        "items": [one._asdict() for one in rows],
        "next": rows[-1].number if rows else None,
        "first_break": audit.first_break(at.entrance),
    }


def _told(pair: sessions.Pair, response: Response, *, cookie: bool = False, safe: bool = False) -> dict[str, Any]:
    if not cookie:
        return {"token": pair.short, "renewal": pair.long, "expires_ns": pair.expires_ns}
    response.set_cookie(
        COOKIE, pair.short, max_age=sessions.SHORT_S, httponly=True, samesite="strict", path="/", secure=safe
    )
    return {"renewal": pair.long, "expires_ns": pair.expires_ns}
