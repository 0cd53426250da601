"""The playground as an app: Voila, headless Chromium, from opening it to a broken upload."""

import re
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import needed
from PIL import Image
from servers import ROOT, free_port, serving

EXTENSIONS = re.search(r'"(--VoilaConfiguration.*)"', (ROOT / "Makefile").read_text())[1]


@pytest.fixture
def address(tmp_path) -> Iterator[str]:
    """Where Voila shows the playground, a kernel waiting; the server ends with the test."""
    if shutil.which("voila", path=Path(sys.executable).parent) is None:
        needed("Voila is not installed (pip install -e .[app]).")
    port = free_port()
    command = [
        sys.executable, "-m", "voila", "--no-browser", f"--port={port}", "--preheat_kernel=True",
        "--pool_size=1", EXTENSIONS, str(ROOT / "notebooks" / "00_playground.ipynb"),
    ]  # fmt: skip
    with serving(command, tmp_path, f"http://127.0.0.1:{port}/voila/static/style.css"):
        time.sleep(15)  # until the kernel that waits has run the notebook
        yield f"http://127.0.0.1:{port}/"


def test_a_user_of_the_app(browser, address, tmp_path):
    page, errors = browser.pages[0], []

    def note(message) -> None:
        """Icons that Voila looks for elsewhere are not ours."""
        if message.type == "error" and message.location["url"].startswith(address):
            errors.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    start = time.monotonic()
    page.goto(address)
    page.locator(".knobs img.after[src]").wait_for()
    page.locator(".knobs:not([aria-busy])").wait_for()
    print(f"first picture after {time.monotonic() - start:.1f} s")
    assert "Report(" not in page.locator("body").inner_text()  # no code is shown

    after = page.locator(".knobs img.after")
    for network in ("adafm-denoise", "adafm-dejpeg"):
        page.locator("select.network").select_option(network)
        page.locator(".knobs:not([aria-busy])").wait_for()
        first, knob = after.get_attribute("src"), page.get_by_role("slider", name="coef", exact=True)
        knob.focus()
        page.keyboard.press("End")
        page.wait_for_function("src => document.querySelector('.knobs img.after').src !== src", arg=first)
        page.locator(".knobs:not([aria-busy])").wait_for()
        assert "coef=1" in page.locator(".knobs-command code").text_content()

    page.get_by_role("button", name="Contact sheet").click()
    page.locator(".knobs-tiles figure").nth(6).wait_for()
    assert page.locator(".knobs-tiles figcaption").nth(1).text_content().startswith("coef 0.00")
    page.get_by_role("button", name="All networks").click()
    page.locator(".knobs-tiles figcaption", has_text="adafm-dejpeg").wait_for()
    page.get_by_label("magnifier").check()
    page.locator(".knobs-view").hover()
    assert "blob:" in page.locator(".lens-right").evaluate("part => part.style.backgroundImage")
    page.set_viewport_size({"width": 1000, "height": 1900})
    page.screenshot(path=tmp_path / "wide.png")

    page.set_viewport_size({"width": 390, "height": 844})
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.screenshot(path=tmp_path / "phone.png", full_page=True)
    assert overflow <= 0

    with page.expect_download() as download:
        page.get_by_role("button", name="Download PNG").click()
    with Image.open(download.value.path()) as picture:
        picture.load()
        assert "--network=adafm-dejpeg" in picture.text["Comment"]

    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8 this is no picture")
    page.locator("input.file").set_input_files(broken)
    page.locator(".knobs-note", has_text="broken.jpg").wait_for()
    assert errors == [], errors
