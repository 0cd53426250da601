"""The slider of an exported page, opened from disk: no server, no Python."""

import nbformat
import pytest
from test_slider_state import loaded, three_knobs

from lib.app.page_slider import page_slider
from lib.app.slider_state import SliderState
from lib.data.sets import Sample

pytest.importorskip("nbconvert", reason="exported pages are an extra: pip install -e .[app]")

from lib.runs.execute import WIDGET, as_html


def opened(browser, tmp_path, astronaut, network):
    """The page of an executed notebook that ends on a slider."""
    state = SliderState([network], [Sample("face", astronaut[:120, 150:310])], device="cpu")
    shown = nbformat.v4.new_output("display_data", {WIDGET: {}, "text/html": page_slider(state)})
    cell = nbformat.v4.new_code_cell("slider(report)", outputs=[shown], execution_count=1)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "demo.ipynb")
    (tmp_path / "demo.html").write_text(as_html(tmp_path / "demo.ipynb"))
    page = browser.pages[0]
    page.goto((tmp_path / "demo.html").as_uri())
    return page


def test_turning_the_knob_changes_the_picture(browser, tmp_path, astronaut):
    page, errors = opened(browser, tmp_path, astronaut, loaded()), []
    page.on("pageerror", lambda error: errors.append(error))
    knob, frame = page.get_by_role("slider", name="coef"), page.locator("[data-knob]:visible")
    assert frame.inner_text().strip().startswith("coef 0.20")  # nearest to where Auto would set it
    knob.fill("0")
    first = frame.locator("img").get_attribute("src")
    knob.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert frame.count() == 1 and frame.inner_text().strip().startswith("coef 0.30")
    assert frame.locator("img").get_attribute("src") != first
    assert knob.get_attribute("aria-valuetext").startswith("coef 0.30: ")
    knob.fill("10")
    assert frame.inner_text().strip().startswith("coef 1.00")
    assert frame.locator("img").evaluate("image => image.naturalWidth") == 160
    assert errors == []


def test_the_range_and_the_picture_agree_after_going_back(browser, tmp_path, astronaut):
    page = opened(browser, tmp_path, astronaut, loaded())
    page.get_by_role("slider", name="coef").fill("8")
    page.goto("about:blank")
    page.go_back()
    assert page.get_by_role("slider", name="coef").input_value() == "2"
    assert page.locator("[data-knob]:visible").inner_text().strip().startswith("coef 0.20")


def test_ranges_stand_where_the_picture_was_made(browser, tmp_path, astronaut):
    """One knob is turned at a time, the others at their start: 0.5, 0.6 and 0."""
    page = opened(browser, tmp_path, astronaut, three_knobs())
    frame = page.locator("[data-knob]:visible")
    page.get_by_role("slider", name="blur").fill("10")
    assert frame.inner_text().strip().startswith("blur 1.00")
    page.get_by_role("slider", name="noise").fill("2")
    assert frame.count() == 1 and frame.inner_text().strip().startswith("noise 0.20")
    stand = {
        name: page.get_by_role("slider", name=name).input_value() for name in ("blur", "noise", "texture")
    }
    assert stand == {"blur": "5", "noise": "2", "texture": "0"}
