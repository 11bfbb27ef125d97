"""Activations. Made from modules/02_activations/activations.py: edit that file, not this."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

import numpy as np

from tinytorch.core.tensor import (
    Tensor,
    apply,
    gradient_of,
    note_change,
    operation,
    recording,
)

__all__ = [
    "Layer", "LogSoftmax", "Named", "ReLU", "Sigmoid", "Softmax", "Tanh", "Temperature", "as_input",
    "buffers_named", "found_in", "held", "inside", "layers_of", "load_numbers", "log_softmax",
    "log_softmax_gradient", "named", "numbers_of", "refuse_own_states", "relu", "relu_gradient",
    "set_mode", "sigmoid", "sigmoid_gradient", "softmax", "softmax_gradient", "tanh",
    "tanh_gradient",
]


def __dir__() -> list[str]:
    return __all__


@operation
def relu(x: np.ndarray) -> np.ndarray:
    """x where it is above 0, else 0, elementwise.

    Args:
        x: an array of floats of any shape, also one without axes or without elements. It may
            hold infinities, and numbers as large as its dtype can.

    Returns:
        A new array of the same shape and dtype, also where nothing changes; x stays as it is.

    Example:
        >>> relu(np.array([-2.0, 0.0, 0.5]))
        array([0. , 0. , 0.5])

    Hint: one NumPy function reduces an array to its largest element, another compares two.
    """
    zeros = np.zeros(x.shape[-1:], x.dtype)  # NumPy compares with a row sooner than with a number
    return np.maximum(x, zeros)


@gradient_of(relu)
def relu_gradient(grad: np.ndarray, output: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The gradient of sum(grad * relu(x)) by x; where x is 0, it is 0.

    Args:
        grad: the incoming gradient, finite, of any sign and size, of the shape and dtype of x.
        output: relu(x).
        x: the input, an array as relu takes it.

    Returns:
        A new array of the shape and dtype of x, also where all passes or nothing; grad, output
        and x stay as they are.

    Example:
        >>> x = np.array([-2.0, 0.0, 0.5])
        >>> relu_gradient(np.array([10.0, 10.0, 10.0]), relu(x), x)
        array([ 0.,  0., 10.])
    """
    return grad * (output > 0)


@operation(floats=True)
def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), elementwise, for numbers of any size.

    Args:
        x: an array of floats of any shape, also one without axes or without elements. It may
            hold infinities, and numbers as large as its dtype can.

    Returns:
        A new array of the same shape and dtype; x stays as it is. Small results keep their
        digits, as many as the dtype has for a number so small: sigmoid(-20) is 2.06e-9 and not
        0, sigmoid(-12) is 6.1e-6 also in float16, whatever stands beside it. This holds down to
        the smallest number of the dtype: sigmoid(-720) is 2e-313 in float64.

    Example:
        >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
        array([0. , 0.5, 1. ])
    """
    small = np.exp(-np.abs(x))  # at most 1, so that nothing overflows
    return np.maximum(small, x >= 0) / (1 + small)  # above: 1 where x >= 0, else small


@gradient_of(sigmoid)
def sigmoid_gradient(grad: np.ndarray, output: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The gradient of sum(grad * sigmoid(x)) by x, for numbers of any size.

    Args:
        grad: the incoming gradient, finite, of any sign and size, of the shape and dtype of x.
        output: sigmoid(x).
        x: the input, an array of floats of any shape, infinities among them.

    Returns:
        A new array of the shape and dtype of x; grad, output and x stay as they are. A slope
        that is smaller than the rounding of 1 in the dtype may come out as 0.

    Example:
        >>> x = np.array([0.0, 1000.0])
        >>> sigmoid_gradient(np.array([8.0, 8.0]), sigmoid(x), x)
        array([2., 0.])
    """
    return (1 - output) * output * grad


@operation(floats=True)
def tanh(x: np.ndarray) -> np.ndarray:
    """The hyperbolic tangent, (exp(x) - exp(-x)) / (exp(x) + exp(-x)), elementwise."""
    return np.tanh(x)


