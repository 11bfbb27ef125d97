"""Training runs: batches, early stopping, silence, and checkpoints that survive anything."""

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest

from tinytorch.core import (
    SGD,
    Adam,
    CrossEntropyLoss,
    DataLoader,
    Dropout,
    Linear,
    MeanSquaredError,
    ReLU,
    Sequential,
    TensorDataset,
    cosine_with_warmup,
    evaluate,
    fit,
    load_checkpoint,
    random_split,
    save_checkpoint,
)
from tinytorch.core.training import load_arrays, save_arrays

X = np.random.default_rng(0).standard_normal((130, 6)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] > 0).astype(np.int64) + (X[:, 2] > 1)


def start(seed=1, optimizer=Adam, hidden=8):
    """A model with dropout, its optimizer and a shuffling loader, each with a Generator."""
    weights, masks, draws = np.random.default_rng(seed).spawn(3)
    model = Sequential(
        Linear(6, hidden, weights), ReLU(), Dropout(0.4, masks), Linear(hidden, 3, weights)
    )
    return model, optimizer(model.parameters(), lr=0.01), DataLoader(TensorDataset(X, Y), 32, draws)


def train(epochs, seed=1, **options):
    model, optimizer, loader = start(seed)
    history = fit(model, CrossEntropyLoss(), optimizer, loader, epochs, **options)
    return [p.data.copy() for p in model.parameters()], history, optimizer


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


# --- Data ---------------------------------------------------------------------------------


def test_batches_cover_an_epoch_and_the_last_is_what_is_left():
    loader = start()[2]
    sizes = [len(y) for _, y in loader]
    assert sizes == [32, 32, 32, 32, 2]
    assert len(loader) == 5
    dropping = DataLoader(TensorDataset(X, Y), 32, drop_last=True)
    assert [len(y) for _, y in dropping] == [32] * 4
    assert len(dropping) == 4


def test_epochs_differ_and_the_same_seed_repeats_them():
    def orders(seed):
        loader = DataLoader(TensorDataset(np.arange(50)), 7, np.random.default_rng(seed))
        return [np.concatenate([rows for (rows,) in loader]).tolist() for _ in range(3)]

    first = orders(0)
    assert len({tuple(order) for order in first}) == 3
    assert all(sorted(order) == list(range(50)) for order in first)
    assert orders(0) == first
    assert orders(1) != first


def test_a_batch_is_a_copy_in_order_or_shuffled():
    for loader in (DataLoader(TensorDataset(X, Y), 32), start()[2]):
        (x, _), *_ = loader
        assert not np.shares_memory(x, X)


@pytest.mark.parametrize("arrays", [(), (X, Y[:-1]), (X, np.float32(3)), (X, Y[:, None].T)])
def test_arrays_of_other_lengths_are_refused(arrays):
    with pytest.raises(ValueError, match="expected arrays of equal length"):
        TensorDataset(*arrays)


@pytest.mark.parametrize("batch_size", [0, -3, 2.5, "32", None])
def test_a_batch_size_that_is_none_is_refused(batch_size):
    with pytest.raises(ValueError, match="expected a batch_size of 1 or more"):
        DataLoader(TensorDataset(X), batch_size)


def test_a_loader_without_a_batch_is_refused():
    with pytest.raises(ValueError, match="at least one batch"):
        DataLoader(TensorDataset(X[:0]), 4)
    with pytest.raises(ValueError, match="at least one batch"):
        DataLoader(TensorDataset(X[:3]), 4, drop_last=True)


@pytest.mark.parametrize("rng", [0, np.random, np.random.RandomState(0)])
def test_only_a_generator_shuffles(rng):
    with pytest.raises(TypeError, match="default_rng"):
        DataLoader(TensorDataset(X), 4, rng)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.5, 1.5, 0.001])
def test_a_split_with_an_empty_part_is_refused(fraction):
    with pytest.raises(ValueError, match="expected two groups"):
        random_split(TensorDataset(X), fraction, np.random.default_rng(0))


def test_a_loader_takes_any_data_set_with_a_length_that_can_be_indexed():
    class Squares:
        def __len__(self):
            return 10

        def __getitem__(self, rows):
            return (np.arange(10)[rows] ** 2,)

    assert [b.tolist() for (b,) in DataLoader(Squares(), 6)] == [
        [0, 1, 4, 9, 16, 25],
        [36, 49, 64, 81],
    ]


