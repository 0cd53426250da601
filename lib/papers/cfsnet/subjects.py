"""The paper's tasks as its tables and figures measure them: two of one picture size, and super-resolution."""

from dataclasses import dataclass

from lib.degradations.levels import Small
from lib.evaluation.measure import Colour, Metric, Protocol
from lib.papers.cfsnet.claims import CLAIMS
from lib.papers.claims import Claim
from lib.recipes import cfsnet as recipes


def tenths(low: float, high: float) -> tuple[float, ...]:
    """Controls in steps of 0.1, as the paper searches them."""
    return tuple(i / 10 for i in range(round(10 * low), round(10 * high) + 1))


@dataclass(frozen=True, eq=False, kw_only=True)
class Subject:
    """A task with its test set, its levels, and the networks that are compared on it."""

    task: recipes.Task
    title: str  # as in the names of claims
    dataset: str
    colour: Colour
    start: int  # the level of the main branch
    end: int  # the level of the tuning branch
    unseen: int  # the level of figure 4
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

    def claim(self, name: str) -> Claim:
        return CLAIMS[f"{name} ({self.title})"]


DENOISING = Subject(
    task=recipes.DENOISE,
    title="denoising",
    dataset="bsd68",
    colour="all channels",
    start=25,
    end=50,
    unseen=30,
    levels=(15, 25, 30, 40, 50),
    fixed=(30, 40),
    reach=(-1.0, 1.5),
    pair="dni-denoise",
)
DEBLOCKING = Subject(
    task=recipes.DEBLOCK,
    title="deblocking",
    dataset="live1",
    colour="luma",
    start=10,
    end=40,
    unseen=20,
    levels=(5, 10, 20, 30, 40),
    fixed=(20, 30),
    reach=(-0.8, 1.5),
    pair="dni-deblock",
)
SUBJECTS = (DENOISING, DEBLOCKING)


def enlarging(dataset: str, metric: Metric = "psnr") -> Protocol:
    """Super-resolution x4, measured as in the PIRM challenge: 8-bit Y, four pixels off at every side."""
    return Protocol(dataset, Small(recipes.FACTOR), colour="8-bit Y of RGB", multiple=1, metric=metric)
