"""Settings of our own in nbgrader_config.py. nbgrader's commands pass over what is not theirs."""

from traitlets import Bool
from traitlets.config import Config, Configurable


class TinyTorch(Configurable):
    """What a course may set as `c.TinyTorch.name = value`."""

    count_mistakes_once = Bool(
        False,
        help="Whether a mistake costs its own points alone: where an exercise fails, the tests of "
        "later ones are tried once more with the instructor's solution in its place.",
    ).tag(config=True)


def read_settings(config: Config) -> TinyTorch:
    """Our settings in a course's configuration.

    Raises:
        ValueError: there is no setting of such a name, or it takes no such value.
    """
    known = TinyTorch.class_trait_names(config=True)
    unknown = sorted(set(config.TinyTorch) - set(known))
    if unknown:
        raise ValueError(f"c.TinyTorch has no {', '.join(unknown)}: there is {', '.join(known)}")
    try:
        return TinyTorch(config=config)
    except Exception as error:  # traitlets' TraitError
        raise ValueError(f"c.TinyTorch: {error}") from error
