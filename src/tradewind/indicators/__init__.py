"""Streaming indicators, one per file: a record, and a function that updates it and returns the current value.

    from tradewind.indicators import EMA, ema

    fast = ema(memory.fast, bar.close, 20)      # memory.fast is a record of dtype EMA

Every record starts as zero bytes and has `seen`, the updates so far, and `value`, the answer of the last
update (0.0 before the first); further outputs are named fields. Values come back as float64 in the unit of
what went in (prices in ticks or in price units), NaN until there is enough to say. Windows have a fixed
capacity of 256 (swings: 16 bars a side, spreads: 20 days); `name_record(capacity)` returns a larger or
smaller one. Inputs of bars are finite numbers; a NaN passed as a single value changes nothing, so the output
of one indicator can feed the next.
"""

from tradewind.indicators.adr import ADR, adr, adr_record
from tradewind.indicators.adx import ADX, adx
from tradewind.indicators.atr import ATR, atr
from tradewind.indicators.bollinger import BOLLINGER, bollinger, bollinger_record
from tradewind.indicators.cci import CCI, cci, cci_record
from tradewind.indicators.donchian import DONCHIAN, donchian, donchian_record
from tradewind.indicators.ema import EMA, ema
from tradewind.indicators.extremes import HIGHEST, LOWEST, highest, highest_record, lowest, lowest_record
from tradewind.indicators.keltner import KELTNER, keltner
from tradewind.indicators.levels import LEVELS, levels
from tradewind.indicators.macd import MACD, macd
from tradewind.indicators.opening_range import OPENING_RANGE, opening_range
from tradewind.indicators.past_median import PAST_MEDIAN, past_median, past_median_record
from tradewind.indicators.percentile_rank import PERCENTILE_RANK, percentile_rank, percentile_rank_record
from tradewind.indicators.pivots import PIVOTS, pivots
from tradewind.indicators.roc import ROC, roc, roc_record
from tradewind.indicators.rsi import RSI, rsi
from tradewind.indicators.session_statistics import SESSION_STATISTICS, session_is_valid, session_statistics
from tradewind.indicators.slope import SLOPE, slope, slope_record
from tradewind.indicators.sma import SMA, sma, sma_record
from tradewind.indicators.spread_median import SPREAD_MEDIAN, spread_median, spread_median_record
from tradewind.indicators.standard_deviation import (
    STANDARD_DEVIATION,
    standard_deviation,
    standard_deviation_record,
)
from tradewind.indicators.stochastic import STOCHASTIC, stochastic, stochastic_record
from tradewind.indicators.structure import STRUCTURE, structure, structure_record
from tradewind.indicators.supertrend import SUPERTREND, supertrend
from tradewind.indicators.swings import SWINGS, swings, swings_record
from tradewind.indicators.true_range import TRUE_RANGE, true_range
from tradewind.indicators.vwap import VWAP, vwap
from tradewind.indicators.wilder import WILDER, wilder
from tradewind.indicators.wma import WMA, wma, wma_record
from tradewind.indicators.z_score import Z_SCORE, z_score, z_score_record

__all__ = [
    "ADR",
    "ADX",
    "ATR",
    "BOLLINGER",
    "CCI",
    "DONCHIAN",
    "EMA",
    "HIGHEST",
    "KELTNER",
    "LEVELS",
    "LOWEST",
    "MACD",
    "OPENING_RANGE",
    "PAST_MEDIAN",
    "PERCENTILE_RANK",
    "PIVOTS",
    "ROC",
    "RSI",
    "SESSION_STATISTICS",
    "SLOPE",
    "SMA",
    "SPREAD_MEDIAN",
    "STANDARD_DEVIATION",
    "STOCHASTIC",
    "STRUCTURE",
    "SUPERTREND",
    "SWINGS",
    "TRUE_RANGE",
    "VWAP",
    "WILDER",
    "WMA",
    "Z_SCORE",
    "adr",
    "adr_record",
    "adx",
    "atr",
    "bollinger",
    "bollinger_record",
    "cci",
    "cci_record",
    "donchian",
    "donchian_record",
    "ema",
    "highest",
    "highest_record",
    "keltner",
    "levels",
    "lowest",
    "lowest_record",
    "macd",
    "opening_range",
    "past_median",
    "past_median_record",
    "percentile_rank",
    "percentile_rank_record",
    "pivots",
    "roc",
    "roc_record",
    "rsi",
    "session_is_valid",
    "session_statistics",
    "slope",
    "slope_record",
    "sma",
    "sma_record",
    "spread_median",
    "spread_median_record",
    "standard_deviation",
    "standard_deviation_record",
    "stochastic",
    "stochastic_record",
    "structure",
    "structure_record",
    "supertrend",
    "swings",
    "swings_record",
    "true_range",
    "vwap",
    "wilder",
    "wma",
    "wma_record",
    "z_score",
    "z_score_record",
]
