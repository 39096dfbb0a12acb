"""Can a strategy see the future? A certificate that says no, or names the decision, the moment and the row it saw.

A decision of moment t may depend on nothing that was not known at t. That can be tried out without reading a line of
the strategy: change what comes after t and see whether a decision made by t changes.

    prefix replay      the tape ends at t
    future poisoning   the tape goes on after t with other prices: another walk, extremes, shuffled, mirrored
    stamp flip         bars of other series that began by t and were not finished are replaced
    warm-up            the tape begins later: decisions must become the same again (says nothing about the future, but
                       about whether live trading can repeat a backtest)

Subjects are strategy files (compiled, or plain Python with any library) and functions of a whole frame of bars, where
most leaks live. Every trial of plain code is in a process of its own, forked from one in which the strategy was never
loaded: what a module remembers from one trial cannot reach the next. Compiled strategies remember nothing outside the
snapshot, so their replays begin at snapshots and cost two passes in all.

    subjects      what is certified, and how it is found
    moments       which t are tried
    poison        another future
    outside       files of prices cut in time
    overlay       what the strategy opens is cut, what it writes is kept apart
    frames        a function of a frame is called, its answer read
    streams       a strategy is run on a part of a tape
    session       the process that forks one for each trial; `fresh` is our end of it
    compare       the first decision that changed
    trials        the tests
    certificate   the document
"""
