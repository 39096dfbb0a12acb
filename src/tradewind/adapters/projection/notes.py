"""Documents of the journal: what an account runs, what people were told, what they ordered, what differed."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from tradewind.adapters.projection.picture import Picture, Row
from tradewind.adapters.projection.plain import document, moment, text

DIFFERENCE = {"instrument", "order", "broker", "ours", "theirs"}
QUALITY = ("missed", "bars differ")
SILENT = ("read up to",)
"""Bookkeeping of the trader's own."""
ACCOUNT = {"mode": "", "tag": "", "profile": "", "currency": "", "epoch": 0, "balance": None, "equity": None,
           "margin": None, "valued_ns": None, "start_document": None}  # fmt: skip
"""An account before anything is known of it."""


def begun(picture: Picture, ns: int) -> None:
    """The account is known, if it was not."""
    if not picture.row:
        picture.row = {"name": picture.account, **ACCOUNT, "begun_ns": ns}
        picture.put("trading.accounts", ns, picture.row)


def note(picture: Picture, number: int, told: Mapping[str, Any], latest: int) -> None:
    """A note stands in the table it belongs to; `latest` is the time of those that tell none."""
    kind = text(told.get("kind", ""))
    ns = _integer(told.get("ts")) or latest
    if kind == "start":
        _start(picture, told, ns)
    rest = {name: value for name, value in told.items() if name not in ("kind", "ts")}
    if kind == "alert":
        row: Row = {"about": text(told.get("about", "")), "level": text(told.get("level", "")),
                    "text": text(told.get("text", ""))}  # fmt: skip
        _put(picture, "monitoring.alerts", number, ns, row)
    elif told.keys() >= DIFFERENCE or kind == "balance":
        _put(picture, "monitoring.reconciliations", number, ns, {"kind": kind, **_difference(told)})
    elif kind in QUALITY:
        _put(picture, "monitoring.data_quality", number, ns, {"kind": kind, "document": document(rest)})
    elif kind not in SILENT:
        row = {"kind": kind, "person": _person(told), "document": document(rest)}
        _put(picture, "monitoring.audit", number, ns, row)


def _put(picture: Picture, table: str, number: int, ns: int, row: Row) -> None:
    who = "account" if table == "monitoring.reconciliations" else "source"
    picture.put(table, ns, {who: picture.account, "number": number, **row, "at": moment(ns), "at_ns": ns})


def _difference(told: Mapping[str, Any]) -> Row:
    return {
        "instrument": _integer(told.get("instrument", -1)),
        "order_number": _integer(told.get("order")),
        "broker": text(told.get("broker", "")),
        "ours": _integer(told.get("ours")),
        "theirs": _integer(told.get("theirs")),
    }


def _person(told: Mapping[str, Any]) -> str:
    order = told.get("order")
    return text(order.get("person", "")) if isinstance(order, Mapping) else ""


def _start(picture: Picture, told: Mapping[str, Any], ns: int) -> None:
    """The account has begun a life: what it runs, under which numbers."""
    settings = _table(told.get("settings"))
    profile = text(_table(told.get("profile")).get("name", ""))
    picture.row.update(
        mode=text(told.get("mode", "")), tag=text(told.get("tag", "")), epoch=_integer(told.get("epoch")),
        profile=profile, currency=text(_table(settings.get("account")).get("currency", "")),
        start_document=document({name: value for name, value in told.items() if name != "kind"}),
    )  # fmt: skip
    picture.put("trading.accounts", ns, picture.row)
    begun_ns = int(picture.row["begun_ns"])
    for number, symbol in enumerate(_list(told.get("symbols"))):
        row: Row = {"account": picture.account, "number": number, "symbol": text(symbol), "instrument": None}
        picture.put("trading.account_instruments", begun_ns, row)
    names: list[str] = []
    for number, one in enumerate(map(_table, _list(told.get("strategies")))):
        stem = PurePath(text(one.get("file", ""))).stem
        count = sum(name.split("#")[0] == stem for name in names)
        names.append(f"{stem}#{count + 1}" if count else stem)
        row = {"account": picture.account, "number": number, "name": names[-1], "file": text(one.get("file", "")),
               "digest": text(one.get("digest", "")), "parameters": document(one.get("parameters", {}))}  # fmt: skip
        picture.put("trading.strategies", begun_ns, row)


def _integer(value: Any) -> int:
    """Return a whole number that fits a column; 0 for anything else."""
    return value if type(value) is int and -(2**63) <= value < 2**63 else 0


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
