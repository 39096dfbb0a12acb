"""`python -m tradewind.cli` is the `tradewind` command, for where scripts are not on the path."""

from tradewind.cli import main

main()
