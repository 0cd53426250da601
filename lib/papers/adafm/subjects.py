"""The paper's three tasks as its tables and figures measure them."""

from dataclasses import dataclass
from itertools import pairwise

from lib.app import tasks
from lib.evaluation.measure import Colour, Protocol, Setting
from lib.papers.at_hand import EMBEDDED, SMALL
from lib.papers.variants import IN_WINDOWS
from lib.recipes import adafm as recipes

KERNELS = (1, 3, 5, 7)  # sizes of the filters that table 2 compares


@dataclass(frozen=True, eq=False, kw_only=True)
class Subject:
    """A task with its test set, its two ends and the filter size that the paper settled on."""

    task: recipes.Task
    measure: str  # what a level is, in a word
    title: str  # as in the names of claims
    word: str  # before a level in a sentence
    dataset: str
    set_title: str
    colour: Colour
    start: int
    end: int
    k: int
    middle: float  # a level between the ends, for figures 2 and 6
    example: dict[str, int]  # which image of a set the figures show

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
        """Used on the whole image, whose statistics are not those of the patches it was trained on."""
        return recipes.cin_name(self.task, self.start, self.end)

    @property
    def conditioned(self) -> str:
        """Conditional IN as like for like: the start network frozen, a second scale and shift learnt."""
        return recipes.in_stage_name(self.task, self.start, self.end)

    @property
    def conditional_in_windows(self) -> str:
        return self.conditional + IN_WINDOWS

    def piecewise(self, level: float) -> Setting:
        """Return the AdaFM layers of the levels around this one, mixed by where it lies between them.

        Raises ValueError for a level that is not between two that were trained, from the start on.
        """
        for first, second in pairwise(recipes.PIECES[self.task]):
            share = (level - first) / (second - first)
            if not 0 < share < 1:
                continue
            if first == self.start:  # before it there is the basic network
                return Setting(self.stage(first, second), (share,), self.on(level))
            between = recipes.between_name(self.task, self.start, first, second, self.k)
            return Setting(between, (1.0, share), self.on(level))
        raise ValueError(f"No level below or above {self.spelt(level)} was trained.")

    def spelt(self, level: float) -> str:
        """As a sentence has a level: sigma 15, quality 80, x3."""
        return f"{self.word}{level:g}"


DENOISING = Subject(
    task=recipes.DENOISE,
    measure=tasks.DENOISE.level.name,
    title="denoising",
    word="sigma ",
    dataset="cbsd68",
    set_title="CBSD68",
    colour="all channels",
    start=15,
    end=75,
    k=1,
    middle=45,
    example={"cbsd68": 2, EMBEDDED: 2, SMALL: 2},
)
JPEG = Subject(
    task=recipes.DEJPEG,
    measure=tasks.DEJPEG.level.name,
    title="JPEG",
    word="quality ",
    dataset="live1",
    set_title="LIVE1",
    colour="luma",
    start=80,
    end=10,
    k=1,
    middle=30,
    example={"live1": 2, EMBEDDED: 3, SMALL: 3},
)
SR = Subject(
    task=recipes.SR,
    measure=tasks.SR.level.name,
    title="super-resolution",
    word="x",
    dataset="set5",
    set_title="Set5",
    colour="Y of RGB",
    start=3,
    end=4,
    k=5,
    middle=3.4,
    example={"set5": 2, "set14": 4, EMBEDDED: 0, SMALL: 0},
)
SUBJECTS = (DENOISING, JPEG, SR)

EASY_TO_HARD = {s: recipes.PIECES[s.task][1:] for s in (DENOISING, JPEG)}  # from the start, of table 5
ONE_FACTOR, TWO_FACTORS = ((2, 3), (3, 4), (4, 5), (5, 6)), ((2, 4), (3, 5), (4, 6))
FACTORS = (*ONE_FACTOR, *TWO_FACTORS, (4, 3), (4, 2))  # start and end of table 4's adaptations
COEFS = {  # of figure 2
    DENOISING: (0.0, 0.25, 0.5, 0.75, 1.0),
    JPEG: (0.0, 0.4, 0.7, 1.0),  # as in the paper
    SR: (0.0, 0.25, 0.5, 0.75, 1.0),
}
NOISE_LEVELS = (15, 25, 35, 45, 50, 60, 75)  # of figure 7 and its twins
WIDE_QUALITIES = (80, 70, 60, 50, 40, 30, 20, 10)
SHORT_QUALITIES = (80, 70, 60, 50, 40)
CURVES = {DENOISING: "adafm-fig7-denoise", JPEG: "adafm-fig7"}  # items with the best coefficients
INSIDE = {DENOISING: (45, 60), JPEG: (70, 50, 30)}  # of their levels, those between two of the pieces
PIECEWISE, BATCH_NORM = "adafm-text-piecewise", "adafm-text-batch-norm"
BOTH_AFFINE = (DENOISING, JPEG)  # tasks whose filters are 1x1
BETWEEN = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)  # shares of the way from one factor to the next
ARCNN_START, ARCNN_TUNED = "adafm-arcnn-s15", "adafm-arcnn-s15-ft-s50"
ARCNN_CONTROL = "adafm-arcnn-s50-scratch"
ARCNN_FILTERS = {g: f"adafm-arcnn-g{g}" for g in (1, 3, 5)}
SCRATCH = "adafm-sr-scratch-x4-k5"


def there_and_back(subject: Subject) -> list[tuple[int, int]]:
    """Start and end of table 5's adaptations: from the easy level to every harder one, and back."""
    return [*((subject.start, end) for end in EASY_TO_HARD[subject]), (subject.end, subject.start)]
