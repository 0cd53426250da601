"""What a notebook can use: networks that are here or are trained first, image sets or what stands in."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pandas as pd

from lib.base import paths
from lib.data import sets
from lib.evaluation.measure import Bench, Protocol, measurable
from lib.metrics import pirm
from lib.models.knobs import Controllable
from lib.papers.at_hand import ALONE, EMBEDDED, EMBEDDED_GRAY, SMALL, SMALL_GRAY
from lib.papers.cells import Absence
from lib.papers.variants import VARIANTS
from lib.recipes import Scale, find
from lib.recipes.qgcn import RANKER_RGB
from lib.training.checkpoints import path_of
from lib.training.loop import train
from lib.training.networks import PUBLISHED, WEIGHTLESS, has_published, runs_of

WEIGHTS = {
    "niqe": "NIQE's parameters",
    "ma": f"the package {pirm.PACKAGE}",
    "lpips": "LPIPS weights",
    "lpips_paper": "LPIPS weights",
    "dists": "DISTS weights",
}


@dataclass
class Workbench:
    """Networks of a scale and the images to use them on.

    scale: whose networks are used; at "smoke" all of them are trained first, in seconds. train: "never", or
    "missing" to train what has no checkpoint. images: how many per set; None for all. output: a folder for
    what is written, or empty for none.
    """

    paper: str
    scale: Scale = "compact"
    device: str = "auto"
    train: str = "never"
    images: int | None = 4
    output: str = ""
    record: bool = False
    fresh: bool = False
    checkpoints: Path = paths.CHECKPOINTS

    def __post_init__(self) -> None:
        if self.train not in ("never", "missing"):
            raise ValueError(f'train is "never" or "missing", not "{self.train}".')
        if self.scale not in get_args(Scale):
            raise ValueError(f'scale is one of {", ".join(get_args(Scale))}, not "{self.scale}".')
        if self.images is not None and self.images < 1:
            raise ValueError(f"images is a number above 0, or None for all, not {self.images}.")
        if self.scale == "smoke":  # tiny networks, trained on the spot, kept with the run
            self.train = "missing"
            self.checkpoints = Path(self.output or tempfile.mkdtemp()) / "checkpoints"
        limit = None if self.record else self.images
        self.bench = Bench(
            self.scale, device=self.device, limit=limit, folder=self.checkpoints, variants=VARIANTS
        )

    def network(self, name: str) -> Controllable | None:
        """The network, or None where it is not trained at this scale."""
        return self.bench.network(name).net if self.available(name) else None

    def steps(self, run: str, scale: Scale) -> int:
        """Return how many steps a run was trained, by the end of its curve; 0 where it was not."""
        curve = self.training_curve(run, scale)
        return int(curve["step"].iloc[-1]) if curve is not None and len(curve) else 0

    def training_curve(self, run: str, scale: Scale) -> pd.DataFrame | None:
        """What a training logged, or None where the run is not trained."""
        path = path_of(run, scale, self.checkpoints).with_suffix(".csv")
        return pd.read_csv(path) if path.exists() else None

    def _needs(self, protocol: Protocol) -> str:
        """What is missing here to measure by this protocol, in words; empty where nothing is."""
        if protocol.dataset in ALONE and not sets.locate(protocol.dataset):
            return f"needs {ALONE[protocol.dataset]}"
        if protocol.metric == "features" and not self.available(RANKER_RGB):
            return f"needs {RANKER_RGB}"
        return "" if measurable(protocol.metric) else f"needs {WEIGHTS[protocol.metric]}"

    def at_hand(self, protocol: Protocol) -> str:
        """Return the protocol's own set, or the photographs embedded in scikit-image where it is not here; at
        smoke scale, which proves only that code runs, their middles."""
        if self.scale == "smoke" and not sets.SETS[protocol.dataset].paired:
            return SMALL_GRAY if sets.SETS[protocol.dataset].gray else SMALL
        return protocol.dataset if sets.locate(protocol.dataset) else stand_in(protocol)

    def available(self, network: str) -> bool:
        """Whether the network can be used, after training it where the notebook asks for that."""
        if network in WEIGHTLESS:
            return True
        if network in PUBLISHED:
            return has_published(network)
        return all([self._trained(run) for run in runs_of(network, VARIANTS)])

    def untrained(self, network: str) -> Absence | None:
        """Return what is to be done before a network can be used; None where it is here."""
        if network in WEIGHTLESS:
            return None
        if network in PUBLISHED:
            here = has_published(network)
            return None if here else Absence(f"Needs its authors' weights of {network}; see data/README.md")
        runs = runs_of(network, VARIANTS)
        if all(path_of(run, self.scale, self.checkpoints).exists() for run in runs):
            return None
        return Absence("Not trained", "python -m lib train", runs)

    def missing(self, protocol: Protocol) -> Absence | None:
        """Return what a measurement needs that is not here; None where nothing is."""
        if protocol.dataset in ALONE and not sets.locate(protocol.dataset):
            return Absence(f"{ALONE[protocol.dataset]}: {sets.how_to_get(protocol.dataset)}")
        if not measurable(protocol.metric):
            return Absence(f"Needs {WEIGHTS[protocol.metric]}; see data/README.md")
        return None

    def _trained(self, run: str) -> bool:
        if path_of(run, self.scale, self.checkpoints).exists():
            return True
        if self.train != "missing":
            return False
        recipe = find(run, self.scale)
        for needed in recipe.needs:
            self._trained(needed)
        train(recipe, device=self.device, out=self.checkpoints)
        return True


def stand_in(protocol: Protocol) -> str:
    """Return what stands in for a set that is not here: gray photographs for a gray set, as its networks may
    take one channel; for pairs only themselves."""
    wanted = sets.SETS[protocol.dataset]
    if wanted.paired:
        return protocol.dataset
    return EMBEDDED_GRAY if wanted.gray else EMBEDDED
