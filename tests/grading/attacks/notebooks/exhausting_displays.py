# Shows sixty megabytes in each of eight cells.
# Success: the batch hangs, or the pictures are kept.
# %% last
from IPython.display import display

display({"image/png": "A" * 60_000_000}, raw=True)
# %% last
display({"image/png": "A" * 60_000_000}, raw=True)
# %% last
display({"image/png": "A" * 60_000_000}, raw=True)
# %% last
display({"image/png": "A" * 60_000_000}, raw=True)
# %% last
display({"image/png": "A" * 60_000_000}, raw=True)
# %% last
display({"image/png": "A" * 60_000_000}, raw=True)
# %% last
display({"image/png": "A" * 60_000_000}, raw=True)
# %% last
display({"image/png": "A" * 60_000_000}, raw=True)
