# Fails with a chain of 3,000 causes, in a function of very long lines.
# Success: the batch hangs, or a classmate is not graded.
# %% last
error = None
for number in range(3000):
    following = ValueError("x" * 1000)
    following.__cause__ = error
    error = following
raise error
# %% last
exec(compile("def f(n):\n    return f(n - 1) if n else 1 / 0  # " + "x" * 100_000, "<long>", "exec"))
f(900)
