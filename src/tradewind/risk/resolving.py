"""From a risk file and its packs to the limits of one account, with where each came from.

Of several packs the tighter value of a limit holds; what the file says itself comes last and holds whatever the packs
say. A firm's floors come with guards of our own that act before them: at 60 % of its daily limit entries end, at 80 %
everything is closed until the firm's own day ends, and at 80 % of its total limit for good; they stand in for R6 and
R7 of the house (domain 5.4). What nobody states is an error, not a limit switched off.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from tradewind import money
from tradewind.errors import BadSettings, UnknownName
from tradewind.risk.changes import tighter
from tradewind.risk.contradictions import check
from tradewind.risk.controls import CONTROLS
from tradewind.risk.declared import PACKS, Document, Loss, Objectives, Part
from tradewind.risk.digest import with_digest
from tradewind.risk.file import CAPS, at, load_document
from tradewind.risk.limits import OFF, Cap, Goals, Group, Limits
from tradewind.risk.loss_rules import LossRules, in_cash
from tradewind.risk.units import Value

NONE = "none"
"""The name of no rules at all."""


class Account(NamedTuple):
    """What limits are resolved for."""

    currency: str
    balance: int
    """Minor units at the start."""
    server_clock: str = "NY+7"


class Origin(NamedTuple):
    """Where a limit came from."""

    where: str
    """`pack house`, or the file with its line."""
    source: str
    """What it was read in and when; empty for a file of one's own."""
    note: str = ""


class Rules(NamedTuple):
    """Everything a risk file comes down to for one account."""

    limits: Limits
    goals: Goals
    origins: Mapping[str, Origin]
    packs: tuple[str, ...]
    phase: str | None


def load_rules(name_or_path: str | FilePath, account: Account) -> Rules | None:
    """Return the rules of a pack or a file for an account, None for "none"; raise BadSettings for the first fault.

    A firm's pack named alone stands on the house's.
    """
    if str(name_or_path) == NONE:
        return None
    return resolve(load_document(name_or_path), account)


def resolve(document: Document, account: Account) -> Rules:
    """Return the rules that a file, or a pack by itself, comes down to."""
    packs = _packs(document)
    capital = _capital(document, packs, account)
    phase = _phase(document, packs)
    parts = [(one, part) for one in packs for part in _parts_of(one, phase)]
    own = [] if document in packs else [(document, document.part)]
    values, origins = _values(parts, own)
    rules = LossRules(account.currency, capital, account.server_clock)
    for one, part in [*parts, *own]:
        rules.add(one, part.loss_rules)
    rules.guard()
    single: dict[str, Any] = {name: _number(name, value, account.currency) for name, value in values.items()}
    for name, (one, source, path) in rules.origins.items():
        origins[name] = _origin(one, source, path)._replace(note=rules.notes.get(name, ""))
    _all_stated(document, values, rules)
    limits = Limits(
        name=document.header.name, version=document.header.version, digest=0, currency=account.currency,
        capital=capital, clocks=tuple(rules.clocks), loss_rules=rules.rows(),
        groups=_groups([*parts, *own], origins), caps=_caps([*parts, *own], account.currency, origins),
        **single,
    )  # fmt: skip
    check(limits, lambda path, message, hint: at(document.where, document.lines, path, message, hint))
    goals = _goals([*parts, *own], capital, account.currency)
    return Rules(with_digest(limits), goals, origins, tuple(one.header.name for one in packs), phase)


def _packs(document: Document) -> list[Document]:
    """Return the packs of a file in order; those of a pack itself are the house and it."""
    if document.where.startswith("pack "):
        names = [] if document.header.name == "house" else ["house"]
        return [*(load_document(name) for name in names), document]
    for number, name in enumerate(document.header.packs):
        if name not in PACKS:
            error = UnknownName("risk pack", name, PACKS)
            raise at(document.where, document.lines, ("packs", number), error.message, error.hint)
    return [load_document(name) for name in dict.fromkeys(document.header.packs)]


def _capital(document: Document, packs: Sequence[Document], account: Account) -> int:
    """Return the capital floors are measured from, minor units; it must be a size the firms have."""
    stated = document.header.capital
    capital = account.balance if stated is None else money.minor(stated, account.currency)
    for pack in packs:
        sizes = [money.minor(size, account.currency) for size in pack.header.sizes]
        if sizes and capital not in sizes:
            raise at(
                document.where, document.lines, ("capital",),
                f"{pack.header.name} has no account of {money.amount(capital, account.currency):,f}.",
                f"Its sizes: {', '.join(f'{size:,}' for size in pack.header.sizes)}; give one of them as the capital.",
            )  # fmt: skip
    return capital


def _phase(document: Document, packs: Sequence[Document]) -> str | None:
    """Return the phase asked for, or the first that a pack has."""
    known = [name for pack in packs for name in pack.phases]
    asked = document.header.phase
    if asked is None:
        return known[0] if known else None
    if asked not in known:
        error = UnknownName("phase of these packs", asked, known)
        raise at(document.where, document.lines, ("phase",), error.message, error.hint)
    return asked


def _parts_of(pack: Document, phase: str | None) -> list[Part]:
    return [pack.part, *([pack.phases[phase]] if phase in pack.phases else [])]


