"""nbgrader's formgrader, in a real browser, on a gradebook that our engine wrote."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import compare
import pytest

from tinytorch.grading import grade
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.scores import scores

pytest.importorskip("selenium", reason="selenium is not installed")

from lab import PATIENCE, browser, serving
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    StaleElementReferenceException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

pytestmark = pytest.mark.slow
__all__ = ["browser"]  # a fixture

# The small course and its class are those of the grader's tests.
small = runpy.run_path(str(Path(__file__).parents[1] / "grading/conftest.py"), run_name="small")
neighbours, write_course = small["neighbours"], small["write_course"]


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A course in which two students handed in, graded by our engine."""
    root = write_course(tmp_path_factory.mktemp("formgrader") / "course")
    neighbours(root)
    run = grade.grade(root, ["01_add"])
    assert [outcome.status for outcome in run.outcomes] == ["graded"] * 2, run.outcomes
    return root


@pytest.fixture(scope="module")
def server(course, tmp_path_factory) -> Iterator[str]:
    """The address of a Jupyter server in the course; nbgrader's extension comes with nbgrader."""
    with serving(course, tmp_path_factory.mktemp("home")) as address:
        yield address


@pytest.fixture
def formgrader(browser, server) -> SimpleNamespace:
    """What a person at the formgrader does: open a page, read its table, look for a thing."""

    def soon(condition):
        not_yet = (StaleElementReferenceException, ElementNotInteractableException)
        wait = WebDriverWait(browser, PATIENCE, 0.1, (*not_yet, ElementClickInterceptedException))
        return wait.until(lambda _: condition())

    def find(selector: str):
        return soon(lambda: browser.find_elements(By.CSS_SELECTOR, selector))[0]

    def press(by: str, what: str) -> None:
        """Click on the first of what is found, as soon as it is there and free."""
        soon(lambda: [each.click() for each in browser.find_elements(by, what)[:1]])

    def rows() -> list[list[str]]:
        """The table of a page, as it is shown, once it is there."""
        script = (
            "return [...document.querySelectorAll('tbody tr')].map("
            "row => [...row.cells].map(cell => cell.innerText.trim() || cell.dataset.search || ''))"
        )
        loading = "Loading, please wait..."

        def shown() -> list[list[str]]:
            found = browser.execute_script(script)
            return [] if any(row[0] == loading for row in found) else found

        return soon(shown)

    def open_page(path: str = "") -> None:
        browser.get(f"{server}formgrader{path}")

    return SimpleNamespace(
        page=browser, find=find, press=press, rows=rows, soon=soon, open=open_page
    )


def click(formgrader, text: str) -> None:
    """Press the link of this text, and wait until another page is there."""
    before = formgrader.page.current_url
    formgrader.press(By.LINK_TEXT, text)
    formgrader.soon(lambda: formgrader.page.current_url != before)


def open_submission(formgrader, student: str) -> None:
    """Go from the assignments to a student's notebook, as a person does."""
    formgrader.open()
    click(formgrader, "Manual Grading")
    click(formgrader, "01_add")
    click(formgrader, "add")
    formgrader.rows()
    formgrader.find("#toggle_names").click()
    click(formgrader, student)
    # The scores are there when the page has asked for them.
    formgrader.soon(lambda: formgrader.find("#test_add").get_attribute("placeholder"))


def enter(formgrader, selector: str, text: str) -> None:
    """Type into a field, leave it, and wait until the page says that it is saved."""
    formgrader.page.execute_script(
        "window.saved = false; $(document).one('finished_saving', () => window.saved = true)"
    )
    field = formgrader.find(selector)
    field.send_keys(text, Keys.TAB)
    formgrader.soon(lambda: formgrader.page.execute_script("return window.saved"))


def test_it_is_opened_from_the_menu_of_jupyterlab(formgrader, server):
    label = "//div[contains(@class, 'lm-{}-itemLabel') and text()='{}']"

    def chosen() -> bool:
        formgrader.press(By.XPATH, label.format("MenuBar", "Nbgrader"))
        items = formgrader.page.find_elements(By.XPATH, label.format("Menu", "Formgrader"))
        if items and items[0].is_displayed():
            items[0].click()
            return True
        # It is added to the menu a little later than the menu itself.
        formgrader.page.find_element(By.TAG_NAME, "body").send_keys(Keys.ESCAPE)
        return False

    formgrader.page.get(f"{server}lab")
    formgrader.soon(chosen)
    formgrader.page.switch_to.frame(formgrader.find("iframe[src$='formgrader']"))
    assert {row[0] for row in formgrader.rows()} == {"01_add", "02_twice"}


