"""Solutions to the exercises of lesson 06 other than the reference: wrong and right ones."""

from contextlib import contextmanager

import numpy as np

from tinytorch.course.variants import right, wrong

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


@wrong(
    "writes into grad",
    "If you wrote into grad, another input that is to get it finds a wrong number.",
)
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    grad *= -output
    grad /= b
    return grad


@wrong(
    "adds a little to b",
    "If you added a little to b, small divisors get a wrong slope: leave b as it is.",
)
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return -grad * a / (b * b + 1e-8)


@wrong(
    "keeps b away from 0",
    "If you keep b away from 0, small divisors get a wrong slope: leave b as it is.",
)
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return -grad * output / np.where(np.abs(b) < 1e-7, 1e-7, b).astype(output.dtype)


@wrong(
    "counts on an array",
    "If you asked a for what only arrays have, remember that it may be a plain number.",
)
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return -grad * a.astype(grad.dtype) / b**2


@wrong(
    "b without its sign",
    "If you took b without its sign, the square is right and what stays of it is not.",
)
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return -grad * output / np.abs(b)


@wrong(
    "divides by a",
    "If you divide by a on the way, a slope of 0 at a = 0 becomes nan.",
)
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return -grad * output**2 / a


@wrong(
    "float64 inside",
    "If you made float64 of something, float32 does not stay float32.",
)
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return -grad * a / np.array(b, np.float64) ** 2


@wrong(
    "the square of the quotient",
    "If you squared the quotient, a is squared too: only b is.",
)
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return -grad * output**2


@wrong(
    "both terms of school",
    "If you kept a'b, remember that a is held still: its derivative is 0.",
)
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return grad * (b - a) / b**2


@wrong(
    "the dtype of b",
    "If you cast to the dtype of b, a wider a loses its digits: the output's dtype is wanted.",
)
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return np.asarray(-grad * output / b, dtype=np.asarray(b).dtype)


@wrong(
    "b must be an array",
    "If you asked b for what only arrays have, remember that it may be a plain number.",
)
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return -grad * output * np.ones(b.shape, output.dtype) / b


@wrong(
    "sums where b was repeated",
    "If you summed over repeated axes, the shape is b's: keep the output's, others sum later.",
)
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    part = np.asarray(-grad * output / b)
    part = part.sum(axis=tuple(range(part.ndim - np.ndim(b))))
    axes = tuple(n for n, length in enumerate(np.shape(b)) if length == 1)
    return part.sum(axis=axes, keepdims=True)


@wrong(
    "cuts large slopes off",
    "If you cut large slopes off, small divisors get a wrong one: leave it as it is.",
)
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return np.clip(-grad * output / b, -1e9, 1e9)


@right("from the inputs")
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return -grad * a / (b * b)


@right("by a power")
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return (grad * np.negative(a) * np.power(b, -2.0)).astype(output.dtype)


@right("one number after the other")
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    a, b = np.broadcast_to(a, np.shape(grad)), np.broadcast_to(b, np.shape(grad))
    result = np.empty_like(grad)
    for index in np.ndindex(result.shape):
        result[index] = -grad[index] * a[index] / b[index] ** 2
    return result


@wrong(
    "keeps b squared away from 0",
    "If a small b counts for more than it is, nothing keeps it away from 0: the slope is steep there.",
)
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return -grad * a / np.maximum(np.square(b), 1e-16)


@wrong(
    "np.square of a plain number",
    "If NumPy made a number of its own of a plain b, float32 does not stay float32.",
)
@gradient_of(np.divide, 1)
def divide_right_gradient(grad, output, a, b):
    return -grad * a / np.square(b)


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
    "If every input gets the rule of input 0, count along: `index` compares by ==, and finds 0.",
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
    "If an input that was used twice comes once, put nothing together here: the walk adds up.",
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


@wrong(
    "gradients alone",
    "If you return the gradients alone, nobody knows whose they are: pair each with its input.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    return [
        fit_gradient(find_rule(function, n)(grad, tensor.data, *arrays, **options), x.data)
        for n, x in enumerate(inputs)
        if isinstance(x, Tensor) and x.requires_grad
    ]


