"""`tradewind logs` and `tradewind audit`, as a person uses them."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tradewind.adapters.entrance import audit
from tradewind.adapters.entrance.database import Entrance
from tradewind.logs.log import open_log
from tradewind.logs.reading import lines_of
from tradewind.settings import Settings
from tradewind.views.logs import logs, read_log


def tradewind(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tradewind.cli", *words, "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=data)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with open_log(Settings(data=tmp_path), "trader", lambda _text: None, account="paper") as log:
        log.said("Trading.")
        log.note("alert", "The feed of XAUUSD is silent.", "warning", reason_code="disconnects")
        log.note("fill", instrument="XAUUSD", side="buy", lots=0.5)
    return tmp_path


def test_logs_are_listed_and_shown_for_the_eye(data: Path):
    listed = tradewind(data, "logs")
    shown = tradewind(data, "logs", "trader-paper")

    assert listed.stdout == "trader-paper\n"
    assert "▲ alert: The feed of XAUUSD is silent." in shown.stdout
    assert "instrument=XAUUSD" in shown.stdout
    assert len(shown.stdout.splitlines()) == 5


def test_lines_are_chosen_by_level_and_words_and_given_as_they_stand(data: Path):
    found = tradewind(data, "logs", "trader-paper", "--level", "warning", "--with", "xauusd", "--json")

    assert [json.loads(line)["event"] for line in found.stdout.splitlines()] == ["alert"]


@pytest.mark.parametrize(
    ("words", "says"),
    [(("logs", "trader-papr"), "trader-paper"), (("logs", "trader-paper", "--level", "worse"), "worse")],
)
def test_a_wrong_word_is_answered_with_the_right_ones(data: Path, words: tuple[str, ...], says: str):
    told = tradewind(data, *words)

    assert told.returncode == 2
    assert says in told.stderr
    assert "Traceback" not in told.stderr


def test_a_log_is_followed_into_its_next_file(tmp_path: Path):
    path = tmp_path / "a.log"
    path.write_text("one\n")
    followed = lines_of(path, last=10, follow=True, rest=lambda _s: None)
    seen = [next(followed)]
    with path.open("a") as file:
        file.write("two\n")
    seen.append(next(followed))
    path.rename(tmp_path / "a.log.1")
    path.write_text("three\n")
    seen.append(next(followed))

    assert seen == ["one", "two", "three"]


def test_pages_show_them_in_words_with_their_level(data: Path):
    settings = Settings(data=data)
    names = [one["name"] for one in logs(settings)]
    lines = read_log(settings, "log.trader-paper")["lines"]

    assert names == ["log.trader-paper"]
    assert [one["level"] for one in lines] == ["", "", "warning", "", ""]
    assert "alert: The feed of XAUUSD is silent." in lines[2]["text"]


def test_the_trail_is_listed_with_its_chain_and_checked(tmp_path: Path):
    entrance = Entrance(tmp_path)
    for number in range(3):
        audit.note(entrance, (1_767_225_599_000_000_000 + number, "anna", "kill", "done"), {"level": 2})
    rows = [json.loads(line) for line in tradewind(tmp_path, "audit", "list", "--json").stdout.splitlines()]
    well = tradewind(tmp_path, "audit", "check")
    with sqlite3.connect(tmp_path / "entrance.sqlite") as database:
        database.execute("DROP TRIGGER audit_no_update")
        database.execute("UPDATE audit SET who = 'nobody' WHERE number = 2")
    broken = tradewind(tmp_path, "audit", "check")
    after = audit.deeds(entrance, after=1)

    assert [row["prev_hash"] for row in rows[1:]] == [row["hash"] for row in rows[:2]]
    assert rows[0]["prev_hash"] == "00" * 32
    assert after[0].before == rows[0]["hash"]
    assert well.returncode == 0
    assert broken.returncode == 2
    assert "row 2" in broken.stderr


def test_what_is_done_in_a_shell_stands_in_the_trail(tmp_path: Path):
    (tmp_path / "accounts" / "paper").mkdir(parents=True)
    killed = tradewind(tmp_path, "kill", "--account", "paper", "--level", "1")
    asked = tradewind(tmp_path, "order-desk", "halt", "--account", "paper", "--wait", "0.1")
    deeds = audit.deeds(Entrance(tmp_path))

    assert [(one.action, one.outcome.split()[0]) for one in deeds] == [
        ("kill", "done" if killed.returncode == 0 else "ended"),
        ("order desk halt", "refused"),
    ]
    assert all(one.who.startswith("shell") for one in deeds)
    assert asked.returncode == 2
    assert "no account folder" in deeds[1].about["why"]


def test_a_trail_that_cannot_be_written_holds_up_no_kill(tmp_path: Path):
    (tmp_path / "accounts" / "paper").mkdir(parents=True)
    (tmp_path / "entrance.sqlite").write_bytes(b"this is no database, and it is long enough to be looked at" * 20)
    told = tradewind(tmp_path, "kill", "--account", "paper", "--level", "1")

    assert told.stdout
    assert "not noted in the audit trail" in told.stderr
    assert "Traceback" not in told.stderr
