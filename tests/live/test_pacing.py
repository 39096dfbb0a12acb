"""How often a person is told: bursts, floods, repeats, and nothing that is lost without being counted."""

import random
import re

from tradewind.adapters.notices import Notice
from tradewind.adapters.pacing import FOLD_S, RATES, SECOND, Pacing, Rate

SLOW = {**RATES, "fill": Rate(2, 60), "kill": Rate(3, 120)}


def offered(pacing, kind, texts, at_s):
    return [text for one in texts for text in pacing.offer(Notice(kind, one), round(at_s * SECOND))]


def test_a_burst_goes_out_and_the_rest_becomes_one_message():
    """Two at once, then a minute later one that sums up the other three."""
    pacing = Pacing(SLOW)

    assert offered(pacing, "fill", ["a", "b", "c", "d", "d"], 0) == ["a", "b"]
    assert pacing.due(59 * SECOND) == []
    assert pacing.due(60 * SECOND) == ["3 fills in 60 s, not told one by one:\n- d (2 times)\n- c"]
    assert pacing.due(600 * SECOND) == []
    assert pacing.suppressed == 3


def test_what_comes_while_others_wait_does_not_overtake_them():
    """Even if a token has come back: the sum comes first."""
    pacing = Pacing(SLOW)
    offered(pacing, "fill", ["a", "b", "c"], 0)

    assert offered(pacing, "fill", ["e"], 61) == []
    assert pacing.due(61 * SECOND) == ["2 fills in 61 s, not told one by one:\n- c\n- e"]


def test_a_kind_in_a_flood_leaves_the_others_alone():
    """A thousand fills, and the kill goes out at once."""
    pacing = Pacing(SLOW)
    offered(pacing, "fill", [str(number) for number in range(1_000)], 0)

    assert offered(pacing, "kill", ["Kill level 2."], 0) == ["Kill level 2."]


def test_an_equal_text_is_counted_instead_of_sent():
    """Ninety-nine repeats in a minute are one more message."""
    pacing = Pacing(SLOW)

    assert offered(pacing, "kill", ["x"] * 100, 0) == ["x"]
    assert pacing.due(60 * SECOND) == ["x (99 times in 60 s)"]


def test_an_equal_text_after_the_while_is_news_again():
    """A minute later it is sent as it is."""
    pacing = Pacing(SLOW)
    offered(pacing, "kill", ["x"], 0)

    assert offered(pacing, "kill", ["x"], FOLD_S) == ["x"]


def test_a_single_text_held_back_is_sent_as_it_is():
    """Nothing is said about summing up one."""
    pacing = Pacing(SLOW)
    offered(pacing, "fill", ["a", "b", "c"], 0)

    assert pacing.due(60 * SECOND) == ["c"]


def test_the_end_tells_everything_that_waits():
    """Whatever the buckets say."""
    pacing = Pacing(SLOW)
    offered(pacing, "fill", list("abcd"), 0)
    offered(pacing, "kill", ["x", "x"], 0)

    assert len(pacing.due(SECOND, all_of_it=True)) == 2
    assert pacing.waiting == 0


def test_a_flood_of_different_texts_takes_bounded_room_and_counts_all():
    """A million fills come to one message of seven lines."""
    pacing = Pacing(SLOW)
    for number in range(100_000):
        pacing.offer(Notice("fill", f"fill {number}"), 0)

    assert len(pacing._kinds["fill"].texts) == 50
    (text,) = pacing.due(60 * SECOND)
    assert text.splitlines()[0] == "99998 fills in 60 s, not told one by one:"
    assert text.splitlines()[-1] == "- and 99993 more"
    assert len(text.splitlines()) == 7


def test_a_clock_that_goes_back_gives_nothing_and_breaks_nothing():
    """Tokens only grow with time that passed."""
    pacing = Pacing(SLOW)
    offered(pacing, "fill", list("abc"), 1_000)

    assert offered(pacing, "fill", ["d"], 0) == []
    assert pacing.due(1_061 * SECOND) != []


def test_no_notice_is_lost_and_no_rate_is_broken_whatever_comes():
    """Two hundred random days: every notice is in a message or counted in one; messages stay below the rate."""
    for seed in range(200):
        chance = random.Random(seed)
        pacing = Pacing(SLOW)
        now, given, sent = 0, 0, []
        for _ in range(chance.randint(1, 300)):
            now += round(chance.expovariate(1 / 20) * SECOND)
            if chance.random() < 0.8:
                sent += pacing.offer(Notice("fill", f"text {chance.randrange(8)}"), now)
                given += 1
            sent += pacing.due(now)
        assert len(sent) <= 2 + now / (60 * SECOND) + 1e-6
        sent += pacing.due(now, all_of_it=True)
        assert sum(map(told, sent)) == given


def told(text):
    """Return for how many notices a message stands."""
    if first := re.match(r"(\d+) fills in ", text):
        return int(first[1])
    times = re.search(r" \((\d+) times in [^)]*\)$", text)
    return int(times[1]) if times else 1
