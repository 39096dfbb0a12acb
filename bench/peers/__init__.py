"""Peers, each run in its own virtual environment as a program; none of their code is copied here."""