# --- fit ----------------------------------------------------------------------------------


def test_fit_learns_and_ends_in_evaluation_mode():
    model, optimizer, loader = start()
    history = fit(model, CrossEntropyLoss(), optimizer, loader, 30, validation=loader)
    assert history["loss"][-1] < 0.8 * history["loss"][0]
    assert set(history) == {"loss", "validation_loss", "validation_accuracy"}
    assert {len(numbers) for numbers in history.values()} == {30}
    assert history.best == int(np.argmin(history["validation_loss"]))
    assert not model.training
    assert not model[2].training


def test_the_same_seed_gives_the_same_run():
    first, again, other = train(3), train(3), train(3, seed=2)
    assert same(first[0], again[0])
    assert first[1] == again[1]
    assert first[1] != other[1]


def test_early_stopping_waits_and_puts_the_best_parameters_back():
    model, optimizer, loader = start()
    held_out, seen = [(X, Y)], []

    def loss(output, targets):
        if model.training:
            return CrossEntropyLoss()(output, targets)
        seen.append([p.data.copy() for p in model.parameters()])
        return CrossEntropyLoss()(output, targets) * 0 + float(abs(len(seen) - 4))

    history = fit(model, loss, optimizer, loader, 50, validation=held_out, patience=3)
    assert history["validation_loss"] == [3, 2, 1, 0, 1, 2, 3]
    assert history.best == 3
    assert same([p.data for p in model.parameters()], seen[3])
    assert not same(seen[3], seen[6])


def test_patience_needs_held_out_samples():
    with pytest.raises(ValueError, match="held-out samples for patience"):
        train(2, patience=1)


def test_another_metric_names_its_column():
    model = Sequential(Linear(6, 1, np.random.default_rng(0)))
    data = DataLoader(TensorDataset(X, X[:, :1] * 2), 32)

    def largest_error(output, targets):
        return float(np.abs(output.data - targets).max())

    history = fit(
        model, MeanSquaredError(), SGD(model.parameters(), 0.1), data, 5,
        validation=data, metric=largest_error,
    )  # fmt: skip
    assert history["validation_largest_error"][-1] < history["validation_largest_error"][0]


def test_evaluate_does_not_depend_on_the_batches():
    model, _, _ = start()
    whole = evaluate(model, CrossEntropyLoss(), [(X, Y)])
    for size in (1, 7, 64):
        parts = evaluate(model, CrossEntropyLoss(), DataLoader(TensorDataset(X, Y), size))
        assert parts == pytest.approx(whole, rel=1e-6)


SILENT = """
import sys
import numpy as np
from tinytorch.core import *
if "hide" in sys.argv:
    sys.modules["tqdm"] = None
model = Sequential(Linear(3, 2, np.random.default_rng(0)))
loader = DataLoader(TensorDataset(np.ones((9, 3), np.float32), np.zeros(9, np.int64)), 2)
fit(model, CrossEntropyLoss(), SGD(model.parameters(), 0.1), loader, 3, validation=loader,
    progress="none" not in sys.argv)
if "hide" not in sys.argv and "tqdm" in sys.modules:
    print("tqdm")
"""


