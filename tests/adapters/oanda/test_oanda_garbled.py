"""Answers with anything anywhere: we answer or raise what the seam allows, and take no rubbish for a fill."""

import copy
import random

import pytest
from oanda_scripted import Scripted, with_broker
from test_oanda_account import LEGS, TRADE, WORKING, account_with, order
from test_oanda_requests import CREATED, ENTRY, FILL, STOP_MADE, closing

from tradewind.broker import Answer, BrokerRefused, BrokerUnreachable, Cancel, Replace
from tradewind.kernel.records import FILLED

RUBBISH = (
    None,
    True,
    -1,
    10**30,
    0.5,
    "",
    "x",
    "NaN",
    "1e999",
    "-0",
    "9" * 5000,
    [],
    [1],
    {},
    {"id": 1},
    "2023-13-45T99:99:99Z",
)
TIMES = 400


def garbled(document, chance):
    """Return a copy in which one or a few values somewhere are something else, or gone."""
    result = copy.deepcopy(document)
    for _ in range(chance.randint(1, 3)):
        here = result
        while True:
            keys = list(here) if isinstance(here, dict) else list(range(len(here)))
            if not keys:
                break
            key = chance.choice(keys)
            if isinstance(here[key], dict | list) and here[key] and chance.random() < 0.8:
                here = here[key]
                continue
            if isinstance(here, dict) and chance.random() < 0.2:
                del here[key]
            else:
                here[key] = chance.choice(RUBBISH)
            break
    return result


MADE = {"orderCreateTransaction": CREATED, "orderFillTransaction": FILL, "stop": STOP_MADE, "lastTransactionID": "13"}
PICTURE = account_with([*LEGS, WORKING], [TRADE])
LOG = {
    "transactions": [order(11, "TW-1"), dict(FILL, id="12"), *closing("12", 13, "-12").values()],
    "lastTransactionID": "14",
}


@pytest.mark.parametrize("seed", range(4))
def test_an_answer_to_an_order_with_anything_in_it_is_an_answer_of_ours(seed):
    chance = random.Random(seed)

    async def work(broker, script):
        found = []
        for _ in range(TIMES // 4):
            script.says("POST", "/orders", (chance.choice([200, 201, 400, 404, 500]), garbled(MADE, chance)))
            script.says("PUT", "/orders/11/cancel", (chance.choice([200, 404]), garbled(MADE, chance)))
            script.says("PUT", "/trades/12/orders", (chance.choice([200, 400]), garbled(MADE, chance)))
            found.append(await broker.place(ENTRY))
            found.append(await broker.cancel(Cancel(ENTRY.id, "11")))
            found.append(await broker.replace(Replace("S0", "S1", 0, 0, 1_990_000, 12, position="12")))
        return found

    script = Scripted()
    found = with_broker(script, lambda broker: work(broker, script))
    assert all(isinstance(one, Answer) for one in found)
    assert {one.outcome for one in found} >= {"taken", "unknown"}
    fills = [report for one in found for report in one.reports if report.kind == FILLED and report.instrument >= 0]
    assert all(0 < one.quantity <= 2**31 and 0 < one.price <= 2**28 for one in fills)


@pytest.mark.parametrize(
    ("path", "answer", "ask"),
    [
        ("", PICTURE, lambda broker: broker.picture()),
        ("/transactions/sinceid", LOG, lambda broker: broker.since("10")),
        ("/orders/@TW-1", {"order": {"id": "11", "state": "PENDING"}}, lambda broker: broker.find("TW-1")),
    ],
    ids=["picture", "since", "find"],
)
def test_an_answer_to_a_question_with_anything_in_it_is_understood_or_refused(path, answer, ask):
    chance = random.Random(5)

    longest = []

    async def work(broker, script):
        outcomes = []
        for _ in range(TIMES):
            script.says("GET", path, garbled(answer, chance))
            try:
                outcomes.append(type(await ask(broker)).__name__)
            except (BrokerUnreachable, BrokerRefused) as error:
                outcomes.append(type(error).__name__)
                longest.append(len(str(error)))
        return outcomes

    script = Scripted()
    script.says("GET", "/transactions/idrange", {"transactions": [order(10, "TW-1")], "lastTransactionID": "10"})
    outcomes = with_broker(script, lambda broker: work(broker, script))
    assert "BrokerUnreachable" in outcomes
    assert len(set(outcomes)) > 1
    assert max(longest) < 2000
