"""Long-running roles that share the work when one process is not enough: feed, recorder, outbox, trader.

Each is one function that works until it is told to stop, and begins again after whatever it can begin again after.
None keeps anything that is not in a database or a topic, so they may be started and killed in any order.
"""
