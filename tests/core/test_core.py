"""The exported framework as a programmer meets it."""

import ast
import doctest
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import tinytorch.core

FILES = sorted(Path(tinytorch.core.__file__).parent.glob("*.py"))
MODULES = [path.stem for path in FILES if path.stem != "__init__"]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_are_true(name):
    module = importlib.import_module(f"tinytorch.core.{name}")
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_every_public_function_and_class_is_documented(name):
    module = importlib.import_module(f"tinytorch.core.{name}")
    for public in module.__all__:
        value = getattr(module, public)
        if callable(value) and not public.endswith("_gradient"):
            assert value.__doc__, f"{name}.{public} has no docstring"


def test_the_front_of_the_package_is_a_page_and_hides_no_module():
    assert 60 < len(tinytorch.core.__all__) < 100
    assert {name for name in dir(tinytorch.core) if name[0] != "_"} == {
        *tinytorch.core.__all__, *MODULES
    }  # fmt: skip
    for name in MODULES:
        module = importlib.import_module(f"tinytorch.core.{name}")
        assert getattr(tinytorch.core, name) is module
        assert dir(module) == sorted(module.__all__)  # no np, no os
    for name in tinytorch.core.__all__:
        assert getattr(tinytorch.core, name).__doc__


def test_importing_the_framework_imports_numpy_alone():
    code = (
        "import sys, numpy; before = set(sys.modules); "
        "import tinytorch.core; print(*(set(sys.modules) - before))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    packages = {name.split(".")[0] for name in out.stdout.split()}
    assert packages <= {"tinytorch", *sys.stdlib_module_names}
    tools = {"tinytorch.course", "tinytorch.grading", "tinytorch.cli", "tinytorch.testing"}
    assert tools.isdisjoint(out.stdout.split())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_framework_imports_no_tool(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        modules = [node.module] if isinstance(node, ast.ImportFrom) else []
        modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for module in modules:
            assert not module.startswith("tinytorch") or module.startswith("tinytorch.core.")
