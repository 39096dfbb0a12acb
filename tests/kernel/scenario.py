"""Market scenarios as text a trader can read: prices in, orders and fills out.

A file holds scenarios; `== a sentence` begins one. Lines before the first are the setting of all of them.

    instrument US30 tick 0.1 step 0.1     more words: value currency margin min max stops clip converts inverse ...
    venue latency 250ms mode optimistic   fields of the venue, the account and the sizing rule
    limits open_risk 0.02 flat_minute 1015     what the gate holds; more words in limited.py

    10:00  quote 42000.0 42002.0          a price (times are UTC; a weekday may stand before them; Wed if none does)
           buy 1.0 stop_loss 41900 as dip a verb, given when the strategy has seen the price above it
    10:01  bar 42001 42010 41990 42005 spread 2
           -> filled buy 1.0 at 42002.5 entry; slippage 0.5

What follows a price are the verbs given after it and, behind arrows, everything that came of it: every report of the
venue but "accepted", every refusal, and everything else the gate did, in order and without exception. Facts after a
semicolon are checked where they are named. Some arrows ask about the state instead: balance, equity, worst, position,
stop, margin, orders, trade, floor, kill.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import ModuleType

import doors
import limited
import numpy as np
from world import (
    DAY_NS,
    HOUR,
    MINUTE,
    SECOND,
    WEDNESDAY,
    Instrument,
    World,
    bar,
    clock,
    day,
    quote,
    rows,
)

from tradewind.adapters.memory import MemoryJournal
from tradewind.kernel import refusals, sizing, verbs
from tradewind.kernel.fills import MODES
from tradewind.kernel.orders import STOP_LOSS
from tradewind.kernel.records import (
    CANCEL_REJECTED,
    CANCELLED,
    CLOCK,
    CORRECTED,
    DIVIDEND,
    EVENT_KINDS,
    EXPIRED,
    FILLED,
    FINANCING,
    INSTRUMENTS,
    NEWS,
    OPERATOR,
    REFUSED_COMMAND,
    REJECTED,
    REPLACE_REJECTED,
    REPLACED,
    SESSION,
    TRIGGERED,
)
from tradewind.kernel.risk_calendar import LOWER, MATCHED, MISMATCH, SKEW, SWITCH, TAKE_LIMITS
from tradewind.kernel.rows import REFUSE, RISK_ACTIONS
from tradewind.kernel.step import DISABLE, ENABLE, HALT, HOLD, RELEASE, RESUME
from tradewind.runner import Runner, Slot
from tradewind.strategy import Strategy, _NoParams, memory

FOLDER = Path(__file__).parent / "scenarios"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Mon+", "Tue+", "Wed+")
OPERATOR_VERBS = {"halt": HALT, "resume": RESUME, "disable": DISABLE, "enable": ENABLE}
QUESTIONS = {
    "balance", "equity", "worst", "position", "stop", "margin", "orders", "trade", "bars", "commission", "floor",
    "kill",
}  # fmt: skip
SETTINGS = ("instrument", "venue", "account", *limited.WORDS)
RISK_VERBS = {"kill": SWITCH, "re-arm": LOWER, "mismatch": MISMATCH, "matched": MATCHED, "skew": SKEW}
LIFETIMES = {"fok": 1, "ioc": 2}
REASON_NUMBERS = {name: number for number, (name, _) in refusals.REASONS.items()}
REASON_OF_END = {FILLED, FINANCING}


@dataclass
class Line:
    """One line of a scenario."""

    number: int
    words: list[str]
    facts: list[str] = field(default_factory=list)


@dataclass
class Group:
    """One price or clock event, the verbs given when it was seen, and what was expected of it."""

    ts: int
    row: Line
    verbs: list[Line] = field(default_factory=list)
    expected: list[Line] = field(default_factory=list)


@dataclass
class Scenario:
    """A sentence and what happens."""

    path: Path
    title: str
    setting: list[Line]
    groups: list[Group] = field(default_factory=list)

    def __str__(self):
        """It is known by file and sentence."""
        return f"{self.path.stem}: {self.title}"


def scenarios(folder=FOLDER):
    """Return every scenario of the folder."""
    return [one for path in sorted(folder.glob("*.txt")) for one in parse(path)]


def parse(path):
    """Return the scenarios in the file `path`."""
    shared, found = [], []
    for number, raw in enumerate(path.read_text().splitlines(), 1):
        text = re.split(r"(?:^|\s)#\s", raw)[0].strip()
        if not text:
            continue
        if text.startswith("=="):
            found.append(Scenario(path, text[2:].strip(), list(shared)))
            continue
        head, *facts = [part.strip() for part in text.split(";")]
        line = Line(number, head.split(), facts)
        if line.words[0] in SETTINGS:
            (found[-1].setting if found else shared).append(line)
        elif line.words[0] == "->":
            found[-1].groups[-1].expected.append(Line(number, line.words[1:], facts))
        elif line.words[0][0].isdigit() or line.words[0] in DAYS:
            found[-1].groups.append(Group(*_moment(line)))
        else:
            found[-1].groups[-1].verbs.append(line)
    return found


def _moment(line):
    """Return the time a line begins with, and the line without it."""
    words = list(line.words)
    date = WEDNESDAY - 2 + DAYS.index(words.pop(0)) if words[0] in DAYS else WEDNESDAY
    hours, minutes, *seconds = words.pop(0).split(":")
    ts = date * DAY_NS + int(hours) * HOUR + int(minutes) * MINUTE
    ts += int(Decimal(seconds[0]) * SECOND) if seconds else 0
    return int(ts), Line(line.number, words, line.facts)


def _pairs(words):
    """Return words as a mapping of each first to each second."""
    assert len(words) % 2 == 0, f"names and values do not pair up: {' '.join(words)}"
    return dict(zip(words[::2], words[1::2], strict=True))


def _instrument(words, known):
    """Return the instrument that a setting line describes, over what an earlier line of its name said."""
    name, *rest = words
    fields = _pairs(rest)
    result = known.get(name, Instrument(name))
    for key, value in fields.items():
        if key in ("commission", "swap"):
            kind, *numbers = value.split("/")
            parts = [float(part) if part[-1].isdigit() else part for part in numbers]
            result = replace(result, **{key: (kind, *parts)})
        elif key == "margin":
            result = replace(result, margin=float(Decimal(value.rstrip("%")) / 100))
        elif key in ("currency", "converts"):
            result = replace(result, **{key: value})
        elif key in ("inverse", "tradable"):
            result = replace(result, **{key: value == "yes"})
        else:
            name_of = {"min": "minimum", "max": "maximum"}.get(key, key)
            result = replace(result, **{name_of: Decimal(value)})
    return result


def _setting(key, value):
    """Return the field and the value that a word pair of a venue or account line means."""
    if key == "mode":
        return key, MODES.index(value)
    if key == "method":
        return key, sizing.METHODS.index(value)
    if value.endswith("ms"):
        return key, int(value[:-2]) * 1_000_000
    return key, float(value) if "." in value else int(value)


def _world(scenario):
    """Return the world of a scenario."""
    instruments, settings, account = {}, {}, {"balance": "100000", "currency": "USD"}
    for line in scenario.setting:
        kind, *words = line.words
        if kind == "instrument":
            instruments[words[0]] = _instrument(words, instruments)
        elif kind == "account":
            account |= _pairs(words)
        elif kind == "venue":
            settings |= dict(_setting(*pair) for pair in _pairs(words).items())
    listed = list(instruments.values()) or [Instrument()]
    rules = [line.words for line in scenario.setting if line.words[0] in limited.WORDS]
    timeframes = (86_400, 300, 60) if rules else (86_400, 60)
    series = tuple((number, seconds) for number in range(len(listed)) for seconds in timeframes)
    world = World(listed, account["currency"], Decimal(account["balance"]), series, settings=settings)
    limited.hold(world, rules)
    return world


class Play:
    """A scenario being played: the scripted strategy, the runner, and what came out."""

    def __init__(self, scenario):
        """Nothing has happened yet."""
        self.world = _world(scenario)
        self.script = defaultdict(list)
        self.labels = {}
        self.outcome = []
        self.read = {"events": 0, "commands": 0, "trades": 0, "risk": 0}
        handlers = {"on_quote": self.on_quote, "on_bar": self.on_bar}
        strategy = Strategy(
            "scripted",
            scenario.path,
            "",
            ModuleType("scripted"),
            _NoParams,
            memory(unused=int),
            (),
            handlers,
            {"on_bar": 0},
        )
        self.world.show([strategy])
        everything = Slot(strategy, _NoParams(), range(len(self.world.instruments)), 60)
        self.journal = MemoryJournal()
        self.runner = Runner(self.world.state, self.world.venue, [everything], self.journal)

    def on_quote(self, state, instrument, _memory, _params):
        """The verbs written under this quote are given."""
        self.give(state, ("quote", int(instrument.quoted_at), int(instrument.instrument)))

    def on_bar(self, state, closed, _memory, _params):
        """The verbs written under this bar are given."""
        self.give(state, ("bar", closed.close_time, closed.instrument))

    def give(self, state, key):
        """The verbs scripted for `key` are given."""
        for line in self.script.pop(key, ()):
            self.verb(state, line.words, key[2])

    def order(self, name):
        """Return the id of the order called `name`, such as `dip`, `dip.stop` or `dip.target`."""
        label, _, leg = name.partition(".")
        wanted = f"{label} {leg}" if leg else label
        return next(number for number, known in self.labels.items() if known == wanted)

    def verb(self, state, words, owner):
        """One verb is given."""
        name, *rest = words
        names = [one.name for one in self.world.instruments]
        if rest and rest[0] in names:
            owner = names.index(rest.pop(0))
        instrument = self.world.instruments[owner]
        if name == "repeat":
            for _ in range(int(rest[0])):
                self.verb(state, rest[1:], owner)
        elif name in ("buy", "sell"):
            self.enter(state, name, rest, owner)
        elif name == "reduce_only":
            self.reduce_only(state, rest, owner)
        elif name in ("target", "reduce"):
            self.label(getattr(verbs, name)(state, owner, float(rest[0])))
        elif name == "cancel_all":
            verbs.cancel_all(state, owner)
        elif name == "close":
            self.label(verbs.close(state, owner, _reason(rest, "signal")))
        elif name == "cancel":
            verbs.cancel(state, self.order(rest[0]), _reason(rest[1:], "cancel requested"))
        elif name == "replace":
            fields = {"price": "0", "trigger": "0", "lots": "0"} | _pairs(rest[1:])
            price, trigger = instrument.ticks(fields["price"]), instrument.ticks(fields["trigger"])
            verbs.replace(state, self.order(rest[0]), price, trigger, float(fields["lots"]))
        elif name == "move_stop":
            verbs.move_stop(state, owner, instrument.ticks(rest[0]))
        else:
            raise AssertionError(f"unknown verb {name}")

    def enter(self, state, name, rest, owner):
        """An order to buy or sell is given."""
        lots, *words = rest
        fields = _pairs(words)
        label = fields.pop("as", None)
        instrument = self.world.instruments[owner]
        lifetime = LIFETIMES.get(fields.pop("lifetime", ""), 0)
        expires = fields.pop("expires", None)
        moment = _moment(Line(0, [*expires.split("_"), "x"]))[0] if expires else 0
        prices = {key: instrument.ticks(value) for key, value in fields.items()}
        unknown = prices.keys() - {"price", "trigger", "stop_loss", "take_profit", "trail"}
        assert not unknown, f"unknown words {unknown}"
        found = getattr(verbs, name)(
            state, owner, 0.0 if lots == "sized" else float(lots), prices.get("price", 0), prices.get("trigger", 0),
            prices.get("stop_loss", 0), prices.get("take_profit", 0), prices.get("trail", 0), moment, lifetime,
        )  # fmt: skip
        self.label(found, label)

    def reduce_only(self, state, rest, owner):
        """A market order that may only reduce is given to the gate, whatever the position is."""
        side, steps = 1 if rest[0] == "buy" else -1, self.world.instruments[owner].steps(rest[1])
        self.label(doors.reduce_only(state, owner, side, steps))

    def label(self, found, label=None):
        """The new order and its attached orders have names."""
        if found <= 0:
            return
        self.labels[int(found)] = label or f"#{found}"
        state = self.world.state[0]
        for row in range(int(state["order_count"])):
            order = state["orders"][row]
            if order["parent"] == found:
                self.labels[int(order["id"])] = f"{label or f'#{found}'} {('', 'stop', 'target')[order['role']]}"

    def play(self, group, *, last):
        """The event of `group` is applied and, if it is the last of its instant, seen by the strategy."""
        event = self.event(group)
        if group.verbs:
            kind = "quote" if event[0]["span"] == 0 else "bar"
            self.script[kind, group.ts, int(event[0]["instrument"])] += group.verbs
        self.runner.apply(event)
        if last:
            self.runner.apply(clock(group.ts))
        self.runner.flush()
        self.collect()

    def event(self, group):
        """Return the event of `group`."""
        kind, *words = group.row.words
        names = [one.name for one in self.world.instruments]
        owner = names.index(words.pop(0)) if words and words[0] in names else 0
        instrument = self.world.instruments[owner]
        if kind == "quote":
            return quote(group.ts, owner, *(instrument.ticks(word) for word in words))
        if kind == "bar":
            prices, spreads = words[:4], words[5:] if len(words) > 4 else ["0"]
            spreads = spreads * 4 if len(spreads) == 1 else spreads
            return bar(group.ts, owner, [instrument.ticks(w) for w in prices], [instrument.ticks(w) for w in spreads])
        if kind == "day":
            return day(group.ts)
        if kind == "clock":
            return clock(group.ts, CLOCK, clock=int(words[0]), week=int(words[1]) if len(words) > 1 else 0)
        if kind == "session":
            opens, closes = (_moment(Line(0, [*word.split("_"), "x"]))[0] for word in words[1:3])
            fields = {"session": int(words[0]), "opens": opens, "closes": closes, **_numbers(words[3:])}
            return clock(group.ts, SESSION, instrument=owner, **fields)
        if kind in RISK_VERBS:
            return clock(group.ts, OPERATOR, verb=RISK_VERBS[kind], **_numbers(words))
        if kind in ("tighten", "tomorrow"):
            reference = limited.give(self.world, words, later=kind == "tomorrow")
            told = {} if kind == "tomorrow" else {"kind": OPERATOR, "verb": TAKE_LIMITS, "reference": reference}
            return clock(group.ts, **told)
        if kind in OPERATOR_VERBS:
            return clock(group.ts, OPERATOR, verb=OPERATOR_VERBS[kind])
        if kind == "dividend":
            return clock(group.ts, DIVIDEND, instrument=owner, price=instrument.ticks(words[0]))
        if kind in ("hours", "news"):
            moments = [_moment(Line(0, [word, "x"]))[0] for word in words if word != "lock"]
            fields = dict(zip(("opens", "closes", "lock_opens", "lock_closes"), moments, strict=False))
            return clock(group.ts, SESSION if kind == "hours" else NEWS, instrument=owner, **fields)
        if kind == "time":
            return clock(group.ts)
        if kind == "report":
            return self.report(group.ts, words)
        if kind in ("hold", "release"):
            who = -1 if words[:1] == ["all"] else owner
            bit = REASON_NUMBERS[" ".join(word for word in words if word != "all")] - refusals.STARTING
            verb = HOLD if kind == "hold" else RELEASE
            return clock(group.ts, OPERATOR, verb=verb, instrument=who, level=1 << bit)
        if kind == "forget":
            self.forget(self.order(words[0]))
            return clock(group.ts)
        raise AssertionError(f"unknown row {kind}")

    def report(self, ts, words):
        """Return what a broker reports: `report dip filled buy 1 at 39990 because ...`; its order, or `none`, first."""
        text, _, reason = " ".join(words[1:]).partition(" because ")
        kinds = {name: number for number, name in EVENT_KINDS.items()}
        name = max((one for one in kinds if text.startswith(one)), key=len)
        instrument = self.world.instruments[0]
        said = re.fullmatch(r"(?:(buy|sell) (\S+) at (\S+))?(?:amount (\S+))?", text[len(name) :].strip())
        side, lots, price, amount = said.groups()
        fields = {"order": 0 if words[0] == "none" else self.order(words[0]), "reason": REASON_NUMBERS[reason]}
        if side:
            fields |= {"side": 1 if side == "buy" else -1, "quantity": instrument.steps(lots)}
            fields["price"] = instrument.ticks(price)
        if amount:
            fields["amount"] = self.world.minor(amount)
        return clock(ts, kinds[name], occurred=ts, **fields)

    def forget(self, order):
        """The venue has lost the order, as brokers sometimes do."""
        venue = self.world.venue[0]
        orders, count = venue["orders"], int(venue["order_count"])
        row = int(np.flatnonzero(orders["id"][:count] == order)[0])
        venue["instruments"]["working"][orders[row]["instrument"]] -= 1
        orders[row : count - 1] = orders[row + 1 : count].copy()
        venue["order_count"] = count - 1

    def collect(self):
        """What the journal has new stands in `outcome`: (text, facts)."""
        for report in self.new("events"):
            if report["kind"] in SPOKEN:
                self.outcome.append(self.spoken(report))
        for command in self.new("commands"):
            if command["kind"] == REFUSED_COMMAND and not self.world.state[0]["ruled"]:
                self.outcome.append((f"refused: {refusals.REASONS[command['reason']][0]}", {}))
        for row in self.new("risk"):
            name = refusals.REASONS[row["rule"]][0]
            if row["action"] == REFUSE:
                self.outcome.append((f"refused: {name}", {}))
            else:
                names = [one.name for one in self.world.instruments]
                facts = {"value": Decimal(str(row["value"])), "limit": Decimal(str(row["limit"]))}
                facts["instrument"] = names[row["instrument"]] if row["instrument"] >= 0 else "all"
                facts["order"] = self.labels.get(int(row["order"]), "none")
                self.outcome.append((f"{RISK_ACTIONS[row['action']]}: {name}", facts))

    def new(self, log):
        """Return the rows of a log that have not been read."""
        found = rows(self.journal, log)[self.read[log] :]
        self.read[log] += len(found)
        return found

    def spoken(self, report):
        """Return the sentence and the facts of a report."""
        kind, instrument = report["kind"], self.world.instruments[report["instrument"]]
        who = self.labels.get(int(report["order"]), "the position")
        reason = refusals.REASONS[report["reason"]][0]
        price, lots = instrument.price(report["price"]), instrument.lots(report["quantity"])
        side = "buy" if report["side"] > 0 else "sell"
        facts = {"order": who, "at": _clock_text(int(report["occurred"])), "instrument": instrument.name, "lots": lots}
        if kind == FILLED:
            facts["commission"] = self.world.amount(report["amount"])
            facts["slippage"] = instrument.price(report["slippage"])
            facts["spread"] = instrument.price(report["spread"])
            tail = " ambiguous" if report["ambiguous"] else ""
            return f"filled {side} {_plain(lots)} at {_plain(price)} {reason}{tail}", facts
        if kind == FINANCING:
            return f"{reason} {_plain(self.world.amount(report['amount']))}", facts
        if kind == REPLACED:
            return f"replaced {who} at {_plain(price)} {reason}".strip(), facts
        ended = f"{EVENT_KINDS[int(kind)]} {who}"
        if kind == CORRECTED:
            return f"{reason} {_plain(self.world.amount(report['amount']))}", facts
        if kind == REJECTED and reason:
            return f"{ended}: {reason}", facts
        return f"{ended}: {reason}" if kind in (CANCELLED, CANCEL_REJECTED, REPLACE_REJECTED) else ended, facts

    def answer(self, words):
        """Return what the state says to a question."""
        state, what = self.world.state[0], words[0]
        account = state["account"]
        names = [one.name for one in self.world.instruments]
        owner = names.index(words[1]) if len(words) > 1 and words[1] in names else 0
        instrument = self.world.instruments[owner]
        if what == "position":
            return instrument.lots(state["positions"][owner]["quantity"])
        if what == "stop":
            legs = state["orders"][: state["order_count"]]
            found = legs[(legs["role"] == STOP_LOSS) & (legs["instrument"] == owner)]
            return instrument.price(found[0]["trigger"] if len(found) else 0)
        if what == "orders":
            return Decimal(int(state["order_count"]))
        if what == "bars":
            return Decimal(int(state["series"][int(state["instruments"][owner]["series_first"])]["bars"]))
        if what == "kill":
            return Decimal(int(state["risk"]["kill"]))
        if what == "floor":
            return self.world.amount(state["risk"]["floors"][int(words[1])]["floor"])
        cash = {
            "balance": account["balance"],
            "equity": account["balance"] + account["unrealised"],
            "worst": account["balance"] + account["adverse"],
            "margin": account["margin"],
            "commission": account["commission"],
        }
        return self.world.amount(cash[what])

    def newest_trade(self):
        """Return the newest trade as facts."""
        trade = rows(self.journal, "trades")[-1]
        instrument = self.world.instruments[trade["instrument"]]
        facts = {name: self.world.amount(trade[name]) for name in ("risk", "gross", "commission", "financing")}
        facts |= {
            name.removesuffix("_cost"): self.world.amount(trade[name]) for name in ("spread_cost", "slippage_cost")
        }
        facts |= {name.removesuffix("_price"): instrument.price(trade[name]) for name in ("worst_price", "best_price")}
        facts |= {"lots": instrument.lots(trade["quantity"]), "ambiguous": Decimal(int(trade["ambiguous"]))}
        facts["entry"] = instrument.price(trade["entry_cost"]) / int(trade["quantity"])
        return ("long" if trade["side"] > 0 else "short") + f" {refusals.REASONS[trade['reason']][0]}", facts


def _numbers(words):
    """Return pairs of words as fields of an event."""
    return {name: int(value) for name, value in _pairs(words).items()}


def _reason(words, otherwise):
    """Return the number of the reason after `because`."""
    return REASON_NUMBERS[" ".join(words[1:]) or otherwise]


SPOKEN = {
    CANCELLED, CANCEL_REJECTED, CORRECTED, EXPIRED, FILLED, FINANCING, REJECTED, REPLACED, REPLACE_REJECTED, TRIGGERED,
}  # fmt: skip


def _clock_text(ts):
    return str(np.datetime64(ts, "ns").astype("datetime64[ms]"))[11:]


def _plain(value):
    """Return a number as short text: 42002.50 is 42002.5."""
    return f"{Decimal(value).normalize():f}"


def _same(word):
    """Return a word in a form that makes equal numbers equal."""
    try:
        return _plain(word)
    except InvalidOperation:
        return word


def check(play, group):
    """What came of the group is what was expected of it."""
    where = group.row.number
    for line in group.expected:
        wanted = " ".join(_same(word) for word in line.words)
        if line.words[0] == "trade":
            text, facts = play.newest_trade()
            got = f"trade {text}"
        elif line.words[0] in QUESTIONS:
            got, facts = " ".join([*line.words[:-1], _plain(play.answer(line.words))]), {}
        else:
            text, facts = play.outcome.pop(0) if play.outcome else ("nothing", {})
            got = " ".join(_same(word) for word in text.split())
        assert got == wanted, f"line {line.number}: expected `{wanted}`, got `{got}`"
        for fact in line.facts:
            name, _, value = fact.partition(" ")
            assert _same(str(facts[name])) == _same(value), f"line {line.number}: {name} is {facts[name]}, not {value}"
    rest = [text for text, _ in play.outcome]
    assert not rest, f"after line {where} nobody expected {rest}"


def perform(scenario):
    """The scenario is played and everything happened as written; return the play."""
    play = Play(scenario)
    held = []
    for index, group in enumerate(scenario.groups):
        following = scenario.groups[index + 1] if index + 1 < len(scenario.groups) else None
        last = following is None or following.ts != group.ts or bool(group.verbs or group.expected)
        play.play(group, last=last)
        held.append(group)
        if last:
            check(play, group)
    assert play.world.state[0]["illegal"] == 0, "the lifecycle table was violated"
    positions = play.world.state[0]["positions"]
    assert not positions[len(play.world.instruments) : INSTRUMENTS]["quantity"].any()
    return play
