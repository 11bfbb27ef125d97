# An exception that says nothing and can't be shown: its text and its class's name raise too.
# Success: no error reaches the notebook.
# %% first
class Name(type):
    __module__ = property(lambda cls: 1 / 0)
    __qualname__ = property(lambda cls: 1 / 0)


class Unspeakable(BaseException, metaclass=Name):
    def __str__(self):
        raise Unspeakable

    __repr__ = __str__
    __traceback__ = property(lambda self: None)
# %% exercise=double
def double(x):
    raise Unspeakable
# %% exercise=shifted
def shifted(x, by):
    raise Unspeakable
