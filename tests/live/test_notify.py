"""Delivery through Apprise to a server of our own: taken, retried, dropped, counted, and never in the trader's way."""

import io
import json
import logging
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tradewind.adapters.notices import Notice
from tradewind.adapters.notify import Address, Bounds, Notifier, addresses
from tradewind.errors import BadSettings

pytest.importorskip("apprise")

# Apprise loads all its plug-ins, and one of them what Python 3.11 calls old.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

QUICK = Bounds(tries=4, first_pause_s=0.01, longest_pause_s=0.05)
SECRET = "canary-91c0de"  # noqa: S105 - nobody takes it


def until(true, limit_s=60.0):
    ends = time.monotonic() + limit_s
    while not (found := true()):
        assert time.monotonic() < ends
        time.sleep(0.01)
    return found


@pytest.fixture
def hook():
    """Yield a server that keeps what is posted; it answers the statuses in `plan`, then 200."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.got.append((self.path, told))
            self.send_response(server.plan.pop(0) if server.plan else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_about):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.got, server.plan = [], []
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def file_of(tmp_path, *lines, mode=0o600):
    file = tmp_path / "notify.txt"
    file.write_text("\n".join(lines))
    file.chmod(mode)
    return file


def url(hook, path=SECRET):
    return f"json://127.0.0.1:{hook.server_port}/{path}"


def test_a_notice_arrives_with_its_title_and_its_exact_text(tmp_path, hook):
    """Line breaks, signs and letters of other alphabets included."""
    notifier = Notifier(addresses(file_of(tmp_path, "# mine", "", url(hook))), "Tradewind gold")
    text = 'Bought 0.05 lots XAUUSD at 2,412.30: costs 0.35 USD.\n<b>"&"</b> *Größe* \u20ac'
    notifier.tell(Notice("fill", text))
    counts = notifier.close(30)

    (path, told) = hook.got[0]
    assert (path, told["title"], told["message"]) == (f"/{SECRET}", "Tradewind gold", text)
    assert counts == (1, 0, 0, 0, 0)


def test_a_failure_is_tried_again_for_its_own_address_only(tmp_path, hook):
    """The first address fails twice; the second is not told again."""
    notifier = Notifier(addresses(file_of(tmp_path, url(hook, "one"), url(hook, "two"))), "Tradewind", bounds=QUICK)
    hook.plan = [500, 200, 503, 200]
    notifier.tell(Notice("kill", "Kill level 2."))
    until(lambda: notifier.counts.delivered == 2)
    counts = notifier.close(30)

    assert [path for path, _ in hook.got] == ["/one", "/two", "/one", "/one"]
    assert counts == (2, 2, 0, 0, 0)


def test_what_is_never_taken_is_dropped_and_counted(tmp_path, hook):
    """Four tries, then it is given up."""
    notifier = Notifier(addresses(file_of(tmp_path, url(hook))), "Tradewind", bounds=QUICK)
    hook.plan = [500] * 100
    notifier.tell(Notice("kill", "Kill level 2."))
    until(lambda: notifier.counts.dropped)
    counts = notifier.close(30)

    assert len(hook.got) == 4
    assert counts == (0, 4, 1, 0, 0)


def test_an_address_that_hangs_holds_nobody_up():
    """A thousand notices are given while the only address blocks; what has no room is counted, kills keep theirs."""
    release = threading.Event()
    got = []

    def hang(_title, text):
        release.wait(60)
        got.append(text)
        return True

    notifier = Notifier([Address("slow 1", hang)], "Tradewind", bounds=Bounds(queue=50, reserve=5))
    notifier.tell(Notice("fill", "first"))
    until(lambda: not notifier._incoming)
    taken = [notifier.tell(Notice("fill", f"fill {number}")) for number in range(1_000)]
    kills = [notifier.tell(Notice("kill", f"kill {number}")) for number in range(10)]
    assert (sum(taken), sum(kills), notifier.counts.lost) == (50, 5, 955)
    release.set()
    until(lambda: any("notices were lost" in text for text in got))
    notifier.close(30)

    assert "955 notices were lost: there were too many at once." in got
    assert {f"kill {number}" for number in range(5)} <= set(got)


def test_an_address_that_raises_is_a_failure_like_any_other():
    """Plug-ins raise what they like; the others are told."""
    got = []

    def broken(_title, _text):
        raise RuntimeError(SECRET)

    to = [Address("bad 1", broken), Address("good 1", lambda _title, text: not got.append(text))]
    notifier = Notifier(to, "Tradewind", bounds=QUICK)
    notifier.tell(Notice("limit", "Limit reached."))
    until(lambda: notifier.counts.dropped == 1)

    assert notifier.close(30) == (1, 4, 1, 0, 0)
    assert got == ["Limit reached."]


def test_closing_tells_what_waits_and_ends_in_its_time():
    """What was held back goes out as one message; a failing address is not waited for."""
    got = []
    notifier = Notifier([Address("good 1", lambda _title, text: not got.append(text))], "Tradewind")
    for _ in range(5):
        notifier.tell(Notice("fill", "Bought."))
    notifier.close(30)

    assert got == ["Bought.", "Bought. (4 times in 0 s)"]
    assert not notifier.tell(Notice("fill", "too late"))
    assert not notifier._thread.is_alive()


def test_no_token_reaches_a_log_or_an_error(tmp_path, hook):
    """At every level of every logger, with an address that fails, one that is refused and one that is nonsense."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(1)
    try:
        lines = [url(hook), f"json://user:{SECRET}@127.0.0.1:1/{SECRET}"]
        to = addresses(file_of(tmp_path, *lines))
        hook.plan = [500] * 100
        notifier = Notifier(to, "Tradewind", bounds=QUICK)
        notifier.tell(Notice("kill", "Kill level 2."))
        until(lambda: notifier.counts.dropped == 2)
        shown = [repr(one) for one in to]
        notifier.close(30)
        with pytest.raises(BadSettings, match="line 2") as error:
            addresses(file_of(tmp_path, "", f"nonsense://{SECRET}"))
        with pytest.raises(BadSettings) as other:
            addresses(file_of(tmp_path, f"tgram://{SECRET}"))
    finally:
        root.removeHandler(handler)
        root.setLevel(before)

    assert SECRET not in f"{stream.getvalue()}{shown}{error.value}{other.value}"
    assert [one.name for one in to] == ["json 1", "json 2"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606])
