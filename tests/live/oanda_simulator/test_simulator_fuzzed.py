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


def operations():
    """Return the contract for schemathesis, and the operations that are asked."""
    document = json.loads(CONTRACT.read_text(encoding="utf-8"))
    for name in list(document["paths"]):
        if name.endswith("/stream") or name.startswith(NOT_OFFERED[:3]) or name.endswith(NOT_OFFERED[3:]):
            del document["paths"][name]
    # The contract lets an account or an instrument be any text; nearly nothing would be asked of the one there is.
    document["parameters"]["accountIDPathParam"]["enum"] = [NUMBER]
    document["parameters"]["instrumentNamePathParam"]["enum"] = ["EUR_USD", "XAU_USD", "BTC_USD"]
    document["parameters"]["orderSpecifierPathParam"]["enum"] = ["1", "3", "@x", "99999", "-1", "ALL"]
    document["parameters"]["tradeSpecifierPathParam"]["enum"] = ["4", "@x", "99999", "0"]
    document["definitions"]["OrderRequest"] = {
        "anyOf": [
            {"$ref": f"#/definitions/{kind}OrderRequest"}
            for kind in ("Market", "Limit", "Stop", "MarketIfTouched", "TakeProfit", "StopLoss", "TrailingStopLoss")
        ]
    }
    return schemathesis.openapi.from_dict(document)


def ask_everything(examples):
    """Return how many requests were answered; raises where one of the answers is wrong."""
    answered = 0
    with simulated_oanda() as venue:
        for found in operations().get_all_operations():
            operation = found.ok()
            path = f"/v3{operation.path}".replace("/v3/v3", "/v3")

            @settings(
                max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            @given(case=operation.as_strategy())
            def ask(case, path=path):
                nonlocal answered
                case.headers = {**(case.headers or {}), "Authorization": f"Bearer {venue.token}"}
                response = case.call(base_url=f"{venue.url}/v3")
                answered += 1
                assert response.status_code < 500, response.text
                if response.status_code not in (403, 405, 404):
                    check_answer(case.method, path, response.status_code, response.json())

            ask()
    return answered


def test_no_request_breaks_the_contract():
    assert ask_everything(EXAMPLES) > 200


@pytest.mark.soak
def test_no_request_of_very_many_breaks_the_contract():
    assert ask_everything(MANY) > 5000
