"""The stream: one WebSocket a client, one watcher for all of them, and the journal as everybody's buffer."""