@gradient_of(tanh)
def tanh_gradient(grad: np.ndarray, output: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The gradient of sum(grad * tanh(x)) by x, for numbers of any size.

    Args:
        grad: the incoming gradient, finite, of any sign and size, of the shape and dtype of x.
        output: tanh(x).
        x: the input, an array of floats of any shape, infinities among them.

    Returns:
        A new array of the shape and dtype of x; grad, output and x stay as they are. A slope
        that is smaller than the rounding of 1 in the dtype may come out as 0.

    Example:
        >>> x = np.array([0.0, 1000.0])
        >>> tanh_gradient(np.array([8.0, 8.0]), tanh(x), x)
        array([8., 0.])
    """
    return (1 - output * output) * grad


@operation(floats=True)
def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """exp(x) / sum(exp(x)) along one axis, for scores of any size.

    Args:
        x: scores, an array of floats with one axis or more; a batch may hold no rows, but there
            is a score at least along axis. A score of -inf has probability 0, as long as another
            score beside it is finite (+inf is left open). A score of 1e17 is nothing special.
        axis: the axis along which the results add up to 1, without anything added to the sum
            or cut off on the way. It may be negative.

    Returns:
        A new array of the same shape and dtype; x stays as it is.

    Example:
        >>> softmax(np.array([[0.0, 0.0], [1000.0, 0.0]]))
        array([[0.5, 0.5],
               [1. , 0. ]])
    """
    exps = np.exp(x - np.max(x, axis=axis, keepdims=True, initial=-np.inf))
    exps /= exps.sum(axis=axis, keepdims=True)
    return exps


@gradient_of(softmax)
def softmax_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, axis: int = -1
) -> np.ndarray:
    """The gradient of sum(grad * softmax(x, axis)) by x, for scores of any size.

    Args:
        grad: the incoming gradient, of the shape and dtype of x and of any sign, with numbers of
            any size whose squares the dtype can hold.
        output: softmax(x, axis).
        x: the scores, as softmax takes them: -inf and a batch without rows, too.
        axis: the axis along which the outputs add up to 1. It may be negative.

    Returns:
        A new array of the shape and dtype of x; grad, output and x stay as they are.

    Example:
        >>> x = np.array([0.0, 0.0])
        >>> softmax_gradient(np.array([1.0, 0.0]), softmax(x), x)
        array([ 0.25, -0.25])
    """
    product = grad * output
    product -= output * product.sum(axis=axis, keepdims=True)
    return product


@operation(floats=True)
def log_softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """The natural logarithm of softmax along one axis, for scores of any size.

    Args:
        x: scores, as softmax takes them. A score of -inf gives -inf, as long as another score
            beside it is finite. Two scores of 1e17 give -0.693 each, as any two equal ones do.
        axis: the axis along which exp(result) adds up to 1, without anything added to a sum or
            a logarithm on the way. It may be negative.

    Returns:
        A new array of the same shape and dtype; x stays as it is.

    Example:
        >>> log_softmax(np.array([0.0, 1000.0]))
        array([-1000.,     0.])
        >>> log_softmax(np.array([1000.0, 1000.0]))
        array([-0.69314718, -0.69314718])
    """
    shifted = x - np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    shifted -= np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return shifted


@gradient_of(log_softmax)
def log_softmax_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, axis: int = -1
) -> np.ndarray:
    """The gradient of sum(grad * log_softmax(x, axis)) by x, for scores of any size.

    Args:
        grad: the incoming gradient, of the shape and dtype of x and of any sign, with numbers of
            any size whose squares the dtype can hold.
        output: log_softmax(x, axis).
        x: the scores, as log_softmax takes them: -inf and a batch without rows, too.
        axis: the axis of the softmax. It may be negative.

    Returns:
        A new array of the shape and dtype of x, also where nothing is subtracted; grad, output
        and x stay as they are.

    Example:
        >>> x = np.array([0.0, 0.0])
        >>> log_softmax_gradient(np.array([3.0, 1.0]), log_softmax(x), x)
        array([ 1., -1.])
    """
    return grad - np.exp(output) * grad.sum(axis=axis, keepdims=True)


# How a layer finds what it holds, and takes it over from elsewhere: this need not be read
def as_input(x: Any, alone: bool) -> Any:
    """An input of a layer: arrays and lists as a Tensor, and a single number or tuple as well.

    An array is copied where something is recorded: nobody would notice if it changed later.
    """
    if isinstance(x, np.ndarray):
        return Tensor(x.copy() if recording.enabled and x.dtype.kind == "f" else x)
    if not isinstance(x, int | float | np.generic | list | tuple):
        return x
    has_tensors = isinstance(x, list | tuple) and any(
        not isinstance(part, int | float | list | tuple | np.generic) for part in x
    )
    return x if has_tensors or not (alone or isinstance(x, list)) else Tensor(x)


def held(layer: "Layer") -> Iterator[tuple[str, Any]]:
    """The parameters, layers and buffers that are attributes of a layer, with their names."""
    buffers = buffers_named(layer)
    for name in buffers:
        thing = getattr(layer, name)
        if isinstance(thing, np.number | np.bool_):  # as NumPy gives for an array without axes
            thing = np.array(thing)
            setattr(layer, name, thing)
        if not isinstance(thing, np.ndarray | Tensor):
            kind = type(thing).__name__
            raise TypeError(f"expected an array as buffer {name!r}, got a {kind}: use np.array()")
        yield name, thing.data if isinstance(thing, Tensor) else thing
    for name, thing in layer._parts():
        if name not in buffers:
            yield from found_in(name, thing)


def buffers_named(layer: "Layer") -> list[str]:
    """The names of a layer's buffers, those of the classes that it derives from among them."""
    found: dict[str, None] = {}
    for names in (*(vars(kind).get("buffers", ()) for kind in type(layer).__mro__), layer.buffers):
        if isinstance(names, str):
            raise TypeError(f"expected buffers to be a tuple, got {names!r}: write a comma")
        found |= dict.fromkeys(names)
    return list(found)


def found_in(name: str, thing: Any) -> Iterator[tuple[str, Any]]:
    """The parameters and layers in an attribute: itself, or those in a list, tuple or dict."""
    if isinstance(thing, Layer):
        yield name, thing
    elif isinstance(thing, Tensor):
        if thing.is_parameter or (thing.requires_grad and thing.origin is None):
            thing.is_parameter = True  # from now on, also while it is frozen
            yield name, thing
    elif isinstance(thing, Mapping | Sequence) and not isinstance(thing, str | bytes):
        parts = thing.items() if isinstance(thing, Mapping) else enumerate(thing)
        for key, part in parts:
            yield from found_in(f"{name}.{key}", part)
    elif isinstance(thing, Set) and any(True for part in thing for _ in found_in("", part)):
        message = f"expected layers and parameters in a list or dict, got a set as {name}: a set"
        raise TypeError(f"{message} has no order, so that nothing in it has a name")


def named(layer: "Layer", start: str = "", seen: set | None = None) -> Iterator[tuple[str, Any]]:
    """Every parameter and buffer of a layer and of all inside it, once, with its name."""
    seen = {id(layer)} if seen is None else seen
    things = list(held(layer))
    known = {id(thing) for _, thing in things}
    things += [(str(n), c) for n, c in enumerate(layer.children()) if id(c) not in known]
    for name, thing in things:
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, Layer):
            yield from named(thing, f"{start}{name}.", seen)
        else:
            yield start + name, thing


