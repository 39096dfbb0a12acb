"""Every kind of difference is made while the world runs: each is found within one period, once, and none is made up.

`tests/live/desk/test_reconciling.py` looks at the comparison by itself; here the whole trader goes on trading.
"""

from typing import get_args

import plots
import pytest
from test_incidents_orders import Story

from tradewind.broker import BrokerOrder, BrokerPosition, Cancel
from tradewind.kernel.orders import LIMIT
from tradewind.kernel.records import CANCELLED, FILLED, FINANCING
from tradewind.kernel.risk_calendar import SWITCH
from tradewind.trading import reconciling

STEP = 5
MINE, ELSE, LATER = "TWSEAS-1-0-900-E0", "TWELSE-1-0-2-E0", "TWSEAS-99-0-2-E0"


def edited(scene, change):
    """The broker's pictures are what `change` makes of them from now on."""
    honest = scene.broker.picture
    scene.broker.picture = lambda: change(honest())


def first_order(scene, **changed):
    """The first waiting entry is told differently."""
    name = next(iter(scene.broker.orders.values())).number

    def change(picture):
        told = tuple(one._replace(**changed) if one.broker_order == name else one for one in picture.orders)
        return picture._replace(orders=told)

    edited(scene, change)


def more_orders(scene, name):
    """There is an order more."""
    more = BrokerOrder(name, "x9", 0, 1, 1, 0, LIMIT, 390_000)
    edited(scene, lambda picture: picture._replace(orders=(*picture.orders, more)))


def more_positions(scene, name):
    """There is a position more."""
    more = BrokerPosition("x8", name, 0, 1, 400_000.0, 399_000, 0)
    edited(scene, lambda picture: picture._replace(positions=(*picture.positions, more)))


def twice(scene):
    """The first order is there a second time."""
    edited(scene, lambda told: told._replace(orders=(*told.orders, told.orders[0]._replace(broker_order="x7"))))


def order_of(scene):
    """Return a waiting entry of the broker's."""
    return next(iter(scene.broker.orders.values()))


def position_of(scene):
    """Return the position of the broker's."""
    return next(iter(scene.broker.positions.values()))


def lost_order(scene):
    """An order is gone without a word."""
    del scene.broker.orders[order_of(scene).number]


def lost_position(scene):
    """A position is gone without a word."""
    del scene.broker.positions[position_of(scene).number]


def reversed_position(scene):
    """The position is told with the other sign."""
    edited(scene, lambda told: told._replace(positions=tuple(one._replace(quantity=-one.quantity)
                                                             for one in told.positions)))  # fmt: skip


def netted(scene):
    """A broker that nets holds another sum."""
    scene.trader.capabilities = scene.can._replace(position_mode="netting")
    position_of(scene).quantity += 1


def changing(which, **by):
    """Return what changes numbers of the broker's order or position without a word."""

    def change(scene):
        one = which(scene)
        for name, value in by.items():
            setattr(one, name, value(getattr(one, name)))

    return change


KINDS = {
    "order missing": lost_order,
    "order changed": changing(order_of, price=lambda old: old - 50),
    "filled more": changing(order_of, left=lambda old: old - 1),
    "side differs": lambda scene: first_order(scene, side=-1),
    "instrument differs": lambda scene: first_order(scene, instrument=1),
    "order twice": twice,
    "order ended here": lambda scene: more_orders(scene, MINE),
    "newer epoch": lambda scene: more_orders(scene, LATER),
    "order of another desk": lambda scene: more_orders(scene, ELSE),
    "foreign order": lambda scene: more_orders(scene, ""),
    "position missing": lost_position,
    "position larger": changing(position_of, quantity=lambda old: old + 1),
    "position smaller": changing(position_of, quantity=lambda old: old - 1),
    "position reversed": reversed_position,
    "position unknown": lambda scene: more_positions(scene, MINE),
    "position of another desk": lambda scene: more_positions(scene, ELSE),
    "foreign position": lambda scene: more_positions(scene, ""),
    "net position differs": netted,
    "stop missing": changing(position_of, stop=lambda _: 0, stop_id=lambda _: ""),
    "stop differs": changing(position_of, stop=lambda old: old - 10),
    "target missing": changing(position_of, target=lambda _: 0, target_id=lambda _: ""),
    "target differs": changing(position_of, target=lambda old: old + 10),
    "balance differs": lambda scene: setattr(scene.broker, "balance", scene.broker.balance - 7),
    "currency differs": lambda scene: edited(scene, lambda picture: picture._replace(currency="EUR")),
}
"""What makes each kind."""


def world():
    """Return a desk with a position, its stop and target, and entries that wait; it and its broker agree."""
    scene = Story(plots.MANY)
    scene.go(65)
    assert len(scene.broker.orders) >= 4
    assert scene.broker.positions
    assert scene.trader.differences() == []
    assert scene.trader.ready() == {}
    return scene


def within_a_period(scene, question):
    """Return after how many seconds it was so, which is at most a period and the step that ends it."""
    period = scene.trader.timing.picture_every // 1_000_000_000
    for seconds in range(STEP, period + STEP + 1, STEP):
        scene.go(STEP)
        if question():
            return seconds
    raise AssertionError(f"not within {period} s: {scene.trader.differences()}, {scene.trader.ready()}")


def nothing_more(scene):
    """Comparing again, without anything new, adds no event: what is known to differ is dealt with once."""
    scene.go(180)
    before = scene.trader.core.events
    for _ in range(3):
        scene.trader.settling.begin()
        scene.trader.turn(scene.now)
        scene.turn()
    assert scene.trader.core.events == before


