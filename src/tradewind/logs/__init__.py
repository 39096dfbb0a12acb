"""What processes write down for whoever looks later: one JSON object a line, its fields from a closed set.

A line never makes trading wait: it goes into a bounded queue that a thread of its own empties into a file of bounded
size, too many lines of one kind are summed up, and what found no room is counted and said. Secrets are masked in the
last step before a line is text, whoever wrote them. Who did what is another stream (`audit`): it is small, every line
of it is on the disk before the deed is answered, and none is ever let go.
"""
