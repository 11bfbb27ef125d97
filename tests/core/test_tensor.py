"""What a programmer expects of Tensor beyond what lesson 01 grades."""

import numpy as np
import pytest

from tinytorch.core import Tensor, apply, gradient_of
from tinytorch.core.tensor import GRADIENTS, reduce_mean


def test_an_array_on_the_left_gives_a_tensor():
    for result in (
        np.ones(2) + Tensor([1, 2]),
        np.ones(2) - Tensor([1, 2]),
        np.ones((2, 2)) @ Tensor([1, 2]),
    ):
        assert isinstance(result, Tensor)


def test_numpy_and_matplotlib_can_read_a_tensor():
    x = Tensor([[1, 2], [3, 4]])
    assert np.asarray(x) is x.data
    assert np.array(x) is not x.data
    assert np.asarray(x, dtype=np.int64).dtype == np.int64


def test_a_tensor_is_a_key_although_it_compares_elementwise():
    x, y = Tensor([1, 2]), Tensor([1, 2])
    assert {x: "x", y: "y"}[x] == "x"
    assert (x == y).data.all()


def test_representation_names_what_is_not_the_default():
    assert repr(Tensor([1, 2])) == "Tensor([1., 2.])"
    assert repr(Tensor(np.array([1, 2]))) == "Tensor([1, 2], dtype=int64)"
    assert repr(Tensor(1.5, requires_grad=True)) == "Tensor(1.5, requires_grad=True)"


def test_only_floats_can_require_a_gradient():
    with pytest.raises(TypeError, match="only floats"):
        Tensor(np.array([1, 2]), requires_grad=True)


def test_a_number_has_an_item_and_a_batch_a_length():
    assert Tensor(2.5).item() == 2.5
    assert len(Tensor(np.zeros((3, 4)))) == 3


def test_the_mean_of_nothing_is_nan_as_in_numpy():
    with np.errstate(all="ignore"):
        assert np.isnan(reduce_mean(Tensor(np.zeros((0, 3)))).data)


def test_indexing_takes_tensors_as_masks():
    x = Tensor([1, 2, 3])
    assert x[x > 1].data.tolist() == [2.0, 3.0]


def test_a_rule_is_registered_for_one_input():
    def double(x):
        return 2 * x

    @gradient_of(double)
    def rule(grad, output, x):
        return 2 * grad

    assert GRADIENTS.pop((double, 0)) is rule
    assert apply(double, Tensor([1.0])).data.tolist() == [2.0]
