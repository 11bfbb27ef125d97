"""Small programs written twice, with tinytorch.core and with PyTorch, by kind."""
