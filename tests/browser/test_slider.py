"""The slider in a real browser: JupyterLab, headless Chromium, mouse and keyboard."""

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import needed
from PIL import Image
from servers import free_port, serving

try:
    from playwright.sync_api import TimeoutError
except ImportError:  # `browser` skips then
    TimeoutError = None

ROOT = Path(__file__).parents[2]
TOKEN = "slider"

CELLS = [
    """
import torch
from functools import partial
from lib.data.sets import Sample, load_images
from lib.models.adafm import AdaFM, RestorationNet
from lib.models.cugan import CUNet
from lib.training.wrappers import Interpolated
from lib.models.vdir import VDIR, Encoder, Estimator, Restorer, noise_reading
from lib.app.tasks import DEBLUR, DENOISE, DENOISE_FLOAT, SR, Loaded, straight_line
from lib.evaluation.knob_curves import KnobCurve
from lib.app.widgets import slider

torch.manual_seed(0)
net = RestorationNet(3, 4, 1, partial(AdaFM, kernel_size=1)).eval()
for parameter in net.parameters():
    if parameter.ndim > 1:
        torch.nn.init.normal_(parameter, std=1.5 * parameter[0].numel() ** -0.5)
torch.nn.init.constant_(net.out.bias, 0.5)
curve = KnobCurve("coef", "sigma", (-0.25, 1 / 60), low=15, high=75)
told = [straight_line(*pair) for pair in zip(DEBLUR.told, DEBLUR.levels)]
both = [CUNet(widths=(4, 6), blocks=1).eval() for _ in range(2)]
for parameter in [p for each in both for p in each.parameters()]:
    torch.nn.init.normal_(parameter, std=0.3 * parameter[0].numel() ** -0.5)
restorer = Restorer(3, width=6, groups=2, blocks=1)
blind = VDIR(Encoder(3, width=6), restorer, Estimator(noise_reading(3), width=8)).eval()
networks = [
    Loaded("adafm-denoise", net, DENOISE, 3, "smoke", curve),
    Loaded("adafm-sr", net, SR, 3, "smoke", straight_line("coef", SR.level)),
    Loaded("cugan", Interpolated(*both), DEBLUR, 3, "smoke", told[0], (told[1],)),
    Loaded("vdir-denoise", blind, DENOISE_FLOAT, 3, "smoke", None),
]
photo = load_images("skimage", limit=1)[0].pixels
samples = [Sample("face", photo[:200, 100:340]), Sample("hand", photo[-160:, :120])]
""",
    """
slider(networks, samples)
""",
]


@pytest.fixture
def address(tmp_path) -> Iterator[str]:
    """Where JupyterLab shows the notebook; the server ends with the test."""
    if shutil.which("jupyter-lab", path=Path(sys.executable).parent) is None:
        needed("JupyterLab is not installed (pip install -e .[app]).")
    home = tmp_path / "lab"
    home.mkdir()
    (home / "slider.ipynb").write_text(json.dumps(notebook(CELLS)))
    settings = tmp_path / "settings"
    notification = settings / "@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    notification.parent.mkdir(parents=True)
    notification.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    port = free_port()
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
        "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={home}",
        f"--LabApp.user_settings_dir={settings}", f"--LabApp.workspaces_dir={tmp_path / 'workspaces'}",
    ]  # fmt: skip
    with serving(command, tmp_path, f"http://127.0.0.1:{port}/api?token={TOKEN}"):
        yield f"http://127.0.0.1:{port}/doc/tree/slider.ipynb?token={TOKEN}"


@pytest.fixture
def page(browser, address):
    page = browser.pages[0]
    page.goto(address)
    return page


def notebook(cells: list[str]) -> dict:
    return {
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{number}",
                "execution_count": None,
                "metadata": {},
                "outputs": [],
                "source": source.strip(),
            }
            for number, source in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def run_all(page) -> None:
    """Asks again where JupyterLab, still busy with its kernel, let the first request drop."""
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
    begun = page.locator(".jp-InputArea-prompt").filter(has_text=re.compile(r"\[(\*|1)\]"))
    for _ in range(12):
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        try:
            begun.first.wait_for(timeout=5_000)
            break
        except TimeoutError:
            page.keyboard.press("Escape")
    page.locator(".knobs img.after[src]").wait_for()


