"""Restores any image at any setting: folding, padding, tiling, precision, colour and bit depth.

Tiles. An image wider or higher than `tile` is restored in tiles. Neighbouring tiles read a common
strip of 2 * `overlap` pixels, and each keeps its own half, so every pixel that is kept has seen at
least `overlap` pixels of context. The receptive field of a 16-block network is wider (71 pixels to
each side), but the weight of distant pixels falls off quickly: with 48 pixels of context, seams are
below 0.001 grey levels for trained networks, and about one grey level at the worst for 16 blocks
of random weights. A network that normalises over the whole image (conditional instance norm)
sees different statistics in every tile, and no overlap makes that exact. Tiles and overlaps are as
many times larger as pixels stand for one that the network sees (`spread`).

Memory. Besides the image itself (three copies in float32: input, padded input, output), one tile
of activations: measured at most 24 * width * tile**2 bytes for the networks of `models/adafm.py`,
0.4 GB at width 64 and the default tile, whatever the size of the image.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib.base import devices
from lib.base.devices import Precision
from lib.data.images import Picture, rgb_to_ycbcr, to_pixels, to_tensor, ycbcr_to_rgb
from lib.models.knobs import Controllable

TILE = 512  # pixels a side
OVERLAP = 48
THIN = 16  # pixels: of fewer columns, bfloat16 convolutions on a CPU are not numbers now and then

Progress = Callable[[int, int], None]


class Restorer:
    """A network ready to restore: on its device, in its precision, folded at the knobs asked for.

    device: "auto" takes the GPU if there is one. precision: None takes bfloat16 where the hardware
    multiplies it natively, and float32 elsewhere. The network itself is left as it is, and a change
    of its weights after the first call goes unnoticed. Raises ValueError where the tile is too small for its
    overlap.
    """

    def __init__(
        self,
        net: Controllable,
        *,
        device: str | torch.device = "auto",
        precision: Precision | None = None,
        tile: int = TILE,
        overlap: int = OVERLAP,
    ):
        self.net = net
        self.device = devices.choose(str(device))
        self.precision = precision or devices.fast_precision(self.device)
        self.tile = tile
        self.overlap = overlap
        next(_spans(net.multiple, net.spread * tile, net.spread * overlap, net.multiple))
        self._folded = lru_cache(maxsize=4)(self._fold)

    def _fold(self, knobs: tuple[float, ...]) -> nn.Module:
        like = next(self.net.parameters())
        plain = self.net.fold(torch.tensor(knobs, device=like.device, dtype=like.dtype)).eval()
        return plain.to(self.device, torch.float32, memory_format=torch.channels_last)

    def __call__(
        self,
        x: Tensor,
        knobs: Sequence[float] = (),
        *,
        progress: Progress | None = None,
        precision: Precision | None = None,
    ) -> Tensor:
        """x (N, C, H, W) in [0, 1], any H and W -> float32, same sides and device, not clipped.

        knobs: one value per knob of the network, for all images alike. progress(done, total) is
        called after every tile; what it raises stops the work. precision: this once, instead of the
        Restorer's. Raises ValueError where the number of knobs does not fit.
        """
        if len(knobs) != len(self.net.knobs):
            names = ", ".join(knob.name for knob in self.net.knobs) or "none"
            raise ValueError(f"{len(knobs)} knob values were given; the network has: {names}.")
        devices.tune_cpu()
        with torch.inference_mode():
            plain = self._folded(tuple(float(value) for value in knobs))
            return self._in_tiles(plain, x, progress, precision or self.precision)

    def _in_tiles(
        self, plain: nn.Module, x: Tensor, progress: Progress | None, precision: Precision
    ) -> Tensor:
        height, width = x.shape[-2:]
        multiple = self.net.multiple
        x = F.pad(x, (0, -width % multiple, 0, -height % multiple), mode="replicate")
        out = None
        tile, overlap = self.net.spread * self.tile, self.net.spread * self.overlap
        rows, columns = (list(_spans(size, tile, overlap, multiple)) for size in x.shape[-2:])
        for done, (row, column) in enumerate(((r, c) for r in rows for c in columns), start=1):
            tile = x[..., row.read, column.read]
            tile = tile.to(self.device, torch.float32).contiguous(memory_format=torch.channels_last)
            with devices.autocast(self.device, precision):
                restored = plain(tile)
            if out is None:
                shape = (*restored.shape[:2], *x.shape[-2:])
                out = torch.empty(shape, dtype=torch.float32, device=x.device)
            out[..., row.keep, column.keep] = restored[..., row.kept, column.kept].to(x.device)
            if progress is not None:
                progress(done, len(rows) * len(columns))
        return out[..., :height, :width]


def restore(
    net: Controllable,
    x: Tensor,
    *,
    knobs: Sequence[float] = (),
    tile: int = TILE,
    overlap: int = OVERLAP,
) -> Tensor:
    """Once, in float32, on the device of x: what measuring needs. Shapes as in `Restorer`."""
    restorer = Restorer(net, device=x.device, precision="float32", tile=tile, overlap=overlap)
    return restorer(x, knobs)


def restore_picture(
    restorer: Restorer,
    picture: Picture,
    knobs: Sequence[float],
    *,
    channels: int,
    x: Tensor | None = None,
    progress: Progress | None = None,
) -> Picture:
    """The restored image: same size, same bit depth, its alpha channel reattached, its metadata kept.

    x: its pixels where they are known better than in whole numbers, (1, C, H, W) in [0, 1] or beyond.
    channels: what the network takes. A gray image goes through a colour network as three equal
    channels, averaged afterwards; any image goes through a luma network as its Y, and keeps its
    chroma. 16 bits are restored in float32: bfloat16 would leave 8 of them.
    """
    x = to_tensor(picture.pixels) if x is None else x
    precision = precision_for(picture)
    x = restore_colours(lambda y: restorer(y, knobs, progress=progress, precision=precision), x, channels)
    return replace(picture, pixels=to_pixels(x, bits=picture.bits), tables=None)


def precision_for(picture: Picture) -> Precision | None:
    """Return what the bits of an image, or its few columns, need; None where any precision will do."""
    return "float32" if picture.bits == 16 or min(picture.pixels.shape[:2]) < THIN else None


def restore_colours(restore: Callable[[Tensor], Tensor], x: Tensor, channels: int) -> Tensor:
    """x (N, 1 or 3, H, W) through a network of `channels`; the result has the channels of x."""
    seen = seen_by(x, channels)
    if channels == 3:
        restored = restore(seen)
        return restored if x.shape[1] == 3 else restored.mean(1, keepdim=True)
    chroma = rgb_to_ycbcr(x.expand(-1, 3, -1, -1))[:, 1:]
    return ycbcr_to_rgb(torch.cat((restore(seen), chroma), 1))[:, : x.shape[1]]


def seen_by(x: Tensor, channels: int) -> Tensor:
    """What a network of `channels` sees of x (N, 1 or 3, H, W): all of it, or its luma.

    A luma network was trained on Y, 16/255 to 235/255, and sees nothing else of any image.
    """
    colour = x.expand(-1, 3, -1, -1)
    return colour if channels == 3 else rgb_to_ycbcr(colour)[:, :1]


class _Span:
    """Along one axis: what a tile reads, and where what it keeps lies in the image and in it."""

    def __init__(self, start: int, end: int, keep_from: int, keep_to: int):
        self.read = slice(start, end)
        self.keep = slice(keep_from, keep_to)
        self.kept = slice(keep_from - start, keep_to - start)


def _spans(size: int, tile: int, overlap: int, multiple: int) -> Iterator[_Span]:
    """Tiles of one size that together keep 0 to size; size is a multiple of `multiple`."""
    tile -= tile % multiple
    overlap += -overlap % multiple
    if tile <= 2 * overlap:
        raise ValueError(f"A tile of {tile} pixels leaves nothing inside an overlap of {overlap}.")
    kept = 0
    while kept < size:
        start = max(0, min(kept - overlap, size - tile))
        end = min(start + tile, size)
        keep_to = size if end == size else end - overlap
        yield _Span(start, end, kept, keep_to)
        kept = keep_to
