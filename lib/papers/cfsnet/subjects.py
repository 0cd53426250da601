"""The paper's tasks as its tables and figures measure them: two of one image size, and super-resolution."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lib.degradations.levels import Small
from lib.evaluation.measure import Colour, Metric, Protocol, Setting
from lib.metrics import pirm
from lib.papers.at_hand import PIRM
from lib.recipes import cfsnet as recipes
from lib.training.networks import arcnn

PUBLISHED: dict[str, Callable[[int], tuple[str, tuple[float, ...]]]] = {  # network and knobs at a level
    "DnCNN-B": lambda _: ("DnCNN-B", ()),
    "FFDNet": lambda level: ("FFDNet gray", (float(level),)),
    "ARCNN": lambda level: (arcnn(level), ()),
    "DnCNN-3": lambda _: ("DnCNN-3", ()),
}


def tenths(low: float, high: float) -> tuple[float, ...]:
    """Controls in steps of 0.1, as the paper searches them."""
    return tuple(i / 10 for i in range(round(10 * low), round(10 * high) + 1))


@dataclass(frozen=True, eq=False, kw_only=True)
class Subject:
    """A task with its test set, its levels, and the networks that are compared on it."""

    task: recipes.Task
    title: str  # as in the names of claims
    word: str  # before a level in a sentence
    dataset: str
    printed_set: str  # the same in results/printed
    colour: Colour
    start: int  # the level of the main branch
    end: int  # the level of the tuning branch
    unseen: int  # the level of figure 4
    tabled: tuple[int, ...]  # of table 1 or 2
    levels: tuple[int, ...]  # of the poster, in the order in which the best control should rise
    fixed: tuple[int, ...]  # levels for which a main branch is trained as well
    reach: tuple[float, float]  # of the control on the poster
    pair: str  # two networks with every weight between them

    def on(self, level: int) -> Protocol:
        return Protocol(self.dataset, self.task.level(level), colour=self.colour, multiple=1)

    def written(self, level: int) -> str:
        """As the paper's tables are typed: sigma30, q20."""
        return self.task.level(level).name.removesuffix(" float")

    @property
    def grid(self) -> tuple[float, ...]:
        return tenths(*self.reach)

    def main(self, level: int) -> str:
        return recipes.main_name(self.task, level)

    @property
    def tuned(self) -> str:
        return recipes.tuned_name(self.task, self.end)

    @property
    def scalar(self) -> str:
        """CFSNet-SA."""
        return recipes.tuned_name(self.task, self.end, adaptive=False)

    @property
    def compared(self) -> dict[str, str]:
        """Return the networks of figure 4 by what their curves are called."""
        return {"CFSNet": self.tuned, "CFSNet-SA": self.scalar, "weights (DNI)": self.pair}

    @property
    def own_ends(self) -> dict[str, Setting]:
        """Return CFSNet and CFSNet-SA at the level of their tuning branches, by what their curves are
        called."""
        titles = ("CFSNet", "CFSNet-SA")
        return {title: Setting(self.compared[title], (1.0,), self.on(self.end)) for title in titles}

    def ours(self, level: int) -> Setting:
        """Return the setting of CFSNet on a level, its control to be searched."""
        return Setting(self.tuned, (), self.on(level))

    def rival(self, name: str, level: int) -> Setting:
        """Return the setting of a network with its authors' weights on a level."""
        return Setting(*PUBLISHED[name](level), self.on(level))

    def fixed_net(self, level: int) -> Setting:
        """Return the setting of the main branch that is trained for a level, on that level."""
        return Setting(self.main(level), (), self.on(level))

    def curve(self, network: str, level: int, grid: Sequence[float]) -> dict[float, Setting]:
        """Return the settings of a network on a level by its control."""
        return {alpha: Setting(network, (alpha,), self.on(level)) for alpha in grid}


DENOISING = Subject(
    task=recipes.DENOISE,
    title="denoising",
    word="sigma",
    dataset="bsd68",
    printed_set="BSD68 gray",
    colour="all channels",
    start=25,
    end=50,
    unseen=30,
    tabled=(15, 25, 30, 50),
    levels=(15, 25, 30, 40, 50),
    fixed=(30, 40),
    reach=(-1.0, 1.5),
    pair="dni-denoise",
)
DEBLOCKING = Subject(
    task=recipes.DEBLOCK,
    title="deblocking",
    word="quality",
    dataset="live1",
    printed_set="LIVE1",
    colour="luma",
    start=10,
    end=40,
    unseen=20,
    tabled=(10, 20, 30, 40),
    levels=(5, 10, 20, 30, 40),
    fixed=(20, 30),
    reach=(-0.8, 1.5),
    pair="dni-deblock",
)
SUBJECTS = (DENOISING, DEBLOCKING)

SHOWN = tenths(0, 1)  # controls of figures 4 and 5
POSTER, PLANE = "cfsnet-poster-curves", "cfsnet-fig5"
COEFFICIENTS = "cfsnet-text-coefficients"
SPACES = ("pixels", "blurred images", "untrained features", "last features")  # of figure 3, facts of each
PIXELS, BLURRED, UNTRAINED, LAST = SPACES
PARAMS = "cfsnet-text-params"  # its facts count the parameters of these
MAIN_BRANCH, DNCNN = "main branch of denoising", "DnCNN-B"
ENLARGING = {kernel: f"super-resolution, upscaler of kernel {kernel}" for kernel in (3, 1)}
# of figure 5; claims are judged on the first that is measured
SETS = {PIRM: "PIRM test", "bsds500-val": "BSDS500 val (100)", "set14": "Set14", "set5": "Set5"}
NETWORKS = {"CFSNet": recipes.SR_TUNED, "weights (DNI)": "dni-sr"}


def enlarging(dataset: str, metric: Metric = "psnr") -> Protocol:
    """Super-resolution x4, measured as in the PIRM challenge: 8-bit Y, four pixels off at every side."""
    return Protocol(dataset, Small(recipes.FACTOR), colour="8-bit Y of RGB", multiple=1, metric=metric)


def look(niqe: np.ndarray, ma: np.ndarray | None) -> tuple[str, np.ndarray]:
    """Return by what the look is judged and its values: the perception index, without Ma's score NIQE."""
    return ("NIQE", niqe) if ma is None else ("PI", pirm.index(niqe, ma))
