"""NautilusTrader: its event engine, with a strategy in Python on its compiled indicators.

Timed: `BacktestEngine.run()`. Turning the tape into its bars or quotes, and loading them, is not timed;
logging and its analysis after the run are off; its risk engine is on, as ours is. A market order sent when
a bar closes is filled at that close, which on this tape is the next open (see `bench.tape`).

W1 differs by a few ticks: it averages floats, and an average in the last bit decides the rare exact ties.
Its time per bar grows with the number of closed positions, so fewer rows, scaled, are in its favour.
"""

import pandas as pd
from nautilus_trader import __version__
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.config import BacktestEngineConfig, LoggingConfig
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import AccountType, AssetClass, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import Cfd
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.persistence.wranglers import BarDataWrangler, QuoteTickDataWrangler

from bench.peers.nautilus_strategies import STRATEGIES
from bench.tape import MINUTE, TICK, tape_of
from bench.works import arguments, best_of, report

VENUE = Venue("SIM")
US30 = InstrumentId(Symbol("US30"), VENUE)
WARM_UP = 20_000
MINUTES = BarType.from_str("US30.SIM-1-MINUTE-LAST-EXTERNAL")


def instrument():
    """Return US30 as a CFD in ticks of 0.1 point, without fees."""
    return Cfd(
        instrument_id=US30,
        raw_symbol=Symbol("US30"),
        asset_class=AssetClass.INDEX,
        quote_currency=USD,
        price_precision=1,
        size_precision=0,
        price_increment=Price.from_str("0.1"),
        size_increment=Quantity.from_int(1),
        ts_event=0,
        ts_init=0,
    )


def records(tape, work):
    """Return the tape as the peer's own bars or quotes; a bar is stamped with the time it closes."""
    shift = 0 if work == "W4" else MINUTE
    index = pd.to_datetime(tape.ts + shift, utc=True)
    columns = {name: getattr(tape, name) * TICK for name in tape._fields if name != "ts"}
    frame = pd.DataFrame(columns, index=index).round(1)
    if work == "W4":
        return QuoteTickDataWrangler(instrument()).process(frame)
    return BarDataWrangler(MINUTES, instrument()).process(frame)


def engine_for(work, rows):
    """Return an engine that is ready to run."""
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True), run_analysis=False))
    engine.add_venue(
        venue=VENUE,
        oms_type=OmsType.NETTING,
        account_type=AccountType.MARGIN,
        base_currency=USD,
        starting_balances=[Money(100_000_000, USD)],
    )
    engine.add_instrument(instrument())
    engine.add_data(rows, validate=False, sort=False)
    engine.add_strategy(STRATEGIES[work](US30, MINUTES))
    return engine


def main():
    """Report the work; profit is added up from the fills, so that it can be compared to a tick."""
    told = arguments(list(STRATEGIES))
    tape = tape_of(told.work, told.rows)
    rows = records(tape, told.work)
    last = (tape.bid[-1] + tape.ask[-1]) / 2 if told.work == "W4" else tape.close[-1]
    engines = []

    def prepare():
        while engines:
            engines.pop().dispose()
        engines.append(engine_for(told.work, rows))
        return engines[-1]

    def warm_up():
        engine_for(told.work, rows[:WARM_UP]).run()

    seconds, _ = best_of(lambda engine: engine.run(), told.repeat, prepare, warm_up)
    profit, position, fills = 0.0, 0.0, 0
    for order in engines[-1].cache.orders():
        if order.filled_qty > 0:
            signed = float(order.filled_qty) * (1 if order.side == OrderSide.BUY else -1)
            profit -= signed * order.avg_px / TICK
            position += signed
            fills += 1
    report(told, seconds, __version__, (profit + position * last, fills), "risk engine on")


if __name__ == "__main__":
    main()
