# Shows a result of 300 MB, and another that takes long to be shown.
# Success: the batch hangs, or a classmate is not graded.
# %% last
class Long:
    def __repr__(self):
        return "x" * 300_000_000


Long()
# %% last
{"text": ["y" * 1000] * 50_000}
