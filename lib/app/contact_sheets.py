"""Several restorations of one part of an image beside one another: a knob's positions, or networks."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from lib.app.slider_state import SliderState
from lib.app.tasks import Loaded, automatic
from lib.app.words import effect
from lib.models.knobs import Knob

SIDE = 160  # pixels: a square around the point that was looked at
POSITIONS = 6


@dataclass(frozen=True)
class Tile:
    """A part of the image, (h, w) or (h, w, 3) uint8, what it is, and what makes the slider show it.

    network: its title, empty for the degraded image. here: whether the slider stands there.
    """

    text: str
    pixels: np.ndarray
    network: str = ""
    knobs: Mapping[str, float] = field(default_factory=dict)
    here: bool = False


def contact_sheet(state: SliderState) -> list[Tile]:
    """The degraded image, then the network at POSITIONS settings of each of its knobs and at those where it
    starts and where it stands, the others as they stand; one without knobs as it is."""
    loaded = state.loaded
    if not loaded.net.knobs:
        return [_untouched(state), _tile(state, loaded.title, loaded, {})]
    tiles = [_untouched(state)]
    for knob in loaded.net.knobs:
        for value in _positions(knob, state.knobs[knob.name]):
            text = f"{effect(knob, loaded).name}, {knob.name} {value:.2f}"
            tiles.append(_tile(state, text, loaded, {**state.knobs, knob.name: value}))
    return tiles


def _positions(knob: Knob, value: float) -> list[float]:
    """Evenly from end to end, with where it starts and where it stands."""
    even = np.linspace(knob.low, knob.high, POSITIONS).round(4).tolist()
    return sorted({*even, knob.start, value})


def side_by_side(state: SliderState) -> list[Tile]:
    """The degraded image, then every network that can be tried on it: the one in use as it stands, the
    others with their knobs set by Auto, or where they start. On an image that is taken as it is all that
    keep its size, or enlarge it as much; on a degraded one those of them for what it suffers from."""
    tiles = [_untouched(state)]
    for title, loaded in state.networks.items():
        if not _comparable(state, loaded):
            continue
        knobs = state.knobs if loaded is state.loaded else _set_for(state, loaded)
        settings = "".join(f", {name} {value:.2f}" for name, value in knobs.items())
        tiles.append(_tile(state, title + settings, loaded, knobs))
    return tiles


def _comparable(state: SliderState, loaded: Loaded) -> bool:
    task, own = loaded.task, state.loaded.task
    return task.factors == own.factors and (not state.degrading or task.family == own.family)


def _set_for(state: SliderState, loaded: Loaded) -> dict[str, float]:
    knobs = {knob.name: knob.start for knob in loaded.net.knobs}
    for place, curve in enumerate(loaded.curves):
        _, knobs[curve.knob] = automatic(state.degraded_picture(), loaded, state.level, place)
    return knobs


def _untouched(state: SliderState) -> Tile:
    return Tile(state.before_name, state.degraded(state.around(SIDE)))


def _tile(state: SliderState, text: str, loaded: Loaded, knobs: Mapping[str, float]) -> Tile:
    rendering = state.restored_with(loaded, tuple(knobs.values()), state.around(SIDE))
    here = loaded is state.loaded and knobs == state.knobs
    decibels = "" if rendering.after_db is None else f": {rendering.after_db:.2f} dB"
    text += f"{decibels}, {1000 * rendering.seconds:.0f} ms"
    return Tile(text, rendering.restored, loaded.title, knobs, here)
