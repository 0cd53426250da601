"""The slider of an exported page: what is drawn, and, in a browser, that it turns."""

import base64
import io
import re

import numpy as np
import pytest
import torch
from PIL import Image
from test_slider_state import CURVE, loaded, three_knobs
from torch import nn

from lib.app.page_slider import POSITIONS, SIDE, page_slider
from lib.app.slider_state import SliderState
from lib.app.tasks import DENOISE, Loaded
from lib.data.sets import Sample
from lib.models.knobs import Controllable

FRAME = re.compile(
    r'<div data-knob="coef" data-at="(\d+)"( hidden)?>'
    r'<img src="data:image/jpeg;base64,([^"]+)" alt="([^"]+)">'
)


@pytest.fixture
def state(astronaut) -> SliderState:
    return SliderState([loaded(CURVE, DENOISE)], [Sample("face", astronaut[:200, :360])], device="cpu")


def pixels(data: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))), float)


def test_every_position_is_there_and_only_the_start_is_shown(state):
    frames = FRAME.findall(page_slider(state))
    assert [int(at) for at, *_ in frames] == list(range(POSITIONS))
    assert [at for at, hidden, *_ in frames if not hidden] == ["2"]  # nearest to where Auto is: 0.25
    assert [text.partition(":")[0] for *_, text in frames][::5] == ["coef 0.00", "coef 0.50", "coef 1.00"]


def test_a_frame_is_the_middle_of_what_the_slider_shows(state):
    *_, (_, _, data, text) = FRAME.findall(page_slider(state))
    state.set_knob("coef", 1.0)
    left = (360 - SIDE) // 2
    middle, inside = state.frame().restored[:, left : left + SIDE], slice(12, -12)
    assert np.abs(pixels(data) - middle)[:, inside].mean() < 6  # JPEG; a part sees nothing beyond its edge
    shown = state.restored_with(state.loaded, (1.0,), state.around(SIDE))
    assert text.endswith(f": {shown.before_db:.2f} to {shown.after_db:.2f} dB")


def test_knobs_that_say_the_levels_are_drawn_around_them(astronaut):
    state = SliderState([three_knobs()], [Sample("face", astronaut[:60, :60])], device="cpu")
    page = page_slider(state)
    shown = re.findall(r'data-knob="(\w+)" data-at="(\d+)">', page)
    assert shown == [("blur", "5")]
    starts = re.findall(r'name="(\w+)" min="0" max="10" value="(\d+)"', page)
    assert starts == [("blur", "5"), ("noise", "6"), ("texture", "0")]
    one, other = (page.split(f'data-knob="{knob}" data-at="{at}"')[1].split('src="')[1].split('"')[0]
                  for knob, at in (("blur", 5), ("noise", 6)))  # fmt: skip
    assert one == other


def test_one_figure_for_each_name(astronaut):
    networks = [loaded(), loaded(task=DENOISE, channels=3)]
    page = page_slider(SliderState(networks, [Sample("face", astronaut[:60, :60])], device="cpu"))
    assert page.count("<figure") == 1


class Fixed(Controllable):
    """A network without a knob."""

    def fold(self, knobs: torch.Tensor) -> nn.Module:
        return nn.Identity()


def test_a_network_without_a_knob_is_shown_once(astronaut):
    fixed = Loaded("fixed", Fixed(), DENOISE, 3, "smoke", None)
    fixed.net.unused = nn.Parameter(torch.zeros(1))
    page = page_slider(SliderState([fixed], [Sample("face", astronaut[:60, :60])], device="cpu"))
    assert page.count("<img") == 2 and "restored: " in page and "<input" not in page

