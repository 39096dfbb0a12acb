"""Mistakes one could have made in the trader, each a change of a few words in one of its files.

`find` must stand in the file exactly once; what it becomes is compiled into a copy of the module. A mistake nobody
finds would mean that the worlds have no teeth where it sits.
"""

import importlib
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from virtual_desk import Parts


class Planted(NamedTuple):
    """One mistake."""

    name: str
    module: str
    find: str
    becomes: str


PLANTED = (
    Planted("a repeated report is taken again", "reporting", "report.execution in book.seen:", "False:"),
    Planted("an execution is not written down", "reporting",
            'self.trader.core.pending.append("executions", row)', "pass"),
    Planted("what was seen is forgotten in the book", "book", "self.seen[execution] = None", "pass"),
    Planted("the former id is forgotten at once", "book", "ticket.former, ticket.id = ticket.id, self._id(ticket)",
            'ticket.former, ticket.id = "", self._id(ticket)'),
    Planted("a change keeps the id", "book", "ticket.version += 1", "pass"),
    Planted("a refused change keeps the new id", "book", 'ticket.id, ticket.former = ticket.former, ""',
            'ticket.former = ""'),
    Planted("a confirmed change keeps the former id", "book", 'if int(row["kind"]) == REPLACED:', "if False:"),
    Planted("positions are not followed", "book", "held.quantity += signed", "held.quantity = signed"),
    Planted("an empty position is kept", "book", "if held.quantity == 0:", "if False:"),
    Planted("the broker's order id is not kept", "book", "ticket.broker_order = broker_order", "pass"),
    Planted("the wrong letter for a leg", "book", "LEGS[ticket.role]", "LEGS[2 - ticket.role]"),
    Planted("every start is epoch one", "trader", "self.book.epoch = epoch", "self.book.epoch = 1"),
    Planted("what was sent before a crash is not unknown", "trader", "for order in sent:", "for order in ():"),
    Planted("an unknown answer is taken for a refusal", "trader", 'if answer.outcome == "unknown":',
            'if answer.outcome == "unknown":\n            self.reporting.refused(request, answer.text)\n'
            "        elif False:"),
    Planted("an unknown answer is taken for a yes", "trader", "self.resolving.lose(request.order, answer.text)",
            "self.reporting.taken(request.order)"),
    Planted("a refusal is ignored", "trader", "self.reporting.refused(request, answer.text)", "pass"),
    Planted("reports with an answer are not read", "trader", "self.reports(answer.reports)", "pass"),
    Planted("sent before it is durable", "machine", "batch, self.pending.batch = self.pending.batch, []",
            "batch, self.pending.batch = self.pending.batch[:0], self.pending.batch"),
    Planted("commands are not made durable", "machine", "        return batch\n",
            '        return [one for one in batch if one[0] != "commands"]\n'),
    Planted("an unknown order holds nothing", "trader",
            "self.order(self.core.hold(refusals.OUTCOME_UNKNOWN, on=True, instrument=instrument))", "pass"),
    Planted("absent is not executed", "resolving", "        if not self._settled(ticket):\n            return\n        if",  # noqa: E501 - a table reads as a table
            "        if"),
    Planted("an absent order is sent again", "resolving", 'window = can.id_scope == "forever" or (',
            "window = True or ("),
    Planted("sent again without end", "resolving", "and ticket.resent == 0 and trader.time <= ticket.decided + keeps",
            ""),
    Planted("the broker's lateness is ignored", "resolving",
            "self.trader.timing.request_within + lateness + self._lag()", "self._lag()"),
    Planted("a hold is never released", "resolving", "            if instrument not in those:", "            if False:"),  # noqa: E501 - a table reads as a table
    Planted("a hold is released early", "resolving", "            if instrument not in those:", "            if True:"),
    Planted("an unheard question is never asked again", "resolving",
            'self.waiting.discard(int(ask.about.split(" ")[0]))', "pass"),
    Planted("a lost cancel is never sent again", "resolving", "MOST_CANCELS = 3", "MOST_CANCELS = 0"),
    Planted("a picture ends what is unknown without a lookup", "resolving",
            "if ticket is None or ticket.absent == 0 or order in there:", "if ticket is None or order in there:"),
    Planted("a picture taken during activity is believed", "settling", "if self.activity != trader.activity or unread:",
            "if unread:"),
    Planted("one agreement is enough", "settling", "AGREEMENTS = 2", "AGREEMENTS = 1"),
    Planted("what was missed is not read", "settling", "trader.reports(told.reports, in_order=True)", "pass"),
    Planted("how far was read is not written down", "settling",
            'trader.core.note("read up to", {"sequence": told.sequence})', "pass"),
    Planted("a lost round is never begun again", "settling",
            "        if ask.number == self.asked:\n            self.asked = 0\n            self.wanted",
            "        if ask.number == self.asked:\n            self.wanted"),
    Planted("stray orders are left alone", "settling", "trader.send(Cancel(one.id, one.broker), 0)", "pass"),
    Planted("a missing stop is left alone", "settling", '        elif one.kind in ("stop missing", "target missing"):',
            "        elif False:"),
    Planted("a desk starts without asking", "trader",
            "self.order(self.core.hold(refusals.STARTING, on=True))\n        self._withhold(", "str("),
    Planted("a restarted desk compares nothing", "settling", "        if self.agreed >= AGREEMENTS:", "        if True:"),  # noqa: E501 - a table reads as a table
    Planted("early fills of legs are dropped", "reporting", "self.early.append(report)", "pass"),
    Planted("legs outlive their position", "reporting",
            "if (mine and self._over(int(one), flat=flat)) or sibling:", "if False:"),
    Planted("a fill after the end is refused", "reporting", "if report.kind not in (FILLED, FINANCING):",
            "if report.kind != FINANCING:"),
    Planted("a change is sent for the new id", "sending", "ticket.former, ticket.id, ticket.instrument",
            "ticket.id, ticket.id, ticket.instrument"),
    Planted("the stop is not sent with the entry", "sending", "        return place\n    row",
            "        return None if place is None else place._replace(stop_loss=0)\n    row"),
    Planted("a stop of what is open is taken back as a stray", "reconciling",
            "if view.attached and one.role != ENTRY and one.position in view.holdings:", "if False:"),
    Planted("a stop is put back at any position", "book", "key=lambda one: one in kept", "key=lambda one: 0"),
    Planted("who reduced a position first has opened it", "book",
            "if held is None or before * (before + signed) < 0:", "if held is None:"),
    Planted("a close told before its opening is foreign", "reporting",
            "if fill and report.position and not in_order and", "if False and"),
    Planted("the broker's balance is not taken over", "settling", "if drift == 0 or grave or trader.unknown():",
            "if True:"),
    Planted("a lost connection holds nothing", "trader", "        if link.up:", "        if True:"),
    Planted("decided before the comparison and sent all the same", "trader",
            "for request in [one for one in self.requests if isinstance(one, Send) and isinstance(one.what, Place)]:",
            "for request in ():"),
    Planted("a stop apart is left to the entry", "protecting",
            "if ticket.place is not None:\n                continue\n            if ticket.role == STOP_LOSS:",
            "if True:\n                continue\n            if ticket.role == STOP_LOSS:"),
    Planted("what is left over is not trimmed", "protecting", "if standing[_kind(leg)] <= held:", "if True:"),
    Planted("what is bare for long holds nothing", "protecting", "waited >= MOST_BARE and place not in self.told",
            "False"),
    Planted("a bare hold is never released", "protecting", "            if not any(place % INSTRUMENTS == instrument for place in bare):", "            if False:"),  # noqa: E501 - a table reads as a table
    Planted("what happened while a picture was taken is not missed", "settling",
            "if self.activity != trader.activity or unread:", "if self.activity != trader.activity:"),
    Planted("a stop put back protects nobody knows what", "book", "                ticket.position = position  #", "                pass  #"),  # noqa: E501 - a table reads as a table
    Planted("what is said of one of two sendings is said of both", "resolving",
            "return ticket.place is not None and ticket.resent > 0 and not self._settled(ticket)", "return False"),
    Planted("decided before another was lost and sent all the same", "trader",
            'self._withhold("decided before the outcome of another order was lost", instrument)', "pass"),
)  # fmt: skip


