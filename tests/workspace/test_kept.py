"""Whatever moment a command is killed at, nothing that a student wrote is lost."""

import copy
import json
import os
import random
import shutil
import signal
import time

import pytest
from student import grade_id

from tinytorch.workspace import export, kept, reset, submit
from tinytorch.workspace.place import open_workspace

KILLS = 40  # of each command


def killed_after(seconds: float, work) -> None:
    """Do the work in a process that is killed, unless it is done before."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def seconds_of(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def everything(root) -> set[bytes]:
    """All that is in the files of a workspace, temporary ones left aside."""
    files = (path for path in root.rglob("*") if path.is_file() and ".venv" not in path.parts)
    return {path.read_bytes() for path in files if not path.name.startswith(".")}


@pytest.fixture
def place(kit, tmp_path):
    root = tmp_path / "a place"
    shutil.copytree(kit, root)
    workspace = open_workspace(root)
    return workspace, workspace.lesson("1")


def moments(seed: int, longest: float):
    draws = random.Random(seed)
    return (draws.uniform(0, 1.3 * longest) for _ in range(KILLS))


def test_export_and_borrow_leave_one_module_or_the_other_and_keep_both(place):
    workspace, lesson = place
    path = workspace.module(lesson)
    texts = [f"x = {n}\n" * 5_000 for n in range(KILLS + 2)]
    export.write_module(workspace, lesson, texts[0])
    longest = seconds_of(lambda: export.write_module(workspace, lesson, texts[1]))
    now = path.read_text()
    for new, moment in zip(texts[2:], moments(1, longest), strict=True):
        work = export.borrow if new[4] == "7" else export.write_module
        words = (workspace, lesson) if work is export.borrow else (workspace, lesson, new)
        killed_after(moment, lambda work=work, words=words: work(*words))
        after = path.read_text()
        assert after in (now, new) or after.startswith('"""Borrowed')
        assert now.encode() in everything(workspace.root)
        now = after
    export.write_module(workspace, lesson, "done = True\n")
    assert path.read_text() == "done = True\n"


def test_reset_leaves_what_was_written_or_the_release_and_keeps_both(place):
    workspace, lesson = place
    path, release = workspace.notebook(lesson), workspace.release(lesson).read_bytes()
    for n, moment in enumerate(moments(2, 0.02)):
        written = release.replace(b"yours to write", b"written by me, version %d" % n)
        path.write_bytes(written)
        name = ("", "mean")[n % 2]
        killed_after(moment, lambda name=name: reset.reset(workspace, lesson, name))
        assert path.read_bytes() == written or written in everything(workspace.root)
        reset.reset(workspace, lesson)
        assert path.read_bytes() == release
        assert written in everything(workspace.root)


def test_submit_leaves_a_whole_file_and_a_receipt_of_a_whole_file(place):
    workspace, lesson = place
    release = workspace.release(lesson).read_bytes()
    handed_in = []
    for n, moment in enumerate(moments(3, 0.02)):
        written = release.replace(b"yours to write", b"written by me, version %d" % n)
        workspace.notebook(lesson).write_bytes(written)
        handed_in.append(written)
        killed_after(moment, lambda: submit.submit(workspace, lesson, None))
        folder = workspace.root / "submit" / lesson.folder
        if (folder / "tensor.ipynb").exists():
            assert (folder / "tensor.ipynb").read_bytes() in handed_in
        known = kept.read_json(folder / "receipt.json")
        assert not known or known["sha256"] in map(kept.sha256, handed_in)
    submit.submit(workspace, lesson, None)
    assert (folder / "tensor.ipynb").read_bytes() == written
    assert kept.read_json(folder / "receipt.json")["sha256"] == kept.sha256(written)


def newer_kit(root, folder):
    """A kit with another text in lessons 1 and 2."""
    shutil.copytree(root, folder)
    for lesson in open_workspace(folder).lessons[:2]:
        for path in folder.rglob(f"{lesson.name}.ipynb"):
            text = path.read_text("utf-8")
            path.write_text(text.replace("is yours to write", "is for you to write"), "utf-8")
    return signed(folder)


