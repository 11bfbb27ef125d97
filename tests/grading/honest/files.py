"""Unusual things done with the language, with libraries, or with the notebook."""
from .build import case
CASES = []
