"""`python -m tinytorch` is the command `tinytorch`."""

import sys

from tinytorch.cli import main

if __name__ == "__main__":
    sys.exit(main())
