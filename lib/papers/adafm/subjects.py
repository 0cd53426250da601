"""The paper's three tasks as its tables and figures measure them."""

from dataclasses import dataclass

from lib.app import tasks
from lib.evaluation.measure import Colour, Protocol
from lib.papers.adafm.claims import CLAIMS
from lib.papers.claims import Claim
from lib.papers.common import EMBEDDED
from lib.papers.variants import IN_WINDOWS
from lib.recipes import adafm as recipes

KERNELS = (1, 3, 5, 7)  # sizes of the filters that table 2 compares


@dataclass(frozen=True, eq=False, kw_only=True)
class Subject:
    """A task with its test set, its two ends and the filter size that the paper settled on."""

    task: recipes.Task
    measure: str  # what a level is, in a word
    title: str  # as in the names of claims
    dataset: str
    colour: Colour
    start: int
    end: int
    k: int
    middle: float  # a level between the ends, for figures 2 and 6
    example: dict[str, int]  # which picture of a set the figures show

    def on(self, level: float, dataset: str = "") -> Protocol:
        """The paper's protocol at one level, on the task's own test set or another."""
        return Protocol(dataset or self.dataset, self.task.at(level), colour=self.colour)

    def level(self, level: float) -> str:
        """As levels are written in rows: sigma15, q80, x3."""
        return self.task.at(level).name

    def range(self, start: int, end: int) -> str:
        """As the paper's tables are typed: sigma15->sigma75."""
        return f"{self.level(start)}->{self.level(end)}"

    def basic(self, level: int) -> str:
        return recipes.basic_name(self.task, level)

    def stage(self, start: int, end: int, k: int | None = None) -> str:
        return recipes.stage_name(self.task, start, end, k or self.k)

    @property
    def wide(self) -> str:
        """The network from one end of the task to the other."""
        return self.stage(self.start, self.end)

    @property
    def adabn(self) -> str:
        return recipes.bn_name(self.task, self.start)

    @property
    def conditional(self) -> str:
        """Used on the whole picture, whose statistics are not those of the patches it was trained on."""
        return recipes.cin_name(self.task, self.start, self.end)

    @property
    def conditional_in_windows(self) -> str:
        return self.conditional + IN_WINDOWS

    def claim(self, name: str) -> Claim:
        return CLAIMS[f"{name} ({self.title})"]


DENOISING = Subject(
    task=recipes.DENOISE,
    measure=tasks.DENOISE.level.name,
    title="denoising",
    dataset="cbsd68",
    colour="all channels",
    start=15,
    end=75,
    k=1,
    middle=45,
    example={"cbsd68": 2, EMBEDDED: 2},
)
JPEG = Subject(
    task=recipes.DEJPEG,
    measure=tasks.DEJPEG.level.name,
    title="JPEG",
    dataset="live1",
    colour="luma",
    start=80,
    end=10,
    k=1,
    middle=30,
    example={"live1": 2, EMBEDDED: 3},
)
SR = Subject(
    task=recipes.SR,
    measure=tasks.SR.level.name,
    title="super-resolution",
    dataset="set5",
    colour="Y of RGB",
    start=3,
    end=4,
    k=5,
    middle=3.4,
    example={"set5": 2, "set14": 4, EMBEDDED: 0},
)
SUBJECTS = (DENOISING, JPEG, SR)
