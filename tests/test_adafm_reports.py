"""AdaFM's claims: a wrong network contradicts each."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd
import pytest
from evidence import Several

from lib.evaluation.measure import Setting
from lib.evaluation.results import Stored
from lib.papers.adafm.claims import CLAIMS
from lib.papers.adafm.subjects import (
    ARCNN_FILTERS,
    COEFS,
    DENOISING,
    INSIDE,
    JPEG,
    KERNELS,
    SCRATCH,
    SR,
    SUBJECTS,
)
from lib.papers.judging import judge

LEVELS = {DENOISING: (15, 25, 35, 50, 75), JPEG: (80, 60, 40, 20, 10), SR: (2, 3, 4, 5, 6)}
STAGES = {
    subject.stage(start, end, k): (start, end, k)
    for subject, levels in LEVELS.items()
    for start in levels
    for end in levels
    for k in KERNELS
}
ALIKE = 30.0  # dB

Rule = Callable[[Setting], float]


@dataclass(frozen=True)
class World(Several):
    """Networks of which `rule` says the PSNR, the same on two images; with it, best coefficients, facts and
    what was logged."""

    rule: Rule = lambda setting: ALIKE
    knob: Callable[[float], float] = lambda level: 0.5
    numbers: dict[str, float] = field(default_factory=dict)

    def scores(self, item, setting):
        return dict.fromkeys("ab", self.rule(setting))

    def best(self, item, setting):
        level = float("".join(c for c in setting.protocol.level.name if c in "0123456789."))
        return Stored((self.knob(level),), self.scores(item, setting), {})

    def fact(self, item, name):
        return self.numbers[name]

    def training_curve(self, run):
        return pd.DataFrame({"step": [250, 500, 750, 1000], "validation_psnr_y": ALIKE})


def distance(far: Callable[[int, int], float]) -> Rule:
    """Adapted networks that lie so far below dedicated ones, by the levels they lead from and to."""
    return lambda s: ALIKE - far(*STAGES[s.network][:2]) if s.network in STAGES else ALIKE


def filters(gain: float) -> Rule:
    """What each pixel more of a filter's side adds."""
    return lambda s: ALIKE + gain * STAGES[s.network][2]


def only(networks: set[str], psnr: float) -> Rule:
    return lambda s: psnr if s.network in networks else ALIKE


def turned(psnr: Callable[[float], float]) -> Rule:
    return lambda s: psnr(s.knobs[0])


MADE_FILTERS = {"fine-tuned": 0.95, "independent": 0.98, "trained from start": 0.9}


def per_task(name: str, why: str, rule: Callable[..., Rule], *tasks) -> list[tuple[str, str, Rule]]:
    return [(f"{name} ({task.title})", why, rule(task)) for task in tasks or SUBJECTS]


