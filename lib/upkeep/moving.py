"""The moving image of README.md: a noisy photograph beside the same restored, while the knob turns."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from lib.app import public
from lib.app.tasks import Loaded
from lib.base import atomic, paths
from lib.data.images import to_pixels, to_tensor
from lib.data.sets import load_images
from lib.evaluation.inference import Restorer

IMAGE = paths.ROOT / "results" / "figures" / "knob.webp"
NETWORK, PHOTOGRAPH, SIGMA = "adafm-denoise", "chelsea", 45  # grey levels: between those it is trained on
BELOW = 44  # pixels, for the knob
STEPS = 20  # from 0 to 1
MILLISECONDS = 80  # a frame


def update(path: Path = IMAGE) -> None:
    """Writes the file anew."""
    with atomic.written(path) as part:
        part.write_bytes(turning(public.load(NETWORK)))


def turning(network: Loaded, *, side: int = 280, steps: int = STEPS) -> bytes:
    """An animated WebP, its frames (side + BELOW, 2 side): the knob from 0 to 1 in `steps` and back."""
    pixels = next(sample.pixels for sample in load_images("skimage") if sample.name == PHOTOGRAPH)
    photograph = to_tensor(pixels)
    top, left = ((size - side) // 2 for size in photograph.shape[-2:])
    noisy = network.task.degrade(photograph[..., top : top + side, left : left + side], SIGMA, 0)
    restorer = Restorer(network.net)
    there = [_frame(noisy, restorer(noisy, [k / steps]), k / steps) for k in range(steps + 1)]
    first, *others = [*there, *there[-2:0:-1]]
    file = io.BytesIO()
    first.save(
        file, "webp", save_all=True, append_images=others, duration=MILLISECONDS, loop=0, quality=70, method=6
    )
    return file.getvalue()


def _frame(noisy: Tensor, restored: Tensor, coef: float) -> Image.Image:
    both = np.hstack([to_pixels(noisy), to_pixels(restored)])
    height, width = both.shape[:2]
    frame = Image.new("RGB", (width, height + BELOW), "white")
    frame.paste(Image.fromarray(both))
    draw, font, y = ImageDraw.Draw(frame), ImageFont.load_default(16), height + BELOW // 2
    draw.text((8, y), f"noisy, sigma {SIGMA}", "black", font, "lm")
    draw.text((width // 2 + 8, y), f"coef {coef:.2f}", "black", font, "lm")
    start, end = width // 2 + 96, width - 16
    at = start + coef * (end - start)
    draw.line((start, y, end, y), "#999999", 3)
    draw.ellipse((at - 8, y - 8, at + 8, y + 8), "#1976d2")
    return frame
