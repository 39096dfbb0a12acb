"""The kill file and the key file."""

import errno
import os
import stat

import pytest
from watchdog_broker import TOKEN, key_text, write_key

from tradewind.errors import BadSettings
from tradewind.watchdog import killfile
from tradewind.watchdog.keys import load_key


@pytest.mark.parametrize(
    ("text", "level"), [(b"1", 1), (b"2\n", 2), (b" 3 ", 3), (b"4\r\n", 4), (b"", 2), (b"0", 2), (b"5", 2), (b"off", 2),
                        (b"\x00\xff", 2), (b"1" * 100, 2)],
)  # fmt: skip
def test_a_kill_file_that_says_nothing_clear_means_two(tmp_path, text, level):
    """Doubt is level 2, never none."""
    (tmp_path / "KILL").write_bytes(text)

    assert killfile.level_asked(tmp_path) == level


def test_a_kill_file_that_is_no_file_means_two(tmp_path):
    """A folder of that name, or a pipe, is somebody who wanted to stop."""
    (tmp_path / "KILL").mkdir()

    assert killfile.level_asked(tmp_path) == 2


def test_a_level_is_raised_and_never_lowered(tmp_path):
    """Asking for less than is asked for changes nothing."""
    assert killfile.level_asked(tmp_path) == 0
    assert killfile.engage(tmp_path, 2) == (2, "")
    assert killfile.engage(tmp_path, 3) == (3, "")
    assert killfile.engage(tmp_path, 1) == (3, "")
    assert (tmp_path / "KILL").read_text() == "3\n"


@pytest.mark.parametrize("ready", [True, False])
def test_a_full_disk_does_not_stop_the_kill_file(tmp_path, monkeypatch, ready):
    """Without space the file that stands ready is renamed, and without that an empty one means 2."""
    if ready:
        killfile.make_ready(tmp_path, 2)

    def full(*_about, **_more):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(killfile, "write_whole", full)
    level, trouble = killfile.engage(tmp_path, 2)

    assert level == killfile.level_asked(tmp_path) == 2
    assert "No space left" in trouble


def test_a_folder_that_takes_nothing_is_said_to(tmp_path, monkeypatch):
    """Level 0 with words: the caller goes on without the file."""
    monkeypatch.setattr(killfile, "write_whole", _denied)
    monkeypatch.setattr(killfile.os, "open", _reads_only(os.open))

    level, trouble = killfile.engage(tmp_path, 2)

    assert level == 0
    assert "Permission denied" in trouble
    assert not (tmp_path / "KILL").exists()


def _reads_only(really):
    return lambda path, flags, *mode: _denied() if flags & os.O_CREAT else really(path, flags, *mode)


def _denied(*_about, **_more):
    raise OSError(errno.EACCES, os.strerror(errno.EACCES))


def test_what_is_taken_away_is_what_was_seen(tmp_path):
    """A kill file raised while a person re-arms stays."""
    killfile.engage(tmp_path, 2)
    seen = killfile.identity(tmp_path)
    killfile.engage(tmp_path, 3)

    assert not killfile.disengage(tmp_path, seen)
    assert killfile.level_asked(tmp_path) == 3
    assert killfile.disengage(tmp_path, killfile.identity(tmp_path))
    assert killfile.level_asked(tmp_path) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_key_file_is_read_and_its_secrets_never_show(tmp_path):
    """All fields arrive; the token shows nowhere."""
    extra = '[page]\nrun = ["/bin/true", "x"]\nwebhook = "https://hooks.example/canary-5e7b9c"\n'
    write_key(tmp_path / "gold", "http://127.0.0.1:9", extra)

    key = load_key(tmp_path / "gold")

    assert (key.broker, key.account, key.name, key.practice) == ("oanda", "gold", "gold", True)
    assert key.token.reveal() == TOKEN
    assert key.page_run == ("/bin/true", "x")
    assert "canary" not in f"{key!r}{key!s}{key.token}{key._asdict()}"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_can_read_is_refused(tmp_path, mode):
    """The error says what to do and shows nothing of it."""
    write_key(tmp_path / "gold", "http://127.0.0.1:9").chmod(mode)

    with pytest.raises(BadSettings, match="chmod 600") as told:
        load_key(tmp_path / "gold")
    assert "canary" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("token = ", "no TOML"),
        ("x = 1", "do not know: x"),
        ('token = "a b"', "letters no token has"),
        ("token = 5", "token in"),
        ('practice = "no"', "true or false"),
        ('url = "http://example.com"', "neither https"),
        ('url = "https://"', "neither https"),
        ('url = "ftp://127.0.0.1/"', "neither https"),
        ('url = "http://127.0.0.1@example.com/"', "neither https"),
        ('run = "rm"', "no list of words"),
        ("page = 1", "run and webhook"),
        ('[page]\nwebhook = "http://example.com/x"', "neither https"),
        ('token_file = "nowhere"', "cannot be read"),
        ("\x00", "no TOML"),
    ],
)
def test_a_key_file_with_a_mistake_says_which(tmp_path, text, told):
    """One sentence, the file's name, and no traceback."""
    write_key(tmp_path, "http://127.0.0.1:9").write_text(text)

    with pytest.raises(BadSettings, match=told) as error:
        load_key(tmp_path)
    assert "emergency.toml" in str(error.value) or "nowhere" in str(error.value)


def test_a_token_may_stand_in_a_file_of_its_own(tmp_path):
    """Beside the key file, readable by its owner only."""
    write_key(tmp_path, "http://127.0.0.1:9").write_text('broker = "oanda"\ntoken_file = "token"\n')
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "token").chmod(stat.S_IRUSR)

    assert load_key(tmp_path).token.reveal() == TOKEN
    (tmp_path / "token").chmod(0o644)
    with pytest.raises(BadSettings, match="read by others"):
        load_key(tmp_path)


def test_a_missing_key_file_is_said_to_be_missing(tmp_path):
    """And where its form is described."""
    with pytest.raises(BadSettings, match="no key file"):
        load_key(tmp_path)
    assert "account" in key_text("https://x", "a")
