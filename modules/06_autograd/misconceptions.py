"""Solutions to the exercises of lesson 06 other than the reference: wrong and right ones."""

from contextlib import contextmanager

import numpy as np

from tinytorch.course.variants import right, wrong

# --- multiply_gradient ------------------------------------------------------------------------


@wrong(
    "slope of the other factor",
    "If you multiplied by a, you took the slope in b: in a, the product grows by b.",
)
@gradient_of(np.multiply)
def multiply_gradient(grad, output, a, b):
    return grad * a


@wrong(
    "forgets grad",
    "If you left grad out, what came from further along the chain is lost.",
)
@gradient_of(np.multiply)
def multiply_gradient(grad, output, a, b):
    return np.ones_like(grad) * b


@wrong("adds along the chain", "If you added, remember that slopes along a chain multiply.")
@gradient_of(np.multiply)
def multiply_gradient(grad, output, a, b):
    return grad + b


@wrong(
    "times the output",
    "If you multiplied by the output, you wrote the rule of exp.",
)
@gradient_of(np.multiply)
def multiply_gradient(grad, output, a, b):
    return grad * output


@wrong("divides", "If you divided, you wrote the rule of a quotient.")
@gradient_of(np.multiply)
def multiply_gradient(grad, output, a, b):
    return grad / b


@wrong(
    "writes into grad",
    "If you wrote into grad, another input that is to get it finds a wrong number.",
)
@gradient_of(np.multiply)
def multiply_gradient(grad, output, a, b):
    grad *= b
    return grad


@right("the other order")
@gradient_of(np.multiply)
def multiply_gradient(grad, output, a, b):
    return np.multiply(b, grad)


@right("one number after the other")
@gradient_of(np.multiply)
def multiply_gradient(grad, output, a, b):
    b = np.broadcast_to(b, np.shape(grad))
    result = np.empty(np.shape(grad), np.asarray(grad).dtype)
    for index in np.ndindex(result.shape):
        result[index] = grad[index] * b[index]
    return result


@right("einsum")
@gradient_of(np.multiply)
def multiply_gradient(grad, output, a, b):
    return np.einsum("...,...->...", grad, b)


# --- input_gradients --------------------------------------------------------------------------


@wrong("the first input alone", "If you asked one input alone, the other gets nothing.")
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad:
            part = find_rule(function, argnum)(grad, tensor.data, *arrays, **options)
            return [(x, fit_gradient(part, x.data))]
    return []


