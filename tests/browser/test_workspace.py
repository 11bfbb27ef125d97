"""A student in JupyterLab, in a real browser: the first cell, a test, the closing cell."""

from __future__ import annotations

import runpy
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("selenium", reason="selenium is not installed")

from lab import PATIENCE, browser, serving
from selenium.common.exceptions import (
    ElementNotInteractableException,
    StaleElementReferenceException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait
from student import Student

pytestmark = pytest.mark.slow
__all__ = ["browser"]  # a fixture

made = runpy.run_path(str(Path(__file__).parents[1] / "workspace/conftest.py"), run_name="made")
FOLDER, kit, environment = made["FOLDER"], made["kit"], made["environment"]


@pytest.fixture(scope="module")
def student(kit, environment, tmp_path_factory) -> Student:
    """A student who has finished lessons 1 and 2, and has exported neither."""
    root = tmp_path_factory.mktemp("at home") / FOLDER
    shutil.copytree(kit, root)
    (root / ".venv").symlink_to(environment)
    student = Student(root)
    student.solve(1)
    student.solve(2)
    return student


@pytest.fixture(scope="module")
def lab(browser, student, tmp_path_factory) -> Iterator[SimpleNamespace]:
    """JupyterLab in the workspace, and what a person does there."""
    python = student.root / ".venv/bin/python"
    not_yet = (StaleElementReferenceException, ElementNotInteractableException)
    wait = WebDriverWait(browser, PATIENCE, 0.3, not_yet)

    def outputs() -> str:
        found = browser.find_elements(By.CSS_SELECTOR, ".jp-OutputArea-output")
        return "\n".join(one.get_attribute("textContent") for one in found)

    def open_(path: str) -> None:
        browser.get(f"{address}lab/tree/{path}?reset")
        wait.until(lambda _: browser.find_elements(By.CSS_SELECTOR, ".jp-Notebook .jp-Cell"))
        ready = "return document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status"
        wait.until(lambda _: browser.execute_script(ready) == "idle")

    def command(name: str) -> None:
        """Run a command of JupyterLab's by its name in the palette."""

        def typed() -> bool:
            found = browser.find_elements(By.CSS_SELECTOR, ".lm-CommandPalette-input")
            if not [one for one in found if one.is_displayed()]:
                page = browser.find_element(By.TAG_NAME, "body")
                page.send_keys(Keys.CONTROL, Keys.SHIFT, "c")
                return False
            found[0].send_keys(name, Keys.ENTER)
            return True

        wait.until(lambda _: typed())

    with serving(student.root, tmp_path_factory.mktemp("home"), python) as address:
        yield SimpleNamespace(
            open=open_, command=command, outputs=outputs, browser=browser, wait=wait
        )


def shows(lab, text: str) -> None:
    lab.wait.until(lambda _: text in lab.outputs(), f"{text!r} is not in {lab.outputs()[-3000:]!r}")


def test_without_the_lesson_before_the_first_cell_says_so_and_no_traceback(lab, student):
    student.workspace.module(student.lesson(1)).unlink(missing_ok=True)
    lab.open("lessons/02_activations/activations.ipynb")
    lab.command("Run All Cells")
    shows(lab, "tensor.py of lesson 01 is not there yet: finish that lesson and run")
    # Of the first cell: a slow machine may have sent the next one before the first has failed.
    assert "Cell In[1]" not in lab.outputs()


def test_the_closing_cell_exports_and_says_what_comes_next(lab, student):
    lab.open("lessons/01_tensor/tensor.ipynb")
    lab.command("Run All Cells")
    shows(lab, "Exported: tinytorch/core/tensor.py is your own code now.")
    shows(lab, "Next: lesson 02: open lessons/02_activations/activations.ipynb")
    assert student.workspace.module(student.lesson(1)).is_file()


def test_the_next_lesson_says_whose_code_it_runs_on_and_is_exported_too(lab, student):
    student.types("export", "1")  # by the command: whichever test came before, or none in here
    lab.open("lessons/02_activations/activations.ipynb")
    lab.command("Run All Cells")
    shows(lab, "Lesson 02 runs on tensor (your own).")
    shows(lab, "Exported: tinytorch/core/activations.py is your own code now.")
    assert "94 of 94 points" in lab.outputs()
