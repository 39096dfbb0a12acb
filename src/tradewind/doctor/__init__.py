"""Is this installation fit to trade: every question a person would ask of it, each with an answer and what to do.

Nothing is changed and nothing is waited for long: each area is looked at in a thread of its own, and one that does not
answer in time is red. A question without fresh positive evidence is red too; what is not used is said to be so.
"""
