"""An account that begins anew: what it was is put aside, is no account any more, and can still be read."""

import json

import pytest
from typer.testing import CliRunner

from tradewind.adapters.journal import SqliteJournal
from tradewind.cli import app
from tradewind.errors import BadData, UnknownName
from tradewind.live.folder import FORMER, account_folder, account_names
from tradewind.live.launch import put_aside
from tradewind.live.start import LAYOUTS
from tradewind.settings import Settings
from tradewind.views import accounts
from tradewind.views.heart import folder_of


@pytest.fixture
def settings(tmp_path):
    """The account "demo" was traded, put aside and begun anew; "a-until-noon" is an account like any other."""
    settings = Settings(data=tmp_path)
    demo = account_folder(tmp_path, "demo")
    demo.make()
    with SqliteJournal.open(demo.journal, LAYOUTS) as journal:
        journal.note("start", {"epoch": 1, "ts": 1})
        journal.commit(1)
    put_aside(demo, settings)
    demo.make()
    account_folder(tmp_path, "a-until-noon").make()
    return settings


def test_what_was_put_aside_is_listed_nowhere(settings):
    folders = sorted(one.name for one in (settings.data / "accounts").iterdir())
    listed = CliRunner().invoke(app, ["accounts", "--json", "--data", str(settings.data)])

    assert len(folders) == 3
    assert account_names(settings.data) == ["a-until-noon", "demo"]
    assert [one["account"] for one in accounts.accounts(settings.data)] == ["a-until-noon", "demo"]
    assert [one["account"] for one in json.loads(listed.output)] == ["a-until-noon", "demo"]
    with pytest.raises(UnknownName):
        folder_of(settings.data, folders[-1])


def test_its_journal_is_read_by_whoever_names_it(settings):
    (former,) = (one for one in (settings.data / "accounts").iterdir() if FORMER.fullmatch(one.name))

    with SqliteJournal.open(account_folder(settings.data, former.name).journal, LAYOUTS, readonly=True) as journal:
        assert len(journal.notes("start")) == 1


def test_nothing_is_traded_under_the_name_of_what_was_put_aside(settings):
    with pytest.raises(BadData, match="before it began anew"):
        account_folder(settings.data, "demo-until-20251122-101500").make()
