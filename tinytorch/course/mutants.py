"""Small changes to a reference solution, each of which a lesson's tests ought to notice.

The operators know what goes wrong in NumPy code: the axis, keepdims, a sign, a mean for a sum,
the order of arguments, a dropped term, a view for a copy. They change the syntax tree of the
lines between the solution's markers. What a message says is free, so strings, and whatever an
exception is raised with, stay as they are.

A mutant is named by the statement it changes, before and after, as `ast.unparse` writes it:
`return x.sum(axis=1) -> return x.sum(axis=0)`. The name outlives moved lines and new formatting.
Mutants that no test can tell from the solution are listed under that name, with the reason, in
`modules/NN_name/mutants.toml`::

    [[equivalent]]
    exercise = "scale"
    mutants = ["return factor * x -> return x * factor"]
    reason = "Multiplication commutes."
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Callable, Iterator, MutableMapping, MutableSequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tinytorch.course.lesson import Cell, Lesson
from tinytorch.course.markers import SOLUTION, regions
from tinytorch.errors import TinyTorchError

ARITHMETIC = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.MatMult),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Mult, ast.Div),
    ast.MatMult: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
ORDERED = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.MatMult, ast.Pow)
UFUNCS = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide"}
COMPARISONS = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq, ast.Lt, ast.Gt),  # a check that was tried on one side only
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}


def _both_ways(*pairs: str) -> dict[str, tuple[str, ...]]:
    split = [pair.split() for pair in pairs]
    return {a: (b,) for a, b in split} | {b: (a,) for a, b in split}


BUILTINS = _both_ways("max min", "any all")
FUNCTIONS = (
    BUILTINS
    | _both_ways("sum mean", "argmax argmin", "maximum minimum", "exp log", "zeros ones")
    | _both_ways("zeros_like ones_like", "float32 float64", "add subtract", "multiply divide")
    | _both_ways("var std", "floor ceil", "sqrt square", "asarray array")
    | {"mean": ("sum", "max"), "log1p": ("log",), "expm1": ("exp",), "logaddexp": ("maximum",)}
    | {"matmul": ("dot", "multiply"), "dot": ("multiply",)}
)
# Swapping the arguments of these changes nothing, or always fails and so says nothing.
UNSWAPPED = {"max", "min", "maximum", "minimum", "add", "multiply", "logaddexp", "isinstance"}
WRAPPERS = {"abs", "array", "ascontiguousarray", "clip", "copy", "reversed", "sorted", "sqrt"}
CHOICES = {"mean": "sum", "sum": "mean", "none": "mean"}
AXES = (0, 1, -1, None)
SKIPPED = ast.stmt | ast.JoinedStr | ast.excepthandler | ast.expr_context
Entry = TypeVar("Entry")
TINY = 1e-3  # a smaller constant is there to keep away from zero


@dataclass(frozen=True)
class Mutant:
    """A solution with one small change."""

    exercise: str  # the exercise's grade_id
    change: str  # the statement before -> the statement after
    line: int  # of the statement in the lesson file
    source: str  # of the whole cell


@dataclass(frozen=True)
class Equivalent:
    """Mutants that no test can or need tell from the solution, and why."""

    exercise: str
    mutants: tuple[str, ...]
    reason: str


def mutants_of(exercise: Cell) -> list[Mutant]:
    """All mutants of an exercise's solution, in the order of its lines, none of them twice."""
    tree = ast.parse(exercise.source)
    seen = {ast.unparse(tree)}
    found = []
    for block, position in _solved_statements(tree, exercise.source):
        statement = block[position]
        before = _header(statement)
        for slot, key, new in _changes(tree, block, position):
            old, slot[key] = slot[key], new
            source, after = ast.unparse(tree), _header(block[position])
            slot[key] = old
            if source not in seen and _compiles(source):
                seen.add(source)
                line = exercise.line + statement.lineno - 1
                found.append(Mutant(exercise.grade_id, f"{before} -> {after}", line, source))
    return found


