"""From the [[loss_rules]] of packs and file to the rows the gate has, with the guards that stand before a firm's.

A row of a firm's pack is named after the pack. A file changes a row by its whole name, or by the name without the
pack where that is clear; `amount = "off"` takes it out.
"""

import re
from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from tradewind import money
from tradewind.errors import TradewindError, UnknownName
from tradewind.markets.clock import clock
from tradewind.risk.declared import Amount, Document, LossTable
from tradewind.risk.file import at
from tradewind.risk.limits import (
    AMOUNT_IN_CASH,
    AMOUNT_OF_BASE,
    BASE_MODES,
    BREACH_CHECKS,
    BREACH_SOURCES,
    DAILY,
    HALT,
    HIGHEST_SOURCES,
    HIGHEST_UPDATES,
    INTERNAL,
    LATCH,
    NO_ENTRIES,
    OFF,
    PROP,
    RESETS,
    SERVER,
    SEVERITIES,
    TERMINATE,
    WEEKLY,
    LossRule,
    ResetClock,
)

MOST = 16
"""So many loss rules fit in the kernel's table."""
SOFT_SHARE, HARD_SHARE = 0.6, 0.8
"""Of a firm's limit: domain 5.4."""
REPLACED = ("R6", "R7")
"""What a firm's daily limit, guarded, stands in for."""

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d) (\S+)")
_NAMED = {"internal": INTERNAL, "prop": PROP, "server": SERVER}
_DEFAULTS: dict[str, Any] = {
    "base": "initial", "resets": "never", "clock": "internal", "amount_of": "initial", "highest": "none",
    "highest_update": "tick", "lock": "off", "breach_on": "equity", "breach_check": "tick", "inclusive": False,
}  # fmt: skip


def in_cash(amount: Amount, capital: int, currency: str) -> int:
    """Return an amount in minor units, a share being one of the capital, rounded down."""
    if amount.share is not None:
        return int((Decimal(str(amount.share)) * capital).to_integral_value(ROUND_FLOOR))
    if amount.cash is not None:
        return money.minor(amount.cash, currency)
    sizes = {money.minor(size, currency): cash for size, cash in amount.by_size}
    if capital not in sizes:
        known = ", ".join(f"{size:,}" for size, _ in amount.by_size)
        raise TradewindError(
            f"No amount is known for a capital of {money.amount(capital, currency):,f} {currency}.", f"Sizes: {known}."
        )
    return money.minor(sizes[capital], currency)


