"""JPEG training patches begin anywhere among the blocks, as those of a whole compressed image do."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from lib import degradations
from lib.degradations.levels import Compress
from lib.models.adafm import AdaBN
from lib.recipes import SCALES, find, queue
from lib.recipes.blind import AnyQuality

QUALITY = 20
RUNS = {  # and what gives all patches of a run this quality
    "adafm-dejpeg-basic-q20": {},
    "adafm-dejpeg-q80-q20-k1": {},
    "cfsnet-deblock-main-q20": {},
    "qgcn-full-q20": {},
    "vdir-jpeg-y": {"unknown": AnyQuality((QUALITY,))},
    "vdir-jpeg-rgb": {"unknown": AnyQuality((QUALITY,))},
}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def texture(channels: int, side: int = 256) -> Tensor:
    """An image no two places of which look alike."""
    return degradations.to_8bit(torch.rand(1, channels, side, side, generator=seeded(1)))


def offsets(regions: Tensor, patches: Tensor) -> list[tuple[int, int]]:
    """Where in its region (N, C, drawn, drawn) each patch begins, found by its pixels."""
    side, count = patches.shape[-1], regions.shape[-1] - patches.shape[-1] + 1
    found: dict[int, tuple[int, int]] = {}
    for row in range(count):
        for column in range(count):
            there = regions[..., row : row + side, column : column + side]
            for i in (there == patches).flatten(1).all(1).nonzero().flatten().tolist():
                assert i not in found
                found[i] = row, column
    return [found[i] for i in range(len(patches))]


def regions_of(picture: Tensor, side: int, block: int, count: int) -> tuple[list[tuple[int, int]], Tensor]:
    """Squares of an image that begin where a block does, and where that is."""
    most = (picture.shape[-1] - side) // block + 1
    corners = (block * torch.randint(most, (count, 2), generator=seeded(2))).tolist()
    return corners, torch.cat([picture[..., y : y + side, x : x + side] for y, x in corners])


@pytest.mark.parametrize("name", RUNS)
def test_a_patch_is_that_of_the_whole_compressed_picture(name):
    """At its place, to the last bit. Colours of a region's outermost pixels lack the neighbours from which a
    decoder interpolates them, as at the border of an image."""
    recipe = replace(find(name, "compact"), **RUNS[name])
    assert recipe.block == {1: 8, 3: 16}[recipe.channels]
    picture = texture(recipe.channels)
    whole = degradations.jpeg(picture, QUALITY)
    corners, regions = regions_of(picture, recipe.drawn, recipe.block, 24)
    x, clean, _ = recipe.examples(regions, seeded())
    begins = offsets(regions, clean)
    assert x.shape == clean.shape == (24, recipe.channels, recipe.patch, recipe.patch)
    for (top, left), (row, column), degraded in zip(corners, begins, x, strict=True):
        rows, columns = (slice(at, at + recipe.patch) for at in (top + row, left + column))
        expected = whole[0, :, rows, columns]
        rest = [slice(int(recipe.channels == 3 and at == 0), None) for at in (row, column)]
        assert torch.equal(degraded[:, *rest], expected[:, *rest])
    phases = {(row % recipe.block, column % recipe.block) for row, column in begins}
    assert len(phases) > 12


@pytest.mark.parametrize("name", RUNS)
def test_every_phase_occurs_equally_often(name):
    """Of 64 for gray, of 256 where chroma is halved: 100 times each, 10 more or less is the deviation."""
    recipe = find(name, "compact")
    count = recipe.block**2
    line = torch.arange(recipe.drawn).float()
    numbered = (x.expand(100 * count, 1, -1, -1) for x in torch.meshgrid(line, line, indexing="ij"))
    rows, columns = recipe.cut(list(numbered), seeded())
    firsts = torch.stack([rows[:, 0, 0, 0], columns[:, 0, 0, 0]])
    assert torch.equal(rows[:, 0, :, 3], firsts[0, :, None] + torch.arange(recipe.patch))
    assert torch.equal(columns[:, 0, 5], firsts[1, :, None] + torch.arange(recipe.patch))
    row, column = firsts.long()
    assert row.min() == column.min() == 0 and row.max() == column.max() == recipe.block - 1
    often = torch.bincount(row * recipe.block + column, minlength=count)
    assert often.min() > 60 and often.max() < 140


@pytest.mark.parametrize("scale", SCALES)
def test_every_run_on_jpegs_is_phased_and_no_other(scale):
    """Regions are whole blocks. The ranker of colour images alone compresses its patches as they are."""
    for recipe in queue(scale):
        jpeg = any(isinstance(level, Compress) for level in recipe.levels)
        assert recipe.phased == jpeg, recipe.name
        block = {1: 8, 3: 16}[recipe.channels] if jpeg else 1
        assert recipe.block == block and recipe.drawn % block == 0
        assert recipe.drawn >= recipe.patch + block - 1
        assert replace(recipe, phased=False).block == 1


def test_a_patch_that_is_not_phased_begins_at_the_corner_of_a_block():
    recipe = replace(find("adafm-dejpeg-basic-q20", "compact"), phased=False)
    clean = texture(1, recipe.drawn)
    x, true, _ = recipe.examples(clean, seeded())
    assert recipe.drawn == recipe.patch and torch.equal(true, clean)
    assert torch.equal(x, degradations.jpeg(clean, 20))


def test_both_versions_that_a_ranker_compares_begin_at_the_same_place(monkeypatch):
    recipe = find("qgcn-cqr", "compact")
    _, clean = regions_of(texture(1), recipe.drawn, recipe.block, 32)
    worse = torch.ones(len(clean), dtype=torch.bool)
    monkeypatch.setattr(type(recipe), "versions", lambda *_: (clean, clean + 1, worse))
    seen = []

    def net(both):
        seen.append(both)
        return both.mean((1, 2, 3))

    recipe.objective(net, clean, seeded(), None, None)
    first, second = seen[0].chunk(2)
    assert torch.equal(first + 1, second)
    assert len(set(offsets(clean, first))) > 10


def test_statistics_of_the_end_level_are_taken_at_every_phase(monkeypatch):
    """AdaBN's of JPEG: patches of whole regions, cut anywhere."""
    recipe = replace(find("adafm-dejpeg-bn-q80", "smoke"), statistics_batches=8)
    clean = texture(1, recipe.drawn).expand(4, -1, -1, -1)
    net, seen = recipe.build(), []
    monkeypatch.setattr(type(net), "forward", lambda self, x, knobs: seen.append(x))
    recipe.finish(net, lambda i: (clean, seeded(i)))
    compressed = degradations.jpeg(clean, 10)
    begins = {at for x in seen for at in offsets(compressed, x)}
    assert len(seen) == 8 and len(begins) > 15
    assert {module.adapting for module in net.modules() if isinstance(module, AdaBN)} == {False}
