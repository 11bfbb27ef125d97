"""A sample class, to try the grader with."""
