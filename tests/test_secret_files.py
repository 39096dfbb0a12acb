"""Nothing that trades or listens starts with a secret that is weak, a known default, or open to others."""

import os

import pytest
from typer.testing import CliRunner

from tradewind.cli import app
from tradewind.errors import BadSettings, UnknownName
from tradewind.secret_files import GUESSED, refuse_weak, weaknesses
from tradewind.settings import Settings, load_settings
from tradewind.stack.rotating import make_lacking, rotate

STARTS = (
    ("serve",), ("up",), ("run", "api"), ("stack", "up"), ("live", "opening_range", "--on", "XAUUSD"),
    ("paper", "opening_range", "--on", "XAUUSD"),
)  # fmt: skip


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """Give a new folder, made by `init`, to stand in."""
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["init", "."]).exit_code == 0
    return tmp_path


def put(path, text, mode=0o600):
    """The file says this, and may be read by whom the mode says."""
    path.touch()
    path.write_text(text)
    path.chmod(mode)


def test_what_init_makes_is_good_and_no_two_folders_have_the_same(desk, tmp_path):
    CliRunner().invoke(app, ["init", "other", "--stack"])
    secrets = [path.read_text() for path in (*(desk / "secrets").iterdir(), *(tmp_path / "other/secrets").iterdir())]

    assert weaknesses(load_settings()) == []
    assert len({text for text in secrets if text}) == len([text for text in secrets if text]) > 10


@pytest.mark.parametrize("word", sorted(GUESSED))
def test_a_known_default_is_refused(desk, word):
    put(desk / "secrets" / "tokens", f"{word.upper()}\n")

    with pytest.raises(BadSettings, match="everybody tries first"):
        refuse_weak(load_settings())


@pytest.mark.parametrize("words", STARTS, ids=" ".join)
@pytest.mark.parametrize(
    ("text", "mode", "says"),
    [("admin123", 0o600, "everybody tries first"), ("x" * 43, 0o600, "is weak"), ("", 0o600, "is empty"),
     ("Zk3-vnPq8LwT0_xYb2RdH7", 0o644, "open to others"), ("Zk3-vnPq8LwT0", 0o600, "is weak")],
)  # fmt: skip
def test_nothing_starts_with_a_bad_secret_and_nothing_is_changed(desk, words, text, mode, says):
    """Whatever the verb: one sentence with the file and what to do, before anything was made."""
    put(desk / "secrets" / "tokens", text, mode)
    before = sorted(desk.rglob("*"))

    told = CliRunner().invoke(app, list(words))

    assert isinstance(told.exception, BadSettings)
    assert says in str(told.exception)
    assert text not in str(told.exception) or not text
    assert sorted(desk.rglob("*")) == before


def test_research_does_not_ask_for_secrets(desk):
    """Who only reads prices is not stopped."""
    put(desk / "secrets" / "tokens", "admin", 0o644)

    assert CliRunner().invoke(app, ["config", "show"]).exit_code == 0
    assert CliRunner().invoke(app, ["secrets", "check"]).exit_code == 1


def test_what_a_broker_gave_may_be_short_but_not_open(desk):
    put(desk / "secrets" / "broker", "k7-Lw2q")
    settings = Settings.model_validate({"ports": {"secrets": desk / "secrets"}, "data": desk})

    assert weaknesses(settings) == []
    (desk / "secrets" / "broker").chmod(0o640)
    assert [one.name for one in weaknesses(settings)] == ["broker"]


def test_what_lacks_is_made_and_what_is_there_stays(desk):
    before = (desk / "secrets" / "tokens").read_text()
    served = {"ports": {"secrets": desk / "secrets", "journal": "postgresql://trader@127.0.0.1/tradewind"}}

    made = make_lacking(Settings.model_validate(served))

    assert {"postgresql-trader", "timescale-recorder", "redis"} <= set(made)
    assert (desk / "secrets" / "tokens").read_text() == before
    assert all((desk / "secrets" / name).stat().st_mode & 0o777 == 0o600 for name in made)
    assert make_lacking(Settings.model_validate(served)) == []
    assert weaknesses(Settings.model_validate(served)) == []


def test_a_rotated_secret_is_another_and_names_that_cannot_be_are_said(desk):
    before = (desk / "secrets" / "tokens").read_text()

    assert "log in again" in rotate(load_settings(), "tokens")
    assert (desk / "secrets" / "tokens").read_text() != before
    with pytest.raises(UnknownName, match="Did you mean 'tokens'"):
        rotate(load_settings(), "token")
    with pytest.raises(BadSettings, match="given by others"):
        rotate(load_settings(), "broker")
    with pytest.raises(BadSettings, match="names no server"):
        rotate(load_settings(), "postgresql-trader")
    assert not os.path.lexists(desk / "secrets" / "postgresql-trader")
    assert not list((desk / "secrets").glob(".*"))
