"""Whether what arrives is alive, sound and on time: feed, clocks, calendar and bars of a live run.

Everything here is pure: time is given, nothing is read and nothing is sent. The driver asks, and acts on the answers.
"""