def _values(
    parts: Sequence[tuple[Document, Part]], own: Sequence[tuple[Document, Part]]
) -> tuple[dict[str, Value], dict[str, Origin]]:
    """Return every single limit and its origin: the tightest of the packs, or what the file says."""
    values: dict[str, Value] = {}
    origins: dict[str, Origin] = {}
    for document, part in parts:
        for name, value in part.values.items():
            origin = _origin(document, part.sources[name], (CONTROLS[name].section, name))
            if name in values:
                chosen = tighter(CONTROLS[name], values[name], value)
                if chosen == values[name]:
                    continue
                origin = origin._replace(note=f"tighter than {origins[name].where}")
                value = chosen  # noqa: PLW2901  of two lists of day types neither may be the tighter
            values[name], origins[name] = value, origin
    for document, part in own:
        for name, value in part.values.items():
            origin = _origin(document, part.sources[name], (CONTROLS[name].section, name))
            if name in values and tighter(CONTROLS[name], values[name], value) != value:
                origin = origin._replace(note=f"LOOSER than {origins[name].where}")
            values[name], origins[name] = value, origin
    return values, origins


def _origin(document: Document, source: str, path: tuple[str | int, ...]) -> Origin:
    reference = document.header.sources.get(source)
    if reference is not None:
        return Origin(document.where, f"{reference.text}; read {reference.read}")
    line = document.lines.get(path)
    return Origin(document.where if line is None else f"{document.where}:{line[0]}", "")


def _all_stated(document: Document, values: Mapping[str, Value], rules: LossRules) -> None:
    """Refuse a set of rules that leaves a limit unsaid."""
    if "stop_required" not in values:
        raise BadSettings(
            f"{document.where}: there is no stop policy.",
            'Write stop_required = true in [protection], or "off" if orders may open without a stop-loss.',
        )
    missing = [name for name in CONTROLS if name not in values]
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise BadSettings(
            f"{document.where}: {', '.join(missing[:3])}{more} are not stated.",
            'Take them from a pack, packs = ["house"], or write "off" where no limit shall hold.',
        )
    if not rules.table:
        raise BadSettings(f"{document.where}: there are no loss rules.", 'Add [[loss_rules]], or packs = ["house"].')


def _number(name: str, value: Value, currency: str) -> float | int:
    """Return a single limit as the gate has it: cash in minor units."""
    if CONTROLS[name].unit == "cash" and value != OFF:
        return money.minor(value, currency)
    return value if isinstance(value, int) else float(value)


def _groups(parts: Sequence[tuple[Document, Part]], origins: dict[str, Origin]) -> tuple[Group, ...]:
    """Return the groups of all parts; a later part changes what it mentions."""
    groups: dict[str, Group] = {}
    for document, part in parts:
        for name, table in part.groups.items():
            old = groups.get(name)
            limit = old.limit if table.limit is None and old else table.limit
            members = old.members if table.members is None and old else tuple(sorted((table.members or {}).items()))
            if limit is None or not members:
                raise at(
                    document.where, document.lines, ("groups", name),
                    f"Group {name} lacks its {'limit' if limit is None else 'members'}.",
                    'Write limit = "1 %" and members = {US30 = 1}.',
                )  # fmt: skip
            groups[name] = Group(name, limit, members)
            origins[f"groups.{name}"] = _origin(document, table.source, ("groups", name))
    return tuple(groups.values())


def _caps(
    parts: Sequence[tuple[Document, Part]], currency: str, origins: dict[str, Origin]
) -> tuple[Cap, ...]:  # fmt: skip
    """Return the limits that instruments have of their own; what one does not mention is the general one."""
    found: dict[str, dict[str, Any]] = {}
    general: dict[str, Any] = dict.fromkeys(CAPS, OFF)
    for document, part in parts:
        general.update({name: _number(name, part.values[name], currency) for name in CAPS if name in part.values})
        for symbol, table in part.caps.items():
            for name, value in table.items():
                found.setdefault(symbol, {})[name] = _number(name, value, currency)
                path = ("instruments", symbol, name)
                origins[f"instruments.{symbol}.{name}"] = _origin(document, "file", path)
    return tuple(Cap(symbol, **{**general, **caps}) for symbol, caps in sorted(found.items()))


def _goals(parts: Sequence[tuple[Document, Part]], capital: int, currency: str) -> Goals:
    """Return the objectives in the numbers of the account; a later part changes what it mentions."""
    said: dict[str, object] = {}
    for _, part in parts:
        said.update({name: value for name, value in part.objectives if value is not None and name != "source"})
    table = Objectives.model_validate(said)
    return Goals(
        profit_target=_cash(table.profit_target, capital, currency),
        minimum_days=table.minimum_days or OFF,
        minimum_profitable_days=table.minimum_profitable_days or OFF,
        profitable_day=OFF if table.profitable_day is None else round(table.profitable_day * capital),
        best_day=OFF if table.best_day is None else table.best_day,
        best_day_of_all=table.best_day_of != "profitable days",
        time_limit_days=table.time_limit_days or OFF,
    )


def _cash(amount: Loss, capital: int, currency: str) -> int:
    return OFF if amount is None or amount == "off" else in_cash(amount, capital, currency)
