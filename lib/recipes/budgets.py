"""What two cores train at paper scale, and in which order: by verdicts per hour.

The budget of each run is `CPU` of its paper's file, beside the full schedule. QUEUE is the order: every run
once, then headline runs for longer with what starts from them again, then further seeds.
"""

from dataclasses import dataclass, replace

from lib.recipes import adafm, cfsnet, cugan, qgcn, vdir
from lib.recipes.common import SEEDS, Recipe, seeded_name

# Seconds a step on one thread of a processor with avx512_bf16: measured, or [O] estimated from what was, by
# pixels and layers. In the order in which they are trained.
FIRST: tuple[tuple[float, tuple[str, ...]], ...] = (
    (0.26, ("cfsnet-denoise-main-s25",)),
    (0.36, ("cfsnet-denoise-tune-s50",)),  # [O]
    (0.28, ("cfsnet-deblock-main-q10",)),  # [O]
    (0.38, ("cfsnet-deblock-tune-q40",)),  # [O]
    (0.26, ("cfsnet-cdenoise-main-s25",)),
    (0.36, ("cfsnet-cdenoise-tune-s50", "cfsnet-sa-denoise-tune-s50", "cfsnet-sa-deblock-tune-q40")),  # [O]
    (0.26, ("dni-denoise-s25-ft-s50", "dni-deblock-q10-ft-q40")),
    (0.26, ("cfsnet-denoise-main-s30", "cfsnet-denoise-main-s40")),
    (0.28, ("cfsnet-deblock-main-q20", "cfsnet-deblock-main-q30")),  # [O]
    (0.11, ("adafm-dejpeg-basic-q80", "adafm-dejpeg-basic-q10")),
    (0.11, tuple(f"adafm-dejpeg-q80-q10-k{k}" for k in (1, 3, 5, 7))),
    (0.11, ("adafm-dejpeg-q10-q80-k1", "adafm-dejpeg-q80-q40-k1")),
    (0.11, ("adafm-denoise-basic-s15", "adafm-denoise-basic-s75")),
    (0.11, ("adafm-denoise-s15-s75-k1", "adafm-denoise-s75-s15-k1")),
    (0.11, tuple(f"adafm-denoise-s15-s75-k{k}" for k in (3, 5, 7))),
    (0.11, ("adafm-sr-basic-x3", "adafm-sr-basic-x4")),
    (0.11, tuple(f"adafm-sr-x3-x4-k{k}" for k in (5, 1, 3, 7))),
    (0.11, ("adafm-sr-x4-x3-k5", "adafm-sr-x3-x4-k5-postact", "adafm-sr-x3-x4-k5-allconv")),
    (0.81, ("vdir-awgn",)),
    (0.52, ("vdir-awgn-res",)),
    (0.7, ("vdir-awgn-l1",)),  # [O]
    (0.64, ("vdir-sr-x2",)),  # [O] 0.36 measured on a little more than half of the pixels
    (0.81, ("vdir-jpeg-y", "vdir-jpeg-rgb")),  # [O]
    (0.37, ("cunet",)),
    (0.7, ("cugan",)),  # [O]
    (0.37, tuple(f"unet-{level}" for level in ("r2-s0", "r4-s0", "r2-s50", "r4-s50", "r0-s30"))),
    (0.7, ("cugan-nogfm",)),  # [O]
    (0.5, ("cugan-nogan",)),  # [O]
    (0.25, ("qgcn-cqr",)),  # [O] 0.22 measured on a little less pixels
    (0.68, (qgcn.START, "qgcn-wo-cqr")),  # [O] 1.70 measured with ten blocks in place of four
    (0.9, ("qgcn-full", "qgcn-wo-lq", "qgcn-wo-lf")),  # [O]
    (0.11, tuple(f"adafm-denoise-basic-s{sigma}" for sigma in (25, 35, 50))),
    (0.11, tuple(f"adafm-denoise-s15-s{end}-k1" for end in (25, 35, 50))),
    (0.11, tuple(f"adafm-dejpeg-basic-q{quality}" for quality in (60, 40, 20))),
    (0.11, tuple(f"adafm-dejpeg-q80-q{end}-k1" for end in (60, 20))),
    (0.11, tuple(f"adafm-sr-basic-x{factor}" for factor in (2, 5, 6))),
    (
        0.11,
        tuple(
            f"adafm-sr-{ends}-k5" for ends in ("x2-x3", "x4-x5", "x5-x6", "x2-x4", "x3-x5", "x4-x6", "x4-x2")
        ),
    ),
    (0.11, tuple(f"adafm-denoise-{rival}" for rival in ("bn-s15", "cin-s15-s75", "in-s15", "in-s15-s75"))),
    (0.11, tuple(f"adafm-dejpeg-{rival}" for rival in ("bn-q80", "cin-q80-q10", "in-q80", "in-q80-q10"))),
    (0.11, tuple(f"adafm-sr-{rival}" for rival in ("bn-x3", "cin-x3-x4", "in-x3", "in-x3-x4"))),
)
LONGER = 30_000  # steps of
LONG = (
    *("adafm-denoise-basic-s15", "adafm-denoise-basic-s75"),
    *("adafm-dejpeg-basic-q80", "adafm-dejpeg-basic-q10"),
    *("adafm-sr-basic-x3", "adafm-sr-basic-x4"),
    *("cfsnet-denoise-main-s25", "cfsnet-deblock-main-q10"),
    *("vdir-awgn", "cunet"),
)
SEEDED = (  # from every further seed
    *("adafm-denoise-basic-s15", "adafm-denoise-basic-s75", "adafm-denoise-s15-s75-k1"),
    *("adafm-dejpeg-basic-q80", "adafm-dejpeg-basic-q10", "adafm-dejpeg-q80-q10-k1"),
    *("cfsnet-denoise-main-s25", "cfsnet-denoise-tune-s50"),
    *("cfsnet-deblock-main-q10", "cfsnet-deblock-tune-q40"),
    *("vdir-awgn", "vdir-awgn-res"),
)
WITHOUT_BF16 = 3.0  # times as many seconds on a processor without avx512_bf16


