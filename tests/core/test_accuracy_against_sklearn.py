"""The measures of lesson 5 agree with scikit-learn's, over seeded random cases and by hand."""

import warnings

import numpy as np
import pytest

import tinytorch.core.accuracy as ours
from tinytorch.core.tensor import Tensor

metrics = pytest.importorskip("sklearn.metrics")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

AVERAGES = (None, "macro", "micro", "weighted")
THEIRS = {
    "precision": metrics.precision_score,
    "recall": metrics.recall_score,
    "f1_score": metrics.f1_score,
}


def batch(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, their classes and targets: 2 to 7 classes, of which some may be empty."""
    rng = np.random.default_rng(seed)
    count, classes = int(rng.integers(1, 60)), int(rng.integers(2, 8))
    scores = rng.standard_normal((count, classes))  # without ties
    targets = rng.integers(0, int(rng.integers(1, classes + 1)), count)  # often without the last
    if seed % 3 == 0:  # one class is never predicted
        scores[:, int(rng.integers(classes))] = -9.0
    return scores, scores.argmax(axis=1), targets


def forms(scores: np.ndarray, targets: np.ndarray):
    """The same batch in every form that the functions take."""
    one_hot = np.eye(scores.shape[1])[targets]
    for outputs in (scores, Tensor(scores), scores.tolist()):
        for wanted in (targets, targets.astype(np.uint8), one_hot, Tensor(one_hot)):
            yield outputs, wanted


@pytest.mark.parametrize("seed", range(60))
def test_accuracy(seed):
    scores, predicted, targets = batch(seed)
    expected = metrics.accuracy_score(targets, predicted)
    assert ours.accuracy(scores, targets) == pytest.approx(expected, abs=1e-12)
    for outputs, wanted in forms(scores, targets):
        got = ours.accuracy(outputs, wanted)
        assert type(got) is float
        assert got == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(60))
def test_balanced_accuracy(seed):
    scores, predicted, targets = batch(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes that are predicted and never occur
        expected = metrics.balanced_accuracy_score(targets, predicted)
    assert ours.balanced_accuracy(scores, targets) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(60))
def test_top_k_accuracy(seed):
    scores, _, targets = batch(seed)
    classes = scores.shape[1]
    for k in range(1, classes):  # scikit-learn warns where k is the number of classes
        if classes == 2:  # where scikit-learn wants one score a sample
            expected = metrics.accuracy_score(targets, scores[:, 1] > scores[:, 0])
        else:
            labels = range(classes)
            expected = metrics.top_k_accuracy_score(targets, scores, k=k, labels=labels)
        assert ours.top_k_accuracy(scores, targets, k) == pytest.approx(expected, abs=1e-12)
    assert ours.top_k_accuracy(scores, targets, classes) == 1.0


@pytest.mark.parametrize("seed", range(20))
def test_top_1_is_the_accuracy_even_where_scores_tie(seed):
    rng = np.random.default_rng(seed)
    scores, targets = rng.integers(0, 3, (40, 5)), rng.integers(0, 5, 40)
    assert ours.top_k_accuracy(scores, targets, k=1) == ours.accuracy(scores, targets)


@pytest.mark.parametrize("seed", range(60))
def test_confusion_matrix(seed):
    scores, predicted, targets = batch(seed)
    classes = scores.shape[1]
    expected = metrics.confusion_matrix(targets, predicted, labels=range(classes))
    np.testing.assert_array_equal(ours.confusion_matrix(scores, targets), expected)
    np.testing.assert_array_equal(ours.confusion_matrix(predicted, targets, classes), expected)


@pytest.mark.parametrize("name", list(THEIRS))
@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize("seed", range(30))
def test_precision_recall_and_f1(seed, average, name):
    scores, predicted, targets = batch(seed)
    labels = range(scores.shape[1])
    options = {"labels": labels, "average": average, "zero_division": 0}
    expected = THEIRS[name](targets, predicted, **options)
    for outputs, options in ((scores, {}), (predicted, {"classes": len(labels)})):
        got = getattr(ours, name)(outputs, targets, average=average, **options)
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)
        assert type(got) is (np.ndarray if average is None else float)


def test_measures_of_empty_classes_are_zero_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in THEIRS:
            got = getattr(ours, name)([0, 0, 1], [0, 0, 0], average=None, classes=4)
            assert got[1:].tolist() == [0.0, 0.0, 0.0]


def test_the_published_accuracies_to_the_last_digit():
    outputs = np.array([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4], [0.02, 0.9, 0.08]])
    assert ours.accuracy(outputs, [0, 1, 1]) == 1.0
    outputs[1] = [0.5, 0.1, 0.4]
    assert ours.accuracy(outputs, [0, 1, 1]) == 0.6666666666666666


def test_wilsons_interval_by_hand():
    # z = 2, 2 of 4: the centre is (1/2 + 1/2) / 2, the half width sqrt(1/2) / 2.
    low, high = ours.confidence_interval(2, 4, z=2.0)
    assert low == pytest.approx(0.5 - 0.125**0.5, abs=1e-12)
    assert high == pytest.approx(0.5 + 0.125**0.5, abs=1e-12)
    assert ours.confidence_interval(12, 12, z=2.0) == pytest.approx((0.75, 1.0), abs=1e-12)
    # 8 of 10 at 95 %, as in many tables.
    assert ours.confidence_interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=5e-5)


@pytest.mark.parametrize("total", [1, 2, 3, 7, 10, 100, 999, 10**6])
def test_wilsons_interval_stays_between_0_and_1_and_is_symmetric(total):
    for correct in {0, 1, total // 3, total - 1, total}:
        low, high = ours.confidence_interval(correct, total)
        assert 0.0 <= low < high <= 1.0
        assert low - 1e-12 <= correct / total <= high + 1e-12
        mirrored = ours.confidence_interval(total - correct, total)
        assert (1 - high, 1 - low) == pytest.approx(mirrored, abs=1e-12)


def test_calibration_error_against_a_loop_over_the_bins():
    rng = np.random.default_rng(0)
    for _ in range(20):
        p = rng.dirichlet(np.ones(4), 200)
        targets = rng.integers(0, 4, 200)
        sure, right = p.max(axis=1), p.argmax(axis=1) == targets
        expected = 0.0
        for b in range(10):
            held = (sure >= b / 10) & (sure < (b + 1) / 10)
            expected += abs((sure[held] - right[held]).sum()) / 200
        got = ours.expected_calibration_error(p, targets)
        assert got == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("outputs", "targets"),
    [
        (np.zeros((4, 1)), np.zeros(4)),  # a column against a row
        (np.zeros((4, 3)), np.zeros((4, 1))),
        (np.zeros((4, 3)), np.zeros(3)),
        (np.zeros((4, 3)), np.eye(4)),  # one-hot rows of another width
        (np.zeros((0, 3)), np.zeros(0)),
        (np.full((2, 3), np.nan), [0, 1]),
        (np.zeros((2, 3)), [0, 3]),
        (np.zeros((2, 3)), [0, -1]),
        (np.zeros((2, 3)), [0.5, 1]),
        (np.zeros((2, 3)), [[0.5, 0.5, 0], [0, 1, 0]]),
    ],
)
@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "confusion_matrix", *THEIRS])
def test_what_does_not_fit_is_refused(name, outputs, targets):
    with pytest.raises(ValueError, match="expected"):
        getattr(ours, name)(outputs, targets)


def test_scores_that_are_nan_are_no_hit_of_top_k():
    with pytest.raises(ValueError, match="NaN"):
        ours.top_k_accuracy([[np.nan, 1.0], [0.0, 1.0]], [0, 1], k=1)


@pytest.mark.parametrize("outputs", [[0, 1], np.zeros((2, 1)), np.zeros((2, 2, 2)), 1.0])
def test_classes_are_predicted_from_rows_of_scores_alone(outputs):
    with pytest.raises(ValueError, match="expected"):
        ours.predicted_classes(outputs)
