"""Feedback: nbgrader's own pages, one at a time.

They differ from nbgrader's in three ways: the text of hidden tests is left out, unless it is asked
for; what failed is said at the top; and nothing that a student wrote can run in the page, or hide
what it says.
"""

from __future__ import annotations

import html
import re
import warnings
from functools import cached_property, lru_cache
from uuid import uuid4

from tinytorch.grading.nb.converters import converter
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.gradebook import open_gradebook
from tinytorch.grading.nb.notes import note_in
from tinytorch.grading.nb.scores import read_marks
from tinytorch.grading.submission.folders import Replacement, files_of

ANSI = re.compile(r"\x1b\[[0-9;]*m")
SUMMARY = "<!-- what failed -->\n{}\n<!-- end of what failed -->\n"
BODY = '<div class="panel-body">'  # of nbgrader's template: the notebook begins in it
MOST_CHARACTERS = 500  # of one diagnosis


# What texts and outputs may hold besides words.
TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "del",
    "details", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins",
    "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strong", "sub",
    "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var",
}  # fmt: skip
IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*|https?://.*|[\w./-]*")
# Of highlighted code, tables and headings: by others the page lays things over each other.
CLASS = r"(highlight|dataframe|anchor-link|(hl|language)-\w+|[a-z]{1,3}\d?)"
CLASSES = re.compile(rf"{CLASS}( {CLASS})*")
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")


class Printer:
    """Writes the feedback of one course.

    Args:
        show_hidden_tests: whether students see the text of hidden tests, as nbgrader shows it.
    """

    def __init__(self, course: Course, *, show_hidden_tests: bool = False):
        self._course = course
        self._converter = converter("GenerateFeedback", course.directory)
        self._marks = _marks_step()()
        self._exporter = _quick(self._converter.exporter_class)(
            parent=self._converter, config=self._converter.config
        )
        self._exporter.sanitize_html = True  # a page runs nothing that a student wrote
        if not show_hidden_tests:
            self._exporter.register_preprocessor(_hiding_step()(parent=self._exporter))
        self._exporter.register_preprocessor(_harmless_step()(parent=self._exporter))
        for step in self._converter.preprocessors:
            step = self._marks if step is type(self._marks).__base__ else step
            self._exporter.register_preprocessor(step)

    @cached_property
    def _book(self):
        return open_gradebook(self._course)

    def write(self, student: str, assignment: str) -> None:
        """Write the pages on one submission: one for each of its notebooks."""
        with warnings.catch_warnings(action="ignore"):
            self._write(student, assignment)

    def _write(self, student: str, assignment: str) -> None:
        source = self._course.autograded(student, assignment)
        files = {
            path.relative_to(source).as_posix(): path.read_bytes()
            for path in files_of(source, [*self._course.ignored, "*.ipynb"])
        }
        marks = read_marks(self._book.db, assignment, student)
        self._book.db.rollback()
        for path in sorted(source.glob("*.ipynb")):
            self._marks.marks = marks[path.stem]
            resources = self._resources(student, assignment, path.stem)
            text, resources = self._exporter.from_filename(str(path), resources)
            files[f"{path.stem}.html"] = with_summary(text, resources["failed"]).encode()
        place = Replacement(self._course.feedback(student, assignment))
        place.write(files, int(str(self._converter.permissions), 8))
        place.publish()

    def _resources(self, student: str, assignment: str, notebook: str) -> dict:
        about = {"student": student, "assignment": assignment, "notebook": notebook}
        return {
            "unique_key": notebook,
            "output_files_dir": f"{notebook}_files",
            "nbgrader": {**about, "db_url": self._course.directory.db_url},
        }


def with_summary(page: str, failed: list[tuple[str, str, str]]) -> str:
    """A page with what failed at the top: each test, its diagnosis, and our note on it."""
    if not failed or BODY not in page:
        return page
    items = [
        f'<li><a href="#{html.escape(name)}">{html.escape(name)}</a>: '
        f"<code>{html.escape(diagnosis)}</code> {html.escape(note)}</li>"
        for name, diagnosis, note in failed
    ]
    text = "\n".join(
        ['<div class="panel-body">\n<b>What failed</b>\n<ul>', *items, "</ul>\n</div>"]
    )
    return page.replace(BODY, SUMMARY.format(text) + BODY, 1)


def diagnosis_of(outputs: list) -> str:
    """What went wrong in a cell, in the words of its error."""
    for output in outputs:
        if output["output_type"] == "error":
            words = f"{output['ename']}: {output['evalue']}".strip(": \n")
            return words[:MOST_CHARACTERS]
        if output["output_type"] == "stream" and output["name"] == "stderr":
            return output["text"].strip()[:MOST_CHARACTERS]
    return ""


def without_frames(outputs: list, execution_count: int | None) -> None:
    """Take out of tracebacks the frames that quote the cell itself."""
    quote = f"Cell In[{execution_count}], line"
    for output in outputs:
        if output["output_type"] == "error":
            frames = output["traceback"]
            output["traceback"] = [frame for frame in frames if quote not in ANSI.sub("", frame)]


