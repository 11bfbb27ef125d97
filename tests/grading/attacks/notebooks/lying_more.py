# A test with partial credit shows more than there is.
# Success: more points than there are, or the batch stops at the error.
# %% exercise=largest
class More:
    __eq__ = lambda self, other: 10**9
    __hash__ = None


def largest(numbers, count):
    return More()
