# Leaves a folder under the notebook's own name, and one under the working folder's neighbours.
# Success: a classmate is not graded, or the batch stops.
# %% last
import os

attempt(os.remove, "target.ipynb")
attempt(os.makedirs, "target.ipynb/deeper")
attempt(os.makedirs, "../again/target")
