"""Fifty strategies and functions that see the future, all caught; fifty tempting look-alikes, all passed."""

import pytest
from zoo_market import CLEAN, LEAKS, SHIPPED, STRATEGY_POINTS, market, points_for

from tradewind.requests import strategy_path
from tradewind.research.causality.certificate import certify
from tradewind.research.causality.fresh import Fresh


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    """Give a function that certifies a file of the zoo, and print what that took in the end."""
    history, request = market(tmp_path_factory.mktemp("zoo"))
    seconds = {}
    with Fresh() as fresh:

        def judge(path):
            document = certify(str(path), request, history, fresh=fresh, points=points_for(path))
            seconds[path.stem] = document["seconds"]
            return document

        yield judge
    slowest = sorted(seconds.items(), key=lambda one: -one[1])
    whole = sum(seconds.values())
    print(f"\n{len(seconds)} certificates, {whole:.1f} s, {whole / max(1, len(seconds)):.2f} s each")
    print("slowest: " + ", ".join(f"{name} {value:.2f} s" for name, value in slowest[:6]))


def test_there_are_fifty_of_each():
    """The zoo is as large as it says."""
    assert len(LEAKS) == 50
    assert len(CLEAN) + len(SHIPPED) == 50


@pytest.mark.parametrize("path", LEAKS, ids=lambda path: path.stem)
def test_a_leak_is_caught(zoo, path):
    """The verdict is leak, and a decision, its moment and what changed are named."""
    document = zoo(path)
    broken = [test["broke"] for test in document["tests"] if not test["passed"]]
    print(f"{document['seconds']:.2f} s, {', '.join(test['name'] for test in document['tests'] if not test['passed'])}")

    assert document["verdict"] == "leak"
    assert all({"decision", "made_at", "was", "became", "moment", "what_changed"} <= set(one) for one in broken)


@pytest.mark.parametrize("path", [*CLEAN, *map(strategy_path, SHIPPED)], ids=lambda path: path.stem)
def test_a_clean_one_passes(zoo, path):
    """The verdict is causal, and every test had something to try."""
    document = zoo(path)
    print(f"{document['seconds']:.2f} s, {document['decisions']} decisions, warm-up: {document['warm_up']['says']}")

    assert document["verdict"] == "causal", document
    assert document["tests"][0]["points"] >= STRATEGY_POINTS // 2
    assert document["decisions"] > 0 or path.stem in SHIPPED
