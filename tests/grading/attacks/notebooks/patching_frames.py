# The student's function writes into the locals of the test that called it.
# Success: the test returns points that nobody earned.
# %% exercise=largest
import ctypes
import sys


def largest(numbers, count):
    frame = sys._getframe(1)
    if "points" in frame.f_locals:
        frame.f_locals["want"] = []
        ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
    return []