def inside(layer: "Layer") -> "list[Layer]":
    """The layers directly inside a layer, whichever way they are found."""
    return [*layer.children(), *(x for _, x in held(layer) if isinstance(x, Layer))]


def layers_of(layer: "Layer", found: "dict[int, Layer] | None" = None) -> "list[Layer]":
    """A layer and all inside it, each once, and those outside before those inside."""
    found = {} if found is None else found
    if id(layer) not in found:
        found[id(layer)] = layer
        for child in inside(layer):
            layers_of(child, found)
    return list(found.values())


def numbers_of(thing: Any) -> np.ndarray:
    """The array of a parameter or buffer."""
    return thing.data if isinstance(thing, Tensor) else np.asarray(thing)


def set_mode(layer: "Layer", mode: bool, seen: set[int]) -> None:
    """Switch a layer and all inside it; one that has a `train` of its own goes its own way."""
    layer.training = mode
    for child in inside(layer):
        if id(child) not in seen:
            seen.add(id(child))
            if type(child).train is Layer.train:
                set_mode(child, mode, seen)
            else:
                child.train(mode)


def refuse_own_states(layers: "Iterable[Layer]") -> None:
    """Refuse layers with a `state_dict` of their own where nobody would ask it."""
    for layer in layers:
        if type(layer).state_dict is not Named.state_dict:
            kind = type(layer).__name__
            message = f"expected parameters and buffers as the state of {kind}, got a state_dict of"
            raise TypeError(f"{message} its own, which is not asked here: name arrays in `buffers`")


