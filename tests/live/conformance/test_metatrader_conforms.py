"""The MetaTrader adapter, its bridge and the stand-in terminal play every scenario, on both kinds of account."""

import sys
from pathlib import Path

from broker_conformance import conformance

sys.path.insert(0, str(Path(__file__).parent.parent / "metatrader"))

from metatrader_world import MetaTraderWorld


class NettingWorld(MetaTraderWorld):
    """The same on an account that keeps one position an instrument."""

    def __init__(self):
        super().__init__(hedging=False)


test_it_conforms_on_a_hedging_account = conformance(MetaTraderWorld)
test_it_conforms_on_a_netting_account = conformance(NettingWorld)
