"""Heavy work apart from whoever asks for it: a queue in a database, and worker processes that run our own verbs.

A job is a command line of ours, run as a process of its own: what the API does is what a person could have typed, and
it can be cancelled, limited and outlived like any process.
"""