def equivalents_of(lesson: Lesson) -> list[Equivalent]:
    """The equivalent mutants that are listed beside a lesson, or none.

    Raises:
        TinyTorchError: the list can't be read, or an entry lacks its reason.
    """
    return listed(lesson, "equivalent", _equivalent, "exercise, mutants = [...] and a reason")


def listed(lesson: Lesson, kind: str, make: Callable[..., Entry], fields: str) -> list[Entry]:
    """What a lesson's mutants.toml lists of a kind, or nothing.

    Args:
        make: makes an entry of its fields, and raises TypeError where they are not right.
        fields: in words, for who has to mend one.

    Raises:
        TinyTorchError: the list can't be read.
    """
    path = equivalents_path(lesson)
    if not path.exists():
        return []
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get(kind, [])
        return [make(**entry) for entry in entries]
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise TinyTorchError(f"{path}: {error}: write each [[{kind}]] with {fields}") from error


def equivalents_path(lesson: Lesson) -> Path:
    return lesson.path.with_name("mutants.toml")


def _equivalent(exercise: str, mutants: list[str], reason: str) -> Equivalent:
    if isinstance(mutants, str) or not reason.strip():
        raise TypeError(f"an entry of {exercise} has no list of mutants, or no reason")
    # Long names may be wrapped; mutants have none but single spaces.
    return Equivalent(exercise, tuple(" ".join(name.split()) for name in mutants), reason)


# --- Where a change can be made ---------------------------------------------------------------

# A place in the tree is a list and a position, or a node's attributes and a name.
Slot = MutableSequence | MutableMapping
Change = tuple[Slot, int | str, ast.AST]


def _solved_statements(tree: ast.AST, source: str) -> Iterator[tuple[list, int]]:
    """The statements between the markers, each as a block and a position in it."""
    solved = [range(start + 2, stop + 1) for start, stop in regions(source, *SOLUTION)]
    blocks = [
        block
        for node in ast.walk(tree)
        for name in ("body", "orelse", "finalbody")
        if isinstance(block := getattr(node, name, None), list)
    ]
    places = [(block, position) for block in blocks for position in range(len(block))]
    for block, position in sorted(places, key=lambda place: place[0][place[1]].lineno):
        if any(block[position].lineno in lines for lines in solved):
            yield block, position


def _changes(tree: ast.AST, block: list, position: int) -> Iterator[Change]:
    """Every change to a statement, and to the expressions in it, but not in its block."""
    statement = block[position]
    arguments, unassigned = _arguments(tree, statement)
    for new in _mutated_statement(statement, arguments):
        yield block, position, new
    if isinstance(statement, ast.Raise):
        return
    for slot, key in _expressions(statement):
        for operator in OPERATORS.get(type(slot[key]), ()):
            for new in operator(slot[key]):
                yield slot, key, new
        for new in _overwritten(slot[key], unassigned):
            yield slot, key, new