@wrong(
    "an entry for numbers too",
    "If an input requires no gradient, leave it out: a number can't have one.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    inputs = [x if isinstance(x, Tensor) else Tensor(x) for x in inputs]
    arrays = [x.data for x in inputs]
    pairs = []
    for argnum, x in enumerate(inputs):
        part = find_rule(function, argnum)(grad, tensor.data, *arrays, **options)
        pairs.append((x, fit_gradient(part, x.data)))
    return pairs


@wrong(
    "always the rule of input 0",
    "If you always ask for the rule of input 0, subtraction shows it.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    rule = find_rule(function, 0)
    return [
        (x, fit_gradient(rule(grad, tensor.data, *arrays, **options), x.data))
        for x in inputs
        if isinstance(x, Tensor) and x.requires_grad
    ]


@wrong(
    "counts Tensors alone",
    "If you count Tensors alone, a number in front shifts the places.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    asked = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]
    pairs = []
    for argnum, x in enumerate(asked):
        part = find_rule(function, argnum)(grad, tensor.data, *arrays, **options)
        pairs.append((x, fit_gradient(part, x.data)))
    return pairs


@wrong(
    "collects in a dict",
    "If you collect in a dict, one of the two shares of a * a gets lost.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    found = {}
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad:
            part = find_rule(function, argnum)(grad, tensor.data, *arrays, **options)
            found[x] = fit_gradient(part, x.data)
    return list(found.items())


@wrong(
    "gives the rule Tensors",
    "If the rule gets Tensors, give it the plain arrays inside.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    pairs = []
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad:
            part = find_rule(function, argnum)(grad, tensor, *inputs, **options)
            pairs.append((x, fit_gradient(to_array(part), x.data)))
    return pairs


@wrong(
    "drops the options",
    "If you drop the options, the rule does not know how it was called.",
)
def input_gradients(tensor, grad):
    function, inputs, _ = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    pairs = []
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad:
            part = find_rule(function, argnum)(grad, tensor.data, *arrays)
            pairs.append((x, fit_gradient(part, x.data)))
    return pairs


@wrong(
    "grad and output change places",
    "If grad and output change places, each rule reads the wrong one.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    pairs = []
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad:
            part = find_rule(function, argnum)(tensor.data, grad, *arrays, **options)
            pairs.append((x, fit_gradient(part, x.data)))
    return pairs


@right("a comprehension")
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    asked = [n for n, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]
    parts = [find_rule(function, n)(grad, tensor.data, *arrays, **options) for n in asked]
    return [(inputs[n], fit_gradient(p, inputs[n].data)) for n, p in zip(asked, parts, strict=True)]


@right("by places, with to_array")
def input_gradients(tensor, grad):
    origin, pairs = tensor.origin, []
    for n in range(len(origin.inputs)):
        x = origin.inputs[n]
        if not isinstance(x, Tensor) or not x.requires_grad:
            continue
        arrays = [getattr(other, "data", other) if isinstance(other, Tensor) else other for other in origin.inputs]
        part = GRADIENTS[origin.function, n](grad, to_array(tensor), *arrays, **origin.options)
        pairs += [(x, fit_gradient(part, to_array(x)))]
    return pairs


@right("a generator inside")
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = tuple(x.data if isinstance(x, Tensor) else x for x in inputs)

    def pairs():
        for argnum, x in enumerate(inputs):
            if getattr(x, "requires_grad", False):
                rule = find_rule(function, argnum)
                yield x, fit_gradient(rule(grad, tensor.data, *arrays, **options), x.data)

    return list(pairs())


# --- topological_order ------------------------------------------------------------------------


@wrong(
    "in the order of meeting",
    "If you take tensors as you meet them, one may come before something that it was made from.",
)
def topological_order(output):
    order, seen, queue = [], {output}, [output]
    while queue:
        tensor = queue.pop(0)
        order.append(tensor)
        for x in tensor.origin.inputs:
            if isinstance(x, Tensor) and x.origin is not None and x not in seen:
                seen.add(x)
                queue.append(x)
    return order[::-1]


@wrong(
    "met when it is put on the stack",
    "If you take tensors as you meet them, one may come before something that it was made from.",
)
def topological_order(output):
    order, seen, stack = [], {output}, [output]
    while stack:
        tensor = stack.pop()
        if tensor is None:
            order.append(stack.pop())
            continue
        stack += (tensor, None)
        for x in tensor.origin.inputs:
            if isinstance(x, Tensor) and x.origin is not None and x not in seen:
                seen.add(x)
                stack.append(x)
    return order


@wrong(
    "remembers nothing",
    "If you do not remember what was met, a tensor comes once for each way to it.",
)
def topological_order(output):
    order = []
    for x in output.origin.inputs:
        if isinstance(x, Tensor) and x.origin is not None:
            order += topological_order(x)
    return [*order, output]


@wrong(
    "calls itself",
    "If the function calls itself, Python stops it at a depth of about 1,000: keep a stack.",
    loses=("test_topological_order_of_long_chains",),
)
def topological_order(output):
    order, seen = [], set()

    def visit(tensor):
        if tensor in seen or tensor.origin is None:
            return
        seen.add(tensor)
        for x in tensor.origin.inputs:
            if isinstance(x, Tensor):
                visit(x)
        order.append(tensor)

    visit(output)
    return order


@wrong(
    "leaves among them",
    "If leaves are in the order, leave them out: they have no origin to go back to.",
)
def topological_order(output):
    order, seen, stack = [], set(), [output]
    while stack:
        tensor = stack.pop()
        if tensor is None:
            order.append(stack.pop())
        elif tensor not in seen:
            seen.add(tensor)
            stack += (tensor, None)
            if tensor.origin is not None:
                stack += [x for x in tensor.origin.inputs if isinstance(x, Tensor)]
    return order


@wrong("the output first", "If the output comes first, turn the order round.")
def topological_order(output):
    order, seen, stack = [], set(), [output]
    while stack:
        tensor = stack.pop()
        if tensor is None:
            order.append(stack.pop())
        elif tensor not in seen:
            seen.add(tensor)
            stack += (tensor, None)
            for x in tensor.origin.inputs:
                if isinstance(x, Tensor) and x.origin is not None:
                    stack.append(x)
    return order[::-1]


@wrong(
    "asks `in` of a list",
    "If you ask `in` of a list, == compares numbers: a set looks for the tensor itself.",
)
def topological_order(output):
    order, seen, stack = [], [], [output]
    while stack:
        tensor = stack.pop()
        if tensor is None:
            order.append(stack.pop())
        elif tensor not in seen:
            seen.append(tensor)
            stack += (tensor, None)
            for x in tensor.origin.inputs:
                if isinstance(x, Tensor) and x.origin is not None:
                    stack.append(x)
    return order


@right("counts the uses first")
def topological_order(output):
    uses, stack = {output: 0}, [output]
    while stack:
        for x in stack.pop().origin.inputs:
            if isinstance(x, Tensor) and x.origin is not None:
                if x not in uses:
                    uses[x] = 0
                    stack.append(x)
                uses[x] += 1
    order = [output]
    for tensor in order:
        for x in tensor.origin.inputs:
            if isinstance(x, Tensor) and x.origin is not None:
                uses[x] -= 1
                if uses[x] == 0:
                    order.append(x)
    return order[::-1]


@right("a stack of iterators")
def topological_order(output):
    order, seen, stack = [], {output}, [(output, iter(output.origin.inputs))]
    while stack:
        tensor, inputs = stack[-1]
        for x in inputs:
            if isinstance(x, Tensor) and x.origin is not None and x not in seen:
                seen.add(x)
                stack.append((x, iter(x.origin.inputs)))
                break
        else:
            order.append(tensor)
            stack.pop()
    return order


@right("a stack of pairs, and ids")
def topological_order(output):
    order, seen, stack = [], set(), [(output, False)]
    while stack:
        tensor, is_done = stack.pop()
        if is_done:
            order.append(tensor)
        elif id(tensor) not in seen:
            seen.add(id(tensor))
            stack.append((tensor, True))
            for x in reversed(tensor.origin.inputs):
                if getattr(x, "origin", None) is not None:
                    stack.append((x, False))
    return order


# --- walk_back --------------------------------------------------------------------------------


@wrong(
    "the last gradient wins",
    "If a later gradient replaces an earlier one, add them up.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    for tensor in reversed(topological_order(output) if output.origin else []):
        for x, part in input_gradients(tensor, known[tensor]):
            known[x] = part
        if tensor not in keep:
            del known[tensor]
        if not retain_graph:
            tensor.origin = FREED
    return known


@wrong(
    "from the front of the order",
    "If the steps are taken in another order, a tensor is asked before its gradient is known.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    for tensor in topological_order(output) if output.origin else []:
        grad = known[tensor] if tensor in keep else known.pop(tensor)
        for x, part in input_gradients(tensor, grad):
            known[x] = known[x] + part if x in known else part
        if not retain_graph:
            tensor.origin = FREED
    return known


@wrong(
    "adds with +=",
    "If you add with +=, you write into an array that is another tensor's gradient as well.",
    loses=("test_walk_back_adds_up",),
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    for tensor in reversed(topological_order(output) if output.origin else []):
        grad = known[tensor] if tensor in keep else known.pop(tensor)
        for x, part in input_gradients(tensor, grad):
            if x in known:
                known[x] += part
            else:
                known[x] = part
        if not retain_graph:
            tensor.origin = FREED
    return known


@wrong(
    "forgets what is to be kept",
    "If kept gradients are forgotten on the way, gradients() can't return them.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    for tensor in reversed(topological_order(output) if output.origin else []):
        for x, part in input_gradients(tensor, known.pop(tensor)):
            known[x] = known[x] + part if x in known else part
        if not retain_graph:
            tensor.origin = FREED
    return known


@wrong(
    "frees what is to stay",
    "If the record goes although it is to stay, a second walk is impossible.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    for tensor in reversed(topological_order(output) if output.origin else []):
        grad = known[tensor] if tensor in keep else known.pop(tensor)
        for x, part in input_gradients(tensor, grad):
            known[x] = known[x] + part if x in known else part
        tensor.origin = FREED
    return known


@wrong(
    "never frees",
    "If the record stays after use, memory fills up with arrays that nobody needs.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    for tensor in reversed(topological_order(output) if output.origin else []):
        grad = known[tensor] if tensor in keep else known.pop(tensor)
        for x, part in input_gradients(tensor, grad):
            known[x] = known[x] + part if x in known else part
    return known


@wrong(
    "frees the output alone",
    "If the record stays after use, memory fills up with arrays that nobody needs.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    for tensor in reversed(topological_order(output) if output.origin else []):
        grad = known[tensor] if tensor in keep else known.pop(tensor)
        for x, part in input_gradients(tensor, grad):
            known[x] = known[x] + part if x in known else part
    if output.origin and not retain_graph:
        output.origin = FREED
    return known


@wrong(
    "forgets nothing",
    "If gradients halfway are not forgotten, they fill the memory and are taken for leaves'.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    for tensor in reversed(topological_order(output) if output.origin else []):
        for x, part in input_gradients(tensor, known[tensor]):
            known[x] = known[x] + part if x in known else part
        if not retain_graph:
            tensor.origin = FREED
    return known


@wrong(
    "a leaf has no order",
    "If the output is a leaf, its gradient is grad.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    for tensor in reversed(topological_order(output)):
        grad = known[tensor] if tensor in keep else known.pop(tensor)
        for x, part in input_gradients(tensor, grad):
            known[x] = known[x] + part if x in known else part
        if not retain_graph:
            tensor.origin = FREED
    return known


@right("dict.get and a zero")
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    for tensor in reversed(topological_order(output) if output.origin else []):
        for x, part in input_gradients(tensor, known[tensor]):
            known[x] = known.get(x, 0) + part
        if not retain_graph:
            tensor.origin = FREED
        if tensor not in keep:
            del known[tensor]
    return known


@right("lists that are summed in the end")
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    parts, result = {output: [grad]}, {}
    order = topological_order(output) if output.origin else []
    for tensor in order[::-1]:
        total = np.sum(parts.pop(tensor), axis=0)
        if tensor in keep:
            result[tensor] = total
        for x, part in input_gradients(tensor, total):
            parts.setdefault(x, []).append(part)
    if not retain_graph:
        for tensor in order:
            tensor.origin = FREED
    return result | {leaf: np.sum(each, axis=0) for leaf, each in parts.items()}


@right("in place, in arrays of its own")
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: np.array(grad)}
    order = [] if output.origin is None else topological_order(output)
    while order:
        tensor = order.pop()
        for x, part in input_gradients(tensor, known[tensor]):
            if x not in known:
                known[x] = np.zeros(x.shape, x.dtype)
            known[x] += part
        if tensor not in keep:
            del known[tensor]
        if not retain_graph:
            tensor.origin = FREED
    return known


# --- unbroadcast ------------------------------------------------------------------------------


@wrong(
    "missing axes alone",
    "If only missing axes are summed, those of length 1 stay repeated.",
)
def unbroadcast(grad, shape):
    total = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    np.broadcast_to(np.empty(shape), total.shape)
    return total


@wrong(
    "axes of length 1 alone",
    "If only axes of length 1 are summed, those that were missing stay.",
)
def unbroadcast(grad, shape):
    np.broadcast_to(np.empty(shape), grad.shape)
    for axis in range(-len(shape), 0):
        if shape[axis] == 1:
            grad = grad.sum(axis=axis, keepdims=True)
    return grad


@wrong("averages", "If you averaged, remember that all uses of an element count in full.")
def unbroadcast(grad, shape):
    np.broadcast_to(np.empty(shape), grad.shape)
    mean = grad.mean(axis=tuple(range(grad.ndim - len(shape))))
    axes = tuple(n for n, length in enumerate(shape) if length == 1)
    return mean.mean(axis=axes, keepdims=True)


@wrong(
    "a summed axis disappears",
    "If a summed axis of length 1 disappears, the shape is not the input's.",
)
def unbroadcast(grad, shape):
    np.broadcast_to(np.empty(shape), grad.shape)
    total = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    return total.sum(axis=tuple(n for n, length in enumerate(shape) if length == 1))


@wrong(
    "aligned on the left",
    "If you align shapes on the left, the wrong axis is summed.",
)
def unbroadcast(grad, shape):
    np.broadcast_to(np.empty(shape), grad.shape)
    while grad.ndim > len(shape):
        grad = grad.sum(axis=-1)
    for axis, length in enumerate(shape):
        if length == 1:
            grad = grad.sum(axis=axis, keepdims=True)
    return grad


@wrong("takes one of the repeats", "If you took one of the repeats, the others are lost.")
def unbroadcast(grad, shape):
    np.broadcast_to(np.empty(shape), grad.shape)
    while grad.ndim > len(shape):
        grad = grad[0]
    for axis, length in enumerate(shape):
        if length == 1:
            grad = grad.take([0], axis=axis)
    return grad


@wrong(
    "lets wrong shapes pass",
    "If a wrong shape passes, the mistake shows up far from the rule that made it.",
)
def unbroadcast(grad, shape):
    grad = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    axes = tuple(n for n, length in enumerate(shape) if length == 1 and n < grad.ndim)
    return grad.sum(axis=axes, keepdims=True)


@right("one axis after the other")
def unbroadcast(grad, shape):
    total = grad
    while total.ndim > len(shape):
        total = total.sum(axis=0)
    for axis in range(total.ndim):
        if shape[axis] == 1 and total.shape[axis] != 1:
            total = total.sum(axis=axis, keepdims=True)
    if total.shape != tuple(shape):
        raise ValueError("does not fit")
    return total


@right("all axes at once, then a reshape")
def unbroadcast(grad, shape):
    if np.broadcast_shapes(shape, grad.shape) != grad.shape:
        raise ValueError("does not fit")
    padded = (1,) * (grad.ndim - len(shape)) + tuple(shape)
    axes = tuple(n for n in range(grad.ndim) if padded[n] != grad.shape[n])
    return grad.sum(axis=axes, keepdims=True).reshape(shape)


@right("element by element")
def unbroadcast(grad, shape):
    places = np.broadcast_to(np.arange(int(np.prod(shape))).reshape(shape), grad.shape)
    total = np.zeros(int(np.prod(shape)), grad.dtype)
    for index in np.ndindex(grad.shape):
        total[places[index]] += grad[index]
    return total.reshape(shape)


# --- divide_right_gradient --------------------------------------------------------------------


@wrong(
    "no minus",
    "If it has no minus, remember that a quotient shrinks as b grows.",
)
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return grad * a / b**2


@wrong("the slope in a", "If it is grad / b, you took the slope in a.")
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return grad / b


@wrong("b not squared", "If b is not squared, the power rule for 1 / b was cut short.")
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return -grad * a / b


@wrong("forgets a", "If a is missing, you took the slope of 1 / b.")
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return -grad / b**2


@wrong(
    "a and b swapped",
    "If a and b change places, it is the slope of another quotient.",
)
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return -grad * b / a**2


@wrong(
    "forgets grad",
    "If you left grad out, what came from further along the chain is lost.",
)
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return -a / b**2


@right("from the inputs")
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return -grad * a / (b * b)


@right("by a power")
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return grad * (-a) * np.power(b, -2.0)


@right("one number after the other")
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    a, b = np.broadcast_to(a, np.shape(grad)), np.broadcast_to(b, np.shape(grad))
    result = np.empty_like(grad)
    for index in np.ndindex(result.shape):
        result[index] = -grad[index] * a[index] / b[index] ** 2
    return result


# --- sum_gradient -----------------------------------------------------------------------------


@wrong(
    "the lost axis stays lost",
    "If the lost axis does not come back, (2,) can't broadcast to (2, 3).",
)
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    return np.broadcast_to(grad, x.shape)


@wrong("divides by the count", "If you divided by the count, you wrote the rule of the mean.")
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    return np.broadcast_to(grad, x.shape) * (grad.size / x.size)


@wrong(
    "ones, whatever comes",
    "If you returned ones, what came from further along the chain is lost.",
)
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    return np.ones_like(x)


@wrong(
    "the axis comes back, the repeats don't",
    "If the gradient is not repeated, its shape is not that of x.",
)
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    return grad


@wrong(
    "ignores keepdims",
    "If keepdims is ignored, an axis that never went away comes back a second time.",
)
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    if axis is not None:
        grad = np.expand_dims(grad, axis)
    return np.broadcast_to(grad, x.shape)


@wrong(
    "one axis at most",
    "If a tuple or a negative axis fails, np.expand_dims takes both.",
)
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        shape = list(x.shape)
        shape[axis] = 1
        grad = grad.reshape(shape)
    return np.broadcast_to(grad, x.shape)


@right("times ones")
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    return np.ones_like(x) * grad


@right("from the shape of a sum that keeps its axes")
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    kept = x.sum(axis=axis, keepdims=True).shape
    return np.broadcast_to(np.reshape(grad, kept), x.shape)


@right("a loop over the elements")
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    axes = range(x.ndim) if axis is None else [axis] if isinstance(axis, int) else axis
    axes = {n % x.ndim for n in axes}
    grad = np.reshape(grad, [1 if n in axes else length for n, length in enumerate(x.shape)])
    result = np.empty_like(x)
    for index in np.ndindex(x.shape):
        result[index] = grad[tuple(0 if n in axes else i for n, i in enumerate(index))]
    return result


# --- max_gradient -----------------------------------------------------------------------------


@wrong(
    "each winner gets all",
    "If each of several winners gets all, the gradient is counted twice.",
)
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    hits = x == sum_gradient(output, output, x, axis, keepdims)
    return hits * sum_gradient(grad, output, x, axis, keepdims)


@wrong(
    "argmax picks one",
    "If argmax picks a winner, the others of the same size go without.",
)
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    slopes = np.zeros_like(x)
    if not isinstance(axis, int):
        hits = x == sum_gradient(output, output, x, axis, keepdims)
        return hits * sum_gradient(grad, output, x, axis, keepdims)
    winners = np.expand_dims(x.argmax(axis), axis)
    grad = grad if keepdims else np.expand_dims(grad, axis)
    np.put_along_axis(slopes, winners, grad, axis)
    return slopes


@wrong(
    "the largest of all",
    "If you look for the largest of all, most rows have no winner.",
)
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    hits = x == x.max()
    return hits * sum_gradient(grad, output, x, axis, keepdims)


@wrong(
    "forgets grad",
    "If you left grad out, what came from further along the chain is lost.",
)
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    hits = x == sum_gradient(output, output, x, axis, keepdims)
    return hits / hits.sum(axis=axis, keepdims=True)


@wrong(
    "counts the winners of all rows",
    "If you count the winners of the whole array, rows pay for each other.",
)
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    hits = x == sum_gradient(output, output, x, axis, keepdims)
    return hits / hits.sum() * sum_gradient(grad, output, x, axis, keepdims)


@wrong(
    "the lost axis stays lost",
    "If the lost axis does not come back, (2,) can't meet (2, 3).",
)
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    hits = x == output
    return hits * grad / hits.sum(axis=axis, keepdims=True)


@wrong(
    "ignores keepdims",
    "If keepdims is ignored, an axis that never went away comes back a second time.",
)
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    hits = x == sum_gradient(output, output, x, axis)
    return hits * sum_gradient(grad, output, x, axis) / hits.sum(axis=axis, keepdims=True)


@right("where")
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    hits = np.where(x == x.max(axis=axis, keepdims=True), 1.0, 0.0).astype(x.dtype)
    hits /= hits.sum(axis=axis, keepdims=True)
    return hits * np.reshape(grad, x.max(axis=axis, keepdims=True).shape)


@right("divides in the end")
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        grad, output = np.expand_dims(grad, axis), np.expand_dims(output, axis)
    hits = x == output
    return grad * hits / np.sum(hits, axis=axis, keepdims=True)


@right("a loop over the results")
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    axes = range(x.ndim) if axis is None else [axis] if isinstance(axis, int) else axis
    axes = {n % x.ndim for n in axes}
    grad = np.reshape(grad, [1 if n in axes else length for n, length in enumerate(x.shape)])
    slopes = np.zeros_like(x)
    for index in np.ndindex(grad.shape):
        block = tuple(slice(None) if n in axes else i for n, i in enumerate(index))
        hits = x[block] == x[block].max()
        slopes[block] = grad[index] * hits / hits.sum()
    return slopes


# --- matmul_gradient --------------------------------------------------------------------------


@wrong(
    "b not transposed",
    "If b is not transposed, rows of it stand where its columns should.",
)
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    return grad @ b


@wrong("grad comes second", "If grad comes second, the factors changed places.")
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    return b.T @ grad


@wrong(
    "the gradient of b",
    "If it is a that is transposed, you took the gradient of b.",
)
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    return a.T @ grad


@wrong("elementwise", "If you multiply elementwise, nothing is summed.")
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    return grad * b


@wrong(
    "forgets grad",
    "If you left grad out, what came from further along the chain is lost.",
)
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    return np.ones_like(grad) @ b.swapaxes(-1, -2)


@wrong(
    "T of a stack",
    "If you write .T, all axes of a stack are reversed: swap the last two.",
)
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    if b.ndim == 1:
        return np.multiply.outer(grad, b)
    return grad @ b.T


@wrong(
    "no vectors",
    "If a vector has no second axis to swap, treat it as a matrix with one column or row.",
)
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    return grad @ np.swapaxes(b, -1, -2)


@right("einsum")
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    if b.ndim == 1:
        return np.einsum("...,d->...d", grad, b)
    if a.ndim == 1:
        return np.einsum("...c,...dc->...d", grad, b)
    return np.einsum("...nc,...dc->...nd", grad, b)


@right("vectors as matrices, then back")
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    if b.ndim == 1:
        b, grad = b[:, None], np.expand_dims(grad, -1)
    if a.ndim == 1:
        return np.matmul(np.expand_dims(grad, -2), np.swapaxes(b, -1, -2))[..., 0, :]
    return np.matmul(grad, np.swapaxes(b, -1, -2))


@right("a sum over the columns")
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    if b.ndim == 1:
        return grad[..., None] * b
    if a.ndim == 1:
        return (grad[..., None, :] * b).sum(axis=-1)
    return (grad[..., :, None, :] * b[..., None, :, :]).sum(axis=-1)


# --- select_gradient --------------------------------------------------------------------------


@wrong(
    "assigns",
    "If you assign, or add with +=, an element that was chosen twice keeps one gradient only.",
)
@gradient_of(select)
def select_gradient(grad, output, array, index):
    slopes = np.zeros_like(array)
    slopes[index] = grad
    return slopes


@wrong(
    "adds with +=",
    "If you assign, or add with +=, an element that was chosen twice keeps one gradient only.",
)
@gradient_of(select)
def select_gradient(grad, output, array, index):
    slopes = np.zeros_like(array)
    slopes[index] += grad
    return slopes


@wrong(
    "the shape of what was chosen",
    "If the result has the shape of what was chosen, put it back to its place in x.",
)
@gradient_of(select)
def select_gradient(grad, output, array, index):
    return grad


@wrong(
    "begins with a copy",
    "If you begin with a copy of x, what was not chosen keeps its value.",
)
@gradient_of(select)
def select_gradient(grad, output, array, index):
    slopes = array.copy()
    slopes[index] = grad
    return slopes


@wrong(
    "ones, whatever comes",
    "If you set ones, what came from further along the chain is lost.",
)
@gradient_of(select)
def select_gradient(grad, output, array, index):
    slopes = np.zeros_like(array)
    np.add.at(slopes, index, 1.0)
    return slopes


@wrong("the elements themselves", "If you add the element itself, grad was forgotten.")
@gradient_of(select)
def select_gradient(grad, output, array, index):
    slopes = np.zeros_like(array)
    np.add.at(slopes, index, output)
    return slopes


@wrong(
    "writes into x",
    "If you wrote into x, the forward pass is no longer what it was.",
)
@gradient_of(select)
def select_gradient(grad, output, array, index):
    array[...] = 0
    np.add.at(array, index, grad)
    return array


@right("np.add.at for everything")
@gradient_of(select)
def select_gradient(grad, output, array, index):
    slopes = np.zeros_like(array)
    np.add.at(slopes, index, grad)
    return slopes


@right("counts by place")
@gradient_of(select)
def select_gradient(grad, output, array, index):
    places = np.arange(array.size).reshape(array.shape)[index]
    total = np.bincount(np.ravel(places), np.ravel(grad), minlength=array.size)
    return total.reshape(array.shape).astype(array.dtype)


@right("a loop over the choices")
@gradient_of(select)
def select_gradient(grad, output, array, index):
    places = np.asarray(np.arange(array.size).reshape(array.shape)[index])
    slopes, grad = np.zeros(array.size, array.dtype), np.asarray(grad)
    for at in np.ndindex(places.shape):
        slopes[places[at]] += grad[at]
    return slopes.reshape(array.shape)


# --- no_grad ----------------------------------------------------------------------------------


@wrong(
    "a variable of its own",
    "If recording.enabled is not set to False, the door goes on writing.",
)
@contextmanager
def no_grad():
    enabled = recording.enabled
    enabled = False
    yield


@wrong(
    "switches off too late",
    "If recording.enabled is not set to False, the door goes on writing.",
)
@contextmanager
def no_grad():
    before = recording.enabled
    try:
        yield
        recording.enabled = False
    finally:
        recording.enabled = before


@wrong(
    "stays off",
    "If the switch stays off, no gradient is found any more.",
)
@contextmanager
def no_grad():
    recording.enabled = False
    yield


@wrong(
    "restores what it set",
    "If the switch stays off, no gradient is found any more.",
)
@contextmanager
def no_grad():
    recording.enabled = False
    before = recording.enabled
    try:
        yield
    finally:
        recording.enabled = before


@wrong(
    "always on in the end",
    "If it always switches on at the end, an inner block ends the outer one.",
)
@contextmanager
def no_grad():
    recording.enabled = False
    try:
        yield
    finally:
        recording.enabled = True


@wrong(
    "no finally",
    "If the switch is set back after yield alone, an exception jumps over it.",
)
@contextmanager
def no_grad():
    before = recording.enabled
    recording.enabled = False
    yield
    recording.enabled = before


@wrong(
    "flips the switch",
    "If it turns the switch to its other side, a block inside a block records again.",
)
@contextmanager
def no_grad():
    recording.enabled = not recording.enabled
    try:
        yield
    finally:
        recording.enabled = not recording.enabled


@right("a class")
class no_grad:
    def __enter__(self):
        self.before, recording.enabled = recording.enabled, False

    def __exit__(self, *error):
        recording.enabled = self.before


@right("sets and restores an attribute by name")
@contextmanager
def no_grad():
    before = getattr(recording, "enabled")
    try:
        setattr(recording, "enabled", False)
        yield
    finally:
        setattr(recording, "enabled", before)


@right("remembers only whether there is something to restore")
@contextmanager
def no_grad():
    if not recording.enabled:
        yield
        return
    recording.enabled = False
    try:
        yield
    finally:
        recording.enabled = True