def _quick(exporter: type) -> type:
    """nbconvert's exporter of HTML, that highlights the code which all students share only once.

    Highlighted code is most of a page, and the page as a whole is parsed and written out anew by
    Beautiful Soup. So a comment holds the place of each piece until that is done, and the piece
    goes through both on its own.
    """
    from bs4 import BeautifulSoup
    from jinja2 import pass_context
    from nbconvert.exporters import HTMLExporter
    from nbconvert.filters import Highlight2HTML

    if not issubclass(exporter, HTMLExporter):
        return exporter

    class QuickExporter(exporter):
        def __init__(self, **settings):
            super().__init__(**settings)
            # Once: the templates are compiled anew whenever a filter changes.
            ours = {"highlight_code": self._place, "clean_html": harmless}
            self.filters = ours | self.filters

        def from_notebook_node(self, nb, resources=None, **more):
            language = nb.metadata.get("language_info", {})
            self._lexer = language.get("pygments_lexer", language.get("name"))
            self._mark, self._pieces = f"code {uuid4().hex}", []
            page, about = super().from_notebook_node(nb, resources, **more)
            if page.count(self._mark) != len(self._pieces):
                # A template of the course's own does something with the code.
                self._mark = ""
                return super().from_notebook_node(nb, resources, **more)
            find = rf"<!--{self._mark} (\d+)-->"
            return re.sub(find, lambda found: self._pieces[int(found[1])], page), about

        @pass_context
        def markdown2html(self, context, source):
            return harmless(super().markdown2html(context, source))

        def _place(self, source: str, language: str | None = None, metadata: dict | None = None):
            magics = (metadata or {}).get("magics_language")
            code = source, language, magics, self._lexer
            if not self._mark:
                return self._highlight(*code)
            piece, space = self._piece(*code)
            self._pieces.append(piece)
            return f"<!--{self._mark} {len(self._pieces) - 1}-->{space}"

        def _highlight(self, source, language, magics, lexer) -> str:
            metadata = {"magics_language": magics} if magics else {}
            return Highlight2HTML(pygments_lexer=lexer, parent=self)(source, language, metadata)

        @lru_cache(1000)  # noqa: B019 - there is one exporter for the life of a worker
        def _piece(self, *code) -> tuple[str, str]:
            """The code, and the space behind it, which becomes one with that of the page."""
            text = self._highlight(*code)
            piece = text.rstrip()
            return str(BeautifulSoup(piece, "html.parser")), text[len(piece) :]

    return QuickExporter


@lru_cache(1000)
def harmless(text: str) -> str:
    """HTML without what could run, load a page, or lie over what else is on it."""
    import bleach

    return bleach.clean(text, TAGS, _is_harmless, strip=True)


def _is_harmless(tag: str, name: str, value: str) -> bool:
    if tag == "img" and name == "src":
        return bool(IMAGE.fullmatch(value))
    if name == "class":
        return bool(CLASSES.fullmatch(value))
    of_tag = {"a": {"href"}, "img": {"alt", "width", "height"}, "ol": {"start"}}
    cells = {"colspan", "rowspan", "align", "scope"}
    return name in {"id", "title"} | of_tag.get(tag, set()) | (
        cells if tag in ("td", "th") else set()
    )


def _harmless_step() -> type:
    """A step that takes out of outputs what templates put into attributes as it is."""
    from nbgrader.preprocessors import NbGraderPreprocessor

    class HarmlessOutputs(NbGraderPreprocessor):
        def preprocess_cell(self, cell, resources, cell_index):
            for output in cell.get("outputs", []):
                if "data" not in output:
                    continue
                sizes = {
                    kind: {n: v for n, v in about.items() if isinstance(v, int | float)}
                    for kind, about in output.metadata.items()
                    if isinstance(about, dict)
                }
                for kind in [k for k in output.data if k.startswith("image/")]:
                    output.metadata[kind] = sizes.get(kind, {})
                    data = output.data[kind]
                    if kind != "image/svg+xml" and not BASE64.fullmatch(str(data)):
                        del output.data[kind]
            return cell, resources

    return HarmlessOutputs


def _marks_step() -> type:
    """nbgrader's GetGrades, from marks that were read beforehand; notes down what failed."""
    from nbgrader import utils
    from nbgrader.preprocessors import GetGrades, NbGraderPreprocessor

    class ReadMarks(GetGrades):
        marks = None

        def preprocess(self, nb, resources):
            resources["failed"] = []
            nb, resources = NbGraderPreprocessor.preprocess(self, nb, resources)
            penalty = self.marks.late_penalty
            resources["nbgrader"]["score"] = self.marks.score - penalty
            resources["nbgrader"]["max_score"] = self.marks.max_score
            resources["nbgrader"]["late_penalty"] = penalty
            return nb, resources

        def preprocess_cell(self, cell, resources, cell_index):
            cell, resources = super().preprocess_cell(cell, resources, cell_index)
            if utils.is_grade(cell) and cell.cell_type == "code":
                diagnosis = diagnosis_of(cell.outputs)
                if diagnosis:
                    name = cell.metadata.nbgrader["grade_id"]
                    resources["failed"].append((name, diagnosis, note_in(cell.outputs)))
            return cell, resources

        def _get_comment(self, cell, resources):
            name = cell.metadata.nbgrader["grade_id"]
            cell.metadata.nbgrader["comment"] = self.marks.comments[name]

        def _get_score(self, cell, resources):
            score = self.marks.cells[cell.metadata.nbgrader["grade_id"]]
            cell.metadata.nbgrader["score"] = score.score
            cell.metadata.nbgrader["points"] = score.max_score

    return ReadMarks


def _hiding_step() -> type:
    """nbgrader's ClearHiddenTests, that takes the tests out of tracebacks too."""
    from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor

    class HideTests(ClearHiddenTests):
        def preprocess(self, nb, resources):
            return NbGraderPreprocessor.preprocess(self, nb, resources)

        def preprocess_cell(self, cell, resources, cell_index):
            locked = "nbgrader" in cell.metadata
            if locked and self._remove_hidden_test_region(cell) and cell.cell_type == "code":
                without_frames(cell.outputs, cell.execution_count)
            return cell, resources

    return HideTests
