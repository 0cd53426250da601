"""What all trials share: what they return, a small network, photographs in every format."""

import io
import resource
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from PIL import Image

from lib.app.tasks import DENOISE, KnobCurve, Loaded
from lib.data import sets
from lib.data.images import SUFFIXES, Picture, encode
from lib.models.adafm import AdaFM, RestorationNet

ORIENTATION = 274  # the tag of EXIF


@dataclass
class Result:
    """What a trial found. tried: how many cases; wrong: a sentence for each that went wrong; note: what else
    it says."""

    tried: int = 0
    wrong: list[str] = field(default_factory=list)
    note: str = ""

    def expect(self, right: bool, sentence: str) -> None:
        if not right:
            self.wrong.append(sentence)


def network() -> Loaded:
    """A small AdaFM-Net of random weights, with a curve for Auto."""
    torch.manual_seed(0)
    net = RestorationNet(3, 4, 1, partial(AdaFM, kernel_size=1)).eval().requires_grad_(False)
    return Loaded(
        "adafm-denoise", net, DENOISE, 3, "smoke", KnobCurve("coef", "sigma", (-0.25, 1 / 60), 15, 75)
    )


def photograph(side: int) -> np.ndarray:
    """The middle of the astronaut, (side, side, 3) uint8."""
    pixels = sets.load_images("skimage", limit=1)[0].pixels
    start = (pixels.shape[0] - side) // 2
    return np.ascontiguousarray(pixels[start : start + side, start : start + side])


def files(side: int) -> dict[str, bytes]:
    """The photograph as a file of every suffix, and in the depths and colours that there are, by name."""
    pixels = photograph(side)
    alpha = np.broadcast_to(np.arange(side, dtype=np.uint8), (side, side)).copy()
    found = {f"rgb{suffix}": encode(Picture(pixels), kind) for suffix, kind in SUFFIXES.items()}
    found |= {
        f"gray{suffix}": encode(Picture(pixels[..., 1].copy()), kind) for suffix, kind in SUFFIXES.items()
    }
    found["alpha.png"] = encode(Picture(pixels, alpha), "png")
    for suffix in (".png", ".tif"):
        found[f"deep{suffix}"] = encode(Picture(pixels.astype(np.uint16) * 257), SUFFIXES[suffix])
    image = Image.fromarray(pixels)
    turned = image.getexif()
    turned[ORIENTATION] = 6
    found["palette.png"] = _saved(image.quantize(16), "PNG")
    found["progressive.jpg"] = _saved(image, "JPEG", progressive=True)
    found["turned.jpg"] = _saved(image, "JPEG", exif=turned)
    return found


def _saved(image: Image.Image, kind: str, **options) -> bytes:
    made = io.BytesIO()
    image.save(made, kind, **options)
    return made.getvalue()


def mutated(data: bytes, draw: np.random.Generator) -> bytes:
    """A file that a disk, a network or a person has damaged: bytes changed, cut off, put in or doubled."""
    changed = bytearray(data)
    match draw.integers(4):
        case 0:
            for place in draw.integers(len(changed), size=draw.integers(1, 20)):
                changed[place] ^= 1 << draw.integers(8)
        case 1:
            del changed[draw.integers(len(changed)) :]
        case 2:
            place = int(draw.integers(len(changed)))
            changed[place:place] = draw.bytes(int(draw.integers(1, 200)))
        case 3:
            start, end = sorted(draw.integers(len(changed), size=2))
            changed[start:start] = changed[start:end]
    return bytes(changed)


def most_memory() -> float:
    """MB that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
