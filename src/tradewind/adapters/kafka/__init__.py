"""Prices, journals and alerts on their way between services, through Kafka.

At least once and in order by key; whoever reads makes the effect and the position durable together, so that a message
delivered twice has its effect once. What cannot be read is put aside with its bytes, and reading goes on.
"""
