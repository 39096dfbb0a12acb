"""Where settings come from, what a stage sets and refuses, and what is said of a wrong one."""

import json

import pytest
from typer.testing import CliRunner

from tradewind.cli import app
from tradewind.errors import BadSettings
from tradewind.settings import Settings, load_settings, settings_and_layers
from tradewind.settings_layers import STAGES, origin_of


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Give a folder to stand in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder, text):
    """The folder's settings say this."""
    (folder / "tradewind.toml").write_text(text)


def said(*words):
    """Return exit code and output of a command."""
    told = CliRunner().invoke(app, list(words))
    return told.exit_code, told.output + (str(told.exception) if told.exception else "")


def test_the_environment_stands_over_the_file_over_the_stage_over_the_default(here, monkeypatch):
    """Each setting has the value of the last that names it, and its origin is told."""
    written(here, 'stage = "paper"\nprofile = "oanda"\n[api]\nport = 9001\n')
    monkeypatch.setenv("TRADEWIND__API__HOST", "127.0.0.2")
    monkeypatch.setenv("TRADEWIND__API__PORT", "9002")
    monkeypatch.setenv("TRADEWIND__FILLS__LATENCY_MS", "12.5")

    settings, layers = settings_and_layers()

    assert (settings.api.port, settings.api.host, settings.fills.latency_ms) == (9002, "127.0.0.2", 12.5)
    assert (settings.profile, settings.risk, settings.logs.level) == ("oanda", "house", "info")
    origins = {name: origin_of(layers, name) for name in ("api.port", "profile", "risk", "logs.level", "stage")}
    assert origins == {
        "api.port": "environment TRADEWIND__API__PORT", "profile": "tradewind.toml", "risk": "stage paper",
        "logs.level": "default", "stage": "tradewind.toml",
    }  # fmt: skip


def test_without_a_file_and_a_stage_everything_is_a_default():
    assert load_settings() == Settings()


WRONG = {
    'stage = "producton"': ("stage = 'producton' is none. Did you mean 'production'?", "Choose from development"),
    'stage = "production"\nrisk = "none"': ("Production has risk rules",),
    'stage = "production"\n[api]\ndocs = true': ("Production shows no interactive documentation",),
    'stage = "paper"\n[trader]\nmode = "live"': ("is not for the stage paper",),
    "[api]\nport = 700000": ("tradewind.toml: api.port = 700000",),
    "[apy]\nport = 1": ("apy is no setting. Did you mean 'api'?",),
    "port = [": ("tradewind.toml:",),
}


@pytest.mark.parametrize("text", WRONG, ids=[text.replace("\n", " ") for text in WRONG])
def test_a_setting_that_cannot_be_is_one_sentence(here, text):
    written(here, text)

    with pytest.raises(BadSettings) as caught:
        load_settings()
    assert all(words in str(caught.value) for words in WRONG[text])
    assert "\n" not in str(caught.value)


WRONG_HERE = {
    "TRADEWIND__API__PORT": ("x", "environment TRADEWIND__API__PORT: api.port = 'x'"),
    "TRADEWIND__API__PROT": ("1", "api.prot is no setting. Did you mean 'port'?"),
    "TRADEWIND__": ("1", "TRADEWIND__ names no setting"),
    "TRADEWIND__STAGE": ("prodution", "Did you mean 'production'?"),
}


@pytest.mark.parametrize("name", WRONG_HERE)
def test_a_wrong_word_in_the_environment_is_named(monkeypatch, name):
    value, words = WRONG_HERE[name]
    monkeypatch.setenv(name, value)

    with pytest.raises(BadSettings) as caught:
        load_settings()
    assert words in str(caught.value)


@pytest.mark.parametrize("stage", STAGES)
def test_a_new_folder_of_each_stage_has_settings_that_hold(stage):
    """`init --stage` writes a folder whose settings pass their own check."""
    assert said("init", ".", "--stage", stage)[0] == 0

    assert load_settings().stage == stage
    code, text = said("config", "check")
    assert (code, f"stage {stage}" in text) == (0, True)


def test_a_new_folder_is_for_paper_and_an_unknown_stage_makes_none(here):
    code, text = said("init", "one", "--stage", "prodction")

    assert (code, "Did you mean 'production'?" in text) == (1, True)
    assert not (here / "one").exists()
    assert said("init", ".")[0] == 0
    assert load_settings().stage == "paper"


def test_what_holds_is_shown_with_its_origin(here):
    written(here, 'stage = "development"\n[api]\nport = 9001\n')

    code, text = said("config", "show", "--origin", "--changed")
    told = json.loads(said("config", "show", "--json")[1])

    assert code == 0
    assert [line.split("  #")[0].strip() for line in text.splitlines()] == [
        'stage = "development"', "api.port = 9001", "api.docs = true"
    ]  # fmt: skip
    assert told["api.docs"] == {"value": True, "origin": "stage development"}
    assert told["risk"] == {"value": "none", "origin": "default"}


def test_every_setting_can_be_explained():
    """Each that `show` prints has a meaning, a type and a name in the environment; a wrong name has a nearest one."""
    for name in json.loads(said("config", "show", "--json")[1]):
        code, text = said("config", "explain", name)
        assert code == 0, name
        assert f"TRADEWIND__{name.upper().replace('.', '__')}" in text

    assert "whether a curve follows" in said("config", "explain", "costs.spread_level")[1].casefold()
    assert "development, paper, production" in said("config", "explain", "stage")[1]
    assert "> 0 <= 0.1" in said("config", "explain", "sizing.fraction")[1]
    assert "Did you mean 'api.port'?" in said("config", "explain", "api.prot")[1]
