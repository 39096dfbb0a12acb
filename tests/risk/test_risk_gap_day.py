"""Gold on 29 January 2026, when it fell 440 dollars in half an hour, under every pack: what the gate did, line by line.

`gap_day/29_january.txt` has a part for each account: a title, how it was run, then a line for each thing that happened,
the time in UTC first. What stands after a # is why. The bars are real, so that without them there is nothing to test.
"""

import os
from pathlib import Path

import pytest

from tradewind.adapters.parquet import History
from tradewind.data.importers import Wishes
from tradewind.data.intake import take_in
from tradewind.modes import backtest
from tradewind.requests import backtest_request
from tradewind.risk.declared import PACKS
from tradewind.runs import finish
from tradewind.settings import Settings

HERE = Path(__file__).parent / "gap_day"
DATA = Path(os.environ.get("TRADEWIND_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
BARS = DATA / "XAUUSD_M1_mt5ny_bid_20251203_20260220.parquet"
PERIOD = ("2026-01-05", "2026-01-29T23:30")
"""From three weeks before, so that fourteen day bars are known, until every clock has begun a new day."""

pytestmark = pytest.mark.skipif(
    not BARS.exists() and os.environ.get("TRADEWIND_REQUIRE_DATA") != "1", reason=f"no market data at {DATA}"
)


def parts():
    """Return (title, how it was run, lines) of every part of the scenario."""
    found = []
    for line in (HERE / "29_january.txt").read_text(encoding="utf-8").splitlines():
        told = line.split("#")[0].rstrip()
        if told.startswith("== "):
            found.append((told[3:], {}, []))
        elif told.startswith("run "):
            words = told.split()[1:]
            found[-1][1].update(zip(words[::2], words[1::2], strict=True))
        elif told:
            found[-1][2].append(told)
    return found


PARTS = parts()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return a data folder with the real minutes of gold."""
    folder = tmp_path_factory.mktemp("gap_day")
    take_in([BARS], History(folder / "history"), Wishes())
    return folder


def rules(how, folder):
    """Return what `--risk` is given: a pack, or a file with that pack in which only floors are left."""
    if how["limits"] == "all":
        return how["pack"]
    path = folder / f"{how['pack']}.toml"
    names = dict.fromkeys(("house", how["pack"]))
    packs = ", ".join(f'"{name}"' for name in names)
    path.write_text((HERE / "floors_only.toml").read_text(encoding="utf-8").replace('"house", "PACK"', packs))
    return str(path)


def happened(how, data):
    """Return what happened on the day as lines of the scenario."""
    request = backtest_request(
        [str(HERE / "buy_the_dip.py")], ["XAUUSD"], PERIOD, [f"{name}={how[name]}" for name in ("lots", "earliest")],
        bar="M1", given={"risk": rules(how, data), "balance": how["balance"]}, settings=Settings(data=data),
    )  # fmt: skip
    history = History(data / "history")
    document, tables = finish(backtest(request, history), history)
    told = []
    for row in tables["risk"].iter_rows(named=True):
        what = f"{row['action']}: {row['floor'] or row['rule']}"
        if row["limit"]:
            digits = "g" if row["unit"] in ("", "lots", "price") else ".2f"
            what += f"; {row['value']:{digits}} against {row['limit']:{digits}} {row['unit']}".rstrip()
        told.append((row["number"], 1, row["ts"], what))
    told += [
        (row["number"], 0, row["known"], f"{row['side']} {row['lots']:g} at {row['price']:.2f}, {row['reason']}")
        for row in tables["fills"].iter_rows(named=True)
    ]
    final = document["summary"]["account"]["final"]
    return [f"{ts:%H:%M}  {what}" for _, _, ts, what in sorted(told)] + [f"end    {final:.2f}"]


@pytest.mark.parametrize(("title", "how", "lines"), PARTS, ids=[title for title, _, _ in PARTS])
def test_the_day_is_what_the_scenario_says(title, how, lines, data):
    """Every refusal, cut, halt, flatten, release and fill, in order, and what is left."""
    del title
    assert happened(how, data) == lines


def test_every_pack_has_its_day():
    """No pack is without a part."""
    assert {how["pack"] for _, how, _ in PARTS} == set(PACKS)