def _expressions(node: ast.AST) -> Iterator[tuple[Slot, int | str]]:
    """The places of all nodes below a node that do something, except other statements."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "type", "targets", "target", "decorator_list"):
            continue
        slot, keys = (value, range(len(value))) if isinstance(value, list) else (vars(node), [name])
        for key in keys:
            child = slot[key]
            skipped = not isinstance(child, ast.AST) or isinstance(child, SKIPPED)
            if not skipped and not _is_precaution(child):
                yield slot, key
                yield from _expressions(child)


def _arguments(tree: ast.AST, statement: ast.stmt) -> tuple[set[str], set[str]]:
    """The arguments of the functions around a statement, and those that are never assigned to."""
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and node.lineno <= statement.lineno <= statement.end_lineno <= node.end_lineno
    ]
    names = {arg.arg for f in around for arg in [*f.args.posonlyargs, *f.args.args]} - {"self"}
    inside = [node for f in around for node in ast.walk(f) if isinstance(node, ast.Name)]
    return names, names - {node.id for node in inside if isinstance(node.ctx, ast.Store)}


def _header(statement: ast.stmt) -> str:
    """A statement on one line, without the block that it may hold."""
    blocks = {
        name: []
        for name in ("body", "orelse", "handlers", "finalbody")
        if isinstance(getattr(statement, name, None), list)
    }
    return " ".join(ast.unparse(_with(statement, **blocks)).split())


def _compiles(source: str) -> bool:
    try:
        compile(source, "<mutant>", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


# --- Operators on statements ------------------------------------------------------------------


def _mutated_statement(node: ast.stmt, arguments: set[str]) -> Iterator[ast.stmt]:
    droppable = ast.Assign | ast.AugAssign | ast.Raise | ast.Assert | ast.Return | ast.For
    droppable |= ast.While | ast.Continue | ast.Break | ast.Delete | ast.Expr
    if isinstance(node, droppable) and not _is_text(node):
        yield ast.copy_location(ast.Pass(), node)
    if isinstance(node, ast.If):
        for test in (ast.Constant(True), ast.Constant(False), ast.UnaryOp(ast.Not(), node.test)):
            yield _with(node, test=test)
    elif isinstance(node, ast.While):
        yield _with(node, test=ast.Constant(False))
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
        if len(node.value.elts) == 2:
            yield _with(node, value=_with(node.value, elts=node.value.elts[::-1]))
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.Call):
        yield from (_with(node, value=copy) for copy in _copied(node.value))
    elif isinstance(node, ast.AugAssign):
        yield from _mutated_in_place(node)
    elif isinstance(node, ast.Assign):
        yield from _made_in_place(node, arguments)


def _mutated_in_place(node: ast.AugAssign) -> Iterator[ast.stmt]:
    """`x += y` as `x -= y`, and `self.x += y` as `self.x = self.x + y`."""
    for op in ARITHMETIC.get(type(node.op), ()):
        yield _with(node, op=op())
    # With a bare name the two differ only for another's array, where += is the mistake.
    if not isinstance(node.target, ast.Name):
        value = ast.BinOp(_with(node.target, ctx=ast.Load()), node.op, node.value)
        yield ast.copy_location(ast.Assign([node.target], value, lineno=node.lineno), node)


def _made_in_place(node: ast.Assign, arguments: set[str]) -> Iterator[ast.stmt]:
    """`x = x + y` as `x += y`, which writes into an argument x."""
    target, value = node.targets[0], node.value
    if not (_is_name(target, arguments) and isinstance(value, ast.BinOp)):
        return
    if _is_name(value.left, {target.id}):
        yield ast.copy_location(ast.AugAssign(target, value.op, value.right), node)


def _overwritten(node: ast.AST, arguments: set[str]) -> Iterator[ast.expr]:
    """`x - y` or `np.exp(x)` computed into the memory of an argument x."""
    into = name = None
    if isinstance(node, ast.BinOp) and _is_name(node.left, arguments):
        name, inputs, into = UFUNCS.get(type(node.op)), [node.left, node.right], node.left
    elif isinstance(node, ast.Call) and node.args and _is_name(node.args[0], arguments):
        name, inputs, into = _numpy_name(node.func), node.args, node.args[0]
        name = name if name in ("exp", "log", "log1p", "maximum", "clip", "tanh", "sqrt") else None
    if name and not any(map(_is_text, inputs)):
        function = ast.Attribute(ast.Name("np", ast.Load()), name, ast.Load())
        yield ast.Call(function, inputs, [ast.keyword("out", into)])


# --- Operators on expressions -----------------------------------------------------------------


def _arithmetic(node: ast.BinOp) -> Iterator[ast.expr]:
    if _is_text(node.left) or _is_text(node.right):
        return
    for op in ARITHMETIC.get(type(node.op), ()):
        # A constant has no matrix product: such a mutant would only count as an easy kill.
        if op is not ast.MatMult or not {type(node.left), type(node.right)} & {ast.Constant}:
            yield _with(node, op=op())
    if isinstance(node.op, ORDERED):
        yield _with(node, left=node.right, right=node.left)


def _dropped_term(node: ast.BinOp) -> Iterator[ast.expr]:
    if _is_text(node.left) or _is_text(node.right):
        return
    yield node.left
    if isinstance(node.op, ast.Sub):
        yield ast.UnaryOp(ast.USub(), node.right)
    elif isinstance(node.op, ast.Div):
        yield _with(node, left=ast.Constant(1))
    else:
        yield node.right


def _number(node: ast.Constant) -> Iterator[ast.expr]:
    value = node.value
    if isinstance(value, bool):
        changed = (not value,)
    elif isinstance(value, int):
        changed = (value + 1, value - 1) if value else (1,)
    elif isinstance(value, float) and value:
        changed = (0.0, value * (1000 if abs(value) < TINY else 2))
    else:
        changed = (1.0,) if isinstance(value, float) else ()
    yield from map(ast.Constant, changed)


def _choice(node: ast.Constant) -> Iterator[ast.expr]:
    if isinstance(node.value, str) and node.value in CHOICES:
        yield ast.Constant(CHOICES[node.value])


def _dropped_sign(node: ast.UnaryOp) -> Iterator[ast.expr]:
    if isinstance(node.op, ast.USub | ast.Not | ast.Invert):
        yield node.operand


def _comparison(node: ast.Compare) -> Iterator[ast.expr]:
    for position, op in enumerate(node.ops):
        for other in COMPARISONS.get(type(op), ()):
            # Whether one text or dtype lies "below" another means nothing.
            if other in (ast.Eq, ast.NotEq) or not any(map(_is_text, node.comparators)):
                yield _with(node, ops=_replaced(node.ops, position, other()))


def _logic(node: ast.BoolOp) -> Iterator[ast.expr]:
    yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    for position in range(len(node.values)):
        rest = _without(node.values, position)
        yield _with(node, values=rest) if len(rest) > 1 else rest[0]


def _conditional(node: ast.IfExp) -> Iterator[ast.expr]:
    yield node.body
    yield node.orelse
    yield _with(node, body=node.orelse, orelse=node.body)


def _dropped_condition(node: ast.comprehension) -> Iterator[ast.comprehension]:
    for position in range(len(node.ifs)):
        yield _with(node, ifs=_without(node.ifs, position))


def _option(node: ast.keyword) -> Iterator[ast.keyword]:
    values = {"axis": AXES, "keepdims": (True, False)}.get(node.arg, ())
    # An axis that is written out is one of two: 1 is the last.
    values = [v for v in values if {ast.unparse(node.value), str(v)} != {"1", "-1"}]
    if not (isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)):
        yield from (_with(node, value=ast.Constant(value)) for value in values)


def _bounds(node: ast.Slice) -> Iterator[ast.Slice]:
    for name in ("lower", "upper", "step"):
        bound = getattr(node, name)
        if bound is None:
            continue
        yield _with(node, **{name: None})
        if name != "step" and not isinstance(bound, ast.Constant):
            yield _with(node, **{name: ast.BinOp(bound, ast.Add(), ast.Constant(1))})


def _swapped_indices(node: ast.Subscript) -> Iterator[ast.expr]:
    if isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2:
        yield _with(node, slice=_with(node.slice, elts=node.slice.elts[::-1]))


def _other_function(node: ast.Attribute | ast.Name) -> Iterator[ast.expr]:
    if isinstance(node, ast.Name):
        yield from (_with(node, id=name) for name in BUILTINS.get(node.id, ()))
        return
    yield from (_with(node, attr=name) for name in FUNCTIONS.get(node.attr, ()))
    if node.attr == "T":
        yield node.value


def _swapped_arguments(node: ast.Call) -> Iterator[ast.expr]:
    """Two arguments in the other order, or the last two of three: `apply(np.subtract, a, b)`."""
    if len(node.args) not in (2, 3) or _has_star(node):
        return
    *first, a, b = node.args
    names = {_last_name(node.func), *map(_last_name, first)}
    if not names & UNSWAPPED and _numpy_name(a) is None:
        yield _with(node, args=[*first, b, a])


def _dropped_options(node: ast.Call) -> Iterator[ast.expr]:
    for position, keyword in enumerate(node.keywords):
        if not _is_precaution(keyword):
            yield _with(node, keywords=_without(node.keywords, position))


def _dropped_call(node: ast.Call) -> Iterator[ast.expr]:
    """The call left out: `x` for `np.abs(x)`, `x.copy()` or `max(x, 1)`."""
    name = _last_name(node.func)
    is_method = isinstance(node.func, ast.Attribute) and _numpy_name(node.func) is None
    if is_method and name in ("copy", "astype", "clip"):
        yield node.func.value
    if node.args and not _has_star(node):
        if name in WRAPPERS and not _is_fresh(node.args[0]):
            yield node.args[0]
        if name in ("max", "min", "maximum", "minimum") and len(node.args) == 2:
            yield from node.args


def _copied(node: ast.Call) -> Iterator[ast.expr]:
    """`x.reshape(...)` copied, where the solution returns it: it may be a view."""
    if _last_name(node.func) in ("reshape", "transpose") and isinstance(node.func, ast.Attribute):
        yield ast.Call(ast.Attribute(node, "copy", ast.Load()), [], [])


OPERATORS: dict[type[ast.AST], tuple[Callable[..., Iterator[ast.AST]], ...]] = {
    ast.BinOp: (_arithmetic, _dropped_term),
    ast.Constant: (_number, _choice),
    ast.UnaryOp: (_dropped_sign,),
    ast.Compare: (_comparison,),
    ast.BoolOp: (_logic,),
    ast.IfExp: (_conditional,),
    ast.comprehension: (_dropped_condition,),
    ast.keyword: (_option,),
    ast.Slice: (_bounds,),
    ast.Subscript: (_swapped_indices,),
    ast.Attribute: (_other_function,),
    ast.Name: (_other_function,),
    ast.Call: (_swapped_arguments, _dropped_options, _dropped_call),
}


# --- What the operators share -----------------------------------------------------------------


def _with(node: ast.AST, **changes) -> ast.AST:
    """A shallow copy of a node with other values for some of its fields."""
    return ast.copy_location(type(node)(**(dict(ast.iter_fields(node)) | changes)), node)


def _replaced(items: list, position: int, item: object) -> list:
    return [*items[:position], item, *items[position + 1 :]]


def _without(items: list, position: int) -> list:
    return items[:position] + items[position + 1 :]


def _is_text(node: ast.AST) -> bool:
    value = node.value if isinstance(node, ast.Expr) else node
    text = isinstance(value, ast.Constant) and isinstance(value.value, str)
    return text or isinstance(value, ast.JoinedStr)


def _is_precaution(node: ast.AST) -> bool:
    """Whether something changes no result, so that no test can miss it.

    `strict=True` states what the code around it makes sure of, `copy=False` saves memory, and
    `np.errstate` silences warnings, which decide nothing.
    """
    if isinstance(node, ast.Call):
        return _numpy_name(node.func) == "errstate"
    if not isinstance(node, ast.keyword):
        return False
    is_false = isinstance(node.value, ast.Constant) and node.value.value is False
    return node.arg == "strict" or (node.arg == "copy" and is_false)


def _is_name(node: ast.AST, names: set[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def _is_fresh(node: ast.AST) -> bool:
    """Whether an expression makes a list or a number of its own, which nobody else holds."""
    return isinstance(node, ast.List | ast.Tuple | ast.ListComp | ast.Constant)


def _has_star(node: ast.Call) -> bool:
    return any(isinstance(arg, ast.Starred) for arg in node.args)


def _last_name(node: ast.AST) -> str:
    """`mean` of `mean`, `np.mean` and `x.mean`."""
    return getattr(node, "attr", None) or getattr(node, "id", "")


def _numpy_name(node: ast.AST) -> str | None:
    """`exp` of `np.exp`, else None."""
    return node.attr if isinstance(node, ast.Attribute) and _is_name(node.value, {"np"}) else None
