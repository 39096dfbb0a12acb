"""Questions about risk: rules, orders before they are sent, where a run stands, and the chance to pass a firm."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tradewind.api.guards import At, needs
from tradewind.api.tags import tagged
from tradewind.jobs.commands import Symbol, Word
from tradewind.risk.declared import PACKS
from tradewind.views import order_check as checks
from tradewind.views import risk_answers
from tradewind.views.risk_answers import Asked, Played

router = APIRouter(tags=["risk"])
Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}(\.[0-9]{1,10})?$")]
Rate = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{3,12}=[0-9]{1,9}(\.[0-9]{1,10})?$")]
Held = Annotated[str, StringConstraints(
    pattern=r"^(buy|sell) [0-9.]{1,16} [A-Z0-9][A-Z0-9.#_]{0,19} [0-9.]{1,16}( [0-9.]{1,16})?$"
)]  # fmt: skip
Rules = Literal["house", "ftmo-2step", "ftmo-1step", "the5ers", "topstep", "topstep-fx-legacy", "apex-like"]
"""Shipped ones only: a name is never a path here."""
Phase = Annotated[str | None, Query(max_length=40)]
Capital = Annotated[str | None, Query(pattern=r"^[0-9]{1,12}(\.[0-9]{1,4})?$")]
Run = Annotated[str, Path(max_length=80, pattern=r"^[A-Za-z0-9-]*$")]


class OrderAsked(BaseModel):
    """An order that is asked about; nothing is sent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    side: Literal["buy", "sell"]
    lots: Number
    on: Symbol
    stop: Number | None = None
    at: Number | None = None
    """Expected entry; else the latest price that is known."""

    @property
    def words(self) -> list[str]:
        """The order as it is typed."""
        return [self.side, self.lots, self.on]


class AccountAsked(OrderAsked):
    """The same with rules and an account in words, or as a run left it."""

    rules: Rules | None = None
    phase: Word | None = None
    capital: Number | None = None
    run: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,80}$")] | None = None
    balance: Number | None = None
    equity: Number | None = None
    day_balance: Number | None = None
    open: list[Held] = Field(default=[], max_length=50)
    rates: list[Rate] = Field(default=[], max_length=20)


@router.get("/risk/rules", dependencies=[needs("read")])
def rules_list() -> dict[str, Any]:
    """The rules that are shipped, by name."""
    return {"items": list(PACKS), "next": None}


@router.get("/risk/rules/{rules}", dependencies=[needs("read")])
def rules(rules: Rules, at: At, request: Request, phase: Phase = None, capital: Capital = None) -> Response:
    """Every limit that rules come down to for the account of the settings, with where each is from."""
    return tagged(request, risk_answers.rules_document(risk_answers.rules_named(at.settings, rules, phase, capital)))


@router.post("/risk/check", dependencies=[needs("read")])
def check(wanted: AccountAsked, at: At) -> dict[str, Any]:
    """What every rule says of an order, how much of it would fit, and at which price it would break one."""
    said = {"balance": wanted.balance, "equity": wanted.equity, "day_balance": wanted.day_balance}
    asked = Asked(
        wanted.words, wanted.stop, wanted.at, wanted.rules, wanted.phase, wanted.capital, wanted.run, None, said,
        wanted.open, wanted.rates,
    )  # fmt: skip
    return risk_answers.check(at.settings, asked).document()


@router.post("/accounts/{account}/check", dependencies=[needs("read")])
def account_check(account: str, wanted: OrderAsked, at: At) -> dict[str, Any]:
    """The same of an order to a running account: its limits, positions, floors and prices."""
    levels = {"stop": wanted.stop, "at": wanted.at}
    return checks.order_check(at.settings, account, wanted.words, levels)


@router.get("/runs/{run}/risk", dependencies=[needs("read")])
def status(
    run: Run, at: At, rules: Rules | None = None, phase: Phase = None, capital: Capital = None
) -> dict[str, Any]:
    """Where the floors of a run stand, the room that is left, and what the rules did."""
    return risk_answers.status(at.settings, run, rules, phase, capital).document()


@router.get("/runs/{run}/pass-probability", dependencies=[needs("read")])
def pass_probability(
    run: Run, at: At, *, pack: Rules = "ftmo-2step", phase: Phase = None, capital: Capital = None,
    days: Annotated[int | None, Query(ge=1, le=2_000)] = None, paths: Annotated[int, Query(ge=100, le=20_000)] = 2_000,
    block: Annotated[float, Query(ge=1, le=250)] = 5.0, seed: Annotated[int, Query(ge=0, le=2**31)] = 1,
) -> dict[str, Any]:  # fmt: skip
    """The chance with which the days of a run, in random order, pass a firm's evaluation."""
    played = Played(pack, phase, capital, None, days, paths, block, seed)
    return risk_answers.pass_probability(at.settings, run, played).document()
