"""What a lesson's notebook shows, and what it keeps out of sight."""

from __future__ import annotations

import json

from sample import GOOD, QUESTION, TOP, change, header, write_lesson

from tinytorch.course.lesson import Lesson
from tinytorch.course.notebook import effort, notebook

MORE = f"""# %% [markdown]
# ## 2.9 For those who want more: speed
# {"A word. " * 900}

# %%
given = 1

{header("faster")}
def faster(x):
    ### BEGIN SOLUTION
    return x
    ### END SOLUTION

# %% [markdown]
# ### Further still

# %%
further = 2

# %% [markdown]
# ## 2.10 Questions

# %%
after = 3

"""
WITH_MORE = change(GOOD, QUESTION, MORE + QUESTION)


def cells_of(lesson: Lesson) -> dict[str, dict]:
    """The notebook's cells by the first line of their sources."""
    cells = json.loads(notebook(lesson))["cells"]
    return {"".join(cell["source"]).split("\n")[0]: cell for cell in cells}


def test_directives_become_metadata(tmp_path):
    lesson = write_lesson(tmp_path, GOOD)
    content = json.loads(notebook(lesson))
    assert "#|" not in notebook(lesson)
    assert len(content["cells"]) == len(lesson.cells) - 1, "default_exp had a cell of its own"
    assert content["metadata"]["tinytorch"] == {"lesson": "02_scaling", "module": "core.scaling"}
    cells = cells_of(lesson)
    for line in ("import numpy as np", "def scale(x, factor):"):
        assert cells[line]["metadata"]["tinytorch"] == {"export": True}
    assert "tinytorch" not in cells["from tinytorch.testing import TestFailed"]["metadata"]
    assert cells["def scale(x, factor):"]["metadata"]["nbgrader"] == lesson.cell("scale").nbgrader


def test_a_cell_that_names_the_module_and_more_stays(tmp_path):
    both = "#| default_exp core.scaling\n#| export\nimport numpy"
    text = change(GOOD, "# %%\n#| default_exp core.scaling\n\n", "")
    lesson = write_lesson(tmp_path, change(text, "#| export\nimport numpy", both))
    cells = cells_of(lesson)
    assert len(cells) == len(lesson.cells)
    assert cells["import numpy as np"]["metadata"] == {"tinytorch": {"export": True}}


def test_a_lesson_that_exports_nothing_names_no_module(tmp_path):
    text = change(GOOD, "# %%\n#| default_exp core.scaling\n\n", "").replace("#| export\n", "")
    content = json.loads(notebook(write_lesson(tmp_path, text)))
    assert content["metadata"]["tinytorch"] == {"lesson": "02_scaling"}


def test_tests_are_folded_and_other_code_is_not(tmp_path):
    lesson = write_lesson(tmp_path, GOOD)
    hidden = [
        cell["id"]
        for cell in json.loads(notebook(lesson))["cells"]
        if cell["metadata"].get("jupyter") == {"source_hidden": True}
    ]
    assert hidden == [cell.grade_id for cell in lesson.cells if cell.is_test]


def test_a_folded_test_says_what_must_hold_and_stops_no_run_of_all_cells(tmp_path):
    said = GOOD.replace("def test_scale_by_1():\n", 'def test_scale_by_1():\n    """By one."""\n')
    cells = cells_of(write_lesson(tmp_path, said))
    assert cells["# 10 points: By one."]["metadata"]["tags"] == ["raises-exception"]
    assert "tags" not in cells["def scale(x, factor):"]["metadata"]


def test_a_cell_that_only_draws_is_folded(tmp_path):
    drawing = "# %%\nfigure, axes = figures.subplots()\nfigures.show(figure, 'a line')\n\n"
    printing = drawing.replace("figure, axes", "print('told')\nfigure, axes")
    cells = cells_of(write_lesson(tmp_path, change(GOOD, QUESTION, drawing + printing + QUESTION)))
    assert cells["# How the figure is drawn"]["metadata"] == {"jupyter": {"source_hidden": True}}
    assert cells["print('told')"]["metadata"] == {}


def test_metadata_of_the_lesson_stays_beside_ours(tmp_path):
    head = GOOD.index("# %% nbgrader", GOOD.index("return product"))
    other = GOOD[:head] + '# %% jupyter={"outputs_hidden": true} nbgrader' + GOOD[head + 13 :]
    test = cells_of(write_lesson(tmp_path, other))["def test_scale_by_1():"]
    assert test["metadata"]["jupyter"] == {"outputs_hidden": True, "source_hidden": True}


def test_the_section_for_those_who_want_more_is_folded_up_to_the_next(tmp_path):
    cells = cells_of(write_lesson(tmp_path, WITH_MORE))
    heading = cells["## 2.9 For those who want more: speed"]
    assert heading["metadata"] == {"jp-MarkdownHeadingCollapsed": True}
    folded = {"jupyter": {"source_hidden": True}}
    assert cells["given = 1"]["metadata"] == cells["further = 2"]["metadata"] == folded
    assert "jupyter" not in cells["def faster(x):"]["metadata"]
    for line in ("## 2.10 Questions", "### Further still", "after = 3"):
        assert cells[line]["metadata"] == {}


def test_what_only_those_read_who_want_more_takes_no_time(tmp_path):
    plain = write_lesson(tmp_path, GOOD)
    more = write_lesson(tmp_path, WITH_MORE, "03_scaling")
    reading, coding = effort(plain).split(" Coding: ")
    assert effort(more).startswith(reading)
    assert effort(more).split(" Coding: ")[1] != coding, "its exercises take time"
    shown = write_lesson(tmp_path, WITH_MORE.replace("For those who want", "Some"), "04_scaling")
    assert not effort(shown).startswith(reading)


def test_the_times_stand_below_the_title(tmp_path):
    lesson = write_lesson(tmp_path, GOOD)
    first = json.loads(notebook(lesson))["cells"][0]["source"]
    assert "".join(first).startswith(f"# Scaling\n\n*{effort(lesson)}*\n")
    assert TOP.startswith("# %% [markdown]\n# # Scaling\n")
