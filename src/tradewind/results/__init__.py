"""What a run was worth: from the logs it leaves to tables, a summary, and the words that explain them. Pure.

Arrays and facts come in, frames and plain values go out; nothing here reads a database or draws a picture.
The way through: `facts` says what the numbers in the logs stand for, `tables` makes frames of the logs,
`summary` condenses them with the formulas of `statistics`, `provenance` names everything the result depends
on, `document` puts that in one plain mapping that a store can keep, `why` asks it questions, and `printing`
shows it in a terminal. Of a run's tables and document `measures` makes every statistic (`growth`, `trade_quality`),
`breakdowns` the results by session, clock and day (`entries`, `ranges`), `montecarlo` what else might have come out;
`overfitting`, `trials` and `superiority` judge many variants together.
"""