def bytes_of(page, image: str) -> bytes:
    return bytes(
        page.evaluate(
            """async (image) => {
                const shown = await fetch(document.querySelector(`.knobs img.${image}`).src);
                return Array.from(new Uint8Array(await shown.arrayBuffer()));
            }""",
            image,
        )
    )


def drag(page, locator, start: float, end: float) -> None:
    """With the mouse, from one fraction of the element's width to another."""
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], height)
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"], height, steps=12)
    page.mouse.up()


def drag_back(page, locator, start: float, turn: float) -> None:
    """There and back again."""
    box = locator.bounding_box()
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], height)
    page.mouse.down()
    page.mouse.move(box["x"] + turn * box["width"], height, steps=5)
    page.mouse.move(box["x"] + start * box["width"], height, steps=5)
    page.mouse.up()


def settled(page) -> None:
    """Until the last action is answered, losslessly."""
    page.locator(".knobs:not([aria-busy])").wait_for()


def test_a_user_at_the_slider(page, tmp_path):
    run_all(page)
    settled(page)
    restored = page.locator(".knobs-tag.right")
    note = page.get_by_role("status").filter(has=page.locator("xpath=self::p"))
    knob = page.get_by_role("slider", name="coef")
    divider = page.get_by_role("slider", name="Divider")

    # It opens where Auto would set it.
    assert 0 < float(knob.input_value()) < 1
    knob.press("Home")
    settled(page)
    knob.press("ArrowRight")  # which moves through the notebook's cells outside
    settled(page)
    assert knob.input_value() == "0.01"

    # The knob, dragged: other pixels, another PSNR.
    picture, decibels = bytes_of(page, "after"), restored.inner_text()
    assert decibels.endswith("dB")
    drag(page, knob, 0.02, 0.7)
    settled(page)
    assert float(knob.input_value()) == pytest.approx(0.7, abs=0.05)
    assert restored.inner_text() != decibels
    turned = bytes_of(page, "after")
    assert turned != picture and turned.startswith(b"\x89PNG")

    # A drag that ends where it began comes to rest as well.
    drag_back(page, knob, 0.7, 0.4)
    settled(page)
    assert bytes_of(page, "after") == turned

    # The keyboard does the same, and JupyterLab does not take the keys for its own.
    knob.press("Home")
    settled(page)
    assert float(knob.input_value()) == 0 and bytes_of(page, "after") not in (turned, picture)
    knob.press("ArrowRight")
    settled(page)
    assert knob.input_value() == "0.01" and bytes_of(page, "after") == picture

    # The divider, by mouse and by keyboard.
    drag(page, page.locator(".knobs-view"), 0.5, 0.25)
    assert int(divider.get_attribute("aria-valuenow")) == pytest.approx(25, abs=1)
    divider.press("ArrowRight")
    assert int(divider.get_attribute("aria-valuenow")) == pytest.approx(26, abs=1)
    divider.press("End")
    assert divider.get_attribute("aria-valuenow") == "100"

    # More noise: another image before, and Auto turns the knob for it.
    before = bytes_of(page, "before")
    page.get_by_role("spinbutton", name="Noise, grey levels, as a number").fill("60")
    page.keyboard.press("Enter")
    settled(page)
    assert bytes_of(page, "before") != before
    page.get_by_role("button", name="Auto").click()
    page.wait_for_function(
        "() => document.querySelector('.knobs-note').textContent.startsWith('Auto: sigma')"
    )
    settled(page)
    assert float(knob.input_value()) > 0.3

    # The original instead of the degraded image.
    page.get_by_label("Left of the divider").select_option("original")
    page.wait_for_timeout(300)
    original = bytes_of(page, "before")
    assert Image.open(save(tmp_path / "original.png", original)).size == (240, 200)

    # A broken upload: one sentence, the old image.
    shown = bytes_of(page, "after")
    page.locator(".knobs .file").set_input_files(save(tmp_path / "broken.png", b"not an image"))
    page.wait_for_function(
        "() => document.querySelector('.knobs-note').textContent.startsWith('broken.png: ')"
    )
    settled(page)
    assert bytes_of(page, "after") == shown and note.inner_text().count(".") >= 2

    # An image of one's own, taken as it is: no reference, no PSNR.
    page.locator(".knobs .file").set_input_files(save(tmp_path / "mine.png", original))
    page.wait_for_function("() => document.querySelector('.knobs .picture').value === 'mine.png'")
    settled(page)
    assert restored.inner_text() == "restored"
    assert not page.get_by_label("degrade the image").is_checked()

    # The result, to keep.
    with page.expect_download() as download:
        page.get_by_role("button", name="Download PNG").click()
    assert download.value.suggested_filename.startswith("mine-adafm-denoise-coef")
    download.value.save_as(tmp_path / "result.png")
    assert Image.open(tmp_path / "result.png").size == (240, 200)

    # Another network for the same image, with rows of its own; back again.
    page.get_by_label("Network").select_option("adafm-sr x3 to x4")
    factor = page.get_by_role("slider", name="Scale factor")
    factor.wait_for()
    settled(page)
    assert page.get_by_role("spinbutton", name="seed").count() == 0
    assert bytes_of(page, "before") != original  # enlarged 3.4 times
    drag(page, factor, 0.4, 0.02)
    settled(page)
    page.get_by_role("button", name="Auto").click()
    page.wait_for_function(
        "() => document.querySelector('.knobs-note').textContent.startsWith('Auto: factor 3')"
    )
    page.get_by_label("Network").select_option("adafm-denoise")
    page.get_by_role("slider", name="Noise, grey levels").wait_for()
    settled(page)
    assert bytes_of(page, "before") == original

    # Two knobs on a square: by mouse and by keyboard, and the rows follow.
    page.locator(".knobs .picture").select_option("face")
    settled(page)
    assert page.get_by_label("degrade the image").is_checked()
    page.get_by_label("Network").select_option("cugan")
    pad = page.get_by_role("slider", name="blur (left and right) and noise (up and down)")
    pad.wait_for()
    settled(page)
    assert pad.get_attribute("aria-valuetext") == "blur 0.50, noise 0.60"  # as degraded
    untouched = bytes_of(page, "after")
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + box["height"] - 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.2 * box["height"], steps=8)
    page.mouse.up()
    settled(page)
    blur, noise = (page.get_by_role("slider", name=f"({name})") for name in ("blur", "noise"))
    assert float(blur.input_value()) == pytest.approx(0.7, abs=0.02)
    assert float(noise.input_value()) == pytest.approx(0.8, abs=0.02)
    assert bytes_of(page, "after") != untouched
    for key in ("Home", "ArrowRight", "Shift+ArrowUp", "PageUp"):
        pad.press(key)
    settled(page)
    assert pad.get_attribute("aria-valuetext") == "blur 0.01, noise 0.20"
    assert (blur.input_value(), noise.input_value()) == ("0.01", "0.2")
    blur.press("End")
    settled(page)
    assert pad.get_attribute("aria-valuetext") == "blur 1.00, noise 0.20"
    levels = [page.get_by_role("slider", name=name) for name in ("Blur, pixels", "Noise, grey levels")]
    before = bytes_of(page, "before")
    levels[0].press("Home")
    settled(page)
    assert bytes_of(page, "before") != before and float(levels[1].input_value()) == 30
    page.get_by_role("button", name="Auto").click()
    page.wait_for_function(
        "() => document.querySelector('.knobs-note').textContent.startsWith('Auto: radius estimated')"
    )
    settled(page)
    assert float(noise.input_value()) == pytest.approx(0.6, abs=0.05)

    # The latent of another image, with more noise than this one has; and of itself again.
    page.get_by_label("Network").select_option("vdir-denoise")
    latent = page.get_by_label("Damage as seen in (latent)")
    latent.wait_for()
    settled(page)
    told = page.get_by_role("slider", name="Noise, grey levels there")
    blind = bytes_of(page, "after")
    assert latent.input_value() == "itself" and told.is_disabled()
    latent.select_option("hand")
    settled(page)
    by_hand = bytes_of(page, "after")
    assert by_hand != blind
    drag(page, told, 0.4, 0.9)
    settled(page)
    assert bytes_of(page, "after") not in (by_hand, blind)
    latent.select_option("itself")
    settled(page)
    assert bytes_of(page, "after") == blind and told.is_disabled()

    page.screenshot(path=tmp_path / "slider.png")
    assert Image.open(tmp_path / "slider.png").size == (1000, 1150)


def save(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
