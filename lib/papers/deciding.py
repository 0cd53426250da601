"""How sure a difference is, over images and over trainings, and what that decides about a bound.

A difference is measured on n images with S trainings, each from its own seed. Images and seeds are both
samples: another training, or other images, would give another mean. The variance of the mean is that of a
crossed design with one value in each cell, and its interval a t interval with Satterthwaite's degrees of
freedom. (A bootstrap over three seeds would cover 73 % where it says 95.)
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import stats

from lib.papers.scores import DECIMALS, Scores, difference

CONFIDENCE = 0.95
# [O] Fixed before any verdict was seen: how far another training may move a value of which only one was made.
ONE_TRAINING_DB = 0.15  # of decibels; the spread of three seeds of the compact networks is about half of it
ONE_TRAINING_SHARE = 0.1  # of the bound, or of the value where that is 0, in other units


@dataclass(frozen=True)
class Sample:
    """A quantity on images, once for every training. unit: as of its metric."""

    trainings: tuple[Scores, ...]
    unit: str = "dB"

    @cached_property
    def values(self) -> np.ndarray:
        """Return (S, n): the images that all trainings have."""
        shared = [i for i in self.trainings[0] if all(i in scores for scores in self.trainings)]
        return np.array([[scores[i] for i in shared] for scores in self.trainings])

    @property
    def mean(self) -> float:
        """Return the mean over trainings and images."""
        return float(self.values.mean())

    def error(self) -> tuple[float, float]:
        """Return the standard error of the mean and its degrees of freedom."""
        values = self.values
        seeds, images = values.shape
        by_seed, by_image = values.mean(1), values.mean(0)
        terms = []  # (mean square, its degrees of freedom, its sign)
        if seeds > 1:
            terms.append((images * by_seed.var(ddof=1), seeds - 1, 1))
        if images > 1:
            terms.append((seeds * by_image.var(ddof=1), images - 1, 1))
        if seeds > 1 and images > 1:
            rest = values - by_seed[:, None] - by_image + values.mean()
            freedom = (seeds - 1) * (images - 1)
            terms.append(((rest**2).sum() / freedom, freedom, -1))
        variance = sum(sign * square for square, _, sign in terms)
        largest = max((square for square, _, _ in terms), default=0.0)
        variance = max(variance, largest)  # never less than one source alone would leave
        weights = sum(square**2 / freedom for square, freedom, _ in terms)
        freedom = variance**2 / weights if weights else np.inf
        return float(np.sqrt(variance / (seeds * images))), float(freedom)

    def interval(self, confidence: float = CONFIDENCE) -> tuple[float, float]:
        """Return the t interval of the mean."""
        error, freedom = self.error()
        reach = error * float(stats.t.ppf(0.5 + confidence / 2, freedom)) if error else 0.0
        return self.mean - reach, self.mean + reach

    def reach(self, bound: float) -> tuple[float, float]:
        """Return the interval, wider by what another training may change where there was only one."""
        low, high = self.interval()
        return low - self._slack(bound), high + self._slack(bound)

    def p_value(self, bound: float) -> float:
        """Return the two-sided probability of a mean this far from the bound by chance: farther than another
        training may change it, where there was only one."""
        error, freedom = self.error()
        beyond = max(abs(self.mean - bound) - self._slack(bound), 0.0)
        return float(2 * stats.t.sf(beyond / error, freedom)) if error else float(beyond == 0)

    def _slack(self, bound: float) -> float:
        if len(self.trainings) > 1:
            return 0.0
        return ONE_TRAINING_DB if self.unit == "dB" else ONE_TRAINING_SHARE * abs(bound or self.mean)

    def __sub__(self, other: "Sample") -> "Sample":
        """Return the difference image by image, training by training as far as both go."""
        pairs = zip(self.trainings, other.trainings, strict=False)
        return Sample(tuple(difference(a, b) for a, b in pairs), self.unit)

    def __rmul__(self, factor: float) -> "Sample":
        scaled = ({image: factor * value for image, value in one.items()} for one in self.trainings)
        return Sample(tuple(scaled), self.unit)

    def __abs__(self) -> "Sample":
        """Return it with the sign that makes its mean positive."""
        return -1.0 * self if self.mean < 0 else self

    def __str__(self) -> str:
        """Return `0.21 [0.18, 0.25]`."""
        low, high = self.interval()
        digits = DECIMALS.get(self.unit, 3)
        return f"{self.mean:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def single(value: float, unit: str = "1") -> Sample:
    """Return a number of one training that is no mean over images."""
    return Sample(({"": value},), unit)


def told(samples: Sequence[Sample]) -> str:
    """Return means with intervals, their unit where it has a name, and of how many trainings they are."""
    counts = sorted({len(sample.trainings) for sample in samples})
    unit = " dB" if samples[0].unit == "dB" else ""
    if counts == [1]:
        made = "one training" if len(samples) == 1 else "one training each"
    else:
        made = f"{' to '.join(str(count) for count in (counts[0], counts[-1])[: len(counts)])} trainings"
    return f"{', '.join(map(str, samples))}{unit} ({made})"


@dataclass(frozen=True)
class Margin:
    """By how much a mean is on the right side of a bound, from low to high: what decides a comparison.

    among: of how many comparisons it is the one that is nearest to failing, or furthest beyond.
    """

    sample: Sample
    bound: float
    value: float
    low: float
    high: float
    among: int = 1

    def __neg__(self) -> "Margin":
        return replace(self, value=-self.value, low=-self.high, high=-self.low)

    @property
    def p(self) -> float:
        """Return the probability of its distance by chance; of a failure, in any of as many comparisons."""
        p = self.sample.p_value(self.bound)
        return min(1.0, self.among * p) if self.high < 0 else p

    def rank(self) -> tuple[bool, bool, float]:
        """Return what is lower the nearer it is to failing, in widths of its interval."""
        return self.high >= 0, self.low > 0, self.value / max(self.high - self.low, 1e-12)


@dataclass(frozen=True)
class Decision:
    """Whether something holds, None where that is undecided, and the margin by which, of a comparison."""

    holds: bool | None
    margin: Margin | None = None

    def __bool__(self) -> bool:
        return self.holds is True

    def __invert__(self) -> "Decision":
        return Decision(None if self.holds is None else not self.holds, self.margin and -self.margin)


def above(sample: Sample, bound: float) -> Decision:
    """Return whether the mean is above a bound; undecided where the interval does not clear it."""
    low, high = (end - bound for end in sample.reach(bound))
    holds = True if low > 0 else False if high < 0 else None
    return Decision(holds, Margin(sample, bound, sample.mean - bound, low, high))


def below(sample: Sample, bound: float) -> Decision:
    """Return whether the mean is below a bound; undecided where the interval does not clear it."""
    return ~above(sample, bound)


def within(sample: Sample, margin: float, around: float = 0.0) -> Decision:
    """Return whether the mean is equivalent to `around`: its whole interval within the margin of it.

    Not where the whole interval is outside; undecided otherwise. The margin is stated before measuring.
    """
    low, high = sample.reach(margin)
    least, most = sorted(margin - abs(end - around) for end in (low, high))
    most = margin if low <= around <= high else most
    nearest = around + np.copysign(margin, sample.mean - around)
    holds = True if least >= 0 else False if most < 0 else None
    return Decision(holds, Margin(sample, nearest, margin - abs(sample.mean - around), least, most))


def higher(a: Sample, b: Sample) -> Decision:
    """Return whether the mean of one sample is above that of one on other images; undecided where their
    intervals meet."""
    (low, high), (least, most) = a.reach(0), b.reach(0)
    holds = True if low > most else False if high < least else None
    end = most if a.mean > b.mean else least
    return Decision(holds, Margin(a, end, a.mean - b.mean, low - most, high - least))


def every(decisions: Sequence[Decision | bool | None]) -> Decision:
    """Return whether all hold: not where one does not, undecided where one is and none fails."""
    all_of = [one if isinstance(one, Decision) else Decision(one) for one in decisions]
    said = [one.holds for one in all_of]
    margins = [one.margin for one in all_of if one.margin]
    among = sum(margin.among for margin in margins)
    margin = replace(min(margins, key=Margin.rank), among=among) if margins else None
    return Decision(False if False in said else None if None in said else True, margin)


def holm(p_values: Sequence[float], level: float = 1 - CONFIDENCE) -> list[bool]:
    """Return which of several results stand when the chance of any false one is kept at `level`.

    Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 1979.
    """
    order = np.argsort(p_values)
    stands = [False] * len(p_values)
    for rank, place in enumerate(order):
        if p_values[place] > level / (len(p_values) - rank):
            break
        stands[place] = True
    return stands
