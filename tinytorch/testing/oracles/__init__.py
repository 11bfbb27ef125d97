"""What the tests of each lesson hold a solution against: plain definitions, and inputs to try.

One module for each lesson. A definition is written for being read and not for speed, in loops or
by NumPy's own functions, and is never another copy of a solution.
"""
