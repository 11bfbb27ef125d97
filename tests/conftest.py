"""All tests: they must pass on machines without walls too. Those of the walls ask for them."""

import os

os.environ.setdefault("TINYTORCH_SANDBOX", "any")
