"""A headless Chromium for the tests of this folder."""

import shutil

import pytest
from chromium import ARGUMENTS, needed

try:
    from playwright.sync_api import sync_playwright
except ImportError:
    sync_playwright = None

PATIENCE = 120_000  # ms

@pytest.fixture
def browser(tmp_path):
    """A browser with one empty page."""
    if sync_playwright is None:
        needed("Playwright is not installed (pip install -e .[dev]).")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        needed("there is no Chromium (Debian: apt-get install chromium).")
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path / "profile",
            executable_path=chromium,
            headless=True,
            args=ARGUMENTS,
            viewport={"width": 1000, "height": 1150},
        )
        context.set_default_timeout(PATIENCE)
        yield context
        context.close()
