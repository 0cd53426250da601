"""A gauge of JPEG quality for any image: the score of a ranker, read on the scale of known qualities."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lib.base import paths
from lib.data.images import rgb_to_y
from lib.evaluation.results import Store
from lib.models.qgcn import Ranker
from lib.recipes import Scale
from lib.recipes.qgcn import RANKER
from lib.training import networks
from lib.training.checkpoints import path_of

CENTRE = 256  # pixels a side: what of an image is looked at
ITEM = "qgcn-cqr-rank"


@dataclass(frozen=True)
class Reading:
    """score: of the ranker, higher is better. quality: at which the mean image scores this, between the
    lowest and the highest known; of a single image a rough guess."""

    score: float
    quality: float


@dataclass(frozen=True)
class Gauge:
    """Reads any image, of whatever file, as a JPEG of some quality.

    scores: the mean score of images at each of `qualities`, both rising.
    """

    ranker: Ranker = field(repr=False)
    qualities: tuple[float, ...]
    scores: tuple[float, ...]

    @torch.inference_mode()
    def read(self, x: Tensor) -> Reading:
        """Of an image (1, 1 or 3, H, W) in [0, 1]."""
        score = float(self.ranker(_centre(rgb_to_y(x.expand(-1, 3, -1, -1)))))
        return Reading(score, quality_at(score, self.qualities, self.scores))


def quality_at(score: float, qualities: Sequence[float], scores: Sequence[float]) -> float:
    """The quality between two known ones whose mean scores lie around this one; both rising."""
    return float(np.interp(score, scores, qualities))


def load(scale: Scale, folder: Path = paths.CHECKPOINTS, measured: Path = paths.MEASURED) -> Gauge | None:
    """The gauge at a scale; None where its ranker is not trained or its scores are not measured."""
    if not path_of(RANKER, scale, folder).exists():
        return None
    trained = networks.load(RANKER, scale, folder)
    found = _known(Store("qgcn", measured), scale, trained.weights_sha)
    if len(found) < 2:
        return None
    qualities, scores = zip(*sorted(found), strict=True)
    return Gauge(trained.net, qualities, tuple(np.maximum.accumulate(scores).tolist()))


def _known(store: Store, scale: Scale, weights_sha: str) -> list[tuple[float, float]]:
    """(quality, mean score) of every quality that was measured with these weights."""
    if store.rows.empty:
        return []
    wanted = {"item": ITEM, "scale": scale, "weights_sha": weights_sha, "dataset": "live1"}
    rows = store.rows[(store.rows[list(wanted)] == wanted).all(axis=1)]
    return list(_qualities(rows.to_dict("records")))


def _qualities(rows: Iterable[dict]) -> Iterable[tuple[float, float]]:
    for row in rows:
        if row["level"].startswith("q"):
            yield float(row["level"][1:]), float(row["value"])


def _centre(y: Tensor) -> Tensor:
    """At most CENTRE pixels a side, whole blocks from the upper left corner's grid; small images padded."""
    height, width = y.shape[-2:]
    top, left = (max(0, side - CENTRE) // 2 // 8 * 8 for side in (height, width))
    y = y[..., top : top + CENTRE, left : left + CENTRE]
    missing = [max(0, Ranker.smallest - side) for side in (y.shape[-1], y.shape[-2])]
    return F.pad(y, (0, missing[0], 0, missing[1]), mode="replicate")