def test_nothing_is_written_where_nobody_watches():
    run = subprocess.run([sys.executable, "-c", SILENT], capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("", "")


@pytest.mark.parametrize(("argument", "has_bar"), [("", True), ("none", False), ("hide", False)])
def test_a_terminal_gets_a_progress_bar_if_tqdm_is_there(argument, has_bar):
    pytest.importorskip("tqdm")
    ours, theirs = pytest.importorskip("pty").openpty()
    pytest.importorskip("termios").tcsetwinsize(theirs, (24, 200))
    subprocess.run([sys.executable, "-c", SILENT, argument], stderr=theirs, check=True)
    os.close(theirs)
    written = b""
    while True:
        try:
            written += os.read(ours, 4096)
        except OSError:  # a terminal whose other side is closed
            break
    os.close(ours)
    assert (b"15/15" in written and b"validation_loss" in written) == has_bar
    assert bool(written) == has_bar


# --- Checkpoints --------------------------------------------------------------------------


@pytest.mark.parametrize("stop", [1, 4, 9])
@pytest.mark.parametrize("extra", ["plain", "everything"])
def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(tmp_path, stop, extra):
    options = {}
    if extra == "everything":
        options = {
            "validation": [(X[:40], Y[:40])],
            "patience": 2,
            "clip": 0.5,
            "schedule": cosine_with_warmup(0.2, warmup=10, total=50),
        }
    whole, history, optimizer = train(10, **options)
    train(stop, checkpoint=tmp_path / "run.npz", **options)
    resumed, again, its = train(10, seed=99, checkpoint=tmp_path / "run.npz", **options)
    assert again == history
    assert same(resumed, whole)
    assert its.steps == optimizer.steps
    assert its.lr == optimizer.lr
    assert same(its.state_dict().values(), optimizer.state_dict().values())


def test_a_finished_run_is_not_trained_again(tmp_path):
    whole, history, _ = train(4, checkpoint=tmp_path / "run.npz")
    before = (tmp_path / "run.npz").read_bytes()
    again, same_history, _ = train(4, seed=5, checkpoint=tmp_path / "run.npz")
    assert same(again, whole)
    assert same_history == history
    assert (tmp_path / "run.npz").read_bytes() == before


def test_any_kind_of_generator_is_put_back(tmp_path):
    kinds = (np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox)
    for kind in (*kinds, np.random.SFC64):
        model, optimizer, _ = start()
        rng = np.random.Generator(kind(3))
        rng.random(5, np.float32)
        save_checkpoint(tmp_path / "run.npz", model, optimizer, epoch=0, generators=[rng])
        expected = rng.random(4, np.float32).tolist()
        other = np.random.Generator(kind(8))
        load_checkpoint(tmp_path / "run.npz", model, optimizer, [other])
        assert other.random(4, np.float32).tolist() == expected


SAVE = """
import sys
import numpy as np
from tinytorch.core.training import save_arrays
print("ready", flush=True)
for number in range(10**9):
    save_arrays(sys.argv[1], {"a": np.full(300_000, number), "b": np.full(7, number)})
"""


def test_a_killed_save_leaves_the_old_checkpoint_whole(tmp_path):
    path, halves = tmp_path / "run.npz", 0
    for delay in np.linspace(0.02, 0.08, 8):
        child = subprocess.Popen([sys.executable, "-c", SAVE, path], stdout=subprocess.PIPE)
        assert child.stdout.readline() == b"ready\n"
        old = path.stat().st_mtime_ns if path.exists() else 0
        while not path.exists() or path.stat().st_mtime_ns == old:
            assert child.poll() is None
            time.sleep(0.001)
        time.sleep(delay)
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        child.stdout.close()
        arrays = load_arrays(path)
        number = int(arrays["b"][0])
        assert (arrays["a"] == number).all()
        assert (arrays["b"] == number).all()
        halves += (tmp_path / "run.npz.part").exists()
    assert halves  # some of them were killed in the middle of a save
    assert {file.name for file in tmp_path.iterdir()} <= {"run.npz", "run.npz.part"}
    save_arrays(path, {"a": np.zeros(3)})
    assert [file.name for file in tmp_path.iterdir()] == ["run.npz"]


RUN = """
import sys
sys.path.insert(0, sys.argv[2])
from test_training import *
parameters, history, _ = train(40, seed=int(sys.argv[3]), checkpoint=sys.argv[1] or None)
print(json.dumps([history, [p.tolist() for p in parameters]]))
"""


def test_a_killed_run_goes_on_as_if_nothing_had_happened(tmp_path):
    def command(path, seed):
        return [sys.executable, "-c", RUN, path, os.path.dirname(__file__), str(seed)]

    path = tmp_path / "run.npz"
    child = subprocess.Popen(command(path, 1), stdout=subprocess.DEVNULL)
    while not path.exists():
        assert child.poll() is None
        time.sleep(0.001)
    child.kill()
    child.wait()
    assert len(load_checkpoint(path, *start()[:2], generators=[np.random.default_rng()] * 2)[1])
    resumed = subprocess.run(command(path, 2), capture_output=True, text=True, check=True)
    whole = subprocess.run(command("", 1), capture_output=True, text=True, check=True)
    assert json.loads(resumed.stdout) == json.loads(whole.stdout)


@pytest.fixture
def saved(tmp_path):
    """A checkpoint after two epochs."""
    train(2, checkpoint=tmp_path / "run.npz")
    return tmp_path / "run.npz"


def refused(path, match, model=None, optimizer=None, generators=2):
    """The file is refused by a ValueError that names it, and nothing was changed."""
    fresh = start(seed=7)
    model, optimizer = model or fresh[0], optimizer or fresh[1]
    rngs = [np.random.default_rng(n) for n in range(generators)]
    values = [p.data.copy() for p in model.parameters()]
    state = optimizer.state_dict()
    with pytest.raises(ValueError, match=match) as caught:
        load_checkpoint(path, model, optimizer, rngs)
    assert str(path) in str(caught.value)
    assert same([p.data for p in model.parameters()], values)
    assert same(optimizer.state_dict().values(), state.values())
    twins = [np.random.default_rng(n).random() for n in range(generators)]
    assert [rng.random() for rng in rngs] == twins


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_off_is_refused(saved, share):
    content = saved.read_bytes()
    saved.write_bytes(content[: int(share * len(content))])
    refused(saved, "expected arrays in a whole .npz file")


def test_a_file_with_a_wrong_bit_is_refused_or_says_the_same(saved):
    content, rng = saved.read_bytes(), np.random.default_rng(0)
    expected = load_arrays(saved)
    refusals = 0
    for _ in range(200):
        place = rng.integers(len(content))
        changed = bytearray(content)
        changed[place] ^= 1 << rng.integers(8)
        saved.write_bytes(changed)
        try:
            found = load_arrays(saved)
        except ValueError:
            refusals += 1
        else:  # in a time stamp, say, which zip does not check
            assert same(
                [found[name] for name in expected if name in found],
                [expected[name] for name in expected if name in found],
            )
    assert refusals > 100


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 and no more", b"\x80\x04K*."])
def test_another_kind_of_file_is_refused(tmp_path, content):
    path = tmp_path / "run.npz"
    path.write_bytes(content)
    refused(path, "expected arrays in a whole .npz file")


def test_a_single_array_and_a_pickle_are_refused(tmp_path):
    path = tmp_path / "run.npz"
    with open(path, "wb") as file:
        np.save(file, np.zeros(3))
    refused(path, "expected arrays in a whole .npz file")
    with open(path, "wb") as file:
        np.savez(file, notes=np.array([{"epoch": 1}], object))
    refused(path, "expected arrays in a whole .npz file")


def test_a_zip_of_something_else_is_refused(tmp_path):
    path, text = tmp_path / "run.npz", io.BytesIO()
    with zipfile.ZipFile(text, "w") as archive:
        archive.writestr("readme.txt", "hello")
    path.write_bytes(text.getvalue())
    refused(path, "expected a checkpoint")


def without(path, *prefixes, **changes):
    arrays = {k: v for k, v in load_arrays(path).items() if not k.startswith(prefixes)}
    save_arrays(path, arrays | changes)


@pytest.mark.parametrize(
    ("missing", "match"),
    [
        ("notes", "without its notes"),
        ("parameter.2", "expected parameters"),
        ("parameter", "expected parameters"),
        ("optimizer.m.1", "expected a state"),
        ("optimizer", "expected a state"),
    ],
)
def test_a_file_that_lacks_something_is_refused(saved, missing, match):
    without(saved, missing)
    refused(saved, match)


@pytest.mark.parametrize("notes", ["{", "[]", "3", '{"epoch": 1}', '{"epoch": 1, "history": {}}'])
def test_notes_that_make_no_sense_are_refused(saved, notes):
    without(saved, notes=np.array(notes))
    refused(saved, "without its notes")
    without(saved, notes=np.arange(3))
    refused(saved, "without its notes")


def test_another_model_optimizer_or_set_of_generators_is_refused(saved):
    model, optimizer, _ = start(hidden=9)
    refused(saved, r"float32\[6, 9\]", model, optimizer)
    model, optimizer, _ = start(optimizer=SGD)
    refused(saved, "expected a state", model, optimizer)
    refused(saved, "expected Generators", generators=1)
    refused(saved, "expected Generators", generators=3)
    model, optimizer, _ = start()
    other = np.random.Generator(np.random.MT19937(0))
    with pytest.raises(ValueError, match="MT19937"):
        load_checkpoint(saved, model, optimizer, [np.random.default_rng(0), other])


def test_a_file_that_is_not_there_is_a_matter_of_its_own(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_arrays(tmp_path / "none.npz")


def test_a_folder_that_is_not_there_is_reported(tmp_path):
    with pytest.raises(FileNotFoundError):
        save_arrays(tmp_path / "none" / "run.npz", {"a": np.zeros(2)})
