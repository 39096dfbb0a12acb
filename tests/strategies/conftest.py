"""Strategy scenarios take weeks of bars to settle, which uncompiled code needs too long for.

Without the JIT only the shared pieces run here; that both ways give the same bytes is a test of its own, in which a
process without the JIT goes on from a snapshot.
"""

from tradewind.kernel.compiled import JIT

collect_ignore_glob = (
    [] if JIT else ["test_[a-r]*.py", "test_session_pullback.py", "test_small*.py", "test_strategy_symmetry.py"]
)
