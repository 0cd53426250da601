"""What a claim is, and what the stored rows say of it: nothing is measured or drawn here."""

import functools
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Literal

import pandas as pd

from lib.base import paths
from lib.base.rows import Rows, read
from lib.evaluation.measure import UNITS, Setting
from lib.evaluation.results import Store, Stored
from lib.papers import facts
from lib.papers.deciding import Decision, Margin, Sample, every
from lib.papers.scores import Scores, difference
from lib.papers.shares import ENOUGH, shares, told
from lib.recipes import Scale, queue
from lib.recipes.common import SEEDS, seeded_name
from lib.training.checkpoints import path_of
from lib.training.networks import PAIRS, PUBLISHED, WEIGHTLESS

Verdict = Literal["holds", "differs", "undecided", "not tested"]
Finding = tuple[Decision | bool | None, str]  # whether it holds (None: cannot be said); what was measured
SCALES: tuple[Scale, ...] = ("compact", "paper")
PRINTED_AS = {
    "div2k-valid": ("div2k100",),
    "bsds500-val": ("bsds500", "bsd100"),
    "bsd68": ("bsd68 gray",),
    "sidd-valid": ("sidd validation", "sidd"),
}


class NotMeasured(LookupError):
    """What a claim rests on is not stored, or, with a reason, says nothing of it."""


@dataclass(frozen=True)
class Quote:
    """A number that the paper prints, by its place in results/printed; `dataset` as it is written there."""

    item: str
    dataset: str
    method: str
    setting: str
    metric: str = "psnr"

    def __str__(self) -> str:
        """Return it with the digits that are printed; raises LookupError where it is not there."""
        wanted = {name: getattr(self, name) for name in ("item", "dataset", "method", "setting", "metric")}
        for row in printed(self.item.split("-")[0]):
            if all(row[name].lower() == value.lower() for name, value in wanted.items()):
                return row["value"]
        raise LookupError(f"results/printed has no {wanted}.")

    def __float__(self) -> float:
        return float(str(self))


@dataclass(frozen=True)
class Gap:
    """By how much one printed number is above another: what a sentence says where only both are printed."""

    more: Quote
    less: Quote

    def __str__(self) -> str:
        """Return it with the digits of the first; raises LookupError where either is not there."""
        _, _, digits = str(self.more).partition(".")
        return f"{float(self):.{len(digits)}f}"

    def __float__(self) -> float:
        return float(self.more) - float(self.less)

    def __format__(self, rounded: str) -> str:
        """Return it as `.1f` and the like say."""
        return format(float(self), rounded) if rounded else str(self)


@dataclass(frozen=True)
class Evidence:
    """What is stored of a paper at one scale."""

    paper: str
    scale: Scale
    folder: Path = paths.MEASURED
    checkpoints: Path = paths.CHECKPOINTS
    networks: set[str] = field(default_factory=set, compare=False)  # of which something was read

    @cached_property
    def store(self) -> Store:
        return Store(self.paper, self.folder)

    @cached_property
    def facts(self) -> dict[tuple[str, str, str], float]:
        return facts.load(self.paper, self.folder)

    def scores(self, item: str, setting: Setting) -> Scores:
        """Return the values of a setting image by image; raises NotMeasured."""
        return self._known(self.store.find(item, self.scale, setting), setting.network).scores

    def gap(self, item: str, more: Setting, less: Setting) -> Scores:
        """Return by how much one setting is above another, image by image; raises NotMeasured."""
        return difference(self.scores(item, more), self.scores(item, less))

    def difference(self, item: str, more: Setting, less: Setting) -> Sample:
        """Return the gap for every training of both: the first, and each further seed that both have.

        Raises NotMeasured where the first is not.
        """
        return self._over_trainings(partial(self.gap, item), more, less)

    def short_of(self, item: str, own: Setting, turned: Setting) -> Sample:
        """Return by how much a setting at its best knob falls short of another, for every training of both.

        Raises NotMeasured where the first is not.
        """

        def gap(own: Setting, turned: Setting) -> Scores:
            return difference(self.scores(item, own), self.best(item, turned).scores)

        return self._over_trainings(gap, own, turned)

    def sample(self, item: str, setting: Setting) -> Sample:
        """Return the values of a setting for every training of its network; raises NotMeasured."""
        return self._over_trainings(partial(self.scores, item), setting)

    def _over_trainings(self, measured: Callable[..., Scores], *settings: Setting) -> Sample:
        trainings = [measured(*settings)]
        for seed in SEEDS[1:]:
            again = tuple(seeded(setting, seed) for setting in settings)
            if None not in again and again != settings:
                with suppress(NotMeasured):
                    trainings.append(measured(*again))
        return Sample(tuple(trainings), UNITS[settings[0].protocol.metric])

    def at_best(self, item: str, setting: Setting) -> Sample:
        """Return the values of a setting at its best knob, for every training; raises NotMeasured."""
        return self._over_trainings(lambda one: self.best(item, one).scores, setting)

    def ahead(self, item: str, more: Setting, less: Setting) -> Sample:
        """Return by how much one setting at its best knob is above another at its own, for every training of
        both; raises NotMeasured where the first is not."""

        def gap(more: Setting, less: Setting) -> Scores:
            return difference(self.best(item, more).scores, self.best(item, less).scores)

        return self._over_trainings(gap, more, less)

    def best(self, item: str, setting: Setting) -> Stored:
        """Return the setting at the knob that was found best; raises NotMeasured."""
        return self._known(self.store.find_best(item, self.scale, setting), setting.network)

    def fact(self, item: str, name: str) -> float:
        """Return a stored number; raises NotMeasured."""
        return self._known(self.facts.get((item, self.scale, name)))

    def facts_by_image(self, item: str, name: str) -> Scores:
        """Return the facts called `<name>: <image>`, image by image; raises NotMeasured."""
        found = {
            fact.removeprefix(f"{name}: "): value
            for (of, scale, fact), value in self.facts.items()
            if (of, scale) == (item, self.scale) and fact.startswith(f"{name}: ")
        }
        return self._known(found or None)

    def training_curve(self, run: str) -> pd.DataFrame:
        """Return what a training logged; raises NotMeasured where the run is not trained."""
        path = path_of(run, self.scale, self.checkpoints).with_suffix(".csv")
        return pd.read_csv(self._known(path if path.exists() else None, run))

    def _known(self, found, network: str = ""):
        if found is None:
            raise NotMeasured
        self.networks.update({network} - {""})
        return found


