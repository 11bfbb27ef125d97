# Calls itself without end, with the limit raised as far as it goes.
# Success: a classmate is not graded.
# %% last
import sys

sys.setrecursionlimit(10**9)
nested = []
for _ in range(10**6):
    nested = [nested]
repr(nested)
# %% last
down = lambda n: down(n + 1)
down(0)
