"""The slider as a piece of HTML that needs no Python: every position of a knob drawn beforehand."""

import base64
from html import escape

import numpy as np

from lib.app.slider_state import SliderState
from lib.data.images import Picture, encode
from lib.models.knobs import Knob

POSITIONS = 11  # of every knob
SIDE = 256  # pixels: a part in the middle, since a smaller copy would hide noise and blocks

TURN = """
const figure = this.closest("figure");
for (const other of figure.querySelectorAll("input")) {
  if (other != this) { other.value = other.defaultValue; other.removeAttribute("aria-valuetext"); }
}
for (const frame of figure.querySelectorAll("[data-knob]")) {
  frame.hidden = frame.dataset.knob != this.name || frame.dataset.at != this.value;
  if (!frame.hidden) this.setAttribute("aria-valuetext", frame.textContent);
}
""".replace("\n", " ").replace('"', "&quot;")
STYLE = "display: flex; flex-wrap: wrap; gap: .5rem; align-items: end"


def page_slider(state: SliderState) -> str:
    """A figure for every network of the state (the first of each name): the degraded image, and what
    the network makes of it at POSITIONS settings of each of its knobs, the others at their start (where
    turning one puts them).

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
    levels = ", ".join(f"{name} {value:g}" for name, value in state.levels.items())
    before = escape(f"{state.before_name} ({levels})")
    part, knobs = state.degraded(state.around(SIDE)), state.loaded.net.knobs
    ranges = "".join(_range(knob, start) for knob, start in zip(knobs, state.knobs.values(), strict=True))
    frames = "".join(_frames(state, knob, shown=knob is knobs[0]) for knob in knobs)
    frames = frames or _frame(state, "restored")
    return (
        f'<figure class="page-slider"><p><b>{escape(state.loaded.title)}</b></p>{ranges}<div style="{STYLE}">'
        f'<div><img src="{_address(part)}" alt="{before}"><br>{before}</div>{frames}</div></figure>'
    )


def _positions(knob: Knob, start: float) -> tuple[list[float], int]:
    """Where a knob is drawn, and which of these is nearest to its start."""
    positions = np.linspace(knob.low, knob.high, POSITIONS)
    return positions.tolist(), int(np.abs(positions - start).argmin())


def _range(knob: Knob, start: float) -> str:
    name = escape(knob.name)
    return (
        f'<p><label>{name} <input type="range" name="{name}" min="0" max="{POSITIONS - 1}" '
        f'value="{_positions(knob, start)[1]}" aria-label="{name}" autocomplete="off" '
        f'oninput="{TURN}"></label> '
        f"{escape(knob.meaning)}</p>"
    )


def _frames(state: SliderState, knob: Knob, *, shown: bool) -> str:
    starts = state.knobs_at_start()
    state.set_knobs(starts)
    positions, start = _positions(knob, starts[knob.name])
    frames = []
    for at, value in enumerate(positions):
        state.set_knob(knob.name, value)
        hidden = "" if shown and at == start else " hidden"
        marks = f'data-knob="{escape(knob.name)}" data-at="{at}"{hidden}'
        frames.append(_frame(state, f"{knob.name} {value:.2f}", marks))
    return "".join(frames)


def _frame(state: SliderState, text: str, marks: str = "") -> str:
    frame = state.restored_with(state.loaded, tuple(state.knobs.values()), state.around(SIDE))
    if frame.after_db is not None:
        text += f": {frame.before_db:.2f} to {frame.after_db:.2f} dB"
    return f'<div {marks}><img src="{_address(frame.restored)}" alt="{escape(text)}"><br>{escape(text)}</div>'


def _address(pixels: np.ndarray) -> str:
    """An image as a data address."""
    data = encode(Picture(np.ascontiguousarray(pixels), None, None), "jpeg", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(data).decode()
