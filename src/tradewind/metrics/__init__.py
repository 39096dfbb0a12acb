"""What each process tells of itself: figures for Prometheus, and whether it lives, can serve and may trade.

`catalogue` names every figure, `told` keeps one process's, `checks` judges evidence, `door` answers on HTTP.
"""
