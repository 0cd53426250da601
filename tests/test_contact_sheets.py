"""A knob's positions and several networks beside one another, and the command that does the same."""

import shlex
from dataclasses import replace

import numpy as np
import pytest
from test_slider_state import QUALITY_CURVE, blind, loaded, three_knobs

from lib.app.contact_sheets import POSITIONS, SIDE, contact_sheet, side_by_side
from lib.app.slider_state import SliderState
from lib.app.tasks import DEJPEG, DENOISE_FLOAT, SR, Loaded, straight_line
from lib.data.sets import Sample
from lib.evaluation.inference import Restorer
from lib.models.vdir import Alone, noise_reading
from lib.models.vdir import Restorer as Blind


@pytest.fixture
def state(astronaut) -> SliderState:
    first, other = loaded(), loaded(None, DENOISE_FLOAT)
    networks = [
        first,
        Loaded("other", other.net, other.task, 3, "smoke", None),
        loaded(QUALITY_CURVE, DEJPEG, 1),
        loaded(straight_line("coef", SR.level), SR),
    ]
    state = SliderState(networks, [Sample("face", astronaut[:240, :320])], device="cpu")
    state.look_at(0.5, 0.5)
    return state


def test_a_contact_sheet_shows_every_position(state):
    state.set_knob("coef", 0.45)
    untouched, *tiles = contact_sheet(state)
    assert len(tiles) == POSITIONS + 1  # and where one stands
    assert [(tile.knobs["coef"], tile.network) for tile in tiles if tile.here] == [(0.45, "adafm-denoise")]
    assert tiles[2].text.startswith("Noise removed, coef 0.40: ") and tiles[2].knobs == {"coef": 0.4}
    box = state.around(SIDE)
    assert (box.left, box.top, box.width, box.height) == (80, 40, SIDE, SIDE)
    np.testing.assert_array_equal(untouched.pixels, state.degraded()[40 : 40 + SIDE, 80 : 80 + SIDE])
    state.set_knob("coef", 0.4)
    whole = state.frame().restored[40 : 40 + SIDE, 80 : 80 + SIDE]
    inside = slice(12, -12)  # a part sees nothing beyond its edge
    assert np.abs(tiles[2].pixels.astype(int) - whole)[inside, inside].max() <= 1


def test_a_knob_of_two_sides_is_shown_where_it_starts(astronaut):
    network = blind(3, noise_reading(3), DENOISE_FLOAT)
    state = SliderState([network], [Sample("face", astronaut[:60, :80])], device="cpu")
    assert 0.0 in [tile.knobs["strength"] for tile in contact_sheet(state)[1:]]


def test_a_network_without_knobs_is_shown_as_it_is(astronaut):
    plain = replace(loaded(), net=Alone(Blind(3, width=4, latent=0, groups=1, blocks=1)), curve=None)
    state = SliderState([plain], [Sample("face", astronaut[:60, :80])], device="cpu")
    untouched, own = contact_sheet(state)
    assert own.here and not untouched.here
    np.testing.assert_array_equal(own.pixels, state.frame().restored)


def test_networks_for_the_same_pictures_stand_side_by_side(state):
    state.set_knob("coef", 0.7)
    before = dict(state.knobs)
    _, own, other = side_by_side(state)
    assert own.text.startswith("adafm-denoise, coef 0.70: ")
    assert other.text.startswith("other, coef 0.00: ")
    assert state.knobs == before and state.loaded.name == "adafm-denoise"


def test_networks_are_tried_on_what_they_are_for(state):
    """On a degraded image those of its family; on one that is taken as it is all that keep its size."""
    state.networks["cugan"] = three_knobs()
    state._restorers["cugan"] = Restorer(state.networks["cugan"].net, device="cpu")

    def shown():
        return [tile.text.partition(",")[0] for tile in side_by_side(state)[1:]]

    assert shown() == ["adafm-denoise", "other", "cugan"]
    state.set_degrading(False)
    assert shown() == ["adafm-denoise", "other", "adafm-dejpeg", "cugan"]
    state.use("adafm-sr x3 to x4")
    assert shown() == ["adafm-sr x3 to x4"]


def test_the_others_follow_auto(state):
    state.use("other")
    _, first, _ = side_by_side(state)
    level_30 = -0.25 + 30 / 60
    coef = float(first.text.split("coef ")[1].split(":")[0])
    assert coef == pytest.approx(level_30, abs=0.05)


def test_a_picture_smaller_than_a_tile_is_shown_whole(state, astronaut):
    state.samples["small"] = Sample("small", astronaut[:50, :60])
    state.choose("small")
    assert {tile.pixels.shape[:2] for tile in contact_sheet(state)} == {(50, 60)}


def test_the_command_sets_what_the_slider_has(state):
    state.set_knob("coef", 0.35)
    words = shlex.split(state.command())
    assert words[:5] == ["python", "-m", "lib", "restore", "face"]
    assert {"--network=adafm-denoise", "--scale=smoke", "--knob=coef=0.35"} <= set(words)
    assert {"--degrade=sigma=30", "--seed=0"} <= set(words)
    state.use("adafm-sr x3 to x4")
    start = f"factor={SR.level.start:g}"
    assert state.command().endswith(f"--{start} --degrade={start}")
    state.set_degrading(False)
    assert state.command().endswith(f"--{start}")
