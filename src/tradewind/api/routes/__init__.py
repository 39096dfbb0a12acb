"""One file a group of verbs; each has a `router`, and every route in it says which scope it needs."""