def test_the_pages_show_what_the_engine_graded(formgrader):
    formgrader.open()  # Manage Assignments: the name first, then who handed in
    assignments = {row[0]: row[8] for row in formgrader.rows()}
    assert assignments == {"01_add": "2", "02_twice": "0"}
    formgrader.open("/manage_submissions/01_add")
    states = {row[1]: row[3:5] for row in formgrader.rows()}
    assert states["wrong"] == ["graded", "3 / 10"]
    formgrader.open("/gradebook/01_add/add")  # overall, code, written, task, by hand?, failed?
    assert ["3 / 10", "3 / 6", "0 / 4", "0 / 0", "", "tests failed"] in [
        row[2:8] for row in formgrader.rows()
    ]
    open_submission(formgrader, "wrong")
    shown = formgrader.find("#notebook").text
    assert "return abs(a) + b" in shown
    assert "AssertionError" in shown and "Cell In[3], line 4, in test_add_more()" in shown
    scores = {
        field.get_attribute("id"): field.get_attribute("placeholder")
        for field in formgrader.page.find_elements(By.CSS_SELECTOR, "input.score")
    }
    assert scores == {"test_add": "3", "test_add_more": "0", "count": "0"}
    assert formgrader.find("#count-comment").get_attribute("placeholder") == "No response."


def test_what_a_person_enters_is_kept_when_the_class_is_graded_again(formgrader, course):
    formgrader.open("/gradebook/01_add/add")
    waiting = ["6 / 10", "6 / 6", "0 / 4", "0 / 0", "needs manual grade", ""]
    assert waiting in [row[2:8] for row in formgrader.rows()]
    open_submission(formgrader, "right")
    enter(formgrader, "#count", "2.5")
    enter(formgrader, "#count_extra_credit", "1")
    enter(formgrader, "#count-comment", "One is **right**.")
    formgrader.open("/gradebook/01_add/add")
    done = ["9.5 / 10", "6 / 6", "3.5 / 4", "0 / 0", "", ""]
    assert done in [row[2:8] for row in formgrader.rows()]

    right = scores(Course(course), "01_add").students["right"]
    assert (right.score, right.waiting, right.comments["count"]) == (9.5, 0, "One is **right**.")
    marks = {(row[0], row[3]): row[6:8] for row in compare.gradebook_rows(course)["grade"]}
    assert marks["right", "count"] == (2.5, 1.0)  # by hand, and extra

    again = grade.grade(course, ["01_add"], force=True)
    assert [outcome.status for outcome in again.outcomes] == ["graded"] * 2, again.outcomes
    right = scores(Course(course), "01_add").students["right"]
    assert (right.score, right.comments["count"]) == (9.5, "One is **right**.")
    # As after nbgrader's own autograde, somebody is asked whether the mark still fits.
    assert right.cells["count"].needs_manual_grade
    open_submission(formgrader, "right")
    assert formgrader.find("#count").get_attribute("value") == "2.5"
    assert "needs_manual_grade" in formgrader.find("#count").get_attribute("class")


def test_its_own_buttons_grade_and_give_feedback_on_the_same_gradebook(formgrader, course):
    before = compare.gradebook_rows(course)
    for button, path in (("autograde", "autograded"), ("generate-feedback", "feedback")):
        formgrader.open("/manage_submissions/01_add")
        formgrader.rows()
        row = "//tr[td[normalize-space()='wrong']]"
        cell = f"{row}/td[contains(@class, '{button}')]/a"
        formgrader.press(By.XPATH, cell)
        told = formgrader.find(".modal-title")
        assert formgrader.soon(lambda told=told: told.text) == "Success"
        assert any((course / path / "wrong/01_add").iterdir())
    assert compare.differences(compare.gradebook_rows(course), before) == []
