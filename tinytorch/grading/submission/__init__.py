"""Submissions as files: read with suspicion, and written down what became of them."""