def source(module):
    """Return the text of a module of the trader."""
    return Path(importlib.import_module(f"tradewind.trading.{module}").__file__).read_text(encoding="utf-8")


ORDER = (
    "executions", "book", "machine", "sending", "reporting", "reconciling", "resolving", "settling", "protecting",
    "trader",
)  # fmt: skip
"""Each before those that import it."""


@contextmanager
def trader_with(planted):
    """While it lasts desks are made of copies of the trader's modules, with the mistake in one of them."""
    names = [f"tradewind.trading.{one}" for one in ORDER]
    kept = {name: sys.modules[name] for name in names if name in sys.modules}
    for name in names:
        sys.modules.pop(name, None)
    try:
        made = {}
        for name, short in zip(names, ORDER, strict=True):
            original = kept[name]
            text = Path(original.__file__).read_text(encoding="utf-8")
            if planted is not None and short == planted.module:
                assert text.count(planted.find) == 1, f"{planted.name}: found {text.count(planted.find)} times"
                text = text.replace(planted.find, planted.becomes)
            module = type(original)(name)
            module.__file__ = original.__file__
            sys.modules[name] = module
            exec(compile(text, original.__file__, "exec"), module.__dict__)  # noqa: S102 - our own text
            made[short] = module
        Parts.book, Parts.core, Parts.trader = made["book"], made["machine"], made["trader"]
        yield
    finally:
        sys.modules.update(kept)
        Parts.book, Parts.core, Parts.trader = (
            kept[f"tradewind.trading.{one}"] for one in ("book", "machine", "trader")
        )
