"""QGCN: a network that removes JPEG artifacts, and the ranker of compression quality that guides it.

Source: Wang, Fu, Sun, Zha, "JPEG Artifacts Removal via Compression Quality Ranker-Guided Networks",
IJCAI 2020. The method has no name there; QGCN is ours. No code of the authors is known and the paper
leaves most of the structure open, so everything below is a reading of it. Where each part is from:
[P] the paper; [R] the released code of RNAN (Zhang et al., "Residual Non-local Attention Networks for
Image Restoration", ICLR 2019), whose attention blocks the paper takes over; [K] the released code of
RankSRGAN (Zhang et al., ICCV 2019), whose ranker has the parts that the paper names; [O] our choice.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib.models.blocks import conv3, score_layers
from lib.models.knobs import Controllable, Held

DILATIONS = (1, 2, 4)  # [P]
WINDOW = 10_000  # [R] positions; there a limit on the tiles that the whole network sees


class Ranker(nn.Module):
    """Scores the quality of JPEG images: the higher, the less compressed (section 3.1).

    Ten convolutions, batch norm, LeakyReLU, average over the image, two linear layers [P]; their
    sizes [K]. channels: 1 (Y). width: of the first convolution, 64 [K]; every other layer scales
    with it. The score has no unit: only the order of scores is trained.

    x (N, channels, H, W) in [0, 1], H and W at least 32 -> scores (N,).

    As a guide of another network it must be in evaluation mode: while training it normalises by the
    batch and its running statistics follow what it is shown.
    """

    smallest = 32  # pixels a side: the fifth map has 1 / 32 of the sides

    def __init__(self, channels: int = 1, width: int = 64):
        super().__init__()
        widths = [width, 2 * width, 4 * width, 8 * width, 8 * width]
        self.stages = nn.ModuleList()
        for before, after in zip([channels, *widths], widths, strict=False):
            norm = [nn.BatchNorm2d(after)] if self.stages else []
            self.stages.append(
                nn.Sequential(
                    nn.Conv2d(before, after, 3, padding=1),
                    *norm,
                    nn.LeakyReLU(0.2, inplace=True),
                    nn.Conv2d(after, after, 4, stride=2, padding=1),
                    nn.BatchNorm2d(after),
                    nn.LeakyReLU(0.2, inplace=True),
                )
            )
        self.score = score_layers(8 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.look(x)[1]

    def features(self, x: Tensor) -> list[Tensor]:
        """Return the five maps that feature matching compares, of 1/2, 1/4, 1/8, 1/16 and 1/32 of the sides.

        Each is the end of a stage, behind its LeakyReLU. The paper says "several" [P]; which [O].
        """
        return self.look(x)[0]

    def look(self, x: Tensor) -> tuple[list[Tensor], Tensor]:
        """Return maps as in `features` and scores (N,) in one pass; ValueError for sides below 32 pixels."""
        if min(x.shape[-2:]) < self.smallest:
            height, width = x.shape[-2:]
            raise ValueError(f"The ranker needs {self.smallest} pixels a side, not {height} x {width}.")
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps, self.score(x.mean((2, 3))).squeeze(1)


class MultiScale(nn.Module):
    """Three 3x3 convolutions of the same input, dilated by 1, 2 and 4, their outputs concatenated [P].

    Each makes a third of the channels and dilation 1 also what is left over (22, 21, 21 of 64) [O],
    so that the parameters are those of one plain convolution, as the paper demands.
    (N, width, H, W) -> the same shape.
    """

    def __init__(self, width: int):
        super().__init__()
        third = width // 3
        parts = (width - 2 * third, third, third)
        self.scales = nn.ModuleList(
            nn.Conv2d(width, part, 3, padding=dilation, dilation=dilation)
            for part, dilation in zip(parts, DILATIONS, strict=True)
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([scale(x) for scale in self.scales], 1)


class Residual(nn.Module):
    """Two 3x3 convolutions with a ReLU between them; the input is added [R].

    dilated: the first convolution is multi-scale; that it is this one is our choice [O].
    """

    def __init__(self, width: int, dilated: bool = False):
        super().__init__()
        self.a = MultiScale(width) if dilated else conv3(width, width)
        self.b = conv3(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.b(F.relu(self.a(x), inplace=True))


class NonLocal(nn.Module):
    """x + out(softmax(theta phi^T) g): every position becomes a mean over all, weighted by likeness [R].

    theta, phi and g have half the channels and their products are not scaled [R]. The weights of one
    query sum to one over the keys [O]: the released code normalises over the queries. `out` starts
    at zero [R], so a new block hands its input on.

    window: the most positions that attend to each other. A map of no more than these is attended as a
    whole, exactly. A larger one is cut into a grid of equal windows, to one position a side, each attended
    for itself: time and memory grow with the number of positions and not with its square. The mean that a
    position gets can step at the border between two windows, as one at the edge of the image also averages
    over what zero padding did there. In an image that is restored in tiles, windows are those of the tile.

    (N, width, H, W) -> the same shape.
    """

    def __init__(self, width: int, window: int = WINDOW):
        super().__init__()
        self.window = window
        self.theta = nn.Conv2d(width, width // 2, 1)
        self.phi = nn.Conv2d(width, width // 2, 1)
        self.g = nn.Conv2d(width, width // 2, 1)
        self.out = nn.Conv2d(width // 2, width, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor) -> Tensor:
        maps = torch.stack((self.theta(x), self.phi(x), self.g(x)))  # (3, N, width / 2, H, W)
        rows, columns = grid(*x.shape[-2:], self.window)
        bands = [
            torch.cat([_attended(*part) for part in band.tensor_split(columns, 4)], 3)
            for band in maps.tensor_split(rows, 3)
        ]
        return x + self.out(torch.cat(bands, 2))

    def extra_repr(self) -> str:
        return f"window={self.window}"


def grid(height: int, width: int, most: int) -> tuple[int, int]:
    """Return into how many rows and columns to cut a map so that no part has more than `most` positions.

    The longer side of the parts is cut further until they fit: (1, 1) for a map that fits. Raises
    ValueError where `most` is below one.
    """
    if most < 1:
        raise ValueError(f"A window of {most} positions holds nothing.")
    rows = columns = 1
    while (high := -(-height // rows)) * (wide := -(-width // columns)) > most:
        if high > wide:
            rows += 1
        else:
            columns += 1
    return rows, columns


class Mask(nn.Module):
    """What of the trunk to let through, in (0, 1) for every channel and position [R].

    Besides the map itself a copy at half the resolution is looked at, hence H and W even. first:
    what stands before, `NonLocal` or nothing. (N, width, H, W) -> the same shape.
    """

    def __init__(self, width: int, first: nn.Module):
        super().__init__()
        self.first = first
        self.near = Residual(width)
        self.far = nn.Sequential(
            nn.Conv2d(width, width, 3, stride=2, padding=1),
            Residual(width),
            Residual(width),
            nn.ConvTranspose2d(width, width, 6, stride=2, padding=2),
        )
        self.last = nn.Sequential(Residual(width), nn.Conv2d(width, width, 1), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        x = self.near(self.first(x))
        return self.last(x + self.far(x))


class Block(nn.Module):
    """Residual attention: h + trunk(h) mask(h), with residual blocks before and behind [R].

    dilated: multi-scale convolutions in the residual blocks that lead to the trunk and form it [O];
    those of the mask and of the exit are plain. first: what the mask begins with.
    """

    def __init__(self, width: int, dilated: bool, first: nn.Module):
        super().__init__()
        self.entry = Residual(width, dilated)
        self.trunk = nn.Sequential(Residual(width, dilated), Residual(width, dilated))
        self.mask = Mask(width, first)
        self.exit = nn.Sequential(Residual(width), Residual(width), conv3(width, width))

    def forward(self, x: Tensor) -> Tensor:
        h = self.entry(x)
        return self.exit(h + self.trunk(h) * self.mask(h))


class QGCN(Controllable):
    """The de-blocking network: RNAN with multi-scale convolutions (section 3.2).

    channels: 1 (Y) [P]. width: 64 [R]. blocks: 10 [R], at least two; the first and the last are
    non-local, with one more convolution before the last.
    dilated: False puts a plain convolution of the same size for every multi-scale one ("w/o DC" of
        table 1), and the network is RNAN.
    non_local: False makes every block a local one [O].
    window: the most positions that attend to each other, see `NonLocal`.

    It has no knobs: one network serves every quality factor [P]. x (N, channels, H, W) in [0, 1] [O],
    H and W even; knobs (N, 0); returns the restored image, the shape of x, not clipped. Initialised
    as torch does by default [O], the outputs of the non-local operations with zeros [R]. Raises
    ValueError for fewer than two blocks.
    """

    multiple = 2

    def __init__(
        self,
        channels: int = 1,
        width: int = 64,
        blocks: int = 10,
        dilated: bool = True,
        non_local: bool = True,
        window: int = WINDOW,
    ):
        super().__init__()
        if blocks < 2:
            raise ValueError(f"QGCN needs a first and a last block, not {blocks}.")
        first, *local, last = (
            Block(width, dilated, NonLocal(width, window) if non_local and at_end else nn.Identity())
            for at_end in (True, *[False] * (blocks - 2), True)
        )
        self.head = conv3(channels, width)
        self.body = nn.Sequential(first, *local, conv3(width, width), last)
        self.tail = conv3(width, channels)

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        return x + self.tail(self.body(self.head(x)))

    def fold(self, knobs: Tensor) -> Held:
        return Held(self, knobs)


def _attended(theta: Tensor, phi: Tensor, g: Tensor) -> Tensor:
    """Return softmax(theta phi^T) g over one window; all (N, C, h, w).

    Positions first and contiguous, with one head, or torch would write the whole mask down.
    """
    query, key, value = (part.flatten(2).mT.contiguous()[:, None] for part in (theta, phi, g))
    attended = F.scaled_dot_product_attention(query, key, value, scale=1.0)  # (N, 1, h w, C)
    return attended[:, 0].mT.unflatten(2, theta.shape[2:])