def signed(folder):
    """A kit whose notebooks were edited, with their hashes as they are now."""
    about = json.loads((folder / "kit.json").read_text("utf-8"))
    workspace = open_workspace(folder)
    for lesson in about["lessons"]:
        release = workspace.release(workspace.lesson(lesson["folder"]))
        lesson["sha256"] = kept.sha256(release.read_bytes())
    kept.write_json(folder / "kit.json", about)
    return folder


def test_update_ends_in_the_same_place_however_often_it_was_killed(kit, place, tmp_path):
    workspace, lesson = place
    new = newer_kit(kit, tmp_path / "newer")
    path = workspace.notebook(lesson)
    own = path.read_bytes().replace(b"mean is yours to write", b"mean as I write it")
    path.write_bytes(own)

    def update():
        reset.update(open_workspace(workspace.root), new, install=False)

    twin = tmp_path / "twin"
    shutil.copytree(workspace.root, twin)
    longest = seconds_of(lambda: reset.update(open_workspace(twin), new, install=False))
    for moment in moments(4, longest):
        killed_after(moment, update)
        assert b"mean as I write it" in path.read_bytes()
        assert own in everything(workspace.root)
    update()
    assert path.read_bytes() == (twin / path.relative_to(workspace.root)).read_bytes()
    assert (workspace.root / "kit.json").read_bytes() == (twin / "kit.json").read_bytes()
    assert b"apply is for you to write" in path.read_bytes()


def test_what_is_kept_is_found_newest_first_and_not_twice(tmp_path):
    path, folder = tmp_path / "a.py", tmp_path / "kept"
    for n in (*range(12), 5):
        path.write_text(str(n))
        kept.keep(path, folder)
    assert [int(p.read_text()) for p in kept.versions(folder, "a.py")] == [*range(11, -1, -1)]


# --- update, further ------------------------------------------------------------------------


def change(folder, lesson, function) -> None:
    """Apply a change to the notebook of a lesson in a kit."""
    workspace = open_workspace(folder)
    for path in (workspace.notebook(lesson), workspace.release(lesson)):
        notebook = json.loads(path.read_text("utf-8"))
        notebook["cells"] = list(function(copy.deepcopy(notebook["cells"])))
        path.write_text(json.dumps(notebook), "utf-8")
    signed(folder)


def test_update_carries_answers_over_and_tells_the_differences(student, kit, tmp_path):
    new = tmp_path / "newer"
    shutil.copytree(kit, new)
    lesson = student.lesson(1)

    def other(cells):
        for cell in cells:
            if grade_id(cell) == "mean":
                cell["source"] = "".join(cell["source"]).replace("The mean", "The arithmetic mean")
            if grade_id(cell) == "test_mean":
                cell["source"] = "".join(cell["source"]) + "\n# another test\n"
            if grade_id(cell) != "reduce_sum":
                yield cell

    change(new, lesson, other)
    student.solve(1)
    student.insert(1, "mean", "mine = 'a cell of my own'")
    student.types("export", "1")
    before = student.path(1).read_bytes()
    said = student.types("update", str(new))
    assert "01 Tensor: updated" in said
    assert "has a new text, shown above your answer: mean" in said
    assert "no longer asked, your answer is a cell of your own now: reduce_sum" in said
    assert "the notebook before is kept: .tinytorch/kept/01_tensor/" in said
    assert before in everything(student.root)
    cells = student.read(1)["cells"]
    names = [grade_id(cell) for cell in cells]
    assert "reduce_sum" not in names
    assert "mine = 'a cell of my own'" in [cell["source"] for cell in cells]
    assert "# another test" in "".join(cells[names.index("test_mean")]["source"])
    assert "NotImplementedError" not in "".join(cells[names.index("matmul")]["source"])
    assert "No notebook has changed." in student.types("update", str(new))


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut off"])
def test_what_is_no_kit_is_refused(student, tmp_path, content):
    path = tmp_path / "kit.zip"
    path.write_bytes(content)
    before = everything(student.root)
    assert "is no kit" in student.types("update", str(path), status=2)
    assert everything(student.root) - {b""} == before  # the lock is empty


