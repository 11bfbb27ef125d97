# ruff: noqa: E501 - a cell is longer than a line of ours, and in the letters of its author
"""Solutions in other styles, other languages, and with other parts of Python than the lessons'."""

from .build import adds, after, before, case, rewrites, solves

CASES = [
    # --- languages
    case(
        "names_in_chinese",
        1,
        solves(
            "broadcast_shape",
            "def broadcast_shape(a, b):\n"
            '    """两个形状 → 共同的形状。🙂"""\n'
            "    长度 = max(len(a), len(b))\n"
            "    形状 = []\n"
            "    for 甲, 乙 in zip((1,) * (长度 - len(a)) + a, (1,) * (长度 - len(b)) + b):\n"
            "        if 甲 != 乙 and 1 not in (甲, 乙):\n"
            "            raise ValueError(f'形状 {a} 和 {b} 不相容：{甲} ≠ {乙}')\n"
            "        形状.append(乙 if 甲 == 1 else 甲)\n"
            "    return tuple(形状)\n\n\n"
            "print('完成 ✅', broadcast_shape((2, 1), (3,)))",
        ),
        after("broadcast_shape", "# 试一试\n结果 = broadcast_shape((4, 1), (1, 5))\n结果"),
    ),
    case(
        "names_in_arabic",
        2,
        solves(
            "relu",
            "@operation\ndef relu(x):\n"
            "    # السالب يصبح صفرا\n"
            "    صفر = np.zeros(x.shape[-1:], x.dtype)\n"
            "    النتيجة = np.maximum(x, صفر)\n"
            "    return النتيجة\n\n\n"
            "print('تم', relu(np.array([-1.0, 2.0])))",
        ),
    ),
    case(
        "umlauts_greek_and_emoji",
        4,
        solves(
            "squared_error",
            "def prüfe_größe(ŷ, y):\n    same_shape(ŷ, y)\n\n\n"
            "@operation\ndef squared_error(predictions, targets):\n"
            '    """Δ² – der quadrierte Fehler 🎯"""\n'
            "    prüfe_größe(predictions, targets)\n"
            "    Δ = predictions - targets\n"
            "    return Δ * Δ\n\n\nprint('fertig 🎉', squared_error(np.ones(1), np.zeros(1)))",
        ),
        before("squared_error", "%%markdown\n## Überlegung 💡\nδ = ŷ − y"),
    ),
    case(
        "errors_in_cyrillic",
        5,
        rewrites(
            "predicted_classes",
            (
                "expected scores of shape (N, C) with C >= 2",
                "ожидались оценки вида (N, C), где C ≥ 2",
            ),
        ),
        adds("predicted_classes", below="print('готово', predicted_classes([[0, 1]]))"),
    ),
    # --- classes
    case(
        "operators_overloaded",
        4,
        solves(
            "squared_error",
            "class Gap:\n"
            "    __slots__ = ('value',)\n\n"
            "    def __init__(self, value):\n        self.value = value\n\n"
            "    def __pow__(self, n):\n        return np.prod([self.value] * n, axis=0)\n\n"
            "    def __eq__(self, other):\n        return isinstance(other, Gap)\n\n\n"
            "@operation\ndef squared_error(predictions, targets):\n"
            "    same_shape(predictions, targets)\n"
            "    return Gap(predictions - targets) ** 2",
        ),
    ),
    case(
        "dataclass_as_layer",
        2,
        solves(
            "temperature",
            "from dataclasses import dataclass\n\n\n"
            "@dataclass(eq=False, repr=False)\nclass Temperature(Layer):\n"
            "    temperature: float = 1.0\n    axis: int = -1\n\n"
            "    def __post_init__(self):\n"
            "        if not self.temperature > 0:\n"
            "            raise ValueError(f'expected a temperature above 0, got {self.temperature}')\n\n"
            "    def forward(self, x):\n"
            "        return apply(softmax, x / self.temperature, axis=self.axis)",
        ),
    ),
    case(
        "property_with_setter",
        2,
        solves(
            "temperature",
            "class Temperature(Layer):\n"
            "    def __init__(self, temperature=1.0, axis=-1):\n"
            "        self.temperature, self.axis = temperature, axis\n\n"
            "    @property\n    def temperature(self):\n        return self._t\n\n"
            "    @temperature.setter\n    def temperature(self, t):\n"
            "        if not t > 0:\n            raise ValueError(f'{t} is no temperature')\n"
            "        self.__dict__['_t'] = t\n\n"
            "    def forward(self, x):\n        return apply(softmax, x / self.temperature, axis=self.axis)",
        ),
    ),
    case(
        "own_base_class",
        3,
        before(
            "flatten",
            "from abc import abstractmethod\n\n\nclass Shaped(Layer):\n"
            "    @abstractmethod\n    def shape_of(self, x): ...\n\n"
            "    def forward(self, x):\n        return reshape(x, *self.shape_of(x))",
        ),
        solves(
            "flatten",
            "class Flatten(Shaped):\n"
            "    def shape_of(self, x):\n        return x.shape[0], math.prod(x.shape[1:])",
        ),
    ),
    case(
        "own_class_patched",
        3,
        solves(
            "flatten",
            "class Flatten(Layer):\n    pass\n\n\n"
            "def _forward(self, x):\n    return reshape(x, x.shape[0], math.prod(x.shape[1:]))\n\n\n"
            "Flatten.forward = _forward\nFlatten.times = 0",
        ),
        after("flatten", "Flatten.forward = lambda self, x, f=Flatten.forward: f(self, x)"),
    ),
    case(
        "class_in_place_of_a_context_manager",
        6,
        solves(
            "no_grad",
            "from contextlib import ContextDecorator\n\n\n"
            "class no_grad(ContextDecorator):\n"
            "    def __enter__(self):\n"
            "        self.before, recording.enabled = recording.enabled, False\n\n"
            "    def __exit__(self, *_):\n        recording.enabled = self.before",
        ),
    ),
    case(
        "callable_objects",
        7,
        solves(
            "step_decay",
            "class _Steps:\n    __slots__ = ('lr', 'every', 'factor')\n\n"
            "    def __init__(self, lr, every, factor):\n"
            "        self.lr, self.every, self.factor = lr, every, factor\n\n"
            "    def __call__(self, step):\n        return self.lr * self.factor ** (step // self.every)\n\n\n"
            "def step_decay(lr, every, factor):\n"
            "    if every < 1:\n        raise ValueError(f'every is {every}, expected 1 or more')\n"
            "    return _Steps(lr, every, factor)",
        ),
    ),
    case(
        "sequence_with_slots",
        8,
        solves(
            "tensor_dataset",
            "from collections.abc import Sequence\n\n\n"
            "class TensorDataset(Sequence):\n    __slots__ = ('arrays',)\n\n"
            "    def __init__(self, *arrays):\n"
            "        self.arrays = tuple(map(to_array, arrays))\n"
            "        match {array.shape[:1] for array in self.arrays}:\n"
            "            case found if len(found) == 1 and () not in found:\n                pass\n"
            "            case found:\n                raise ValueError(f'lengths {found}, expected one')\n\n"
            "    def __len__(self):\n        return len(self.arrays[0])\n\n"
            "    def __getitem__(self, index):\n        return tuple(array[index] for array in self.arrays)",
        ),
    ),
    # --- functions
    case(
        "closures_and_partial",
        7,
        solves(
            "cosine_with_warmup",
            "from functools import lru_cache, partial\n\n\n"
            "def cosine_with_warmup(lr, warmup, total, minimum=0.0):\n"
            "    if not 0 <= warmup < total:\n"
            "        raise ValueError(f'expected 0 <= warmup < total, got {warmup} and {total}')\n\n"
            "    @lru_cache(maxsize=None)\n"
            "    def wave(done):\n        return (1 + math.cos(math.pi * done)) / 2\n\n"
            "    def rate(low, high, step):\n"
            "        if step < warmup:\n            return high * (step + 1) / warmup\n"
            "        return low + (high - low) * wave(min((step - warmup) / (total - warmup), 1.0))\n\n"
            "    return partial(rate, minimum, lr)",
        ),
    ),
    case(
        "lambdas",
        7,
        solves("unbiased", "unbiased = lambda mean, beta, count: mean / (1 - beta**count)"),
    ),
    case(
        "decorator_that_counts",
        9,
        before(
            "gru_state",
            "import functools\n\ncalls = []\n\n\ndef counted(f):\n    @functools.wraps(f)\n"
            "    def inner(*args, **kwargs):\n        calls.append(f.__name__)\n        return f(*args, **kwargs)\n\n    return inner",
        ),
        rewrites("gru_state", ("def gru_state", "@counted\ndef gru_state")),
        after("gru_state", "print(len(calls), 'calls')"),
    ),
    case(
        "generators_and_walrus",
        9,
        solves(
            "pieces",
            "def _cuts(sizes):\n    end = 0\n    for size in sizes:\n        yield slice(end, end := end + size)\n\n\n"
            "def pieces(array, sizes, axis=0):\n    length = array.shape[axis]\n"
            "    if isinstance(sizes, int):\n"
            "        if sizes < 1:\n            raise ValueError(f'pieces of length {sizes}')\n"
            "        sizes = [min(sizes, length - start) for start in range(0, length, sizes)]\n"
            "    if min(sizes) < 0 or (total := sum(sizes)) != length:\n"
            "        raise ValueError(f'lengths {list(sizes)} of {length}')\n"
            "    at = (slice(None),) * (axis % array.ndim)\n"
            "    return [array[(*at, cut)] for cut in _cuts(sizes)]",
        ),
    ),
    case(
        "recursion_and_match",
        1,
        solves(
            "row_major_strides",
            "def row_major_strides(shape, itemsize):\n    match shape:\n"
            "        case ():\n            return ()\n"
            "        case (_,):\n            return (itemsize,)\n"
            "        case (_, *rest):\n            inner = row_major_strides(tuple(rest), itemsize)\n"
            "            return (inner[0] * rest[0], *inner)",
        ),
    ),
    case(
        "global_state",
        5,
        solves(
            "accuracy",
            "seen = 0\n\n\ndef accuracy(outputs, targets):\n    global seen\n    seen += 1\n"
            "    predicted, actual = paired_classes(outputs, targets)\n"
            "    return sum(map(bool, predicted == actual)) / len(actual)",
        ),
        after("accuracy", "assert seen == 0\naccuracy([1], [1])\nprint(f'{seen=}')"),
    ),
    case(
        "types_from_typing",
        4,
        solves(
            "reduce_loss",
            "from typing import Callable, Dict, Final, Literal, Optional, TypeVar, Union\n\n"
            "Reduction = Union[Literal['mean'], Literal['sum'], Literal['none']]\n"
            "T = TypeVar('T')\n"
            "WAYS: Final[Dict[str, Callable[[Tensor], Tensor]]] = {\n"
            "    'mean': lambda x: x.mean(), 'sum': lambda x: x.sum(), 'none': lambda x: x,\n}\n\n\n"
            "def reduce_loss(losses: Tensor, reduction: Optional[Reduction] = 'mean') -> Tensor:\n"
            "    try:\n        return WAYS[reduction](losses)\n"
            "    except KeyError as error:\n        raise ValueError(f'reduction {reduction!r}') from error",
        ),
    ),
    case(
        "dispatched_by_type",
        3,
        solves(
            "count_parameters",
            "from functools import reduce, singledispatch\nfrom operator import add\n\n\n"
            "@singledispatch\ndef _size(thing):\n    return 0\n\n\n"
            "@_size.register\ndef _(thing: Tensor):\n    return thing.size\n\n\n"
            "def count_parameters(layer):\n    return reduce(add, map(_size, layer.parameters()), 0)",
        ),
    ),
    # --- arrays, modules, cells of one's own
    case(
        "subclass_of_arrays_returned",
        2,
        solves(
            "tanh_gradient",
            "class Slope(np.ndarray):\n    pass\n\n\n"
            "@gradient_of(tanh)\ndef tanh_gradient(grad, output, x):\n"
            "    return ((1 - output * output) * grad).view(Slope)",
        ),
    ),
    case(
        "subclass_of_arrays_inside",
        9,
        solves(
            "cumsum_gradient",
            "class Turned(np.ndarray):\n"
            "    def __array_finalize__(self, other):\n        self.way = getattr(other, 'way', None)\n\n\n"
            "@gradient_of(summed_up)\ndef cumsum_gradient(grad, output, x, axis):\n"
            "    turned = np.flip(grad, axis).view(Turned)\n    turned.way = axis\n"
            "    return np.asarray(np.flip(np.cumsum(turned, turned.way), axis))",
        ),
    ),
    case(
        "helpers_in_a_written_module",
        3,
        before(
            "he_normal",
            "%%writefile helfer.py\nimport math\n\n\ndef streuung(eingänge):\n    return math.sqrt(2 / eingänge)",
            "import helfer\nfrom helfer import streuung as std",
        ),
        solves(
            "he_normal",
            "def he_normal(rng, shape):\n    return rng.standard_normal(shape, np.float32) * std(shape[0])",
        ),
    ),
    case(
        "helpers_in_other_cells",
        6,
        before(
            "matmul_gradient",
            "def turned(b):\n    return b.swapaxes(-1, -2)",
            "outer = np.multiply.outer",
        ),
        solves(
            "matmul_gradient",
            "@gradient_of(np.matmul)\ndef matmul_gradient(grad, output, a, b):\n"
            "    if b.ndim == 1:\n        return outer(grad, b)\n"
            "    return (b @ grad[..., None])[..., 0] if a.ndim == 1 else grad @ turned(b)",
        ),
    ),
    case(
        "loader_with_a_generator_inside",
        8,
        rewrites(
            "data_loader",
            (
                "        count = len(self.dataset)\n        order",
                "        yield from self._batches()\n\n    def _batches(self):\n        count = len(self.dataset)\n        order",
            ),
        ),
    ),
    case(
        "printing_and_warning",
        8,
        rewrites(
            "train_step",
            (
                "    optimizer.zero_grad()",
                "    print('🏃', end='')\n    warnings.warn('noch ein Schritt', stacklevel=1)\n    optimizer.zero_grad()",
            ),
        ),
        adds("train_step", above="import warnings"),
    ),
    # --- half right
    case(
        "loops_that_forget_empty",
        1,
        solves(
            "broadcast_shape",
            "def broadcast_shape(a, b):\n    成 = []\n"
            "    for 甲, 乙 in zip(reversed(a), reversed(b)):\n        成.insert(0, max(甲, 乙))\n"
            "    return tuple(a[: len(a) - len(成)] or b[: len(b) - len(成)]) + tuple(成)",
        ),
        loses=("test_broadcast_shape_of_fitting_shapes", "test_broadcast_shape_refuses_the_rest"),
    ),
    case(
        "class_that_forgets_a_refusal",
        2,
        solves(
            "temperature",
            "from dataclasses import dataclass\n\n\n@dataclass(eq=False, repr=False)\n"
            "class Temperature(Layer):\n    temperature: float = 1.0\n    axis: int = -1\n\n"
            "    def forward(self, x):\n        return apply(softmax, x / self.temperature, axis=self.axis)",
        ),
        loses=("test_temperature_takes_all_above_zero",),
    ),
    case(
        "recursion_too_deep",
        6,
        solves(
            "topological_order",
            "def topological_order(output):\n    seen = set()\n\n    def walk(t):\n"
            "        if t in seen:\n            return\n        seen.add(t)\n"
            "        for x in t.origin.inputs:\n"
            "            if isinstance(x, Tensor) and x.requires_grad and x.origin is not None:\n                yield from walk(x)\n"
            "        yield t\n\n    return list(walk(output))",
        ),
        loses=("test_topological_order_of_long_chains",),
    ),
    case(
        "mode_forgotten",
        8,
        rewrites("train_epoch", ("    model.train()\n", "    总 = 0  # 训练\n")),
        loses=("test_train_epoch_switches_to_training_mode",),
    ),
    case(
        "ties_forgotten",
        9,
        solves(
            "ranking",
            "ranking = lambda x, axis=-1, descending=False: np.argsort(-x if descending else x, axis)",
        ),
        loses=("test_ranking_of_any_numbers", "test_ranking_of_equals"),
    ),
    case(
        "lengths_summed_by_a_generator",
        3,
        solves(
            "count_parameters",
            "def _längen(schicht):\n    yield from (len(p.data) for p in schicht.parameters() if p.data.ndim)\n\n\n"
            "count_parameters = lambda schicht: sum(_längen(schicht))",
        ),
        loses=("test_count_parameters", "test_count_parameters_of_networks"),
    ),
    case(
        "exponents_not_shifted",
        4,
        solves(
            "logsumexp",
            "from functools import partial\n\nсумма = partial(np.sum, dtype=None)\n\n\n"
            "@operation(floats=True)\ndef logsumexp(logits, axis=-1):\n    return np.log(сумма(np.exp(logits), axis=axis))",
        ),
        loses=("test_logsumexp_extremes",),
    ),
    case(
        "shares_in_a_dict_of_all_classes",
        5,
        solves(
            "balanced_accuracy",
            "from collections import defaultdict\n\n\ndef balanced_accuracy(outputs, targets):\n"
            "    predicted, actual = paired_classes(outputs, targets)\n    hits = defaultdict(list)\n"
            "    for p, a in zip(predicted.tolist(), actual.tolist()):\n        hits[p].append(p == a)\n"
            "    return sum(sum(v) / len(v) for v in hits.values()) / len(hits)",
        ),
        loses=(
            "test_balanced_accuracy_of_one_class_and_in_every_form",
            "test_balanced_accuracy_weighs_classes_alike",
        ),
    ),
    case(
        "each_clipped_alone",
        7,
        solves(
            "clip_by_norm",
            "@takes_one\ndef clip_by_norm(parameters, max_norm):\n"
            "    norms = []\n    for p in parameters:\n        if (g := p.grad) is None:\n            continue\n"
            "        norms.append(n := float(np.sqrt((g * g).sum())))\n"
            "        if n > max_norm:\n            p.grad = g * (max_norm / n)\n    return math.hypot(*norms)",
        ),
        loses=("test_clip_by_norm_at_the_edges", "test_clip_by_norm_shortens_all_alike"),
    ),
]