def load_numbers(layer: "Layer", state: Mapping[str, Any], strict: bool) -> tuple[list, list]:
    """Write the numbers of a state into the parameters and buffers of a layer, all or none.

    Args:
        layer: has the names and shapes of the one whose `state_dict` it was. Dtypes may differ.
        state: arrays by name.
        strict: whether names that are missing, or too many, are an error. That none fits, is
            one in any case.

    Returns:
        The names that were missing, and those that were too many.

    Raises:
        ValueError: names or shapes do not fit. Nothing was changed then.
    """
    own = dict(named(layer))
    missing, extra = sorted(own.keys() - state.keys()), sorted(state.keys() - own.keys())
    if (strict and (missing or extra)) or (state and own and len(missing) == len(own)):
        raise ValueError(
            f"expected the names of this model: missing are {missing or 'none'}, too many are "
            f"{extra or 'none'}; build the same model, or pass strict=False to load what fits"
        )
    arrays = {name: numbers_of(state[name]) for name in own if name in state}
    for name, array in arrays.items():
        numbers = numbers_of(own[name])
        if array.shape != numbers.shape or not np.can_cast(array.dtype, numbers.dtype, "same_kind"):
            raise ValueError(
                f"expected {name} of shape {numbers.shape} and {numbers.dtype}, got {array.shape} "
                f"and {array.dtype}: build the same model"
            )
    for name, array in arrays.items():
        numbers = numbers_of(own[name])
        numbers[...] = array
        note_change(numbers)
    return missing, extra


class Named:
    """What a layer can do with its parameters by their names, and with all of them at once."""

    def _parts(self: Any) -> Iterable[tuple[str, Any]]:
        """Where to look for parameters and layers: all attributes, by name."""
        slots = [name for kind in type(self).__mro__ for name in getattr(kind, "__slots__", ())]
        inside = {name: getattr(self, name) for name in slots if hasattr(self, name)}
        return (inside | vars(self)).items()

    def freeze(self: Any, frozen: bool = True) -> "Any":
        """Let the parameters ask for no gradient any more, or again with frozen=False."""
        for parameter in self.parameters():
            parameter.requires_grad = not frozen
        return self

    def named_parameters(self: Any) -> list[tuple[str, Tensor]]:
        """The parameters with their names: the way to each by attributes, as `encoder.0.weight`."""
        return [(name, thing) for name, thing in named(self) if isinstance(thing, Tensor)]

    def zero_grad(self: Any) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def state_dict(self: Any) -> dict[str, np.ndarray]:
        """Copies of all parameters and buffers, by name."""
        found: dict[str, np.ndarray] = {}
        refuse_own_states(layers_of(self)[1:])
        for name, thing in named(self):
            if name in found:
                raise ValueError(f"expected names that differ, got {name!r} twice: rename one")
            found[name] = numbers_of(thing).copy()
        return found

    def load_state_dict(
        self: Any, state: Mapping[str, Any], strict: bool = True
    ) -> tuple[list[str], list[str]]:
        """Take over what `state_dict` returned; see `load_numbers`."""
        refuse_own_states(layers_of(self)[1:])
        return load_numbers(self, state, strict)

    def __setattr__(self: Any, name: str, value: Any) -> None:
        before = vars(self).get(name) if hasattr(self, "__dict__") else None
        if isinstance(before, Tensor) and before.is_parameter and value is not None and not (
            isinstance(value, Tensor) and (value.is_parameter or value.requires_grad)
        ):
            kind = "Tensor that asks for no gradient" if isinstance(value, Tensor) else (
                type(value).__name__
            )
            raise TypeError(
                f"expected a parameter as {name!r}, got a {kind}, which would not be learned: "
                f"write layer.{name}[...] = value within no_grad()"
            )
        if callable(getattr(Layer, name, None)) and not callable(value):
            message = f"{name!r} is a method of every layer, got a {type(value).__name__} for it"
            raise TypeError(f"{message}: choose another name")
        super().__setattr__(name, value)


