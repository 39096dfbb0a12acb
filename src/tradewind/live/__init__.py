"""Paper and live: an account's folder, the desk that trades it, the network around it, and how they are put together.

The order in which things are done is one: inputs are applied, what came of them is made durable, and only then is
anything sent. `desk` keeps it; `driver` turns it in its own thread; `network` is all that awaits.
"""