@pytest.mark.parametrize(
    ("place", "text", "says"),
    [
        ("kit.json", '{"course": "another", "lessons": []}', "is no kit of this course"),
        (".tinytorch/release/01_tensor/tensor.ipynb", "{}", "is damaged at lesson 01"),
        ("packages/other.whl", "no wheel", "package is missing or damaged"),
    ],
)
def test_a_kit_that_is_damaged_or_anothers_changes_nothing(
    student, kit, tmp_path, place, text, says
):
    new = tmp_path / "newer"
    shutil.copytree(kit, new)
    (new / place).write_text(text)
    before = everything(student.root)
    assert says in student.types("update", str(new), status=2)
    assert everything(student.root) - {b""} == before


def test_a_folder_that_leads_out_of_the_workspace_is_refused(student, kit, tmp_path):
    new = tmp_path / "newer"
    shutil.copytree(kit, new)
    about = (new / "kit.json").read_text("utf-8")
    (new / "kit.json").write_text(about.replace("01_tensor", "../../01_tensor"), "utf-8")
    said = student.types("update", str(new), status=2)
    assert "is no lesson's folder" in said


def test_cells_of_ones_own_stay_in_order_behind_what_they_followed(student):
    from tinytorch.workspace.notebooks import read_notebook
    from tinytorch.workspace.reset import carry_over

    for text in ("one = 1", "two = one + 1", "three = two + 1"):
        student.insert(1, "mean", text)
    own, old = read_notebook(student.path(1)), student.workspace.release(student.lesson(1))
    merged = carry_over(own, read_notebook(old), read_notebook(old)).notebook
    assert [c["source"] for c in merged["cells"]] == [c["source"] for c in own.data["cells"]]


def test_an_answer_in_two_cells_is_carried_over_whole_and_its_pictures_too(student):
    from tinytorch.workspace.notebooks import read_notebook
    from tinytorch.workspace.reset import carry_over

    notebook = student.read(1)
    names = [grade_id(cell) for cell in notebook["cells"]]
    first = notebook["cells"][names.index("mean")]
    first["source"] = "HALF = 1"
    second = copy.deepcopy(first) | {"source": "def mean():\n    return HALF", "id": "second"}
    notebook["cells"].insert(names.index("mean") + 1, second)
    question = next(c for c in notebook["cells"] if grade_id(c) == "memory_of_a_batch")
    question |= {"source": "![see](attachment:a.png)", "attachments": {"a.png": {"image/png": "x"}}}
    student.save(1, notebook)
    release = read_notebook(student.workspace.release(student.lesson(1)))
    merged = carry_over(read_notebook(student.path(1)), release, release)
    cells = {grade_id(cell): cell for cell in merged.notebook["cells"]}
    assert cells["mean"]["source"] == "HALF = 1\n\ndef mean():\n    return HALF"
    assert cells["memory_of_a_batch"]["attachments"] == {"a.png": {"image/png": "x"}}
    assert merged.carried == ("mean", "memory_of_a_batch")


def test_a_newer_kit_brings_its_programs_and_one_package(student, tmp_path):
    from student import ROOT

    from tinytorch.course.kit import write_kit

    small = tmp_path / "small"
    write_kit(ROOT, small, lessons="1-2")
    full = tmp_path / "full.zip"
    write_kit(ROOT, full)
    (small / "packages/tinytorch_course-0.0.1-py3-none-any.whl").write_bytes(b"an older one")
    reset.update(open_workspace(small), full, install=False)
    assert (small / "examples/mnist.py").is_file()
    assert len(list((small / "packages").glob("*.whl"))) == 1
    assert len(open_workspace(small).lessons) == 9
