from dataclasses import replace

import pytest
from test_slider_state import QUALITY_CURVE, blind, loaded, three_knobs

from lib.app.tasks import DEJPEG, SR, straight_line, whole_super_resolution
from lib.app.words import effect
from lib.models.knobs import Knob
from lib.models.vdir import jpeg_reading


@pytest.mark.parametrize(
    "network, said",
    [
        (loaded(), [("Noise removed", "less", "more")]),
        (loaded(QUALITY_CURVE, DEJPEG, 1), [("Compression removed", "less", "more")]),
        (loaded(straight_line("coef", DEJPEG.level), DEJPEG, 1), [("Compression removed", "more", "less")]),
        (loaded(straight_line("coef", SR.level), SR), [("Sharpened", "less", "more")]),
        (blind(1, jpeg_reading(), DEJPEG), [("Compression removed", "less", "more")]),
        (
            three_knobs(),
            [
                ("Blur removed", "less", "more"),
                ("Noise removed", "less", "more"),
                ("Texture", "smooth", "fine"),
            ],
        ),
    ],
)
def test_a_turn_upwards_is_said_in_words(network, said):
    """Of two networks for JPEG, one goes up towards low qualities, the other towards high ones."""
    assert [tuple(vars(effect(knob, network)).values()) for knob in network.net.knobs] == said


def test_a_network_of_one_factor_goes_from_smooth_to_fine():
    network = replace(loaded(None), task=whole_super_resolution(4))
    assert effect(Knob("alpha_in", 0, 1, 0, ""), network).name == "Texture"