WRONG_PSNR = [
    *per_task("known networks", "far below print", lambda t: lambda s: 20.0),
    *per_task("larger filters do not hurt", "they do", lambda t: filters(-0.1)),
    *per_task("how much filter size matters", "the other way", lambda t: filters(0.0 if t is SR else 0.1)),
    *per_task("5x5 is enough", "7x7 adds as much as 5x5", lambda t: filters(0.1)),
    *per_task("AdaFM beats its rivals", "AdaBN is ahead", lambda t: only({t.adabn}, 31.0)),
    *per_task("AdaBN collapses", "it does not", lambda t: only(set(), 0.0)),
    *per_task("conditional IN falls short", "it does not", lambda t: only(set(), 0.0)),
    ("easy to hard beats hard to easy", "farther", distance(lambda a, b: 0.5 if a < b else 0.1)),
    ("a harder start is nearer", "farther", distance(lambda a, b: 0.1 * a)),
    ("a wider range is farther", "nearer", distance(lambda a, b: 0.5 - 0.1 * (b - a))),
    ("x2 to x4 is too far", "no distance", distance(lambda a, b: 0.0)),
    *per_task(
        "distance grows with range", "it shrinks",
        lambda t: distance(lambda a, b: 1 - 0.01 * abs(b - a)), DENOISING, JPEG,
    ),
    *per_task("easy to hard is close", "half a dB off", lambda t: distance(lambda *_: 0.5), DENOISING, JPEG),
    *per_task("hard to easy is worse", "as far", lambda t: distance(lambda *_: 0.5), DENOISING, JPEG),
    ("a wrong level does harm", "that for 10 is better", only({JPEG.basic(10)}, 31.0)),
    *per_task("an interior coefficient is best", "an end is", lambda t: turned(lambda coef: 30 + coef)),
    *per_task("the effect is smooth", "a detour", lambda t: turned(lambda coef: 30 - 9 * coef * (1 - coef))),
    ("a filter g bridges levels", "no nearer", only({*ARCNN_FILTERS.values(), "adafm-arcnn-s15"}, 29.0)),
    ("1x1 converges lower", "all alike", only(set(), 0.0)),
    ("no quality is far", "half a dB off", distance(lambda *_: 0.5)),
    ("a short range is nearer", "farther", distance(lambda a, b: 0.5 if b == 40 else 0.1)),
    ("no noise level is far", "half a dB off", distance(lambda *_: 0.5)),
    ("layers stand before the activation", "after it is better", only({f"{SR.wide}-postact"}, 30.5)),
    ("residual blocks are enough", "more layers gain", only({f"{SR.wide}-allconv"}, 30.3)),
    ("no more capacity", "it adds", only({SCRATCH}, 30.3)),
    *per_task(
        "small ranges are more accurate", "they are less",
        lambda t: only({t.piecewise(level).network for level in INSIDE[t]}, 29.5), *INSIDE,
    ),
]  # fmt: skip
WRONG_KNOBS = [
    ("the wide range follows a curve", "one for all", lambda level: 0.5),
    ("the short range follows a line", "one for all between the ends", lambda level: 0.5),
    ("one curve gives the knob (denoising)", "falls with the level", lambda sigma: 1 - sigma / 100),
    ("one curve gives the knob (super-resolution)", "falls with the factor", lambda factor: 4 - factor),
]
WRONG_FACTS = [
    ("filters stay alike", "as far as two random starts", MADE_FILTERS),
    ("few parameters", "a twentieth", {f"{k}x{k}": 5.0 for k in KERNELS} | {"filters": 2048}),
]


def said(part) -> str:
    return part if isinstance(part, str) else ""


@pytest.mark.parametrize(("claim", "why", "rule"), WRONG_PSNR, ids=said)
def test_a_wrong_network_contradicts_a_claim(claim, why, rule):
    found = judge(CLAIMS[claim], World("adafm", "paper", rule=rule))
    assert found.verdict == "differs", found.measured


@pytest.mark.parametrize(("claim", "why", "knob"), WRONG_KNOBS, ids=said)
def test_wrong_coefficients_contradict_a_claim(claim, why, knob):
    found = judge(CLAIMS[claim], World("adafm", "paper", knob=knob))
    assert found.verdict == "differs", found.measured


@pytest.mark.parametrize(("claim", "why", "numbers"), WRONG_FACTS, ids=said)
def test_a_wrong_fact_contradicts_a_claim(claim, why, numbers):
    found = judge(CLAIMS[claim], World("adafm", "paper", numbers=numbers))
    assert found.verdict == "differs", found.measured


def test_every_claim_has_a_control():
    assert {claim for claim, *_ in (*WRONG_PSNR, *WRONG_KNOBS, *WRONG_FACTS)} == set(CLAIMS)


def test_a_network_that_turns_as_it_should_contradicts_no_claim_on_turning():
    """The same worlds, right: a hill over the coefficients of every task, above both ends by 2 dB."""
    for task in SUBJECTS:
        first, last = COEFS[task][0], COEFS[task][-1]
        middle, half = (first + last) / 2, (last - first) / 2
        world = World("adafm", "paper", rule=turned(lambda c, m=middle, h=half: 30 - 2 * ((c - m) / h) ** 2))
        for name in ("an interior coefficient is best", "the effect is smooth"):
            assert judge(CLAIMS[f"{name} ({task.title})"], world).verdict == "holds"
