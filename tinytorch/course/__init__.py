"""From a lesson file to a checked lesson, and from there to notebooks and `tinytorch.core`."""
