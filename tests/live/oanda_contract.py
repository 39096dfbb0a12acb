"""Answers held against OANDA's own contract (Swagger 2.0, v3.0.25): every field known, every field of its type.

The contract is of 2018. What real answers have beside it (seen in the recorded fixtures) is named in `BEYOND`.
"""

import json
import re
from functools import cache

import jsonschema

from live.simulated_oanda import FIXTURES

CONTRACT = FIXTURES / "v20-openapi.json"
BEYOND = {
    "OrderFillTransaction": {"requestedUnits"},
    "ClientPrice": {"timestamp"},
    "Instrument": {"tags", "financing", "guaranteedStopLossOrderMode"},
    "TradeReduce": {"clientTradeID"},
    "StopLossOrderRejectTransaction": {"orderFillTransactionID"},
}
"""Fields of real answers that the contract does not know, by definition."""

ALWAYS_TOLD = {"relatedTransactionIDs": {"type": "array"}, "lastTransactionID": {"type": "string"}}
"""Of a refusal, whether the contract says so for the operation or not."""


@cache
def contract():
    """Return the contract, with every definition closed to fields it does not know."""
    document = json.loads(CONTRACT.read_text(encoding="utf-8"))
    for name, definition in document["definitions"].items():
        if definition.get("properties") and name not in ("Order", "Transaction", "OrderRequest"):
            for beyond in BEYOND.get(name, ()):
                definition["properties"][beyond] = {}
            definition["additionalProperties"] = False
    return document


def check(name, document):
    """Raise where a document is not of the definition."""
    _fits({"$ref": f"#/definitions/{name}"}, document, name)


def _fits(schema, document, name):
    """Raise AssertionError, in one line, where a document is not of a schema."""
    validator = jsonschema.Draft4Validator({**schema, "definitions": contract()["definitions"]})
    wrong = jsonschema.exceptions.best_match(validator.iter_errors(document))
    if wrong is not None:
        raise AssertionError(f"{name}: {'/'.join(map(str, wrong.absolute_path))}: {wrong.message[:300]}")


def transaction_definition(transaction):
    """Return the name of the definition that a transaction must fit."""
    words = transaction["type"].split("_")
    return "".join(word.capitalize() for word in words) + "Transaction"


ORDERS = {
    "MARKET": "MarketOrder",
    "LIMIT": "LimitOrder",
    "STOP": "StopOrder",
    "MARKET_IF_TOUCHED": "MarketIfTouchedOrder",
    "TAKE_PROFIT": "TakeProfitOrder",
    "STOP_LOSS": "StopLossOrder",
    "TRAILING_STOP_LOSS": "TrailingStopLossOrder",
}


def check_parts(document):
    """Raise where a transaction or an order anywhere in a document is not of the definition of its own type."""
    if isinstance(document, list):
        for one in document:
            check_parts(one)
    if not isinstance(document, dict):
        return
    if "accountID" in document and "batchID" in document:
        check(transaction_definition(document), document)
    elif "createTime" in document and document.get("type") in ORDERS:
        check(ORDERS[document["type"]], document)
    for one in document.values():
        check_parts(one)


def operation(method, path):
    """Return an operation's name and its description in the contract."""
    below = path.removeprefix("/v3")
    paths = sorted(contract()["paths"], key=lambda one: one.count("{"))
    for each in paths:
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each), below) and method.lower() in contract()["paths"][each]:
            return f"{method} {each}", contract()["paths"][each][method.lower()]
    raise AssertionError(f"the contract has no {method} {below}")


def check_answer(method, path, status, body):
    """Raise where an answer is not what the contract says of the operation and the status."""
    name, described = operation(method, path)
    # A request without meaning is 400 everywhere, though the contract forgets it for some lists.
    stated = {"400": {"$ref": "#/responses/400"}, **described["responses"]}
    assert str(status) in stated, f"{name} may not answer {status}"
    response = stated[str(status)]
    if "$ref" in response:
        response = contract()["responses"][response["$ref"].rpartition("/")[2]]
    schema = {**response.get("schema", {}), "additionalProperties": False}
    if status >= 400:
        schema["properties"] = {**ALWAYS_TOLD, **schema["properties"]}
    _fits(schema, body, f"{name} {status}")
    check_parts(body)
