"""What both ends have: it goes over the wire by its name, and is the same thing on both sides.

Nothing here reads files, runs text, or reaches into objects: T would do it for S.
"""

from __future__ import annotations

import builtins
import cmath
import collections
import collections.abc
import itertools
import math
import operator
import sys
import types

import numpy as np

FUNCTIONS = (
    "abs", "all", "any", "ascii", "bin", "callable", "chr", "divmod", "format", "hash", "hex",
    "id", "isinstance", "issubclass", "iter", "len", "max", "min", "next", "oct", "ord", "pow",
    "print", "repr", "round", "sorted", "sum",
)  # fmt: skip
TYPES = (
    "bool", "bytearray", "bytes", "complex", "dict", "enumerate", "filter", "float", "frozenset",
    "int", "list", "map", "object", "range", "reversed", "set", "slice", "str", "tuple", "type",
    "zip", "property", "staticmethod", "classmethod",
)  # fmt: skip
NOT_OF_OPERATOR = {"attrgetter", "methodcaller"}
NOT_OF_NUMPY = {
    "DataSource", "apply_along_axis", "apply_over_axes", "errstate", "frombuffer", "fromfile",
    "fromfunction", "fromiter", "frompyfunc", "fromregex", "genfromtxt", "get_include", "info",
    "load", "loadtxt", "memmap", "nditer", "nested_iters", "piecewise", "save", "savetxt", "savez",
    "savez_compressed", "set_printoptions", "setbufsize", "seterr", "seterrcall", "show_config",
    "show_runtime", "test", "vectorize", "fromstring", "array2string",
}  # fmt: skip
MODULES = ("numpy", "numpy.linalg", "numpy.random", "numpy.testing", "math", "cmath", "operator",
           "itertools", "functools", "collections", "random", "time", "copy", "string", "re",
           "json", "types", "typing", "pathlib")  # fmt: skip


def _collected() -> dict[str, object]:
    found: dict[str, object] = {}
    of_builtins = [vars(builtins)[name] for name in (*FUNCTIONS, *TYPES)]
    errors = [x for x in vars(builtins).values() if isinstance(x, type)]
    of_builtins += [x for x in errors if issubclass(x, BaseException)]
    found |= {f"builtins:{x.__name__}": x for x in of_builtins}
    for name in ("FunctionType", "BuiltinFunctionType", "GeneratorType", "NoneType", "EllipsisType",
                 "ModuleType", "SimpleNamespace"):  # fmt: skip
        found[f"types:{name}"] = getattr(types, name)
    for module in (math, cmath, itertools):
        found |= {f"{module.__name__}:{n}": x for n, x in vars(module).items() if callable(x)}
    names = set(operator.__all__) - NOT_OF_OPERATOR
    found |= {f"operator:{name}": getattr(operator, name) for name in sorted(names)}
    for module in (collections, collections.abc):
        found |= {f"{module.__name__}:{n}": getattr(module, n) for n in module.__all__}
    for name in sorted(set(np.__all__) - NOT_OF_NUMPY):
        thing = getattr(np, name, None)
        if callable(thing) and not isinstance(thing, types.ModuleType):
            found[f"numpy:{name}"] = thing
    for name in np.linalg.__all__:
        found[f"numpy.linalg:{name}"] = getattr(np.linalg, name)
    for name in ("Generator", "RandomState", "default_rng", "MT19937", "PCG64", "PCG64DXSM",
                 "Philox", "SFC64"):  # fmt: skip
        found[f"numpy.random:{name}"] = getattr(np.random, name)
    return {name: thing for name, thing in found.items() if not name.startswith("__")}


BY_NAME = _collected()
# The first name wins: np.float64 is not to be called numpy:double.
NAMES = {id(thing): name for name, thing in reversed(BY_NAME.items())}


def name_of(thing: object) -> str | None:
    """The name of a known thing."""
    return NAMES.get(id(thing))


def module_named(name: str) -> object | None:
    """This end's own module of a name, where tests may use it."""
    return sys.modules.get(name) if name in MODULES else None
