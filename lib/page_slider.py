"""The slider as a piece of HTML that needs no Python: every position of a knob drawn beforehand."""

import base64
from html import escape

import numpy as np

from lib.images import Picture, encode
from lib.models.knobs import Knob
from lib.slider_state import SliderState

POSITIONS = 11  # of every knob
SIDE = 320  # pixels: a crop, since a smaller copy would hide noise and blocks

TURN = """
const figure = this.closest("figure");
for (const frame of figure.querySelectorAll("[data-knob]"))
  frame.hidden = frame.dataset.knob != this.name || frame.dataset.at != this.value;
""".replace("\n", " ").replace('"', "&quot;")
STYLE = "display: flex; flex-wrap: wrap; gap: .5rem; align-items: end"


def page_slider(state: SliderState) -> str:
    """A figure for every network of the state (the first of each name): the degraded picture, and what
    the network makes of it at POSITIONS settings of each of its knobs, the others at their start.

    Leaves the state at the last network.
    """
    first = {loaded.name: title for title, loaded in reversed(state.networks.items())}
    figures = []
    for title in state.networks:
        if title in first.values():
            state.use(title)
            figures.append(_figure(state))
    return "\n".join(figures)


def _figure(state: SliderState) -> str:
    knobs = state.loaded.net.knobs
    level = state.loaded.task.level
    degraded = _shown(state.degraded())
    before = f"{state.before_name} ({level.name} {state.level:g})"
    frames, ranges = [], []
    for knob in knobs:
        positions = np.linspace(knob.low, knob.high, POSITIONS)
        at = int(np.abs(positions - knob.start).argmin())
        visible = knob is knobs[0]
        frames += [
            _frame(state, knob, i, float(value), hidden=not visible or i != at)
            for i, value in enumerate(positions)
        ]
        ranges.append(_range(knob, at))
    return (
        f'<figure class="page-slider"><p><b>{escape(state.loaded.title)}</b></p>{"".join(ranges)}'
        f'<div style="{STYLE}"><div><img src="{degraded}" alt="{escape(before)}"><br>{escape(before)}</div>'
        f"{''.join(frames)}</div></figure>"
    )


def _range(knob: Knob, at: int) -> str:
    name = escape(knob.name)
    return (
        f'<p><label>{name} <input type="range" name="{name}" min="0" max="{POSITIONS - 1}" value="{at}" '
        f'aria-label="{name}" oninput="{TURN}"></label> {escape(knob.meaning)}</p>'
    )


def _frame(state: SliderState, knob: Knob, at: int, value: float, *, hidden: bool) -> str:
    for other in state.loaded.net.knobs:
        state.set_knob(other.name, other.start)
    state.set_knob(knob.name, value)
    frame = state.frame()
    text = f"{knob.name} {value:.2f}"
    if frame.after_db is not None:
        text += f": {frame.before_db:.2f} to {frame.after_db:.2f} dB"
    return (
        f'<div data-knob="{escape(knob.name)}" data-at="{at}"{" hidden" if hidden else ""}>'
        f'<img src="{_shown(frame.restored)}" alt="{escape(text)}"><br>{escape(text)}</div>'
    )


def _shown(pixels: np.ndarray) -> str:
    """The middle of a picture, as a data address."""
    height, width = pixels.shape[:2]
    top, left = max(height - SIDE, 0) // 2, max(width - SIDE, 0) // 2
    middle = np.ascontiguousarray(pixels[top : top + SIDE, left : left + SIDE])
    data = encode(Picture(middle, None, None), "jpeg", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(data).decode()
