"""A type checker finds nothing in the framework, nor in a program that uses it."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

import tinytorch.core

PROGRAM = """
    import numpy as np
    from tinytorch.core import (
        Adam, CrossEntropyLoss, DataLoader, Layer, Linear, ReLU, Sequential, Tensor, TensorDataset,
        concatenate, fit, gradient_of, no_grad, operation, relu, softmax, where,
    )


    class Net(Layer):
        def __init__(self, rng: np.random.Generator) -> None:
            self.first, self.last = Linear(4, 8, rng), Linear(8, 3, rng)

        def forward(self, x: Tensor) -> Tensor:
            return self.last(relu(self.first(x)))


    @operation
    def cube(x: np.ndarray) -> np.ndarray:
        return x**3


    @gradient_of(cube)
    def cube_gradient(grad: np.ndarray, output: np.ndarray, x: np.ndarray) -> np.ndarray:
        return 3 * grad * x**2


    rng = np.random.default_rng(0)
    net = Net(rng)
    x, y = rng.standard_normal((30, 4)).astype(np.float32), rng.integers(0, 3, 30)
    loader, adam = DataLoader(TensorDataset(x, y), 10, rng), Adam(net.parameters(), lr=1e-2)
    print(fit(net, CrossEntropyLoss(), adam, loader, 3)["loss"][-1] + 1)
    loss: Tensor = CrossEntropyLoss()(net(x), y)
    loss.backward()
    weight = net.first.weight
    with no_grad():
        weight -= 0.1 * weight.grad
    shares: Tensor = softmax(net(Tensor(x)), axis=-1)
    rows = (cube(shares) * 2 + 1).sum(axis=0) / 3 - shares[0]
    if (rows > 1).any():
        print(float(rows.sum()), rows.shape, rows.T, [row.item() for row in rows])
    print(f"{loss:.3f}", 2**rows, ~(rows > 0) & (rows < 1), where(rows > 0, rows, 0.0))
    model = Sequential(Linear(4, 3, rng), ReLU()).eval()
    model.load_state_dict(model.state_dict())
    for name, parameter in model.named_parameters():
        parameter.requires_grad = False
    print(concatenate([rows, rows]).var(), len(rows), bool(rows[0] > 1))
"""


@pytest.mark.slow
def test_mypy_finds_nothing(tmp_path):
    pytest.importorskip("mypy")
    program = tmp_path / "program.py"
    program.write_text(dedent(PROGRAM))
    core = Path(tinytorch.core.__file__).parent
    for files in ([core], [program]):
        command = [sys.executable, "-m", "mypy", "--cache-dir", tmp_path / "cache", *files]
        run = subprocess.run(command, cwd=core.parents[1], capture_output=True, text=True)
        assert run.returncode == 0, run.stdout
    run = subprocess.run([sys.executable, program], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr  # the program is also a right one
