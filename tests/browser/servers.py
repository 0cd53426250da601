"""Servers of pages for a browser: started for one test, in a home of their own, and ended with it."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(command: Sequence[str], home: Path, url: str) -> Iterator[None]:
    """While it lasts, the server of this command runs; begins once it answers at `url`, fails the test
    where it does not."""
    environment = {**os.environ, **{name: str(home / name) for name in FOLDERS}, "PYTHONPATH": str(ROOT)}
    log = home / "server.log"
    with log.open("w") as file:
        server = subprocess.Popen(command, cwd=home, env=environment, stdout=file, stderr=file)
    try:
        _wait_for(url, server, log)
        yield
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def _wait_for(url: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return  # it answers
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"The server did not start:\n{log.read_text()[-3000:]}")
