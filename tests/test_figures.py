"""Figures in a notebook: a picture with alt text, and the text alone while a class is graded."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.testing.globalipapp import start_ipython

from tinytorch import figures

ALT = 'A line that rises from 1 to 2, "steadily".'


@pytest.fixture
def shown(monkeypatch):
    """What lessons display, as the mime bundles that a notebook would get."""
    start_ipython()
    bundles = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: bundles.append(bundle))
    return bundles


def draw():
    figure, axes = figures.subplots()
    axes.plot([1, 2])
    figures.show(figure, alt=ALT)


def test_a_figure_is_a_picture_with_alt_text(shown):
    draw()
    [bundle] = shown
    assert bundle["text/html"].startswith('<img alt="A line that rises from 1 to 2, &quot;steadi')
    assert len(bundle["text/html"]) > 5_000
    assert bundle["text/plain"] == ALT


def test_while_a_class_is_graded_nothing_is_drawn_and_the_text_has_to_do(shown, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    draw()
    figures.show(figures.draw_graph('digraph {a [label="a", shape=box]}'), alt="A node.")
    assert plt.get_fignums() == []
    assert [bundle["text/html"] for bundle in shown] == [
        "<em>Figure: A line that rises from 1 to 2, &quot;steadily&quot;.</em>",
        "<em>Figure: A node.</em>",
    ]


GRIDS = [((), {}), ((2,), {}), ((1, 3), {}), ((2, 3), {}), ((2, 1), {}), ((2,), {"ncols": 3})]


@pytest.mark.parametrize(("grid", "named"), GRIDS)
def test_axes_have_the_same_shape_while_a_class_is_graded(grid, named, monkeypatch):
    figure, drawn = figures.subplots(*grid, **named)
    plt.close(figure)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    _, undrawn = figures.subplots(*grid, **named)
    assert np.asarray(undrawn, object).shape == np.asarray(drawn, object).shape


def test_a_figure_that_was_shown_is_closed(shown):
    draw()
    assert plt.get_fignums() == []
