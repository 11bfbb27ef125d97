"""A Jupyter server of one's own, and Debian's chromium that reaches this machine alone."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("selenium", reason="selenium is not installed")

from selenium import webdriver

PATIENCE = 60  # seconds, for the slowest machine; nothing here waits longer than it must


@contextlib.contextmanager
def serving(folder: Path, home: Path, python: Path = Path(sys.executable)) -> Iterator[str]:
    """The address of a Jupyter server in a folder, with a home of its own.

    What somebody has configured on this machine must not count.
    """
    settings = {"root_dir": folder, "ip": "127.0.0.1", "port": 0, "allow_root": True}
    settings |= {"token": "", "password": "", "open_browser": False}
    words = [f"--ServerApp.{name}={value}" for name, value in settings.items()]
    env = {**os.environ, "HOME": str(home), "JUPYTER_RUNTIME_DIR": str(home / "runtime")}
    env["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env.pop("PYTEST_CURRENT_TEST", None)  # with it a kernel does not watch the error stream
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [python, "-m", "jupyterlab", *words], cwd=folder, env=env, stdout=log, stderr=log
        )
    try:
        yield _address(home, process)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(home: Path, process: subprocess.Popen) -> str:
    """Where the server listens, as soon as it does: the system chooses the port."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        for path in home.glob("runtime/jpserver-*.json"):
            if "is running at" in (home / "log").read_text():
                with contextlib.suppress(json.JSONDecodeError):  # the file is there before its text
                    return json.loads(path.read_text())["url"]
        time.sleep(0.05)
    raise AssertionError((home / "log").read_text())


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("no browser here: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for word in (
        "--headless=new",
        "--no-sandbox",  # without which it refuses to run as root
        "--disable-dev-shm-usage",
        "--window-size=1200,1600",
        # Pages ask for MathJax from elsewhere: with no network they must not wait for it.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ):
        options.add_argument(word)
    chrome = webdriver.Chrome(options, webdriver.ChromeService(driver))
    yield chrome
    chrome.quit()
