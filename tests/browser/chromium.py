"""How Chromium is started for the tests of this folder, and what is said where it is missing."""

import os

import pytest

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def needed(what: str) -> None:
    """Skips with the reason, or fails with it where a browser is required."""
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(f"REQUIRE_BROWSER=1, but {what}")
    pytest.skip(f"The slider was not tried in a browser: {what}")