@dataclass(frozen=True)
class Training:
    """A place in the queue: a run within its budget, and seconds a step as in FIRST."""

    recipe: Recipe
    seconds: float


def find(name: str, steps: int | None = None) -> Recipe:
    """Return a run at paper scale within its budget for a CPU, or within another number of steps.

    Raises KeyError naming the runs that have one.
    """
    if name not in SECONDS:
        raise KeyError(f"No run called {name} has a budget for a CPU. There are: {', '.join(SECONDS)}.")
    recipe = _RECIPES[name]
    return replace(recipe, steps=steps or recipe.steps)


def _queue() -> tuple[Training, ...]:
    first = [Training(_RECIPES[name], seconds) for name, seconds in SECONDS.items() if name not in _SEEDS]
    longer = [one for name in LONG for one in (_to(name, LONGER), *_starting_from(name, first))]
    return (*first, *longer, *(Training(_RECIPES[name], SECONDS[name]) for name in _SEEDS))


def _to(name: str, steps: int) -> Training:
    return Training(find(name, steps), SECONDS[name])


def _starting_from(name: str, trainings: list[Training]) -> list[Training]:
    return [one for one in trainings if name in one.recipe.needs]


_RECIPES = {
    recipe.name: recipe
    for recipes in (
        adafm.runs(adafm.CPU),
        cfsnet.runs(cfsnet.CPU),
        vdir.runs(vdir.CPU),
        cugan.runs(cugan.CPU),
        qgcn.continued(qgcn.CPU),
    )
    for recipe in recipes
}
_SEEDS = tuple(seeded_name(name, seed) for seed in SEEDS[1:] for name in SEEDED)
SECONDS = {name: seconds for seconds, names in FIRST for name in names}
SECONDS |= {seeded_name(name, seed): SECONDS[name] for seed in SEEDS[1:] for name in SEEDED}
QUEUE = _queue()
