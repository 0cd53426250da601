"""The playground as an app: Voila, headless Chromium, from opening it to a broken upload."""

import re
import shutil
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import numpy as np
import pytest
from chromium import needed
from PIL import Image
from servers import ROOT, free_port, serving

from lib.data.sets import load_images

KNOBS = ("coef", "alpha_in", "strength", "texture", "blur", "noise")
EXTENSIONS = re.search(r'"(--VoilaConfiguration.*)"', (ROOT / "Makefile").read_text())[1]


CULLING = re.findall(r"--MappingKernelManager\.cull_\w+=", (ROOT / "Makefile").read_text())


def test_the_kernel_of_a_closed_page_ends(tmp_path):
    """By the settings of the Makefile, with seconds in place of minutes."""
    if shutil.which("voila", path=Path(sys.executable).parent) is None:
        needed("Voila is not installed (pip install -e .[app]).")
    cell = nbformat.v4.new_code_cell("print('here')")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "page.ipynb")
    port = free_port()
    culling = [setting + ("10" if "idle" in setting else "1") for setting in CULLING]
    assert len(culling) == 2
    command = [sys.executable, "-m", "voila", "--no-browser", f"--port={port}", *culling,
               str(tmp_path / "page.ipynb")]  # fmt: skip
    with serving(command, tmp_path, f"http://127.0.0.1:{port}/voila/static/style.css"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=120).read()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and "Kernel shutdown" not in (tmp_path / "server.log").read_text():
            time.sleep(0.2)
        assert "Kernel shutdown" in (tmp_path / "server.log").read_text()


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


def turn(page, name: str) -> None:
    """A knob to one of its ends by keyboard; the image changes, and the command says where it stands."""
    knob, src = (
        page.get_by_role("slider", name=f"({name})"),
        "document.querySelector('.knobs img.after').src",
    )
    first = page.evaluate(src)
    at_end = knob.input_value() == knob.get_attribute("max")
    knob.press("Home" if at_end else "End")
    page.wait_for_function(f"first => {src} !== first", arg=first)
    page.locator(".knobs:not([aria-busy])").wait_for()
    said = page.locator(".knobs-command code").text_content()
    assert f"--knob={name}={float(knob.input_value()):g}" in said


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
    print(f"first image after {time.monotonic() - start:.1f} s")
    assert "Report(" not in page.locator("body").inner_text()  # no code is shown

    turned = []
    for network in page.locator("select.network option").all_text_contents():
        page.locator("select.network").select_option(network)
        page.locator(".knobs:not([aria-busy])").wait_for()
        for name in KNOBS:
            if page.get_by_role("slider", name=f"({name})").count():
                turn(page, name)
                turned.append((network, name))
    assert {name for _, name in turned} == set(KNOBS)
    assert {"adafm-denoise", "cfsnet-deblock", "vdir-denoise", "qgcn", "cugan"} <= {own for own, _ in turned}

    # Upload, turn, download.
    page.locator("select.network").select_option("adafm-dejpeg")
    own = tmp_path / "street.jpg"
    Image.fromarray(load_images("skimage", 1)[0].pixels[100:340, :320]).save(own, quality=30)
    page.locator("input.file").set_input_files(own)
    page.locator("select.picture option", has_text="street.jpg").wait_for(state="attached")
    page.locator(".knobs:not([aria-busy])").wait_for()
    assert not page.get_by_label("degrade the image").is_checked()
    turn(page, "coef")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download PNG").click()
    with Image.open(download.value.path()) as picture, Image.open(own) as given:
        assert picture.size == given.size and "restore street.jpg" in picture.text["Comment"]
        assert np.abs(np.asarray(picture, float) - np.asarray(given, float)).mean() > 0.5

    page.locator("select.picture").select_option("astronaut")
    page.locator(".knobs:not([aria-busy])").wait_for()
    assert page.get_by_label("degrade the image").is_checked()
    page.get_by_role("button", name="Contact sheet").click()
    page.locator(".knobs-tiles figure").nth(6).wait_for()
    assert (
        page.locator(".knobs-tiles figcaption")
        .nth(1)
        .text_content()
        .startswith("Compression removed, coef 0.00")
    )
    page.get_by_role("button", name="All networks").click()
    page.locator(".knobs-tiles figcaption", has_text="adafm-dejpeg").wait_for()
    page.get_by_label("Zoom").select_option("3")
    page.locator(".knobs-view").hover()
    assert "blob:" in page.locator(".lens-right").evaluate("part => part.style.backgroundImage")
    page.set_viewport_size({"width": 1000, "height": 1900})
    page.screenshot(path=tmp_path / "wide.png")

    # An image too large for the screen: the magnifier has its own pixels, and goes by keyboard too.
    Image.fromarray(np.tile(load_images("skimage", 1)[0].pixels[:160], (1, 3, 1))).save(tmp_path / "long.png")
    page.locator("input.file").set_input_files(tmp_path / "long.png")
    page.locator("select.picture option", has_text="long.png").wait_for(state="attached")
    page.locator(".knobs:not([aria-busy])").wait_for()
    assert page.locator(".knobs-tiles figure").count() == 0  # they were of another image
    page.locator(".knobs-view").hover()
    page.wait_for_function("document.querySelector('.lens-right').style.backgroundSize === '1920px 480px'")
    place = "document.querySelector('.lens-right').style.backgroundPosition.split(' ').map(parseFloat)"
    first = page.evaluate(place)
    page.get_by_label("Left of the divider").hover()  # away from the image: it stays where it was
    assert page.evaluate(place) == pytest.approx(first, abs=3)
    page.locator(".knobs-lens").press("ArrowRight")
    assert page.evaluate(place)[0] == pytest.approx(first[0] - 15, abs=3)
    page.screenshot(path=tmp_path / "long-screen.png")
    page.locator("select.picture").select_option("astronaut")
    page.locator(".knobs:not([aria-busy])").wait_for()

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
    broken.write_bytes(b"\xff\xd8 this is no image")
    page.locator("input.file").set_input_files(broken)
    page.locator(".knobs-note", has_text="broken.jpg").wait_for()
    assert errors == [], errors
