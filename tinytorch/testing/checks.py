"""The checks: each tries one property over many inputs, against the definition.

All of them go through every case before they speak, so that what failed, and how, tells one
mistake from another. They reach a student's work from outside only: they call it, read its
attributes and compare plain values.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from tinytorch.testing import session
from tinytorch.testing.compare import Difference, article, difference, plain, sample, short
from tinytorch.testing.inputs import Case, numbers
from tinytorch.testing.messages import raised

Exceptions = type[Exception] | tuple[type[Exception], ...]


def check(
    function: Callable,
    expected: Callable,
    cases: Iterable[Case | tuple],
    *,
    name: str = "",
    wrap: Callable | None = None,
    dtype: Any = None,
    rtol: float | None = None,
    memory: str | None = None,
    returns: str = "",
    writes: bool = False,
    once: bool = False,
    door: bool | Mapping | Collection = False,
) -> None:
    """Fail unless a function gives what the definition gives, in every case.

    Besides the values, shape and dtype are compared; the inputs must be as they were before;
    and no call may change what an earlier one returned.

    Args:
        function: the student's.
        expected: states the definition: takes the same inputs as plain arrays, and returns
            what is expected.
        cases: the calls to try: `Case`s, or tuples of inputs.
        name: what the function is called in messages; its own name by default.
        wrap: makes what the function takes of each array among the inputs: `Tensor`, say.
        dtype: of the result. By default that of `expected` where only floats went in, and else
            any of its kind; "same" asks for that of `expected` always, "any" for its kind.
        rtol: relative tolerance; by default one that fits the coarser dtype.
        memory: "fresh" if the result must not share the memory of an input, "shared" if it must.
        returns: "array" if a plain array or number must come out, "tensor" if a Tensor must.
        writes: whether the function may write into its inputs, which are then put back.
        once: call the function once a case, since it is slow or has effects, and don't ask
            whether another call changes what it returned.
        door: whether a Tensor must come out, by the door: recorded if any one of the Tensors
            that went in asks for a gradient, and else not. Where it is the register of rules,
            or a collection of functions, all that is recorded must stand in it.

    Raises:
        TestFailed: with the first case that failed.
    """
    name = name or _name(function)
    trial, results = session.Trial(name), []
    for each in _cases(cases):
        before = [x.copy() if isinstance(x, np.ndarray) else None for x in each.inputs]
        with np.errstate(all="ignore"):  # what the definition warns of is not the student's
            want = _own(expected(*each.inputs, **each.options))
        # After it: to wrap an array is the student's code too, and may write into it.
        inputs = [wrap(x) if wrap and isinstance(x, np.ndarray) else x for x in each.inputs]
        with trial.case(each) as said:
            got = function(*inputs, **each.options)
            found = None if writes else _changed(each.inputs, before)
            found = found or _nothing(got, want) or _form(got, returns)
            found = found or difference(got, want, dtype=_dtype(dtype, each), rtol=rtol)
            found = found or _memory(got, each.inputs, memory)
            if door and found is None:
                found = _door(function, got, each, wrap, door)
            said.difference = found
        _restore(each.inputs, before)  # the next case is not to suffer from what this one did
        if said.difference is None and not writes:
            results.append((each, got, _bytes(got)))
    if memory != "shared" and not once:
        trial.fail_with(_kept(function, results, wrap))
    trial.judge()


def check_raises(
    exceptions: Exceptions,
    function: Callable,
    cases: Iterable[Case | tuple],
    *,
    but: Iterable[Case | tuple] = (),
    name: str = "",
) -> None:
    """Fail unless a function raises one of the exceptions, in any wording, in every case.

    Args:
        exceptions: the type that the text names, or several.
        function: the student's.
        cases: the calls that it must refuse.
        but: calls that it must not refuse, tried as well: a function that refuses everything
            is of no use.
        name: what the function is called in messages.
    """
    allowed = exceptions if isinstance(exceptions, tuple) else (exceptions,)
    if any(issubclass(NotImplementedError, kind) for kind in allowed):
        raise TypeError(f"{allowed} is too wide: an exercise nobody wrote would pass")
    wanted = " or ".join(kind.__name__ for kind in allowed)
    name = name or _name(function)
    trial = session.Trial(name)
    for each in _cases(but):
        with trial.case(each, ", although it must take this"):
            function(*each.inputs, **each.options)
    for each in _cases(cases):
        with trial.case(each) as said:
            try:
                got = function(*each.inputs, **each.options)
            except allowed as error:
                if isinstance(error, NotImplementedError):
                    raise
                continue
            except NotImplementedError:
                raise
            except Exception as error:
                says = f"raised {raised(error)}, expected {wanted}"
                said.error = error
                said.difference = Difference("raised", says, type(error).__name__)
            else:
                said.difference = _returned(got, wanted)
    trial.judge()


def expect(
    got: Any,
    expected: Any,
    name: str,
    *,
    dtype: Any = None,
    rtol: float | None = None,
) -> None:
    """Fail unless one value is what it should be.

    Args:
        got: the value, or a function without arguments that returns it, so that an exception
            is explained as well.
        expected: as it should be: numbers and arrays within a tolerance, all else exactly.
        name: what the value is called in the message.
        dtype, rtol: as for `check`.
    """
    trial, expected = session.Trial(name), _own(expected)
    with trial.case(Case((), label=name)) as said:
        value = got() if session.is_function(got) else got
        said.difference = difference(value, expected, dtype=dtype, rtol=rtol)
    trial.judge()


def check_gradient(
    function: Callable,
    gradient: Callable,
    cases: Iterable[Case | tuple] | np.ndarray | float,
    *more: Any,
    argnum: int = 0,
    name: str = "",
    rtol: float = 1e-5,
    step: float = 1e-5,
    memory: str | None = None,
    **options: Any,
) -> None:
    """Fail unless a gradient rule agrees with central differences in float64, in every case.

    The rule is called as the framework calls it, `gradient(grad, output, *inputs, **options)`,
    and returns the gradient of `sum(grad * output)` with respect to `inputs[argnum]`, or, where
    that input was broadcast, what gives it when it is summed. The incoming `grad` is random, so
    that a rule that ignores it can't pass, and one a thousand times as large must give as much
    more. Nothing may be written into, and float32 is kept.

    Args:
        function: takes and returns plain arrays; called as `function(*inputs, **options)`.
        gradient: the rule.
        cases: the inputs to try, as for `check`; or, for a single case, its first input, with
            the others and the options behind it.
        argnum: the position of the input to differentiate by.
        name: what the rule is called in messages.
        rtol: tolerance, relative to the largest component of the gradient.
        step: of the differences.
        memory: "fresh" if the result must not share the memory of grad, output or an input.
    """
    if isinstance(cases, np.ndarray | float | int):
        cases = [Case((cases, *more), options)]
    name = name or _name(gradient)
    trial = session.Trial(name, ("grad", "output"))
    for n, each in enumerate(_cases(cases)):
        arrays = [_float64(x) for x in each.inputs]
        output = np.asarray(function(*arrays, **each.options))
        grad = numbers(output.shape, np.float64, n + 1, -3, 3)
        grad = np.where(grad == 0, 0.5, grad)  # of both signs, and nothing is multiplied away
        want = central_differences(function, grad, arrays, argnum, step, each.options)
        with trial.case(each) as said:
            rule = partial(gradient, **each.options)
            said.difference = (
                _rule(rule, grad, output, arrays, want, argnum, rtol)
                or _rule_of_large_grads(rule, grad, output, arrays)
                or (memory and _rule_in_fresh_memory(rule, grad, output, arrays))
                or _rule_in_float32(rule, grad, output, arrays, argnum, each)
            )
    trial.judge()


def central_differences(
    function: Callable,
    grad: np.ndarray,
    inputs: Sequence[Any],
    argnum: int = 0,
    step: float = 1e-5,
    options: dict | None = None,
) -> np.ndarray:
    """The gradient of sum(grad * function(*inputs)) by one input, a component at a time."""
    moved, options = _copies(*inputs), options or {}
    moved[argnum] = x = np.array(inputs[argnum], np.float64)
    slopes = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        start, sides = x[index], []
        for side in (start + step, start - step):
            x[index] = side
            sides.append(np.vdot(grad, function(*moved, **options)))
        x[index] = start
        slopes[index] = (sides[0] - sides[1]) / (2 * step)
    return slopes


# --- What can be wrong besides the values ---------------------------------------------------


def _kept(
    function: Callable, results: list, wrap: Callable | None
) -> tuple[Case, Difference] | None:
    """The first case whose result a later call changes, or gives out once more."""
    says = "returned what a later call returns again: it must be an array of its own each time"
    for each, got, _ in results[:3]:
        arrays = [np.ones_like(x) if _is_floats(x) else x for x in each.inputs]
        for values in (each.inputs, arrays):
            inputs = [wrap(x) if wrap and isinstance(x, np.ndarray) else x for x in values]
            with contextlib.suppress(Exception):  # other values need not be sound
                again = function(*inputs, **each.options)
                if _share(got, again) and not any(_share(got, x) for x in each.inputs):
                    return each, Difference("changed", says, "again")
    for each, got, old in results:
        if _bytes(got) != old:
            says = "returned what a later call has changed: work on an array of its own each time"
            return each, Difference("changed", says, "later")
    return None


def _share(one: Any, other: Any) -> bool:
    """Whether two results, Tensors or arrays, share memory."""
    data = [getattr(x, "data", None) for x in (one, other)]
    arrays = [
        d if isinstance(d, np.ndarray) else x for d, x in zip(data, (one, other), strict=True)
    ]
    return all(isinstance(x, np.ndarray) and x.size for x in arrays) and np.shares_memory(*arrays)


def _is_floats(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def _changed(inputs: Sequence[Any], before: list[np.ndarray | None]) -> Difference | None:
    for n, (x, old) in enumerate(zip(inputs, before, strict=True)):
        if old is not None and (x.shape != old.shape or x.tobytes() != old.tobytes()):
            says = f"changed its {_ordinal(n)} input: it must work on an array of its own"
            return Difference("changed", says, n, np.array(x), old)
    return None


def _ordinal(n: int) -> str:
    return ("first", "second", "third")[n] if n < 3 else f"{n + 1}th"


def _nothing(got: Any, want: Any) -> Difference | None:
    if got is not None or want is None:
        return None
    return Difference("type", "returned None: does it end without `return`?", "None")


def _form(got: Any, returns: str) -> Difference | None:
    is_tensor = isinstance(getattr(got, "data", None), np.ndarray)
    if not returns or got is None or is_tensor == (returns == "tensor"):
        return None
    what = article(type(got).__name__)
    wanted = "a Tensor" if returns == "tensor" else "a plain array"
    return Difference("type", f"is {what}, expected {wanted}", what)


def _memory(got: Any, inputs: Sequence[Any], memory: str | None) -> Difference | None:
    data = getattr(got, "data", None)
    array = data if isinstance(data, np.ndarray) else got
    given = [x for x in inputs if isinstance(x, np.ndarray)]
    if memory is None or not given or not isinstance(array, np.ndarray) or not array.size:
        return None
    shared = any(np.shares_memory(array, x) for x in given)
    if shared == (memory == "shared"):
        return None
    says = "shares the memory of its input, expected a new array"
    if memory == "shared":
        says = "is a copy, expected a view of the same memory"
    return Difference("memory", says, memory)


def _door(
    function: Callable, got: Any, each: Case, wrap: Callable, known: Any
) -> Difference | None:
    """What the door must have written down, for each input that asks alone, and for none."""
    if not hasattr(got, "requires_grad"):
        return Difference("type", f"is {article(type(got).__name__)}, expected a Tensor", "door")
    if got.requires_grad or got.origin is not None:
        return Difference("door", "is recorded although no input asks for a gradient", "unasked")
    floats = [
        n for n, x in enumerate(each.inputs) if isinstance(x, np.ndarray) and x.dtype.kind == "f"
    ]
    for asking in floats:
        inputs = [wrap(x) if isinstance(x, np.ndarray) else x for x in each.inputs]
        inputs[asking].requires_grad = True
        traced = function(*inputs, **each.options)
        if not traced.requires_grad or traced.origin is None:
            says = f"is not recorded when input number {asking} alone asks for a gradient"
            return Difference("door", f"{says}: does it go through `apply`?", asking)
        if found := _record(traced, asking, each.inputs[asking], known):
            return found
    return None


def _record(traced: Any, asking: int, data: np.ndarray, known: Any) -> Difference | None:
    """Whether a record leads back to the input that asked, through functions that are known."""
    waiting, arrived = [traced], False
    while waiting:
        tensor = waiting.pop()
        if not getattr(tensor, "requires_grad", False):
            continue
        if tensor.origin is None:
            arrived = arrived or np.array_equal(plain(tensor), data)
            continue
        function, inputs = tensor.origin.function, tensor.origin.inputs
        asked = [n for n, x in enumerate(inputs) if getattr(x, "requires_grad", False)]
        if isinstance(known, Mapping):
            is_known = all(known.get((function, n)) is not None for n in asked)
        else:
            is_known = known is True or function in known
        if not is_known:
            return _no_rule(function, known)
        waiting += inputs
    if arrived:
        return None
    says = f"is recorded, but the record does not lead back to input number {asking}"
    return Difference("door", says, ["lost", asking])


def _no_rule(function: Any, known: Mapping | Collection) -> Difference:
    called = getattr(function, "__name__", str(function))
    says = f"is recorded as a call of `{called}`, for which there is no gradient rule"
    if not isinstance(known, Mapping):
        names = " or ".join(sorted(f"`np.{each.__name__}`" for each in known))
        says = f"is recorded as a call of `{called}`, expected {names}, for which there is a rule"
    return Difference("door", says, ["rule", called])


def _returned(got: Any, wanted: str) -> Difference:
    value = plain(got)
    is_array = value is not None and value.ndim > 0 and not isinstance(got, tuple | list)
    what = f"{type(got).__name__} of shape {value.shape}" if is_array else short(got)
    detail = what if value is None else sample(value)
    return Difference("returned", f"returned {what}, expected it to raise {wanted}", detail)


def _rule(
    rule: Callable,
    grad: np.ndarray,
    output: np.ndarray,
    arrays: list,
    want: np.ndarray,
    argnum: int,
    rtol: float,
) -> Difference | None:
    copies = _copies(grad, output, *arrays)
    got = rule(*copies)
    names = ("grad", "output", *(f"the {_ordinal(n)} input" for n in range(len(arrays))))
    for old, new, what in zip((grad, output, *arrays), copies, names, strict=True):
        if isinstance(old, np.ndarray) and old.tobytes() != new.tobytes():
            says = f"wrote into {what}, which others still need"
            return Difference("changed", says, what, new, old)
    value = plain(got)
    if value is None:
        return _nothing(got, want) or difference(got, want)
    value = summed_to(value, want.shape) if value.shape == output.shape else value
    if value.shape != want.shape:
        says = f"has shape {value.shape}, expected that of input {argnum}, {want.shape}"
        return Difference("shape", says, list(value.shape), value, want)
    scale = max(np.abs(want).max(initial=0.0), 1e-3)
    if np.all(np.abs(value - want) <= rtol * scale):
        return None
    far = difference(value + 0.0, want, dtype="any", rtol=rtol)  # where it is more than rounding
    return far or difference(value + 0.0, want, dtype="any", rtol=0.0)


def _rule_of_large_grads(
    rule: Callable, grad: np.ndarray, output: np.ndarray, arrays: list
) -> Difference | None:
    """A rule is linear in grad; and what it returned must outlast its next call."""
    first = rule(*_copies(grad, output, *arrays))
    old, want = _bytes(first), 1000 * np.array(plain(first))
    second = plain(rule(*_copies(1000 * grad, output, *arrays)))
    if _bytes(first) != old:
        says = "returned what a later call has changed: work on an array of its own each time"
        return Difference("changed", says, "later")
    if difference(second, want, dtype="any", rtol=1e-6) is None:
        return None
    says = "does not grow with grad: 1000 times as much should come out of 1000 times as much"
    return Difference("values", says, sample(second), second, want)


def _rule_in_fresh_memory(
    rule: Callable, grad: np.ndarray, output: np.ndarray, arrays: list
) -> Difference | None:
    """Whether the result is a new array, also where there is nothing to do."""
    for incoming in (grad, np.ones_like(grad), np.zeros_like(grad)):
        copies = _copies(incoming, output, *arrays)
        if found := _memory(rule(*copies), copies, "fresh"):
            return found
    return None


def _rule_in_float32(
    rule: Callable,
    grad: np.ndarray,
    output: np.ndarray,
    arrays: list,
    argnum: int,
    each: Case,
) -> Difference | None:
    """Whether a rule that gets float32 gives it back."""
    if getattr(each.inputs[argnum], "dtype", None) != np.float32:
        return None
    cast = [
        x.astype(np.float32) if isinstance(x, np.ndarray) and x.dtype == np.float64 else x
        for x in (grad, output, *arrays)
    ]
    got = plain(rule(*cast))
    if got is not None and got.dtype != np.float32:
        says = f"has dtype {got.dtype} for float32 inputs, expected float32"
        return Difference("dtype", says, str(got.dtype))
    return None


def _copies(*values: Any) -> list:
    return [np.array(x) if isinstance(x, np.ndarray) else x for x in values]


def summed_to(value: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """`value` summed over the axes that broadcasting from `shape` added or repeated."""
    value = value.sum(axis=tuple(range(value.ndim - len(shape))))
    repeated = tuple(n for n, length in enumerate(shape) if length == 1 != value.shape[n])
    return value.sum(axis=repeated, keepdims=True)


# --- Small helpers --------------------------------------------------------------------------


def _cases(cases: Iterable[Case | tuple]) -> Iterable[Case]:
    return (each if isinstance(each, Case) else Case(tuple(each)) for each in cases)


def _own(expected: Any) -> Any:
    """The same, with copies of its arrays: a student's code may write into those that it got."""
    if isinstance(expected, np.ndarray):
        return np.array(expected)
    if type(expected) in (tuple, list):
        return type(expected)(map(_own, expected))
    if type(expected) is dict:
        return {key: _own(each) for key, each in expected.items()}
    return expected


def _bytes(got: Any) -> bytes | None:
    """The bytes of a Tensor or an array; None for what can't change."""
    data = getattr(got, "data", None)
    array = data if isinstance(data, np.ndarray) else got
    return array.tobytes() if isinstance(array, np.ndarray) else None


def _restore(inputs: Sequence[Any], before: list[np.ndarray | None]) -> None:
    for x, old in zip(inputs, before, strict=True):
        if old is not None and x.shape == old.shape and x.flags.writeable:
            x[...] = old


def _name(function: Callable) -> str:
    name = getattr(function, "__name__", type(function).__name__)
    return name if name.isidentifier() else "the function"


def _float64(x: Any) -> Any:
    return x.astype(np.float64) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x


def _dtype(dtype: Any, each: Case) -> Any:
    """By default floats must keep their dtype; what whole numbers become differs by system."""
    if dtype is not None:
        return dtype
    whole = any(isinstance(x, np.ndarray) and x.dtype.kind != "f" for x in each.inputs)
    return "any" if whole else None