def test_a_file_of_addresses_that_others_can_read_is_refused(tmp_path, mode):
    """It says what to do."""
    with pytest.raises(BadSettings, match="chmod 600"):
        addresses(file_of(tmp_path, "json://127.0.0.1", mode=mode))


def test_a_file_that_is_missing_or_no_text_is_one_sentence(tmp_path):
    """No traceback of a decoder."""
    with pytest.raises(BadSettings, match="no file of addresses"):
        addresses(tmp_path / "none")
    (tmp_path / "notify.txt").touch(0o600)
    (tmp_path / "notify.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadSettings, match="no text"):
        addresses(tmp_path / "notify.txt")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("tgram://123456789:abcdefg_hijklmnopqrstuvwxyz0123456/12315544", "tgram 1"),
        ("discord://123456789012345678/abcdefghijklmnopqrstuvwxyz", "discord 1"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#trading", "slack 1"),
        ("mailto://ann:password@example.com", "mailto 1"),
        ("jsons://example.com/hook", "jsons 1"),
    ],
)
def test_the_services_of_our_documents_are_known_to_apprise(tmp_path, line, name):
    """Telegram, Discord, Slack, e-mail, webhook: the form of each address is accepted; nothing is sent."""
    assert [one.name for one in addresses(file_of(tmp_path, line))] == [name]