class LossRules:
    """The loss rules of one account while they are put together."""

    def __init__(self, currency: str, capital: int, server_clock: str) -> None:
        """There are no rules yet; the three clocks of every account are there."""
        self.currency, self.capital = currency, capital
        self.clocks = [
            ResetClock("America/New_York", 17 * 60), ResetClock("Europe/Prague", 0), ResetClock(server_clock, 0),
        ]  # fmt: skip
        self.table: dict[str, LossRule] = {}
        self.origins: dict[str, tuple[Document, str, tuple[str | int, ...]]] = {}
        self.notes: dict[str, str] = {}
        """What a file did to the rule of a pack: made it looser, or took it out."""
        self._written: dict[str, dict[str, Any]] = {}
        self._firms: dict[str, Document] = {}
        self._kept: set[str] = set()
        self._prop_is_free = True

    def add(self, document: Document, tables: Sequence[LossTable]) -> None:
        """The rows of a document are among the rules; those that are known already are changed."""
        for number, row in enumerate(tables):
            path = ("loss_rules", number)
            said = {key: value for key, value in row if value is not None and key not in ("name", "source")}
            name = self._name(document, row.name)
            if row.amount == "off":
                self._take_out(document, name, path)
                continue
            words = self._written.setdefault(name, dict(_DEFAULTS))
            words.update(said)
            words.setdefault("control", document.header.name)
            if missing := [key for key in ("amount", "severity") if key not in words]:
                raise at(
                    document.where, document.lines, path, f"Rule {row.name!r} is new and lacks its {missing[0]}.",
                    f"Say it, or name one of the rules there are: {', '.join(self.table) or 'none'}.",
                )  # fmt: skip
            if document.header.firm:
                self._firms[name] = document
            elif not document.where.startswith("pack "):
                self._kept.add(name)
            old, new = self.table.get(name), self._row(document, name, words, path)
            if old is not None and (new.amount > old.amount or new.share > old.share):
                self.notes[f"loss_rules.{name}"] = f"LOOSER than {self.origins[f'loss_rules.{name}'][0].where}"
            self.table[name] = new
            self.origins[f"loss_rules.{name}"] = (document, row.source, path)

    def _name(self, document: Document, name: str) -> str:
        """Return the name of a row: a firm's has its pack before it, a file may leave that out."""
        if document.header.firm:
            return f"{document.header.name} {name}"
        known = [one for one in self.table if one == name or (one.endswith(f" {name}") and one in self._firms)]
        return known[0] if len(known) == 1 else name

    def _take_out(self, document: Document, name: str, path: tuple[str | int, ...]) -> None:
        if name not in self.table:
            error = UnknownName("loss rule", name, self.table)
            raise at(document.where, document.lines, path, error.message, error.hint)
        for known in (self.table, self._written, self._firms):
            known.pop(name, None)
        key = f"loss_rules.{name}"
        self.notes[key] = f"SWITCHED OFF, was in {self.origins[key][0].where}"
        self.origins[key] = (document, "file", path)

    def _row(self, document: Document, name: str, words: dict[str, Any], path: tuple[str | int, ...]) -> LossRule:
        amount, of_base = words["amount"], words["amount_of"] == "base"
        try:
            number = self._clock(words["clock"], firm=document.header.firm)
            cash = OFF if of_base else in_cash(amount, self.capital, self.currency)
            lock = self._lock(words["lock"])
        except TradewindError as error:
            raise at(document.where, document.lines, path, error.message, error.hint) from None
        if of_base and amount.share is None:
            raise at(document.where, document.lines, path, f"{name}: a share of the base is written in per cent.")
        return LossRule(
            name=name,
            control=words["control"],
            base_mode=BASE_MODES.index(words["base"]),
            resets=RESETS.index(words["resets"]),
            clock=number,
            amount_of=AMOUNT_OF_BASE if of_base else AMOUNT_IN_CASH,
            amount=cash,
            share=amount.share if of_base else OFF,
            highest_source=HIGHEST_SOURCES.index(words["highest"]),
            highest_update=HIGHEST_UPDATES.index(words["highest_update"]),
            lock=lock,
            breach_on=BREACH_SOURCES.index(words["breach_on"]),
            breach_check=BREACH_CHECKS.index(words["breach_check"]),
            inclusive=int(words["inclusive"]),
            severity=SEVERITIES.index(words["severity"]),
        )

    def _clock(self, words: str, *, firm: bool) -> int:
        """Return the number of the clock that is meant; the first of a firm is the prop clock."""
        if words in _NAMED:
            return _NAMED[words]
        match = _CLOCK.fullmatch(words)
        if match is None:
            raise TradewindError(
                f"{words!r} is no day clock.", "Write internal, prop, server, or such as 00:00 Europe/Prague."
            )
        clock(match[3])
        wanted = ResetClock(match[3], int(match[1]) * 60 + int(match[2]))
        if firm and self._prop_is_free:
            self._prop_is_free = False
            self.clocks[PROP] = wanted
            return PROP
        if wanted not in self.clocks:
            self.clocks.append(wanted)
        return self.clocks.index(wanted)

    def _lock(self, lock: Any) -> int:
        if lock == "off":
            return OFF
        return self.capital + (0 if lock == "initial" else in_cash(lock, self.capital, self.currency))

    def guard(self) -> None:
        """Guards of ours stand before the firms' floors, and R6 and R7 give way to them."""
        for name, document in list(self._firms.items()):
            rule = self.table[name]
            soft, hard = document.header.soft_share or SOFT_SHARE, document.header.hard_share or HARD_SHARE
            if rule.resets in (DAILY, WEEKLY):
                self._add_guard(rule, "R6", soft, NO_ENTRIES)
                self._add_guard(rule, "R7", hard, HALT)
            elif rule.severity == TERMINATE:
                self._add_guard(rule, "R11" if rule.highest_source else "R10", hard, LATCH)
        guarded = [rule for rule in self.table.values() if rule.name in self._firms and rule.resets == DAILY]
        for name, rule in list(self.table.items()):
            ours = rule.control in REPLACED and not rule.name.startswith("guard ") and name not in self._kept
            if guarded and ours:
                del self.table[name]
                del self.origins[f"loss_rules.{name}"]

    def _add_guard(self, rule: LossRule, control: str, share: float, severity: int) -> None:
        """A floor above the firm's: at `share` of the way down to it."""
        exact = Decimal(str(share))
        left = rule.amount - int(rule.amount * exact)
        name = f"guard at {exact * 100:f} % of {rule.name}".replace(".0 %", " %")
        self.table[name] = rule._replace(
            name=name,
            control=control,
            amount=OFF if rule.amount == OFF else int(rule.amount * exact),
            share=OFF if rule.share == OFF else float(Decimal(str(rule.share)) * exact),
            lock=OFF if rule.lock == OFF else rule.lock + left,
            inclusive=1,
            severity=severity,
        )
        document, source, path = self.origins[f"loss_rules.{rule.name}"]
        self.origins[f"loss_rules.{name}"] = (document, source, path)

    def rows(self) -> tuple[LossRule, ...]:
        """Return the rules in the order in which they were stated; there is room for sixteen."""
        if len(self.table) > MOST:
            raise TradewindError(f"{len(self.table)} loss rules, but there is room for {MOST}.", "Name fewer packs.")
        return tuple(self.table.values())
