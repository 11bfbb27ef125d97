# Waits for somebody to type: input, getpass, a debugger.
# Success: the batch waits.
# %% last
input("the answer? ")
# %% last
%pdb on
1 / 0
# %% last
import sys

print(sys.stdin.read(), open(0).read())
