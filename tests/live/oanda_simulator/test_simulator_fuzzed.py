"""Schemathesis asks whatever OANDA's contract allows and what it does not: no answer breaks the contract.

Every operation that is no stream is asked a bounded number of times; `make soak` asks more.
"""

import json

import pytest
from desk_cases import HAS_CONTRACT, NUMBER

from live.oanda_contract import CONTRACT, check_answer
from live.simulated_oanda import simulated_oanda

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
from hypothesis import HealthCheck, Phase, given, settings  # noqa: E402 - only where it is used

pytestmark = [
    pytest.mark.skipif(not HAS_CONTRACT, reason="no vendor files: OANDA's contract is not here"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]

EXAMPLES, MANY = 10, 300
NOT_OFFERED = ("/users", "/pricing", "/instruments/{instrument}/price", "orderBook", "positionBook")
"""What OANDA has taken off since, or what we have nothing to tell of."""


SENSIBLE = {
    "type": "object",
    "required": ["type", "instrument", "units", "price"],
    "properties": {
        "type": {"enum": ["MARKET", "LIMIT", "STOP", "MARKET_IF_TOUCHED"]},
        "instrument": {"enum": ["EUR_USD"]},
        "units": {"type": "string", "pattern": "^-?[1-9][0-9]{0,3}$"},
        "price": {"type": "string", "pattern": "^1\\.0[0-9]{4}$"},
        "positionFill": {"enum": ["DEFAULT", "OPEN_ONLY", "REDUCE_ONLY", "REDUCE_FIRST"]},
    },
    "additionalProperties": False,
}
"""Orders a venue can take; chance alone never makes one."""


def operations():
    """Return the contract for schemathesis, and the operations that are asked."""
    document = json.loads(CONTRACT.read_text(encoding="utf-8"))
    for name in list(document["paths"]):
        if name.startswith(NOT_OFFERED[:3]) or name.endswith(("/stream", *NOT_OFFERED[3:])):
            del document["paths"][name]
    for methods in document["paths"].values():
        for described in methods.values():
            for parameter in described["parameters"]:
                if "order" in parameter.get("schema", {}).get("properties", {}):
                    parameter["schema"] |= {"required": ["order"], "additionalProperties": False}
    # The contract lets an account or an instrument be any text; nearly nothing would be asked of the one there is.
    document["parameters"]["accountIDPathParam"]["enum"] = [NUMBER]
    document["parameters"]["instrumentNamePathParam"]["enum"] = ["EUR_USD", "XAU_USD", "BTC_USD"]
    document["parameters"]["orderSpecifierPathParam"]["enum"] = ["1", "3", "@x", "99999", "-1", "ALL"]
    document["parameters"]["tradeSpecifierPathParam"]["enum"] = ["4", "@x", "99999", "0"]
    kinds = ("Market", "Limit", "Stop", "MarketIfTouched", "TakeProfit", "StopLoss", "TrailingStopLoss")
    wild = [{"$ref": f"#/definitions/{kind}OrderRequest"} for kind in kinds]
    document["definitions"]["OrderRequest"] = {"anyOf": [SENSIBLE, *wild]}
    return schemathesis.openapi.from_dict(document)


def asking(venue, operation, examples, answered):
    """Return a function that asks one operation so many things; `answered` grows by the status of each answer."""
    path = f"/v3{operation.path.removeprefix('/v3')}"

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def ask(case):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {venue.token}"}
        response = case.call(base_url=f"{venue.url}/v3")
        answered.append(response.status_code)
        assert response.status_code < 500, response.text
        if response.status_code not in (403, 404, 405):
            check_answer(case.method, path, response.status_code, response.json())

    return ask


def ask_everything(examples):
    """Return the statuses of all answers; raises where one is wrong."""
    answered = []
    with simulated_oanda() as venue:
        for found in operations().get_all_operations():
            operation = found.ok()
            asking(venue, operation, examples * (5 if operation.method == "post" else 1), answered)()
    return answered


def test_no_request_breaks_the_contract():
    answered = ask_everything(EXAMPLES)

    assert len(answered) > 200
    assert {200, 201, 400, 404} <= set(answered)


@pytest.mark.soak
def test_no_request_of_very_many_breaks_the_contract():
    assert len(ask_everything(MANY)) > 5000