def test_every_kind_there_is_has_a_way_to_make_it():
    """A kind that is added and not tried is not known to be found."""
    assert set(KINDS) == set(get_args(reconciling.Kind))


@pytest.mark.parametrize("kind", [kind for kind, make in KINDS.items() if make])
def test_a_difference_made_while_the_world_runs_is_found_within_a_period(kind):
    """By its name; and what puts in question what we may open holds it."""
    scene = world()
    KINDS[kind](scene)

    within_a_period(scene, lambda: kind in {one.kind for one in scene.trader.differences()})

    if kind not in reconciling.HARMLESS:
        assert scene.trader.ready() != {}
        notes = [note for note in scene.disk.log("notes") if note["kind"] in ("difference", kind)]
        assert notes or kind == "stop missing"
        assert any(alert.kind == "reconciliation" for alert in scene.trader.alerts)
    nothing_more(scene)


def missed_fill(scene):
    """An entry filled, and the stream said nothing."""
    price = order_of(scene).price
    scene.broker.price(0, price - 10, price, scene.now)
    return lambda: scene.ours() == scene.theirs() == 4 or len(scene.broker.positions) != 2


def missed_cancel(scene):
    """The broker took an entry back, and the stream said nothing."""
    name = order_of(scene).id
    scene.broker._end(order_of(scene), CANCELLED)
    return lambda: scene.trader.book.find(name) is None


def missed_close(scene):
    """A person closed the position at the broker's screen, and the stream said nothing."""
    scene.broker.close_by_hand(position_of(scene).number)
    return lambda: scene.ours() == 0


def missed_financing(scene):
    """Financing was booked, and the stream said nothing."""
    scene.broker.balance -= 123
    scene.broker.say(FINANCING, id="", instrument=0, amount=-123, position=position_of(scene).number)
    return lambda: int(scene.trader.core.state["account"]["balance"]) == scene.broker.balance


def missed_foreign(scene):
    """Somebody else traded in the account and is out again."""
    for side in (1, -1):
        scene.broker.say(FILLED, id="", instrument=0, side=side, quantity=1, price=400_000, position="x5")
    return lambda: any("none of ours" in one.text for one in scene.trader.alerts)


def lost_outcome(scene):
    """A request went out, and nothing came back of it."""
    scene.requests = False
    return lambda: bool(scene.trader.unknown())


SETTLING = [missed_fill, missed_cancel, missed_close, missed_financing, missed_foreign, lost_outcome]


@pytest.mark.parametrize("miss", SETTLING, ids=lambda one: one.__name__)
def test_what_was_missed_is_recovered_within_a_period_and_booked_once(miss):
    """No difference is left of it: it is asked for before anything is compared."""
    scene = world()
    scene.stream = False
    known = miss(scene)

    within_a_period(scene, known)
    scene.stream = scene.requests = True
    scene.go(120)

    assert scene.ours() == scene.theirs()
    assert scene.trader.differences() == []
    assert scene.trader.unknown() == []
    nothing_more(scene)


def test_there_are_at_least_twenty_five_kinds():
    """Those of the comparison and those that are settled before it."""
    assert len([make for make in KINDS.values() if make]) + len(SETTLING) >= 25


def cycles(count):
    """So many comparisons of a desk that trades and a broker that tells everything find nothing."""
    scene = Story(plots.ENDLESS)
    scene.go(30)
    honest, pictures = scene.broker.picture, []

    def picture():
        pictures.append(scene.now)
        return honest()

    scene.broker.picture = picture
    while len(pictures) < count:
        # What the spread costs the market gives back, or the loss limits would end the trading.
        scene.price = 400_010 if scene.ours() else 400_000
        scene.go(STEP)
        assert scene.trader.differences() == []
        assert [one for one in scene.trader.alerts if one.kind == "reconciliation"] == []
        scene.trader.fills.clear()
        scene.disk.commits.clear()
    print(f"{len(pictures)} comparisons, {len(scene.entries())} entries")
    assert len(scene.entries()) > count / 10  # five hundred messages a day are allowed: then it is slower


def test_three_hundred_clean_cycles_raise_no_false_alarm():
    """The desk trades at every bar meanwhile."""
    cycles(300)


@pytest.mark.soak
def test_ten_thousand_clean_cycles_raise_no_false_alarm():
    """T16 of the target figures."""
    cycles(10_000)


def test_a_position_that_is_not_there_is_not_closed_again_and_again():
    """Every close is refused: after three the next waits, twice as long each time, and a person is told."""
    scene = world()
    lost_position(scene)
    scene.trader.order(scene.trader.core.operate(SWITCH, level=3))
    scene.go(20 * 60)

    closes = [one for one in scene.sent if getattr(one, "reduce_only", False)]
    assert 3 <= len(closes) <= 30
    assert any("repeated more slowly" in one.text for one in scene.trader.alerts)


def test_a_cancel_that_is_refused_is_asked_about_and_not_repeated_at_every_event():
    """The kill switch wants an entry gone that is not there: at most five messages, and it ends."""
    scene = world()
    name = order_of(scene).id
    lost_order(scene)
    scene.go(20 * 60)

    assert len([one for one in scene.sent if isinstance(one, Cancel) and one.id == name]) <= 5
    assert scene.trader.book.find(name) is None
    assert scene.trader.differences() == []


def test_a_stop_that_the_broker_trails_is_no_difference():
    """Its level is the broker's to move."""
    scene = world()
    stop = next(one for one in scene.trader.book.tickets.values() if one.id == position_of(scene).stop_id)
    scene.trader.row(stop.order)["trail"] = 500
    position_of(scene).stop += 25
    scene.go(90)

    assert scene.trader.differences() == []
