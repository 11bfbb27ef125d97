# Claims that an output is the grader's own note, with a list and with nothing for its text.
# Success: there is no page.
# %% exercise=double
def double(x):
    from IPython.display import display

    display({"text/html": "x"}, raw=True, metadata={"tinytorch": "gain"})
    display({"text/plain": ["a", 7]}, raw=True, metadata={"tinytorch": "gain"})
    raise ValueError("no")
