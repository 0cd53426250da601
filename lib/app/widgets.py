"""The knobs of a network in a notebook: turn them and watch.

`slider(networks)` is all a notebook needs. What it does is in `slider_state.py`; here its results are
sent to the browser and its messages are taken; how it looks is in `slider.js` and `slider.css`.
"""

import base64
import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anywidget
import numpy as np
import torch
import traitlets

from lib.app.contact_sheets import Tile, contact_sheet, side_by_side
from lib.app.page_slider import page_slider
from lib.app.slider_state import DISPLAYED, MAX_BYTES, LatestWins, Rendering, SliderState, fit
from lib.app.tasks import Loaded
from lib.app.words import effect
from lib.data.images import Picture, encode
from lib.data.sets import Sample, load_images
from lib.evaluation.jpeg_quality import Gauge, Reading

HERE = Path(__file__).parent
CLOSE_UP = 640  # pixels a side of what is sent for the zoom, of an image too large to be sent whole


def slider(
    networks: Sequence[Loaded],
    samples: Sequence[Sample] | None = None,
    *,
    gauge: Gauge | None = None,
    device: str | torch.device = "auto",
    for_page: bool = False,
) -> "Slider":
    """The slider of one or more networks; `samples` to choose from, by default scikit-image's; `gauge`
    reads a JPEG quality off what is shown; `for_page` draws every position beforehand, for readers
    without Python."""

    def state() -> SliderState:
        return SliderState(networks, samples or load_images("skimage"), gauge=gauge, device=device)

    return Slider(state(), page_slider(state()) if for_page else "")


def _in_words(before: Reading, after: Reading) -> str:
    return f"looks like JPEG quality {before.quality:.0f} before, {after.quality:.0f} after (an estimate)"


class Superseded(Exception):
    """Something newer waits, or the user has cancelled."""


@dataclass(frozen=True)
class Action:
    """What a message of the browser does to the state; of those waiting of one kind, the newest alone is
    done."""

    kind: str
    act: Callable[..., None]


ACTIONS = {
    "knob": Action("knob", SliderState.set_knob),
    "knobs": Action("knobs", SliderState.set_knobs),
    "use": Action("network", SliderState.use),
    "level": Action("level", SliderState.set_level),
    "latent": Action("latent", SliderState.set_latent),
    "blend": Action("blend", SliderState.set_blend),
    "seed": Action("seed", SliderState.set_seed),
    "degrade": Action("degrade", SliderState.set_degrading),
    "choose": Action("picture", SliderState.choose),
    "refuse": Action("picture", SliderState.refuse_upload),
    "auto": Action("auto", SliderState.auto),
}


