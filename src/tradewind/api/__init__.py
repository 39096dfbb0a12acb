"""The REST API: the verbs of the command line over HTTP, in a process apart from every trader.

It reads what services and traders leave in folders and databases, and gives orders the way a person does: through an
account's inbox or its kill file. So nothing here can slow a trader, and a trader that hangs can still be stopped.
"""