@wrong(
    "pairs with arrays",
    "If you pair gradients with arrays, the walk can't go on from them: pair the Tensors.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    pairs = []
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad:
            part = find_rule(function, argnum)(grad, tensor.data, *arrays, **options)
            pairs.append((x.data, fit_gradient(part, x.data)))
    return pairs


@wrong(
    "new Tensors",
    "If you made new Tensors of the inputs, they are none of those in the graph.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    pairs = []
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad:
            part = find_rule(function, argnum)(grad, tensor.data, *arrays, **options)
            pairs.append((Tensor(x.data, requires_grad=True), fit_gradient(part, x.data)))
    return pairs


@wrong(
    "as the rule returned it",
    "If you keep the dtype of what a rule returned, it may not be the input's: fit it.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    pairs = []
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad:
            part = find_rule(function, argnum)(grad, tensor.data, *arrays, **options)
            pairs.append((x, part))
    return pairs


@wrong(
    "leaves alone",
    "If you leave out inputs that were computed, the walk ends at the first of them.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    pairs = []
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad and x.origin is None:
            part = find_rule(function, argnum)(grad, tensor.data, *arrays, **options)
            pairs.append((x, fit_gradient(part, x.data)))
    return pairs


@wrong(
    "computed inputs alone",
    "If you leave out inputs that nobody computed, the leaves get no gradient.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    pairs = []
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.origin is not None:
            part = find_rule(function, argnum)(grad, tensor.data, *arrays, **options)
            pairs.append((x, fit_gradient(part, x.data)))
    return pairs


@wrong(
    "only the inputs that ask",
    "If the rule gets only the inputs that ask, the others are missing: it needs them all.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    asking = [x.data for x in inputs if isinstance(x, Tensor) and x.requires_grad]
    pairs = []
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad:
            part = find_rule(function, argnum)(grad, tensor.data, *asking, **options)
            pairs.append((x, fit_gradient(part, x.data)))
    return pairs


@wrong(
    "only the Tensors",
    "If numbers among the inputs are dropped, the rule gets too few: it needs them all.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data for x in inputs if isinstance(x, Tensor)]
    pairs = []
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad:
            part = find_rule(function, argnum)(grad, tensor.data, *arrays, **options)
            pairs.append((x, fit_gradient(part, x.data)))
    return pairs


@wrong(
    "begins with ones",
    "If every step begins with ones, what came from further along the chain is lost.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    pairs = []
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad:
            part = find_rule(function, argnum)(np.ones_like(grad), tensor.data, *arrays, **options)
            pairs.append((x, fit_gradient(part, x.data)))
    return pairs


@wrong(
    "times grad once more",
    "If you multiplied by grad, it counts twice: the rule has done it already.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    pairs = []
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad:
            part = find_rule(function, argnum)(grad, tensor.data, *arrays, **options)
            pairs.append((x, fit_gradient(grad * part, x.data)))
    return pairs


@wrong(
    "looks rules up for all",
    "If you look a rule up for every input, one that needs none ends it with a LookupError.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    rules = [find_rule(function, argnum) for argnum in range(len(inputs))]
    return [
        (x, fit_gradient(rule(grad, tensor.data, *arrays, **options), x.data))
        for x, rule in zip(inputs, rules, strict=True)
        if isinstance(x, Tensor) and x.requires_grad
    ]


@wrong(
    "silent without a rule",
    "If an input without a rule is passed over, its gradient is lost without a word.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    pairs = []
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad and (function, argnum) in GRADIENTS:
            part = GRADIENTS[function, argnum](grad, tensor.data, *arrays, **options)
            pairs.append((x, fit_gradient(part, x.data)))
    return pairs


@wrong(
    "from the last input to the first",
    "If you go from the last input to the first, the pairs come in the wrong order.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    pairs = []
    for argnum in reversed(range(len(inputs))):
        x = inputs[argnum]
        if isinstance(x, Tensor) and x.requires_grad:
            part = find_rule(function, argnum)(grad, tensor.data, *arrays, **options)
            pairs.append((x, fit_gradient(part, x.data)))
    return pairs


@wrong(
    "the place of the first that is equal",
    "If you look up the place of a Tensor, one that is used twice has one place only.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    places = [id(x) for x in inputs]
    pairs = []
    for x in inputs:
        if isinstance(x, Tensor) and x.requires_grad:
            rule = find_rule(function, places.index(id(x)))
            part = rule(grad, tensor.data, *arrays, **options)
            pairs.append((x, fit_gradient(part, x.data)))
    return pairs


@wrong(
    "casts and does not sum",
    "If only the dtype is fitted, an input that was broadcast gets the shape of the output.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    pairs = []
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad:
            part = find_rule(function, argnum)(grad, tensor.data, *arrays, **options)
            pairs.append((x, np.asarray(part, x.dtype)))
    return pairs


@wrong(
    "numbers become float32",
    "If to_array is asked of numbers, 0.1 becomes float32: pass numbers on as they are.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [to_array(x) for x in inputs]
    pairs = []
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad:
            part = find_rule(function, argnum)(grad, tensor.data, *arrays, **options)
            pairs.append((x, fit_gradient(part, x.data)))
    return pairs


@wrong(
    ".data of everything",
    "If everything is asked for .data, a plain array gives its raw memory: ask Tensors alone.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [getattr(x, "data", x) for x in inputs]
    pairs = []
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad:
            part = find_rule(function, argnum)(grad, tensor.data, *arrays, **options)
            pairs.append((x, fit_gradient(part, x.data)))
    return pairs


@wrong(
    "remembers the pairs of a tensor",
    "If the pairs are remembered, a second grad for the same tensor gets those of the first.",
)
def input_gradients(tensor, grad, memory={}):
    if tensor not in memory:
        function, inputs, options = tensor.origin
        arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
        memory[tensor] = [
            (x, fit_gradient(find_rule(function, n)(grad, tensor.data, *arrays, **options), x.data))
            for n, x in enumerate(inputs)
            if isinstance(x, Tensor) and x.requires_grad
        ]
    return memory[tensor]


@wrong(
    "nothing for a grad of 0",
    "If a grad of 0 is skipped, inputs that ask are missing: 0 is a gradient as well.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    return [
        (x, fit_gradient(find_rule(function, n)(grad, tensor.data, *arrays, **options), x.data))
        for n, x in enumerate(inputs)
        if isinstance(x, Tensor) and x.requires_grad and np.any(grad)
    ]


@wrong(
    "sets .grad where it is None",
    "If .grad is set on the way, tensors that nobody asked about keep arrays: return pairs alone.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    pairs = []
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad:
            part = find_rule(function, argnum)(grad, tensor.data, *arrays, **options)
            pairs.append((x, fit_gradient(part, x.data)))
            if x.grad is None:
                x.grad = pairs[-1][1]
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
        arrays = [
            getattr(other, "data", other) if isinstance(other, Tensor) else other
            for other in origin.inputs
        ]
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


@wrong(
    "adds up what comes to the same input",
    "If an input that was used twice comes once, put nothing together here: the walk adds up.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    parts = {}
    for n, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad:
            part = find_rule(function, n)(grad, tensor.data, *arrays, **options)
            part = fit_gradient(part, x.data)
            parts[x] = parts[x] + part if x in parts else part
    return list(parts.items())


@wrong(
    "asks the tuple for the index",
    "If every input gets the rule of input 0, count along: `index` compares by ==, and finds 0.",
)
def input_gradients(tensor, grad):
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    pairs = []
    for x in inputs:
        if isinstance(x, Tensor) and x.requires_grad:
            rule = find_rule(function, inputs.index(x))
            pairs.append((x, fit_gradient(rule(grad, tensor.data, *arrays, **options), x.data)))
    return pairs


# --- topological_order ------------------------------------------------------------------------


@wrong(
    "in the order of meeting",
    "If a tensor is done or ticked off when first seen, it may come before what it was made from.",
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
    "If a tensor is done or ticked off when first seen, it may come before what it was made from.",
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
    "If the function calls itself, the depth of a chain is Python's limit, high or low: keep a stack.",
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


@wrong("leaves the output out", "If the output is missing, the walk has nowhere to begin.")
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
    return order[:-1]


@wrong(
    "follows the first input alone",
    "If you follow one input of each tensor, whatever leads to the others is missing.",
)
def topological_order(output):
    order, tensor = [], output
    while tensor is not None:
        order.append(tensor)
        computed = [x for x in tensor.origin.inputs if getattr(x, "origin", None) is not None]
        tensor = computed[0] if computed else None
    return order[::-1]


@wrong(
    "remembers from call to call",
    "If what was met is remembered from call to call, a second call finds nothing new.",
)
def topological_order(output, seen=set()):
    order, stack = [], [output]
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
    return order


@wrong(
    "remembers values",
    "If you remember values, two tensors of the same value count as one.",
)
def topological_order(output):
    order, seen, stack = [], set(), [output]
    while stack:
        tensor = stack.pop()
        if tensor is None:
            order.append(stack.pop())
        elif tensor.data.tobytes() not in seen:
            seen.add(tensor.data.tobytes())
            stack += (tensor, None)
            for x in tensor.origin.inputs:
                if isinstance(x, Tensor) and x.origin is not None:
                    stack.append(x)
    return order


@wrong(
    "a higher recursion limit",
    "If the function calls itself, the depth of a chain is Python's limit, high or low: keep a stack.",
)
def topological_order(output):
    import sys

    order, seen, before = [], set(), sys.getrecursionlimit()

    def visit(tensor):
        if tensor in seen:
            return
        seen.add(tensor)
        for x in tensor.origin.inputs:
            if isinstance(x, Tensor) and x.origin is not None:
                visit(x)
        order.append(tensor)

    sys.setrecursionlimit(5000)
    try:
        visit(output)
    finally:
        sys.setrecursionlimit(before)
    return order


@wrong(
    "knows tensors by their array",
    "If tensors are known by their array, two that share one count as one: ask for the Tensor.",
)
def topological_order(output):
    order, seen, stack = [], set(), [output]
    while stack:
        tensor = stack.pop()
        if tensor is None:
            order.append(stack.pop())
        elif id(tensor.data) not in seen:
            seen.add(id(tensor.data))
            stack += (tensor, None)
            for x in tensor.origin.inputs:
                if isinstance(x, Tensor) and x.origin is not None:
                    stack.append(x)
    return order


@wrong(
    "two inputs at most",
    "If you follow two inputs of each tensor, what leads to a third is missing.",
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
            for x in tensor.origin.inputs[:2]:
                if isinstance(x, Tensor) and x.origin is not None:
                    stack.append(x)
    return order


@wrong(
    "a freed record is a leaf",
    "If a freed record is taken for a leaf, the walk ends there without a word: let it raise.",
)
def topological_order(output):
    order, seen, stack = [], set(), [output]
    while stack:
        tensor = stack.pop()
        if tensor is None:
            order.append(stack.pop())
        elif tensor not in seen and tensor.origin is not FREED:
            seen.add(tensor)
            stack += (tensor, None)
            for x in tensor.origin.inputs:
                if isinstance(x, Tensor) and x.origin is not None and x.origin is not FREED:
                    stack.append(x)
    return order


@right("marks what is done, not what was met")
def topological_order(output):
    order, done, stack = [], set(), [(output, False)]
    while stack:
        tensor, is_done = stack.pop()
        if is_done:
            done.add(tensor)
            order.append(tensor)
        elif tensor not in done:
            stack.append((tensor, True))
            for x in tensor.origin.inputs:
                if isinstance(x, Tensor) and x.origin is not None:
                    stack.append((x, False))
    return order


@wrong(
    "the limit stays lifted after an error",
    "If an error goes past the line that puts the recursion limit back, put that under finally.",
)
def topological_order(output):
    import sys

    before = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000_000)
    order, met = [], set()

    def visit(tensor):
        met.add(tensor)
        for x in tensor.origin.inputs:
            if isinstance(x, Tensor) and x.origin is not None and x not in met:
                visit(x)
        order.append(tensor)

    visit(output)
    sys.setrecursionlimit(before)
    return order


@wrong(
    "turned round without an order",
    "If a tensor is done or ticked off when first seen, it may come before what it was made from.",
)
def topological_order(output):
    order, seen, stack = [], {output}, [output]
    while stack:
        tensor = stack.pop()
        order.append(tensor)
        for x in tensor.origin.inputs:
            if isinstance(x, Tensor) and x.origin is not None and x not in seen:
                seen.add(x)
                stack.append(x)
    return order[::-1]


@wrong(
    "all that asks",
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
            for x in tensor.origin.inputs if tensor.origin else ():
                if isinstance(x, Tensor) and x.requires_grad:
                    stack.append(x)
    return order


@wrong(
    "a result of plain Tensors alone",
    "If every input is asked for its origin, a plain number has none to give.",
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
            for x in tensor.origin.inputs:
                if x.origin is not None:
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


@right("recursion with a stack of generators")
def topological_order(output):
    order, seen = [], {id(output)}

    def visit(tensor):
        for x in tensor.origin.inputs:
            if isinstance(x, Tensor) and x.origin is not None and id(x) not in seen:
                seen.add(id(x))
                yield visit(x)
        order.append(tensor)

    running = [visit(output)]
    while running:
        deeper = next(running[-1], None)
        if deeper is None:
            running.pop()
        else:
            running.append(deeper)
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
    "If you begin at the front of the order, a tensor is asked before its gradient is known.",
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
    "If you add with +=, you write into an array that is the gradient of another tensor as well.",
    loses=(
        "test_walk_back_adds_up",
        "test_walk_back_frees_the_record",
        "test_walk_back_keeps_what_was_asked_for",
        "test_walk_back_leaves_grad_alone",
    ),
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
    "If the output is a leaf, there is no order to ask for: its gradient is grad.",
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


@wrong(
    "passes each part on",
    "If each part is passed on alone, a tensor is visited once for each way: sum the parts first.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known, waiting, walked = {}, [(output, grad)], []
    while waiting:
        tensor, part = waiting.pop()
        if tensor.origin is None or tensor in keep:
            known[tensor] = known[tensor] + part if tensor in known else part
        if tensor.origin is not None:
            walked.append(tensor)
            waiting += input_gradients(tensor, part)
    for tensor in walked if not retain_graph else ():
        tensor.origin = FREED
    return known


@wrong(
    "begins with ones",
    "If the walk begins with ones, the gradient that the caller gave is lost.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: np.ones_like(output.data)}
    order = topological_order(output) if output.origin is not None else []
    while order:
        tensor = order.pop()
        grad = known[tensor] if tensor in keep else known.pop(tensor)
        for x, part in input_gradients(tensor, grad):
            known[x] = known[x] + part if x in known else part
        if not retain_graph:
            tensor.origin = FREED
    return known


@wrong(
    "multiplies where ways meet",
    "If gradients are multiplied where ways meet, remember: along a way they multiply, ways add.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    order = topological_order(output) if output.origin is not None else []
    while order:
        tensor = order.pop()
        grad = known[tensor] if tensor in keep else known.pop(tensor)
        for x, part in input_gradients(tensor, grad):
            known[x] = known[x] * part if x in known else part
        if not retain_graph:
            tensor.origin = FREED
    return known


@wrong(
    "the first gradient stays",
    "If the first gradient stays and later ones are dropped, add them up.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    order = topological_order(output) if output.origin is not None else []
    while order:
        tensor = order.pop()
        grad = known[tensor] if tensor in keep else known.pop(tensor)
        for x, part in input_gradients(tensor, grad):
            known.setdefault(x, part)
        if not retain_graph:
            tensor.origin = FREED
    return known


@wrong(
    "keeps a part",
    "If a gradient is kept when a part of it comes, the other parts are missing.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known, kept = {output: grad}, {output: grad} if output in keep else {}
    order = topological_order(output) if output.origin is not None else []
    while order:
        tensor = order.pop()
        for x, part in input_gradients(tensor, known.pop(tensor)):
            known[x] = known[x] + part if x in known else part
            if x in keep:
                kept.setdefault(x, part)
        if not retain_graph:
            tensor.origin = FREED
    return known | kept


@wrong(
    "what is kept and no leaves",
    "If only what is in keep is returned, the leaves' gradients are lost.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    order = topological_order(output) if output.origin is not None else []
    while order:
        tensor = order.pop()
        grad = known[tensor]
        for x, part in input_gradients(tensor, grad):
            known[x] = known[x] + part if x in known else part
        if not retain_graph:
            tensor.origin = FREED
    return (
        {x: g for x, g in known.items() if x in keep}
        if keep
        else {x: g for x, g in known.items() if x.origin is None}
    )


@wrong(
    "no origin in the place of FREED",
    "If the origin becomes None, a second walk takes the result for a leaf: put FREED there.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    order = topological_order(output) if output.origin is not None else []
    while order:
        tensor = order.pop()
        grad = known[tensor] if tensor in keep else known.pop(tensor)
        for x, part in input_gradients(tensor, grad):
            known[x] = known[x] + part if x in known else part
        if not retain_graph:
            tensor.origin = None
    return known


@wrong(
    "frees the wrong way round",
    "If the record is freed where it is to stay, and stays where it is to go, turn the question.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    order = topological_order(output) if output.origin is not None else []
    while order:
        tensor = order.pop()
        grad = known[tensor] if tensor in keep else known.pop(tensor)
        for x, part in input_gradients(tensor, grad):
            known[x] = known[x] + part if x in known else part
        if retain_graph:
            tensor.origin = FREED
    return known


@wrong(
    "frees before the step",
    "If the record is freed before the step, the step does not find it any more.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    order = topological_order(output) if output.origin is not None else []
    while order:
        tensor = order.pop()
        if not retain_graph:
            tensor.origin = FREED
        grad = known[tensor] if tensor in keep else known.pop(tensor)
        for x, part in input_gradients(tensor, grad):
            known[x] = known[x] + part if x in known else part
    return known


@wrong(
    "adds to .grad",
    "If you write into .grad, the caller gets nothing back: return a dict of the gradients.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    order = topological_order(output) if output.origin is not None else []
    while order:
        tensor = order.pop()
        for x, part in input_gradients(tensor, known.pop(tensor)):
            known[x] = known[x] + part if x in known else part
        if not retain_graph:
            tensor.origin = FREED
    for x, part in known.items():
        x.grad = part
    return {}


@wrong(
    "stops at what is kept",
    "If the walk stops at a tensor in keep, nothing reaches what it was made from.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    order = topological_order(output) if output.origin is not None else []
    while order:
        tensor = order.pop()
        if tensor in keep or tensor not in known:
            continue
        for x, part in input_gradients(tensor, known.pop(tensor)):
            known[x] = known[x] + part if x in known else part
        if not retain_graph:
            tensor.origin = FREED
    return known


@wrong(
    "remembers the gradients of earlier walks",
    "If the dict outlives the walk, gradients of an earlier walk are among those of this one.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False, known={}):
    known[output] = grad
    order = topological_order(output) if output.origin is not None else []
    while order:
        tensor = order.pop()
        grad = known[tensor] if tensor in keep else known.pop(tensor)
        for x, part in input_gradients(tensor, grad):
            known[x] = known[x] + part if x in known else part
        if not retain_graph:
            tensor.origin = FREED
    return known


@wrong(
    "what is kept keeps its record",
    "If a tensor in keep keeps its record, keep was taken for retain_graph: it goes all the same.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    order = topological_order(output) if output.origin is not None else []
    while order:
        tensor = order.pop()
        grad = known[tensor] if tensor in keep else known.pop(tensor)
        for x, part in input_gradients(tensor, grad):
            known[x] = known[x] + part if x in known else part
        if not retain_graph and tensor not in keep:
            tensor.origin = FREED
    return known


@wrong(
    "copies what is grad itself",
    "If you copy only what is the very same array, views of it are written into: use +, not +=.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    order = topological_order(output) if output.origin is not None else []
    for tensor in order[::-1]:
        grad = known[tensor] if tensor in keep else known.pop(tensor)
        for x, part in input_gradients(tensor, grad):
            if x in known:
                known[x] += part
            else:
                known[x] = part.copy() if part is grad else part
        if not retain_graph:
            tensor.origin = FREED
    return known


@wrong(
    "frees what raised",
    "If a step that raises is freed as well, it can't be tried again: free it when it is done.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    if output.origin is None:
        return known
    for tensor in reversed(topological_order(output)):
        grad = known[tensor] if tensor in keep else known.pop(tensor)
        try:
            for x, part in input_gradients(tensor, grad):
                known[x] = known[x] + part if x in known else part
        finally:
            if not retain_graph:
                tensor.origin = FREED
    return known


@wrong(
    "frees all in the end",
    "If records are freed in the end, all stay while the walk goes: free each after its step.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    order = topological_order(output) if output.origin is not None else []
    for tensor in order[::-1]:
        grad = known[tensor] if tensor in keep else known.pop(tensor)
        for x, part in input_gradients(tensor, grad):
            known[x] = known[x] + part if x in known else part
    for tensor in order if not retain_graph else ():
        tensor.origin = FREED
    return known


@wrong(
    "sets .grad where it is None",
    "If .grad of leaves is set, the caller's choice is made for them: return the dict alone.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    order = topological_order(output) if output.origin is not None else []
    for tensor in order[::-1]:
        grad = known[tensor] if tensor in keep else known.pop(tensor)
        for x, part in input_gradients(tensor, grad):
            known[x] = known[x] + part if x in known else part
        if not retain_graph:
            tensor.origin = FREED
    for x, part in known.items():
        if x.origin is None and x.grad is None:
            x.grad = part
    return known


@wrong(
    "nothing for a gradient of 0",
    "If gradients of 0 are skipped, leaves that ask are missing: 0 is a gradient as well.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    order = topological_order(output) if output.origin is not None else []
    for tensor in order[::-1]:
        if tensor in known:
            grad = known[tensor] if tensor in keep else known.pop(tensor)
            for x, part in input_gradients(tensor, grad):
                if np.any(part):
                    known[x] = known[x] + part if x in known else part
        if not retain_graph:
            tensor.origin = FREED
    return known


@wrong(
    "all of keep",
    "If all of keep is looked up, a tensor that is not on the way has no gradient to be found.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    order = topological_order(output) if output.origin is not None else []
    for tensor in order[::-1]:
        for x, part in input_gradients(tensor, known[tensor]):
            known[x] = known[x] + part if x in known else part
        if not retain_graph:
            tensor.origin = FREED
    leaves = {x: part for x, part in known.items() if x.origin is None}
    return leaves | {x: known[x] for x in keep}


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


@wrong(
    "the first missing axis alone",
    "If one missing axis is summed, the others stay: there may be several.",
)
def unbroadcast(grad, shape):
    np.broadcast_to(np.empty(shape), grad.shape)
    if grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    for axis, length in enumerate(shape):
        if length == 1:
            grad = grad.sum(axis=axis, keepdims=True)
    return grad


@wrong(
    "the first axis of length 1 alone",
    "If one axis of length 1 is summed, the others stay repeated: there may be several.",
)
def unbroadcast(grad, shape):
    np.broadcast_to(np.empty(shape), grad.shape)
    total = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    for axis, (n, m) in enumerate(zip(total.shape, shape)):
        if m == 1 and n != 1:
            return total.sum(axis=axis, keepdims=True)
    return total


@wrong(
    "reshapes where the size fits",
    "If you reshape what has the right size, a wrong shape passes: (2, 3) is not (3, 2).",
)
def unbroadcast(grad, shape):
    if grad.size == np.prod(shape):
        return grad.reshape(shape)
    np.broadcast_to(np.empty(shape), grad.shape)
    total = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    axes = tuple(n for n, length in enumerate(shape) if length == 1)
    return total.sum(axis=axes, keepdims=True)


@wrong(
    "repeats what is too small",
    "If a gradient that is too small is repeated, a wrong rule goes unnoticed: refuse it.",
)
def unbroadcast(grad, shape):
    if grad.size < np.prod(shape):
        return np.broadcast_to(grad, shape)
    np.broadcast_to(np.empty(shape), grad.shape)
    total = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    axes = tuple(n for n, length in enumerate(shape) if length == 1)
    return total.sum(axis=axes, keepdims=True)


@wrong(
    "an assertion",
    "If an assert refuses, the exception is an AssertionError: raise the ValueError of the text.",
)
def unbroadcast(grad, shape):
    total = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    axes = tuple(n for n, length in enumerate(shape) if length == 1 and n < total.ndim)
    total = total.sum(axis=axes, keepdims=True)
    assert total.shape == tuple(shape)
    return total


@wrong("refuses with a TypeError", "If a TypeError comes, raise the ValueError of the text.")
def unbroadcast(grad, shape):
    total = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    axes = tuple(n for n, length in enumerate(shape) if length == 1 and n < total.ndim)
    total = total.sum(axis=axes, keepdims=True)
    if total.shape != tuple(shape):
        raise TypeError("does not fit")
    return total


@wrong(
    "sums in float64",
    "If the sum is made in float64, float32 does not stay float32.",
)
def unbroadcast(grad, shape):
    np.broadcast_to(np.empty(shape), grad.shape)
    total = np.zeros(grad.shape) + grad
    total = total.sum(axis=tuple(range(grad.ndim - len(shape))))
    return total.sum(axis=tuple(n for n, m in enumerate(shape) if m == 1), keepdims=True)


@wrong(
    "writes into grad",
    "If you add into a row of grad, you change what others still need.",
)
def unbroadcast(grad, shape):
    np.broadcast_to(np.empty(shape), grad.shape)
    while grad.ndim > len(shape):
        for row in grad[1:]:
            grad[0, ...] += row
        grad = grad[0]
    axes = tuple(n for n, (a, b) in enumerate(zip(grad.shape, shape)) if a != b)
    return grad.sum(axis=axes, keepdims=True)


@wrong(
    "a Python number for the shape ()",
    "If a Python number comes for the shape (), it has no dtype: leave it NumPy's.",
)
def unbroadcast(grad, shape):
    np.broadcast_to(np.empty(shape, bool), grad.shape)
    if shape == ():
        return float(grad.sum())
    missing = grad.ndim - len(shape)
    axes = [n for n in range(grad.ndim) if n < missing or shape[n - missing] == 1]
    return grad.sum(tuple(axes)).reshape(shape)


@wrong(
    "leaves an empty axis empty",
    "If an axis of length 0 stays, the shape is not the input's: the sum over nothing is 0.",
)
def unbroadcast(grad, shape):
    np.broadcast_to(np.empty(shape), grad.shape)
    total = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    axes = tuple(n for n, (a, b) in enumerate(zip(total.shape, shape)) if b == 1 and a > 1)
    return total.sum(axis=axes, keepdims=True)


@wrong(
    "ones don't count",
    "If shapes that differ by ones count as equal, a column passes for a row: refuse it.",
)
def unbroadcast(grad, shape):
    if [n for n in grad.shape if n != 1] == [n for n in shape if n != 1]:
        return grad.reshape(shape)
    np.broadcast_to(np.empty(shape), grad.shape)
    total = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    return total.sum(axis=tuple(n for n, m in enumerate(shape) if m == 1), keepdims=True)


@wrong(
    "zeros for an empty gradient",
    "If an empty gradient gives zeros of any shape, (0, 3) passes for (2, 3): it must fit too.",
)
def unbroadcast(grad, shape):
    if grad.size == 0:
        return np.zeros(shape, grad.dtype)
    np.broadcast_to(np.empty(shape), grad.shape)
    total = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    return total.sum(axis=tuple(n for n, m in enumerate(shape) if m == 1), keepdims=True)


@wrong(
    "a length of 0 fits everything",
    "If a length of 0 in shape is not compared, (0, 3) passes for (2, 3): it must fit too.",
)
def unbroadcast(grad, shape):
    missing = grad.ndim - len(shape)
    if missing < 0 or any(
        m > 1 and m != n for n, m in zip(grad.shape[missing:], shape, strict=True)
    ):
        raise ValueError("does not fit")
    total = grad.sum(axis=tuple(range(missing)))
    return total.sum(axis=tuple(n for n, m in enumerate(shape) if m == 1), keepdims=True)


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


@wrong(
    "walks in the order of arrival",
    "If you pass a gradient on before all of it has come, what comes later is lost on the way.",
)
def walk_back(output, grad, keep=frozenset(), retain_graph=False):
    known = {output: grad}
    if output.origin is None:
        return known
    order, met = [output], {output}
    for tensor in order:
        for x, part in input_gradients(tensor, known[tensor]):
            known[x] = known[x] + part if x in known else part
            if x.origin is not None and x not in met:
                met.add(x)
                order.append(x)
        if not retain_graph:
            tensor.origin = FREED
    return {x: part for x, part in known.items() if x.origin is None or x in keep}


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


@wrong(
    "the dtype of x",
    "If the result has the dtype of x, whole numbers or float32 cut the gradient: take grad's.",
)
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    result = np.empty_like(x)
    result[...] = grad
    return result


@wrong(
    "zeros made of x",
    "If zeros are made of x by x * 0, an infinity in it makes nan.",
)
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    return (x * 0 + grad).astype(grad.dtype)


@wrong(
    "axes inserted one by one",
    "If the axes of a tuple come back one by one, negative ones land elsewhere: give them at once.",
)
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        for each in sorted(axis if isinstance(axis, tuple) else (axis,)):
            grad = np.expand_dims(grad, each)
    return np.broadcast_to(grad, x.shape)


@wrong(
    "broadcasts where it happens to fit",
    "If the axis comes back only where it must, a square fits by chance along the wrong axis.",
)
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    try:
        return np.broadcast_to(grad, x.shape)
    except ValueError:
        return np.broadcast_to(np.expand_dims(grad, axis), x.shape)


@right("axis 0 need not come back")
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    if axis and not keepdims:
        grad = np.expand_dims(grad, axis)
    return np.broadcast_to(grad, x.shape)


@wrong(
    "the axis comes back at the end",
    "If the lost axis always comes back at the end, others than the last are repeated wrongly.",
)
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        for _ in range(x.ndim - np.ndim(grad)):
            grad = np.expand_dims(grad, -1)
    return np.broadcast_to(grad, x.shape)


@wrong(
    "times x",
    "If you multiplied by x, you wrote the rule of half a square: a sum has slope 1.",
)
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    return grad * x


@wrong(
    "shared evenly along the axis",
    "If you divided by the length of the axis, you wrote the rule of the mean.",
)
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    count = x.size / np.size(grad) if axis is not None and np.size(grad) else 1
    return np.broadcast_to(grad / np.asarray(count, grad.dtype), x.shape)


@wrong(
    "ones of float64",
    "If ones of float64 take part, float32 does not stay float32.",
)
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    return np.ones(x.shape) * grad


@wrong(
    "filled in order",
    "If the elements of grad are repeated in the order of memory, they land on other sums.",
)
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    count = x.size // max(np.size(grad), 1)
    return np.tile(np.ravel(grad), count)[: x.size].reshape(x.shape)


@wrong(
    "writes into x",
    "If you wrote into x, the forward pass is no longer what it was.",
)
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    x[...] = grad
    return x


@wrong(
    "without its own defaults",
    "If None for all axes is not thought of, the axis can't come back: nothing need come back.",
)
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    if not keepdims:
        grad = np.expand_dims(grad, axis if isinstance(axis, tuple) else int(axis))
    return np.broadcast_to(grad, x.shape)


@wrong(
    "the sum of all that came",
    "If grad is summed up first, every element gets the gradients of all sums.",
)
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    return np.full(x.shape, grad.sum())


@right("times ones")
@gradient_of(np.sum)
def sum_gradient(grad, output, x, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    return np.ones(x.shape, grad.dtype) * grad


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
    result = np.empty(x.shape, grad.dtype)
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


@wrong(
    "counts in bytes",
    "If winners are counted in a small whole number, 256 of them are counted as none.",
)
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    kept = np.max(x, axis=axis, keepdims=True)
    hits = x == kept
    count = hits.sum(axis=axis, keepdims=True, dtype=np.uint8).astype(grad.dtype)
    return np.where(hits, np.reshape(grad, kept.shape) / count, 0).astype(grad.dtype)


@wrong(
    "the next smaller number too",
    "If the next smaller number wins as well, rounding is forgiven where nobody asked: compare.",
)
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    kept = np.max(x, axis=axis, keepdims=True)
    hits = x >= np.nextafter(kept.astype(grad.dtype), -np.inf)
    share = np.reshape(grad, kept.shape) / hits.sum(axis=axis, keepdims=True)
    return np.where(hits, share, 0).astype(grad.dtype)


@wrong(
    "the dtype of x",
    "If the result has the dtype of x, whole numbers or float32 cut the gradient: take grad's.",
)
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    kept = np.max(x, axis=axis, keepdims=True)
    hits = x == kept
    share = np.reshape(grad, kept.shape) / hits.sum(axis=axis, keepdims=True)
    return np.where(hits, share, 0).astype(x.dtype)


@right("axis 0 need not come back")
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    if axis and not keepdims:
        grad, output = np.expand_dims(grad, axis), np.expand_dims(output, axis)
    hits = (x == output).astype(grad.dtype)
    return grad * hits / hits.sum(axis=axis, keepdims=True)


@wrong(
    "what is nearly as large too",
    "If you compare with isclose, what is nearly as large gets a share as well.",
)
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    kept = np.max(x, axis=axis, keepdims=True)
    hits = np.isclose(x, kept).astype(x.dtype)
    return np.reshape(grad, kept.shape) * hits / hits.sum(axis=axis, keepdims=True)


@wrong(
    "a difference of 0",
    "If you look for a difference of 0, infinities have none: inf - inf is nan.",
)
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    kept = np.max(x, axis=axis, keepdims=True)
    hits = ((x - kept) == 0).astype(x.dtype)
    return np.reshape(grad, kept.shape) * hits / np.maximum(hits.sum(axis=axis, keepdims=True), 1)


@wrong(
    "half for each",
    "If every winner of a tie gets a half, three of them get more than there is.",
)
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    kept = np.max(x, axis=axis, keepdims=True)
    hits = (x == kept).astype(x.dtype)
    share = np.where(hits.sum(axis=axis, keepdims=True) > 1, x.dtype.type(0.5), x.dtype.type(1))
    return np.reshape(grad, kept.shape) * hits * share


@wrong(
    "grad in the winner's place, added",
    "If the value of the winner is what it gets, you took output for grad.",
)
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    kept = np.max(x, axis=axis, keepdims=True)
    hits = (x == kept).astype(x.dtype)
    return kept * hits / hits.sum(axis=axis, keepdims=True)


@wrong(
    "a share for everybody",
    "If everybody gets a share, you wrote the rule of the mean: only the winners pass it on.",
)
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    return sum_gradient(grad / (x.size // max(output.size, 1)), output, x, axis, keepdims)


@wrong(
    "the smallest",
    "If you look for the smallest, you wrote the rule of the minimum.",
)
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    kept = np.min(x, axis=axis, keepdims=True)
    hits = (x == kept).astype(x.dtype)
    return np.reshape(grad, kept.shape) * hits / hits.sum(axis=axis, keepdims=True)


@wrong(
    "writes into grad",
    "If you wrote into grad, another input that is to get it finds a wrong number.",
)
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    kept = np.max(x, axis=axis, keepdims=True)
    hits = (x == kept).astype(x.dtype)
    wide = grad.reshape(kept.shape)
    wide /= hits.sum(axis=axis, keepdims=True)
    return wide * hits


@wrong(
    "one axis at most",
    "If a tuple of axes fails, NumPy's functions take one as it is.",
)
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        shape = list(x.shape)
        shape[axis] = 1
        grad, output = grad.reshape(shape), output.reshape(shape)
    hits = (x == output).astype(x.dtype)
    return grad * hits / hits.sum(axis=axis, keepdims=True)


@right("where")
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    hits = np.where(x == x.max(axis=axis, keepdims=True), 1.0, 0.0).astype(grad.dtype)
    hits /= hits.sum(axis=axis, keepdims=True)
    return hits * np.reshape(grad, x.max(axis=axis, keepdims=True).shape)


@wrong(
    "a count of int64",
    "If the count is of whole numbers, it is int64, and float32 divided by it is float64.",
)
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
    slopes = np.zeros(x.shape, grad.dtype)
    for index in np.ndindex(grad.shape):
        block = tuple(slice(None) if n in axes else i for n, i in enumerate(index))
        hits = x[block] == x[block].max()
        slopes[block] = grad[index] * hits / hits.sum()
    return slopes


@right("divides in the end, by a count of its dtype")
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        grad, output = np.expand_dims(grad, axis), np.expand_dims(output, axis)
    hits = x == output
    return grad * hits / np.sum(hits, axis=axis, keepdims=True, dtype=grad.dtype)


@right("divides in the end, and casts")
@gradient_of(np.max)
def max_gradient(grad, output, x, axis=None, keepdims=False):
    kept = np.max(x, axis=axis, keepdims=True)
    hits = x == kept
    share = np.reshape(grad, kept.shape) / np.count_nonzero(hits, axis=axis, keepdims=True)
    return np.where(hits, share, 0).astype(grad.dtype)


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


@wrong(
    "swaps the first two axes",
    "If the first two axes are swapped, a stack is taken for a matrix: swap the last two.",
)
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    if b.ndim == 1:
        return np.multiply.outer(grad, b)
    if a.ndim == 1:
        return (b @ grad[..., None])[..., 0]
    return grad @ b.swapaxes(0, 1)


@wrong(
    "a vector on the left is overlooked",
    "If a vector on the left is taken for a matrix, its axis is missing: it is one row.",
)
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    if b.ndim == 1:
        return np.multiply.outer(grad, b)
    if a.ndim == 1 and b.ndim > 2:
        return grad @ b.swapaxes(-1, -2)
    return grad @ b.swapaxes(-1, -2)


@wrong(
    "a vector on the right is overlooked",
    "If a vector on the right is taken for a matrix, its axis is missing: it is one column.",
)
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    if a.ndim == 1 and b.ndim > 1:
        return (b @ grad[..., None])[..., 0]
    return grad @ b.T if b.ndim < 3 else grad @ b.swapaxes(-1, -2)


@wrong(
    "the axis of one row stays",
    "If a vector on the left keeps the axis that made it a row, take that away: the shape is a's.",
)
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    if b.ndim == 1:
        b, grad = b[:, None], np.asarray(grad)[..., None]
    if a.ndim == 1:
        grad = grad[..., None, :]
    return grad @ b.swapaxes(-1, -2)


@wrong(
    "the outer product the other way",
    "If the vector comes first in the outer product, rows and columns have changed places.",
)
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    if b.ndim == 1:
        return np.multiply.outer(b, grad)
    if a.ndim == 1:
        return (b @ grad[..., None])[..., 0]
    return grad @ b.swapaxes(-1, -2)


@wrong(
    "float64 inside",
    "If you made float64 of something, float32 does not stay float32.",
)
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    b = b.astype(np.float64)
    if b.ndim == 1:
        return np.multiply.outer(grad, b)
    if a.ndim == 1:
        return (b @ grad[..., None])[..., 0]
    return grad @ b.swapaxes(-1, -2)


@wrong(
    "divides by the rows",
    "If you divided by the number of rows, remember that every row counts in full.",
)
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    if b.ndim == 1:
        return np.multiply.outer(grad, b)
    if a.ndim == 1:
        return (b @ grad[..., None])[..., 0]
    return grad @ b.swapaxes(-1, -2) / a.dtype.type(max(a.shape[-2], 1))


@wrong(
    "stacks are summed up",
    "If the matrices of a stack are summed up, each of them has a gradient of its own.",
)
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    if b.ndim == 1:
        return np.multiply.outer(grad, b)
    if a.ndim == 1:
        return (b @ grad[..., None])[..., 0]
    whole = grad @ b.swapaxes(-1, -2)
    if whole.ndim > 2:
        whole = np.zeros_like(whole) + whole.sum(axis=tuple(range(whole.ndim - 2)))
    return whole


@wrong(
    "grad transposed too",
    "If grad is transposed too, rows and columns of the result have changed places.",
)
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    if b.ndim == 1:
        return np.multiply.outer(grad, b)
    if a.ndim == 1:
        return (b @ grad[..., None])[..., 0]
    return (grad @ b.swapaxes(-1, -2)).swapaxes(-1, -2)


@wrong(
    "stacks of three axes",
    "If the axes of a stack are written out, a stack of stacks has more: swap the last two.",
)
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    if b.ndim == 1:
        return np.multiply.outer(grad, b)
    turned = b.T if b.ndim == 2 else b.transpose(0, 2, 1)
    return grad @ turned if a.ndim > 1 else (grad[..., None, :] @ turned)[..., 0, :]


@wrong(
    "the dtype of a",
    "If you cast to the dtype of a, a wider b loses its digits: grad's dtype is wanted.",
)
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    if b.ndim == 1:
        return np.multiply.outer(grad, b).astype(a.dtype)
    if a.ndim == 1:
        return (b @ grad[..., None])[..., 0].astype(a.dtype)
    return (grad @ b.swapaxes(-1, -2)).astype(a.dtype)


@wrong(
    "one matrix after the other",
    "If matrices of two stacks are paired one by one, a stack of one has only one to give.",
)
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    if b.ndim == 1:
        return np.multiply.outer(grad, b)
    if a.ndim == 1:
        return (b @ grad[..., None])[..., 0]
    if b.ndim == grad.ndim == 3:
        return np.stack([each @ matrix.T for each, matrix in zip(grad, b)])
    return grad @ b.swapaxes(-1, -2)


@wrong(
    "grad where b changes nothing",
    "If grad is returned where b is the identity, it is in two places: make a new array.",
)
@gradient_of(np.matmul)
def matmul_gradient(grad, output, a, b):
    if b.ndim == 2 and np.array_equal(b, np.eye(*b.shape)):
        return grad
    if b.ndim == 1:
        return np.multiply.outer(grad, b)
    if a.ndim == 1:
        return (b @ grad[..., None])[..., 0]
    return grad @ b.swapaxes(-1, -2)


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
    loses=("test_select_gradient_adds_up",),
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


@wrong(
    "zeros of float64",
    "If the zeros are of float64, float32 does not stay float32.",
)
@gradient_of(select)
def select_gradient(grad, output, array, index):
    slopes = np.zeros(array.shape)
    np.add.at(slopes, index, grad)
    return slopes


@wrong(
    "times the count",
    "If you multiply by how often an element was chosen, its gradients need not be equal.",
)
@gradient_of(select)
def select_gradient(grad, output, array, index):
    slopes, count = np.zeros_like(array), np.zeros_like(array)
    np.add.at(count, index, 1)
    slopes[index] = grad
    return slopes * count


@wrong(
    "the mean of what came",
    "If you take the mean of several gradients, remember that all of them count in full.",
)
@gradient_of(select)
def select_gradient(grad, output, array, index):
    slopes, count = np.zeros_like(array), np.zeros_like(array)
    np.add.at(count, index, 1)
    np.add.at(slopes, index, grad)
    return slopes / np.maximum(count, 1)


@wrong(
    "begins with ones",
    "If you begin with ones, what was not chosen gets 1: it must get 0.",
)
@gradient_of(select)
def select_gradient(grad, output, array, index):
    slopes = np.ones_like(array)
    np.add.at(slopes, index, grad - 1)
    return slopes


@wrong(
    "the index as a list",
    "If the index becomes a list or an array, NumPy reads it as a choice of rows.",
)
@gradient_of(select)
def select_gradient(grad, output, array, index):
    slopes = np.zeros_like(array)
    np.add.at(slopes, list(index), grad)
    return slopes


@wrong(
    "the first part of the index alone",
    "If only the first part of the index is used, whole rows get what single elements earned.",
)
@gradient_of(select)
def select_gradient(grad, output, array, index):
    slopes = np.zeros_like(array)
    np.add.at(slopes, index[0], grad)
    return slopes


@wrong(
    "one array for all calls",
    "If all calls work on one array, a later call changes what an earlier one returned.",
)
@gradient_of(select)
def select_gradient(grad, output, array, index, pool={}):
    slopes = pool.setdefault((array.shape, array.dtype), np.zeros_like(array))
    slopes[...] = 0
    np.add.at(slopes, index, grad)
    return slopes


@wrong(
    "adds up along the first axis alone",
    "If repeats are looked for in the first part of the index, those in other parts are lost.",
)
@gradient_of(select)
def select_gradient(grad, output, array, index):
    slopes = np.zeros_like(array)
    if len(index) == 1 and isinstance(index[0], list | np.ndarray):
        np.add.at(slopes, index, grad)
    else:
        slopes[index] = grad
    return slopes


@wrong(
    "chosen by equal values",
    "If you look for equal values, elements that were not chosen are taken for some that were.",
)
@gradient_of(select)
def select_gradient(grad, output, array, index):
    slopes = np.zeros_like(array)
    for value, share in zip(np.ravel(output), np.ravel(grad)):
        slopes[array == value] += share
    return slopes


@wrong(
    "lists as arrays of whole numbers",
    "If lists become whole numbers, one of booleans chooses rows 0 and 1: leave the index alone.",
)
@gradient_of(select)
def select_gradient(grad, output, array, index):
    index = tuple(np.array(i, int) if isinstance(i, list) else i for i in index)
    slopes = np.zeros_like(array)
    np.add.at(slopes, index, grad)
    return slopes


@wrong(
    "lists as arrays",
    "If lists become arrays, an empty one holds floats and chooses nothing: leave the index alone.",
)
@gradient_of(select)
def select_gradient(grad, output, array, index):
    index = tuple(np.array(i) if isinstance(i, list) else i for i in index)
    slopes = np.zeros_like(array)
    np.add.at(slopes, index, grad)
    return slopes


@wrong(
    "a mask chooses once",
    "If a mask is taken to choose once, remember the list beside it: that may repeat.",
)
@gradient_of(select)
def select_gradient(grad, output, array, index):
    slopes = np.zeros_like(array)
    if any(isinstance(i, np.ndarray) and i.dtype == bool for i in index):
        slopes[index] = grad
    else:
        np.add.at(slopes, index, grad)
    return slopes


@wrong(
    "the array times 0",
    "If zeros are made of the array by times 0, an infinity in it makes nan.",
)
@gradient_of(select)
def select_gradient(grad, output, array, index):
    slopes = np.asarray(array * array.dtype.type(0))
    np.add.at(slopes, index, grad)
    return slopes


@wrong(
    "the dtype of grad",
    "If the zeros have the dtype of grad, the result is not of the array's.",
)
@gradient_of(select)
def select_gradient(grad, output, array, index):
    slopes = np.zeros(array.shape, grad.dtype)
    np.add.at(slopes, index, grad)
    return slopes


@wrong(
    "grad where all was chosen",
    "If grad is returned where all was chosen, it is in two places: make a new array.",
)
@gradient_of(select)
def select_gradient(grad, output, array, index):
    if index in ((), (...,)):
        return grad
    slopes = np.zeros_like(array)
    np.add.at(slopes, index, grad)
    return slopes


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
    loses=("test_no_grad_and_exceptions",),
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


@wrong(
    "a class that is no decorator",
    "If `@no_grad()` can't decorate, its object has to be called with a function.",
)
class no_grad:
    def __enter__(self):
        self.before, recording.enabled = recording.enabled, False

    def __exit__(self, *error):
        recording.enabled = self.before


@wrong(
    "for all threads",
    "If the state is one for all threads, other threads are switched off as well.",
)
@contextmanager
def no_grad():
    before = type(recording).enabled
    type(recording).enabled = False
    try:
        yield
    finally:
        type(recording).enabled = before


@wrong(
    "swallows exceptions",
    "If an exception is caught and not raised again, nobody hears of it.",
)
@contextmanager
def no_grad():
    before = recording.enabled
    recording.enabled = False
    try:
        yield
    except Exception:
        pass
    finally:
        recording.enabled = before


@wrong(
    "returns from finally",
    "If an exception is caught and not raised again, nobody hears of it.",
)
class no_grad:
    def __enter__(self):
        self.before, recording.enabled = recording.enabled, False

    def __exit__(self, *error):
        recording.enabled = self.before
        return True

    def __call__(self, function):
        def covered(*inputs, **options):
            with no_grad():
                return function(*inputs, **options)

        return covered


@wrong(
    "restores after an exception alone",
    "If the switch stays off, no gradient is found any more.",
)
@contextmanager
def no_grad():
    before = recording.enabled
    recording.enabled = False
    try:
        yield
    except Exception:
        recording.enabled = before
        raise


@wrong(
    "remembers when it was made",
    "If a decorator remembers what was when it was made, a call inside a block switches on again.",
)
class no_grad:
    def __init__(self):
        self.before = recording.enabled

    def __enter__(self):
        recording.enabled = False

    def __exit__(self, *error):
        recording.enabled = self.before

    def __call__(self, function):
        def covered(*inputs, **options):
            with self:
                return function(*inputs, **options)

        return covered


@wrong(
    "drops the function's result",
    "If a decorated function returns None, the wrapper forgot to return what it returned.",
)
class no_grad:
    def __enter__(self):
        self.before, recording.enabled = recording.enabled, False

    def __exit__(self, *error):
        recording.enabled = self.before

    def __call__(self, function):
        def covered(*inputs, **options):
            with no_grad():
                function(*inputs, **options)

        return covered


@wrong(
    "always on after an exception",
    "If it switches on after an exception whatever was before, an outer block ends too soon.",
)
@contextmanager
def no_grad():
    before = recording.enabled
    recording.enabled = False
    try:
        yield
    except Exception:
        recording.enabled = True
        raise
    else:
        recording.enabled = before


@wrong(
    "ordinary exceptions alone",
    "If only an Exception restores it, a KeyboardInterrupt leaves it off: finally is for all.",
)
@contextmanager
def no_grad():
    before = recording.enabled
    recording.enabled = False
    try:
        yield
    except Exception:
        recording.enabled = before
        raise
    else:
        recording.enabled = before


@wrong(
    "a count for all threads",
    "If the state is one for all threads, other threads are switched off as well.",
)
@contextmanager
def no_grad(count=[0]):
    before = recording.enabled
    count[0] += 1
    recording.enabled = False
    try:
        yield
    finally:
        count[0] -= 1
        recording.enabled = before if count[0] == 0 else False


@wrong(
    "a stack for all threads",
    "If the state is one for all threads, other threads are switched off as well.",
)
@contextmanager
def no_grad(stack=[]):
    stack.append(recording.enabled)
    recording.enabled = False
    try:
        yield
    finally:
        recording.enabled = stack.pop()


@wrong(
    "on if it was on or is",
    "If a switch that was set inside the block stays so after it, put back what was before.",
)
@contextmanager
def no_grad():
    before = recording.enabled
    recording.enabled = False
    try:
        yield
    finally:
        recording.enabled = before or recording.enabled


@right("a class that decorates")
class no_grad:
    def __enter__(self):
        self.before, recording.enabled = recording.enabled, False

    def __exit__(self, *error):
        recording.enabled = self.before

    def __call__(self, function):
        def covered(*inputs, **options):
            with no_grad():
                return function(*inputs, **options)

        return covered


@right("ContextDecorator")
class no_grad(__import__("contextlib").ContextDecorator):
    def __enter__(self):
        self.before = recording.enabled
        recording.enabled = False
        return self

    def __exit__(self, kind, error, trace):
        recording.enabled = self.before
        return False


@right("sets and restores an attribute by name")
@contextmanager
def no_grad():
    before = getattr(recording, "enabled")
    try:
        setattr(recording, "enabled", False)
        yield
    finally:
        setattr(recording, "enabled", before)


@wrong(
    "nothing to restore where it was off",
    "If a switch that was set inside the block stays so after it, put back what was before.",
)
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


@wrong(
    "remembers in one place",
    "If what was before is kept in one place, an inner block overwrites it: each needs its own.",
)
@contextmanager
def no_grad():
    no_grad.before = recording.enabled
    recording.enabled = False
    try:
        yield
    finally:
        recording.enabled = no_grad.before


@wrong(
    "the last block switches on",
    "If the last block to end always switches on, recording that was off before comes on.",
)
@contextmanager
def no_grad():
    no_grad.depth = getattr(no_grad, "depth", 0) + 1
    recording.enabled = False
    try:
        yield
    finally:
        no_grad.depth -= 1
        if no_grad.depth == 0:
            recording.enabled = True


@wrong(
    "raises another exception",
    "If another exception is raised in its place, who waits for the first one misses it.",
)
@contextmanager
def no_grad():
    before = recording.enabled
    recording.enabled = False
    try:
        yield
    except Exception as error:
        raise RuntimeError("a block without gradients failed") from error
    finally:
        recording.enabled = before