class Slider(anywidget.AnyWidget):
    """Controls, an image with a divider between before and after, and what was measured.

    Traits travel to the browser: `controls` when Python sets them (at first, by Auto, by a new
    image), `result` and the images with every drawing, `tiles` when they are asked for, `close_up`
    while the zoom needs more pixels than the images have, `progress`, 0 to 1, while the whole is
    restored. Messages come back, one per action, each with a serial number; `controls` and `result` carry
    that of the last one taken.
    """

    _esm = HERE / "slider.js"
    _css = HERE / "slider.css"

    controls = traitlets.Dict().tag(sync=True)
    result = traitlets.Dict().tag(sync=True)
    original = traitlets.Bytes().tag(sync=True)
    before = traitlets.Bytes().tag(sync=True)
    after = traitlets.Bytes().tag(sync=True)
    region = traitlets.Bytes().tag(sync=True)
    tiles = traitlets.List().tag(sync=True)
    close_up = traitlets.Dict().tag(sync=True)
    progress = traitlets.Float().tag(sync=True)

    def __init__(self, state: SliderState, page: str = ""):
        """page: HTML shown in its place where there is no kernel; without it a still image."""
        super().__init__()
        self.state = state
        self._page = page
        self._chunks: list[bytes] = []
        self._serial = 0
        self._shown_before: tuple = ()
        self._original_of: tuple = ()
        self._tiles_of: tuple = ()
        self._close = False
        self._cancelled = False
        self._at_once = {"look": state.look_at, "magnify": self._magnify, "cancel": self._cancel}
        self._on_request = {
            "download": self._download,
            "sheet": lambda: self._show_tiles(contact_sheet(state)),
            "networks": lambda: self._show_tiles(side_by_side(state)),
        }
        self._sending = threading.RLock()  # the zoom answers on the thread that hears of it
        self._before_is_lossless = False
        self._draw(lambda: False)
        self._work = LatestWins(self._draw, self._failed)
        self.on_msg(lambda _, message, buffers: self._take(message, buffers))

    def wait(self) -> None:
        """Until everything asked for is drawn."""
        self._work.wait()

    def _take(self, message: dict, buffers: Sequence[memoryview]) -> None:
        """One action of the user, as `slider.js` sends it: what it does, with what, its serial number, and
        whether it is in the middle of a gesture."""
        does, needs = message["do"], message.get("with", {})
        if does in self._at_once:
            self._at_once[does](**needs)
        elif does == "upload":
            self._upload(message, bytes(buffers[0]), **needs)
        elif does in self._on_request:
            self._then(does, message, self._on_request[does])
        elif does in ACTIONS:
            action, one = ACTIONS[does], needs.get("name") if "value" in needs else None
            self._then((action.kind, one), message, partial(action.act, self.state, **needs))
        else:
            raise ValueError(f"The slider knows no action like {message}.")

    def _then(self, kind: Hashable, message: dict, act: Callable[[], None]) -> None:
        """Once what waits before it is done."""

        def in_turn() -> None:
            self._serial = message["serial"]
            self._cancelled = False
            self.state.moving = message.get("moving", False)
            act()

        self._work.submit(kind, in_turn)

    def _upload(self, message: dict, chunk: bytes, *, name: str, part: int, parts: int) -> None:
        """One part of a file; the last has it opened."""
        self._chunks = [*(self._chunks if part else []), chunk]
        if part == parts - 1:
            data, self._chunks = b"".join(self._chunks), []
            self._then(("picture", None), message, lambda: self.state.upload(name, data))

    def _magnify(self, on: bool, x: float, y: float) -> None:
        self._close = on
        if on:
            self.state.look_at(x, y)
        self._show_close_up()

    def _cancel(self) -> None:
        """The restoration that runs; the next action begins another."""
        self._cancelled = True

    def _download(self) -> None:
        name, data = self.state.download()
        self.send({"do": "save", "name": name}, [data])

    def _show_tiles(self, tiles: Sequence[Tile]) -> None:
        """Until another network or degradation makes them those of something else."""
        self._tiles_of = (self.state.loaded.title, *self._degradation())
        self.tiles = [
            {
                "text": tile.text,
                "image": self._lossless(tile.pixels),
                "network": tile.network,
                "knobs": tile.knobs,
                "here": tile.here,
            }
            for tile in tiles
        ]

    def _draw(self, superseded: Callable[[], bool]) -> None:
        state = self.state
        self._show_before()
        if state.region_first():
            self._show(state.region())
            if state.moving or superseded():
                return
        if state.unread:
            state.auto()
            self.controls = self._controls()
            self._show(state.region())

        def stop_if_superseded(done: int, total: int) -> None:
            if done < total and (superseded() or self._cancelled):
                raise Superseded
            self.progress = done / total

        try:
            self._show(state.frame(stop_if_superseded))
        except Superseded:
            self._say_cancelled()
            return
        self._show_close_up()
        if not state.moving:
            self._show_scores(superseded)

    def _say_cancelled(self) -> None:
        """Where it was: what is superseded has no need of it."""
        if self._cancelled:
            note = "Cancelled: only a part shows these settings. Any change begins anew."
            self.result = {**self.result, "serial": self._serial, "note": note, "failed": True}

    def _show_close_up(self) -> None:
        """While it is wanted; nothing of an image that was sent whole."""
        with self._sending:
            wanted = self._close and max(self.state.size) > DISPLAYED
            found = self.state.close_up(CLOSE_UP) if wanted else None
            if found is None:
                self.close_up = {}
                return
            box, pictures = found
            sent = {name: self._lossless(pixels) for name, pixels in pictures.items()}
            self.close_up = {**vars(box), **sent}

    def _show_scores(self, superseded: Callable[[], bool]) -> None:
        """After the image, for they take longer than many a restoration; each turns up when it is there."""
        scores = self.state.scores()
        while not superseded() and (score := next(scores, None)):
            name, before, after = score
            said = f"{self.result['did']}; {name} {before:.3g} to {after:.3g}"
            self.result = {**self.result, "did": said}

    def _show_before(self) -> None:
        state, shown = self.state, self._degradation()
        with self._sending, self.hold_sync():
            if self._tiles_of != (state.loaded.title, *shown):
                self.tiles = []
            if shown != self._shown_before:
                self.close_up = {}
            if shown != self._shown_before or not (state.moving or self._before_is_lossless):
                self.before = self._encoded(state.degraded())
                self._before_is_lossless = not state.moving
            if self._original_of != (state.pictures, state.degrading):
                self._original_of = (state.pictures, state.degrading)
                self.original = self._encoded(state.original()) if state.degrading else self.before
            self.controls = self._controls()
        self._shown_before = shown

    def _degradation(self) -> tuple:
        """All that decides how the image before restoration looks, what it is made of first."""
        state = self.state
        return state.pictures, state.loaded.task, state.degrading, tuple(state.levels.values()), state.seed

    def _show(self, rendering: Rendering) -> None:
        with self._sending, self.hold_sync():
            if rendering.whole:
                self.region = b""
                self.after = self._encoded(rendering.restored)
            else:
                self.region = self._encoded(rendering.restored)
            self.result = self._result(rendering)

    def _failed(self, error: Exception) -> None:
        self.log.error("The slider goes on after this.", exc_info=error)  # for the server, not the page
        self.controls = self._controls()
        note = f"That did not work: {error}"
        self.result = {**self.result, "serial": self._serial, "note": note, "failed": True}

    def _encoded(self, pixels: np.ndarray) -> bytes:
        """JPEG in the middle of a gesture, lossless at rest."""
        if not self.state.moving:
            return self._lossless(fit(pixels))
        return encode(Picture(fit(pixels), metadata=self.state.colours), "jpeg", quality=90)

    def _lossless(self, pixels: np.ndarray) -> bytes:
        return encode(Picture(pixels, metadata=self.state.colours), "png")

    def _controls(self) -> dict:
        state, task = self.state, self.state.loaded.task
        first, *further = [
            {**vars(level), "value": state.levels[level.name], "active": state.can_set_level}
            for level in task.levels
        ]
        return {
            "serial": self._serial,
            "network": state.loaded.title,
            "networks": list(state.networks),
            "pictures": list(state.samples),
            "picture": state.name,
            "width": state.size[0],
            "height": state.size[1],
            "level": first,
            "further": further,
            "seeded": task.seeded,
            "seed": state.seed,
            "degrading": state.degrading,
            "before": state.before_name,
            "untick": "off: enlarge it as it is" if task.factors else "off: your image has its own damage",
            "knobs": [
                {**vars(knob), "value": state.knobs[knob.name], "effect": vars(effect(knob, state.loaded))}
                for knob in state.loaded.net.knobs
            ],
            "blend": state.blend,
            "pad": list(state.pad),
            "latents": list(state.latents),
            "latent_of": state.latent_of,
            "latent_level": state.latent_level,
            "auto": state.can_auto,
            "estimated": bool(task.estimates),
            "max_bytes": MAX_BYTES,
        }

    def _result(self, rendering: Rendering) -> dict:
        width, height = self.state.size
        box = rendering.box
        read = self.state.readings() if rendering.whole and not self.state.moving else None
        gauge = f"; {_in_words(*read)}" if read else ""
        return {
            "serial": self._serial,
            "box": [box.left / width, box.top / height, box.width / width, box.height / height],
            "whole": rendering.whole,
            "failed": False,
            "before_db": self._decibels(rendering.before_db),
            "after_db": self._decibels(rendering.after_db),
            "note": self.state.note,
            "command": self.state.command(),
            "did": f"{'' if rendering.whole else 'region of '}{box.width} x {box.height} pixels "
            f"in {1000 * rendering.seconds:.0f} ms{gauge}",
        }

    def _decibels(self, value: float | None) -> str:
        """Infinite where nothing differs; says so where it is not of all channels."""
        if value is None:
            return ""
        unit = "" if self.state.loaded.task.psnr_on == "all" else " (Y)"
        return "no error" if value == float("inf") else f"{value:.2f} dB{unit}"

    def _repr_mimebundle_(self, **kwargs):
        """The widget, and what stands for it on pages without a kernel."""
        data, metadata = super()._repr_mimebundle_(**kwargs)
        instead = {"text/html": self._page} if self._page else {"image/jpeg": self._still()}
        return {**data, **instead}, metadata

    def _still(self) -> str:
        """Degraded on the left, restored on the right, a white line between them; base64 JPEG."""
        before, after = fit(self.state.degraded()), fit(self.state.frame().restored)
        half = before.shape[1] // 2
        both = np.concatenate((before[:, :half], after[:, half:]), 1)
        both[:, half - 1 : half + 1] = 255
        picture = Picture(both, metadata=self.state.colours)
        return base64.b64encode(encode(picture, "jpeg", quality=90)).decode()