def seeded(setting: Setting, seed: int) -> Setting | None:
    """Return the setting with its network trained from another seed; the same where nothing of it is trained
    here, None where there is no such run."""
    if setting.network in WEIGHTLESS or setting.network in PUBLISHED:
        return setting
    name = seeded_name(setting.network, seed)
    return replace(setting, network=name) if name in _runs() else None


@functools.cache
def _runs() -> frozenset[str]:
    """Of networks trained here, those of two runs too."""
    return frozenset((*(recipe.name for recipe in queue("compact")), *PAIRS))


@dataclass(frozen=True)
class Claim:
    """One testable sentence of a paper.

    item: the table or figure it stands on. sentence: with a {} for every quote. test: judges the evidence.
    headline: one of the paper's two or three that three trainings of both sides are measured for.
    bound: what decides, and whether the paper says so or we do, and why. full_size: on absolute numbers, or
    on a comparison with networks of full size, so that smaller ones say nothing, nor those that were trained
    for less than ENOUGH of their schedule. needs: what its rows need
    that is not at hand.
    """

    name: str
    item: str
    sentence: str
    test: Callable[[Evidence], Finding]
    quotes: tuple[Quote | Gap, ...] = ()
    bound: str = ""
    full_size: bool = False
    needs: str = ""
    headline: bool = False

    @property
    def paper(self) -> str:
        """Return the sentence with the numbers that the paper prints."""
        return self.sentence.format(*self.quotes)


@dataclass(frozen=True)
class Judged:
    """A claim, what was measured (with intervals), at which scale, the verdict, the margin that decides."""

    claim: Claim
    scale: str
    measured: str
    verdict: Verdict
    margin: Margin | None = None


def judge(claim: Claim, evidence: Evidence) -> Judged:
    """Return what the stored rows say of a claim at their scale."""
    if claim.full_size and evidence.scale != "paper":
        return Judged(claim, evidence.scale, "says nothing of smaller networks", "not tested")
    evidence.networks.clear()
    try:
        said, text = claim.test(evidence)
    except NotMeasured as reason:
        missing = "needs networks at paper scale" if evidence.scale == "paper" else "not measured"
        return Judged(claim, evidence.scale, str(reason) or claim.needs or missing, "not tested")
    found = shares(evidence.networks, evidence.checkpoints) if evidence.scale == "paper" else []
    text += f"; trained for {told(found)}" * bool(found)
    if claim.full_size and any(share.part < ENOUGH for share in found):
        return Judged(claim, evidence.scale, f"{text}: judged from {100 * ENOUGH:g} % on", "not tested")
    decision = every([said])
    verdict = "undecided" if decision.holds is None else "holds" if decision.holds else "differs"
    return Judged(claim, evidence.scale, text, verdict, decision.margin)


def judge_all(
    paper: str, claims: Iterable[Claim], folder: Path = paths.MEASURED, checkpoints: Path = paths.CHECKPOINTS
) -> list[Judged]:
    """Return every claim of a paper judged at both scales, the compact one first."""
    claims = tuple(claims)
    found = []
    for scale in SCALES:
        evidence = Evidence(paper, scale, folder, checkpoints)
        found += [judge(claim, evidence) for claim in claims]
    return found


@functools.cache
def printed(paper: str) -> Rows:
    """Return the numbers that a paper prints."""
    return read(paths.PRINTED / f"{paper}.csv")