class Layer(Named):
    """What every layer is: something that is called with tensors and gives one.

    A layer of your own needs `__init__` and `forward`. What it holds is found: an attribute that
    is a Tensor made with requires_grad=True is a parameter, one that is a Layer is a child, also
    in a list, tuple or dict. Arrays that change while it is used and are to be saved with it are
    named in `buffers`, beside those of the class that it derives from.
    """

    training = True  # a layer begins in training mode
    buffers: tuple[str, ...] = ()

    def forward(self, *inputs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no forward(self, x): write one")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        for name in options:
            if isinstance(options[name], np.ndarray):
                options[name] = as_input(options[name], False)
        output = self.forward(*(as_input(x, len(inputs) == 1) for x in inputs), **options)
        if output is None:
            raise TypeError(f"expected a Tensor, got None: let {self}.forward return its result")
        return output

    def children(self) -> "Sequence[Layer]":
        """The layers directly inside this one."""
        return [thing for _, thing in held(self) if isinstance(thing, Layer)]

    def parameters(self) -> list[Tensor]:
        """The tensors to be learned, each once, even where layers share one; frozen ones too."""
        found: dict[int, Tensor] = {}
        for layer in layers_of(self):
            has_own_way = layer is not self and type(layer).parameters is not Layer.parameters
            own = layer.parameters() if has_own_way else [x for _, x in held(layer)]
            found |= {id(x): x for x in own if isinstance(x, Tensor)}
        return list(found.values())

    def train(self, mode: bool = True) -> "Layer":
        """Switch this layer and all inside it to training mode, or out of it."""
        set_mode(self, mode, {id(self)})
        return self

    def eval(self) -> "Layer":
        """Switch to evaluation mode: the network is used, not trained."""
        return self.train(False)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class ReLU(Layer):
    """relu as a layer."""

    def forward(self, x: Tensor) -> Tensor:
        return relu(x)


class Softmax(Layer):
    """softmax along one axis as a layer."""

    def __init__(self, axis: int = -1):
        if not isinstance(axis, int | np.integer):
            raise TypeError(f"expected an axis, got {axis!r}: call the layer, as in Softmax()(x)")
        self.axis = axis

    def forward(self, x: Tensor) -> Tensor:
        return softmax(x, axis=self.axis)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(axis={self.axis})"


# Sigmoid, Tanh and LogSoftmax, the same for the other three functions
class Sigmoid(Layer):
    """sigmoid as a layer."""

    def forward(self, x: Tensor) -> Tensor:
        return sigmoid(x)


class Tanh(Layer):
    """tanh as a layer."""

    def forward(self, x: Tensor) -> Tensor:
        return tanh(x)


class LogSoftmax(Softmax):
    """log_softmax along one axis as a layer."""

    def forward(self, x: Tensor) -> Tensor:
        return log_softmax(x, axis=self.axis)


class Temperature(Layer):
    """softmax of x / temperature along one axis, as a layer.

    Args:
        temperature: a Python number above 0, from 1e-100 to 1e100. (What comes out where the
            dtype of x can't hold it, or can't hold x / temperature, is left open, and so is what
            a NumPy number does to the dtype.)
        axis: the axis along which the shares add up to 1.

    Attributes:
        temperature, axis: as they were given. If they are changed later, the next call goes by
            the new ones. (What a later change to 0 or below gives is left open.)

    Raises:
        ValueError: at once, if the temperature that was given is 0 or below.

    `forward` gives a new Tensor of the shape and dtype of x, and leaves x as it is, for scores of
    any size. It does the same in both modes, and stays in the mode it is in. All its steps go
    through the door, each as a call of a function with a rule: `softmax` and `log_softmax` have
    yours; the signs of Tensor, its sum and max, `np.exp` and `np.log` get theirs in lesson 6.
    (A shift that changes no share may be worked out beside it.)

    Example:
        >>> Temperature(0.001)(Tensor([1, 2, 3]))
        Tensor([0., 0., 1.])
    """

    def __init__(self, temperature: float = 1.0, axis: int = -1):
        if not temperature > 0:  # nan ends here too
            raise ValueError(f"expected a temperature above 0, got {temperature}: 1 is neutral")
        self.temperature, self.axis = temperature, axis

    def forward(self, x: Tensor) -> Tensor:
        return apply(softmax, x / self.temperature, axis=self.axis)
