"""The face of the slider in a browser, without a notebook around it."""

import threading

import numpy as np
import pytest
from hosted import host
from test_slider_state import CURVE, QUALITY_CURVE, loaded, three_knobs

from lib.app import slider_state
from lib.app.slider_state import SliderState
from lib.app.tasks import DEJPEG, SR, straight_line
from lib.app.widgets import Slider
from lib.data.sets import Sample
from lib.evaluation.knob_curves import KnobCurve

BEYOND = KnobCurve("coef", "sigma", (1.05,), low=15, high=75, least=0, most=1.2)


@pytest.fixture
def networks():
    return [
        loaded(CURVE),
        loaded(QUALITY_CURVE, DEJPEG, 1),
        loaded(straight_line("coef", SR.level), SR),
        three_knobs(),
    ]


@pytest.fixture
def page(browser):
    return browser.pages[0]


def shown(page, astronaut, networks) -> Slider:
    samples = [Sample("face", astronaut[:120, 150:310]), Sample("hand", astronaut[-100:, :90])]
    slider = Slider(SliderState(networks, samples, device="cpu"))
    host(page, slider)
    return slider


def settled(page) -> None:
    page.locator(".knobs:not([aria-busy])").wait_for()


def knob(page):
    return page.get_by_role("slider", name="(coef)")


def number(page):
    return page.get_by_role("spinbutton", name="(coef), as a number")


def test_it_opens_at_auto_and_says_so(page, astronaut, networks):
    shown(page, astronaut, networks)
    assert 0 < float(knob(page).input_value()) < 1
    assert page.locator(".knobs-note").inner_text().startswith("Auto: sigma estimated as")


def test_numbers_are_typed_with_a_comma_and_what_is_none_is_put_back(page, astronaut, networks):
    slider = shown(page, astronaut, networks)
    for typed, taken in (("0,5", 0.5), ("-2", -2.0), ("", -2.0), ("x", -2.0), ("0.25", 0.25)):
        number(page).fill(typed)
        number(page).press("Enter")
        settled(page)
        assert (float(number(page).input_value()), float(knob(page).input_value())) == (taken, taken)
        assert slider.state.knobs["coef"] == taken


def test_what_auto_sets_beyond_the_range_is_on_the_slider(page, astronaut):
    shown(page, astronaut, [loaded(BEYOND)])
    assert (number(page).input_value(), knob(page).input_value()) == ("1.05", "1.05")


def test_arrow_keys_are_the_sliders_own(page, astronaut, networks):
    """Even where the page around it, as JupyterLab does, takes them before they arrive."""
    slider = shown(page, astronaut, networks)
    page.evaluate("document.addEventListener('keydown', (event) => event.preventDefault(), true)")
    first = float(knob(page).input_value())
    knob(page).focus()
    page.keyboard.press("ArrowRight")
    settled(page)
    assert float(knob(page).input_value()) == pytest.approx(first + 0.01)
    number(page).focus()
    page.keyboard.press("ArrowUp")
    settled(page)
    assert float(number(page).input_value()) == pytest.approx(first + 0.02)
    divider = page.get_by_role("slider", name="Divider")
    divider.focus()
    page.keyboard.press("ArrowRight")
    assert divider.get_attribute("aria-valuenow") == "51"
    page.locator("select.picture").focus()
    page.keyboard.press("ArrowDown")
    settled(page)
    assert slider.state.name == "hand"


def test_a_tile_sets_the_slider_and_ones_own_is_marked(page, astronaut, networks):
    slider = shown(page, astronaut, networks)
    page.get_by_role("button", name="Contact sheet").click()
    here = page.locator(".knobs-tiles [aria-current] figcaption")
    here.wait_for()
    assert f"coef {slider.state.knobs['coef']:.2f}" in here.inner_text()
    page.locator(".knobs-tiles figure", has_text="coef 0.80").get_by_role("button").click()
    settled(page)
    assert knob(page).input_value() == "0.8" and "coef 0.80" in here.inner_text()


@pytest.mark.parametrize("width", [1000, 380])
def test_it_is_as_wide_as_its_place_and_nothing_sticks_out(page, astronaut, networks, width, tmp_path):
    shown(page, astronaut, networks)
    page.set_viewport_size({"width": width, "height": 1000})
    for title in ("adafm-denoise", "cugan"):
        page.locator("select.network").select_option(title)
        settled(page)
        box = page.locator(".knobs").bounding_box()
        assert width - 40 < box["width"] <= width
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for hint in page.locator(".knobs-hint:visible").all():
            assert hint.bounding_box()["width"] > 100 or len(hint.inner_text().split()) < 3
    page.screenshot(path=tmp_path / f"{width}.png", full_page=True)


def test_a_network_that_is_refused_leaves_the_list_where_it_was(page, astronaut, networks, monkeypatch):
    slider = shown(page, astronaut, networks)
    page.get_by_label("degrade the image").uncheck()
    settled(page)
    monkeypatch.setattr(slider_state, "MAX_PIXELS", 120 * 160)
    page.locator("select.network").select_option("adafm-sr x3 to x4")
    page.locator(".knobs-note", has_text="more than the limit").wait_for()
    settled(page)
    assert slider.state.loaded.title == page.locator("select.network").input_value() == "adafm-denoise"


def test_a_long_restoration_is_cancelled(page, astronaut, networks, monkeypatch):
    """It says how far it is; what is set next begins anew."""
    slider = shown(page, astronaut, networks)
    going, run = threading.Event(), slider.state._restorers["adafm-denoise"]

    def in_tiles(x, knobs, *, progress=None, **_):
        for tile in range(8):
            if progress is not None:
                progress(tile, 8)
                going.wait(0.4)
        return run(x, knobs)

    monkeypatch.setitem(slider.state._restorers, "adafm-denoise", in_tiles)
    before = page.locator("img.after").get_attribute("src")
    knob(page).press("End")
    page.wait_for_function("document.querySelector('progress').value > 0.2")
    page.get_by_role("button", name="Cancel").click()
    page.locator(".knobs-note", has_text="Cancelled").wait_for()
    settled(page)
    assert page.locator("img.after").get_attribute("src") == before
    going.set()
    knob(page).press("Home")
    page.wait_for_function("src => document.querySelector('img.after').src !== src", arg=before)


def test_the_share_of_the_restored_image(page, astronaut, networks):
    slider = shown(page, astronaut, networks)
    page.get_by_role("spinbutton", name="Restored share").fill("0")
    page.get_by_role("spinbutton", name="Restored share").press("Enter")
    settled(page)
    np.testing.assert_array_equal(slider.state.frame().restored, slider.state.degraded())
    with page.expect_download() as download:
        page.get_by_role("button", name="Download PNG").click()
    assert download.value.suggested_filename.endswith("-blend0.00.png")


def test_a_pixel_of_the_image_is_one_of_the_screen(page, astronaut, networks):
    shown(page, astronaut, networks)
    page.get_by_label("Zoom").select_option("1")
    lens = page.locator(".lens-right")
    assert lens.evaluate("part => part.style.backgroundSize") == "160px 120px"
    page.get_by_label("Zoom").select_option("3")
    assert lens.evaluate("part => part.style.backgroundSize") == "480px 360px"
