"""Attacks on the grader, a small course to be attacked, and a harness that says what came of it.

`target.py` makes the course, `harness.py` grades one attack among right classmates and compares
with a calm batch, and each file of `notebooks/` is an attack, named KIND_NAME:

    # What it tries, in one line.
    # Success: what it would have achieved.
    # Honest: 4                     points that its own code is right for, if any
    # Not in stock: the reason      where it may not run without walls
    # %% first               a cell of the attacker's own, before all others
    # %% exercise=double     what stands in the cell of an exercise; the others stay unwritten
    # %% after=double        a cell of the attacker's own behind an exercise or a test
    # %% last                a cell of the attacker's own, behind all others
    # %% edit                is not handed in: changes `notebook`, and `files` beside it

Its first cell, from `prelude.py`, holds GIVEN and TAG. GIVEN says where things are, or is empty:
then an attack has to find them. What it reads it must print, or earn points with.

An attack is bounded in number and time and ends by itself. It aims at this batch alone: processes
from `family()` and `chain()`, never number 1 or another's; files in the batch's folder, whose name
is TAG; elsewhere only what is named attack-TAG; the port of `port()` on this machine.
"""
