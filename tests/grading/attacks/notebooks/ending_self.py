# Ends itself in the middle of a cell.
# Success: a classmate is not graded.
# %% last
import ctypes

ctypes.string_at(0)
