"""The verbs of risk as a user meets them, from an empty folder to the chance to pass."""

import json
import subprocess
import sys

import pytest

from tradewind.cli import main

CHECK = ("risk", "check", "buy", "0.2", "XAUUSD", "--stop", "2380", "--at", "2400")
MISTAKES = [
    (("risk", "show", "ftmo-2stp"), "Did you mean 'ftmo-2step'?"),
    (("risk", "show", "none"), "There are no risk rules to ask about"),
    (("risk", "show", "missing.toml"), "There is no risk file missing.toml"),
    (("risk", "show", "broken.toml"), "broken.toml:3:1: There is no 'risk_per_trad' here"),
    (("risk", "show", "topstep", "--capital", "70000"), "topstep has no account of 70,000.00"),
    (("risk", "check", "buy", "1", "XAUSD", "--at", "2400"), "Did you mean 'XAUUSD'?"),
    (("risk", "check", "by", "1", "XAUUSD", "--at", "2400"), "Did you mean 'buy'?"),
    (("risk", "check", "buy", "1"), "is no order"),
    (("risk", "check", "buy", "1", "XAUUSD", "--stop", "2380"), "Give the entry: --at PRICE"),
    (("risk", "check", "buy", "0", "XAUUSD", "--at", "2400"), "is no size"),
    (("risk", "check", "buy", "nan", "XAUUSD", "--at", "2400"), "is nan"),
    (("risk", "check", "buy", "1", "GER40", "--at", "18000"), "The rate from EUR to USD is not known"),
    ((*CHECK, "--open", "buy 1 XAUUSD"), "is no position"),
    ((*CHECK, "--account", "account.toml"), "Did you mean 'equity'?"),
    (("risk", "status", "latest"), "no run"),
    (("risk", "pass-probability", "latest"), "no run"),
    (("backtest", "opening_range", "--on", "XAUUSD", "--risk", "hous"), "Did you mean 'house'?"),
    (("backtest", "opening_range", "--on", "XAUUSD", "--risk", "0.005"), "Size trades with --fraction 0.005"),
    (("backtest", "opening_range", "--on", "XAUUSD", "--risk", "broken.toml"), "broken.toml:3:1"),
]


def tradewind(folder, *words):
    """Return what the command said and its exit code, run in `folder`."""
    code = "from tradewind.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code, *words], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Return a folder with a synthetic history, a broken risk file and a broken account file."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "broken.toml").write_text('name = "x"\n[exposure]\nrisk_per_trad = 1\n', encoding="utf-8")
    (folder / "account.toml").write_text("equty = 1000\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize(("words", "said"), MISTAKES)
def test_a_mistake_is_one_line(desk, words, said, monkeypatch, capsys):
    """A mistake ends with exit code 2 and one line that names it."""
    monkeypatch.chdir(desk)
    monkeypatch.setattr(sys, "argv", ["tradewind", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err

    assert ended.value.code == 2
    assert said in told
    assert len(told.strip().splitlines()) == 1


def test_show_names_every_limit_with_its_source(desk):
    """Every limit of a firm's pack is printed with where it is from; JSON has the same."""
    text = tradewind(desk, "risk", "show", "ftmo-2step").stdout
    found = json.loads(tradewind(desk, "risk", "show", "ftmo-2step", "--json").stdout)

    assert "risk_per_trade" in text
    assert "Sources" in text
    assert set(found["limits"]) > {"risk_per_trade", "loss_rules", "digest"}
    assert found["origins"]["risk_per_trade"]["where"] == "pack house"
    assert found["phase"] == "challenge"


def test_check_says_what_room_is_left(desk):
    """By hand: 0.2 lots of gold lose 401.80 of 500 at the stop; 2 lots do not pass, 0.24 would."""
    found = json.loads(tradewind(desk, *CHECK, "--json").stdout)
    too_much = tradewind(desk, "risk", "check", "buy", "2", "XAUUSD", "--stop", "2380", "--at", "2400")
    one = next(one for one in found["verdicts"] if one["control"] == "R1")

    assert (one["passes"], one["headroom"], found["r"]) == (True, 9820, 40180)
    assert "2 lots do not pass; 0.24 lots would." in too_much.stdout


def test_check_takes_the_account_from_a_file(desk):
    """An account at 97,700 has a hard daily floor of 97,500: nothing fits above it and the buffer."""
    (desk / "low.toml").write_text(
        'balance = 100000\nequity = 97700\n[[positions]]\nside = "buy"\nlots = 0.1\nsymbol = "XAUUSD"\n'
        "price = 2400\nstop = 2390\n",
        encoding="utf-8",
    )
    done = tradewind(desk, *CHECK, "--account", "low.toml")

    assert "0.2 lots do not pass, and no smaller size does." in done.stdout


def test_from_a_backtest_to_the_chance_to_pass(desk):
    """A run under rules keeps their name and hash, and is asked where it stands and with which chance it passes."""
    write = "from tradewind.data.synthetic import write_synthetic; from tradewind.adapters.parquet import History; "
    subprocess.run(
        [sys.executable, "-c", write + "write_synthetic(History('tradewind-data/history'))"], cwd=desk, check=True
    )
    words = ("backtest", "opening_range", "--on", "XAUUSD", "--from", "2025-10-01", "--risk", "house", "--json")
    run = json.loads(tradewind(desk, *words).stdout)
    shown = json.loads(tradewind(desk, "risk", "show", "house", "--json").stdout)
    stands = json.loads(tradewind(desk, "risk", "status", "latest", "--json").stdout)
    asked = ("risk", "pass-probability", "latest", "--paths", "200", "--days", "40", "--profit-target", "3 %", "--json")
    chance, again = (json.loads(tradewind(desk, *asked).stdout) for _ in range(2))
    order = ("risk", "check", "buy", "0.01", "XAUUSD", "--stop", "1", "--run", "latest", "--json")
    checked = json.loads(tradewind(desk, *order).stdout)

    assert run["risk"]["name"] == "house"
    assert int(run["risk"]["hash"], 16) == shown["limits"]["digest"]
    assert [one["rule"] for one in stands["floors"]] == [one["name"] for one in shown["limits"]["loss_rules"]]
    assert chance == again
    assert chance["passed"] + chance["timed_out"] + sum(chance["breached"].values()) == pytest.approx(1)
    assert chance["caveats"][0].startswith("SYNTHETIC")
    assert len(checked["verdicts"]) > 10
