"""TinyTorch: a deep-learning framework that its students build, and the tools to teach it.

`tinytorch.core` is the framework. The rest are tools: `tinytorch.testing` for the tests
in the lessons, `tinytorch.course` and `tinytorch.grading` for those who teach.
"""

__version__ = "0.1.0"
