"""The claims of AdaFM (He, Dong, Qiao, CVPR 2019) that a measurement can hold or contradict."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np

from lib.evaluation.measure import Setting, fit_curve
from lib.papers.adafm.subjects import (
    ARCNN_FILTERS,
    ARCNN_START,
    ARCNN_TUNED,
    BETWEEN,
    COEFS,
    CURVES,
    DENOISING,
    EASY_TO_HARD,
    INSIDE,
    JPEG,
    KERNELS,
    NOISE_LEVELS,
    ONE_FACTOR,
    PIECEWISE,
    SCRATCH,
    SHORT_QUALITIES,
    SR,
    TWO_FACTORS,
    WIDE_QUALITIES,
    Subject,
    there_and_back,
)
from lib.papers.deciding import Decision, Sample, above, below, every, single, told, within
from lib.papers.judging import Claim, Evidence, Finding, Quote

# Items made when they are shown; no rows are kept.
LIVE = ("adafm-fig4", "adafm-fig5", "adafm-training")
GOOD = 0.205  # dB: up to 0.20, rounded, the paper calls a distance good
SETTLED = 0.25  # of the training steps: "from early on"
PAPERS, OURS = "the paper's", "ours"

Test = Callable[[Evidence], Finding]


def _known_network(subject: Subject, level: int, rival: str) -> Claim:
    item, written = "adafm-table1", subject.level(level)
    ours, theirs = (Quote(item, subject.dataset, name, written) for name in ("basic model", rival))

    def test(e: Evidence) -> Finding:
        sample = e.sample(item, Setting(subject.basic(level), (), subject.on(level)))
        return above(sample, float(theirs)), f"{told([sample])} against {theirs} dB"

    return Claim(
        f"known networks ({subject.title})",
        item,
        f"The basic model is at least as good as {rival} at {subject.spelt(level)} on {subject.set_title} "
        "({} against {} dB).",
        test,
        (ours, theirs),
        full_size=True,
        bound=f"{PAPERS}: at least as good",
    )


# --- table 2 -----------------------------------------------------------------------------------------


def _with_filters(subject: Subject, k: int) -> Setting:
    return Setting(subject.stage(subject.start, subject.end, k), (1.0,), subject.on(subject.end))


def _never_falls(subject: Subject) -> Claim:
    item = "adafm-table2"

    def test(e: Evidence) -> Finding:
        settings = [_with_filters(subject, k) for k in KERNELS]
        steps = [e.difference(item, larger, smaller) for smaller, larger in pairwise(settings)]
        return every([above(step, 0) for step in steps]), f"1x1 to 3x3, to 5x5, to 7x7: {told(steps)}"

    return Claim(
        f"larger filters do not hurt ({subject.title})",
        item,
        "PSNR at the end level does not fall as the filter grows from 1x1 to 7x7.",
        test,
        bound=f"{PAPERS}: no step down",
    )


def _filters_matter(subject: Subject) -> Claim:
    least = "3x3 filters gain more than 0.4 dB over 1x1 on Set5."
    most = "7x7 filters gain less than 0.1 dB over 1x1."
    larger, fits = (3, partial(above, bound=0.4)) if subject is SR else (7, partial(below, bound=0.1))
    return Claim(
        f"how much filter size matters ({subject.title})",
        "adafm-table2",
        least if subject is SR else most,
        _gain(subject, larger, 1, fits),
        bound=f"{OURS}, between what the paper prints for the three tasks",
    )


def _five_is_enough(subject: Subject) -> Claim:
    return Claim(
        f"5x5 is enough ({subject.title})",
        "adafm-table2",
        "7x7 filters gain at most 0.03 dB over 5x5.",
        _gain(subject, 7, 5, partial(below, bound=0.035)),
        bound=f"{OURS}: the largest printed gain, rounding included",
    )


def _gain(subject: Subject, larger: int, smaller: int, fits: Callable[[Sample], Decision]) -> Test:
    def test(e: Evidence) -> Finding:
        item = "adafm-table2"
        sample = e.difference(item, _with_filters(subject, larger), _with_filters(subject, smaller))
        return fits(sample), told([sample])

    return test


# --- table 3 -----------------------------------------------------------------------------------------


def _behind_adafm(e: Evidence, subject: Subject, rival: str) -> list[Sample]:
    """How far a rival is below AdaFM-Net, at the start and at the end level."""
    return [
        e.difference(
            "adafm-table3",
            Setting(subject.wide, (coef,), subject.on(level)),
            Setting(rival, (coef,), subject.on(level)),
        )
        for coef, level in ((0.0, subject.start), (1.0, subject.end))
    ]


def _beats_rivals(subject: Subject) -> Claim:
    def test(e: Evidence) -> Finding:
        gaps = _behind_adafm(e, subject, subject.adabn)
        gaps += _behind_adafm(e, subject, subject.conditioned)
        text = f"ahead of AdaBN at start and end, of conditional IN at start and end by {told(gaps)}"
        return every([above(gap, 0) for gap in gaps]), text

    return Claim(
        f"AdaFM beats its rivals ({subject.title})",
        "adafm-table3",
        "AdaFM-Net is above AdaBN and conditional IN at the start and at the end level.",
        test,
        bound=f"{PAPERS}: above",
    )


def _adabn_collapses(subject: Subject) -> Claim:
    def test(e: Evidence) -> Finding:
        start, end = _behind_adafm(e, subject, subject.adabn)
        text = f"short at the start and at the end by {told([start, end])}"
        return every([within(start, 0.6), above(end, 1.5)]), text

    return Claim(
        f"AdaBN collapses ({subject.title})",
        "adafm-table3",
        "AdaBN is within 0.6 dB at the start level and more than 1.5 dB short at the end level.",
        test,
        bound=f"{OURS}, around what the paper prints",
    )


def _conditional_falls_short(subject: Subject) -> Claim:
    least = 0.4 if subject is JPEG else 0.5

    def test(e: Evidence) -> Finding:
        gaps = _behind_adafm(e, subject, subject.conditioned)
        return every(
            [above(gap, least) for gap in gaps]
        ), f"short at start and end by {told(gaps)}"

    return Claim(
        f"conditional IN falls short ({subject.title})",
        "adafm-table3",
        f"Conditional IN is at least {least} dB short at both levels.",
        test,
        bound=f"{OURS}, below the least that the paper prints",
    )


# --- tables 4 and 5 ----------------------------------------------------------------------------------


def _distance(e: Evidence, item: str, subject: Subject, ends: tuple[int, int]) -> Sample:
    """|PSNR of the network trained on the end level - PSNR of the adapted one|, as the paper defines it."""
    start, end = ends
    protocol = subject.on(end)
    basic, stage = (subject.basic(end), ()), (subject.stage(start, end), (1.0,))
    return abs(e.difference(item, *(Setting(*network, protocol) for network in (basic, stage))))


def _printed_distance(item: str, subject: Subject, start: int, end: int) -> Quote:
    return Quote(item, subject.dataset, "distance", subject.range(start, end), "psnr_distance")


def _nearer(*sides: tuple[tuple[int, int], tuple[int, int]]) -> Test:
    """Whether the first pair of each is nearer to its dedicated network than the second."""

    def test(e: Evidence) -> Finding:
        pairs = [[_distance(e, "adafm-table4", SR, ends) for ends in side] for side in sides]
        text = "; ".join(
            f"{SR.range(*a)} and {SR.range(*b)}: {told(pair)}"
            for (a, b), pair in zip(sides, pairs, strict=True)
        )
        return every([above(far - near, 0) for near, far in pairs]), text

    return test


def _harder_start(e: Evidence) -> Finding:
    item = "adafm-table4"
    groups = [[_distance(e, item, SR, pair) for pair in group] for group in (ONE_FACTOR, TWO_FACTORS)]
    falls = [above(a - b, 0) for group in groups for a, b in pairwise(group)]
    return every(falls), "; ".join(map(told, groups))


def _too_far(e: Evidence) -> Finding:
    sample = _distance(e, "adafm-table4", SR, (2, 4))
    return above(sample, 0.3), told([sample])


def _easy(e: Evidence, subject: Subject) -> list[Sample]:
    return [_distance(e, "adafm-table5", subject, pair) for pair in there_and_back(subject)[:-1]]


def _grows(subject: Subject) -> Claim:
    first, last = EASY_TO_HARD[subject][0], EASY_TO_HARD[subject][-1]

    def test(e: Evidence) -> Finding:
        samples = _easy(e, subject)
        levels = ", ".join(str(end) for end in EASY_TO_HARD[subject])
        return every([above(b - a, 0) for a, b in pairwise(samples)]), f"to {levels}: {told(samples)}"

    return Claim(
        f"distance grows with range ({subject.title})",
        "adafm-table5",
        "The distance to a dedicated network grows with the range, from "
        f"{subject.spelt(subject.start)}->{first} to {subject.start}->{last}.",
        test,
        bound=f"{PAPERS}: every step grows",
    )


def _close(subject: Subject) -> Claim:
    def test(e: Evidence) -> Finding:
        samples = _easy(e, subject)
        largest = max(samples, key=lambda sample: sample.mean)
        return every([below(sample, GOOD) for sample in samples]), f"largest {told([largest])}"

    return Claim(
        f"easy to hard is close ({subject.title})",
        "adafm-table5",
        "Every easy-to-hard distance is at most 0.20 dB.",
        test,
        bound=f"{PAPERS}: 0.2 dB",
        headline=True,
    )


def _back_is_worse(subject: Subject) -> Claim:
    item, (*_, there, back) = "adafm-table5", there_and_back(subject)

    def test(e: Evidence) -> Finding:
        home, out = (_distance(e, item, subject, pair) for pair in (back, there))
        return above(home - 3 * out, 0), f"{told([home, out])}: {home.mean / out.mean:.1f} times"

    return Claim(
        f"hard to easy is worse ({subject.title})",
        item,
        f"From hard to easy, {subject.spelt(back[0])}->{back[1]}, is at least three times as far as "
        f"{there[0]}->{there[1]} ({{}} against {{}} dB).",
        test,
        (_printed_distance(item, subject, *back), _printed_distance(item, subject, *there)),
        bound=f"{OURS}: three times, where five times are printed",
    )


# --- figures -----------------------------------------------------------------------------------------


def _wrong_level(e: Evidence) -> Finding:
    right, *wrong = (Setting(JPEG.basic(q), (), JPEG.on(30)) for q in (30, 80, 10))
    losses = [e.difference("adafm-fig1", right, other) for other in wrong]
    return every([above(loss, 0) for loss in losses]), f"those for 80 and for 10 short by {told(losses)}"


def _interior(subject: Subject) -> Claim:
    least = 0.0 if subject is SR else 0.5  # dB, above either end

    def test(e: Evidence) -> Finding:
        turned = _turned(e, subject)
        first, *inside, last = turned.values()
        best = max(inside, key=lambda sample: sample.mean)
        return every([above(best - end, least) for end in (first, last)]), _at_coefs(turned)

    falls = "PSNR rises to an interior maximum and falls about 1 dB to either end."
    return Claim(
        f"an interior coefficient is best ({subject.title})",
        "adafm-fig2",
        "Between x3 and x4 (x3.4) PSNR has an interior maximum."
        if subject is SR
        else f"Between the levels ({subject.spelt(subject.middle)}) {falls}",
        test,
        bound=f"{OURS}: above either end by half of what is printed"
        if least
        else f"{PAPERS}: above either end",
    )


def _turned(e: Evidence, subject: Subject) -> dict[float, Sample]:
    """PSNR at the level between the ends, by coefficient."""
    protocol = subject.on(subject.middle)
    return {c: e.sample("adafm-fig2", Setting(subject.wide, (c,), protocol)) for c in COEFS[subject]}


def _at_coefs(turned: dict[float, Sample]) -> str:
    return ", ".join(f"{coef:g}: {sample.mean:.2f}" for coef, sample in turned.items()) + " dB"


def _filters_alike(e: Evidence) -> Finding:
    names = ("fine-tuned", "independent", "trained from start")
    close, control, moved = (e.fact("adafm-fig3", name) for name in names)
    text = f"{close:.3f} fine-tuned, {control:.3f} independent, {moved:.3f} from their random start"
    if moved < 0.3:
        return None, f"{text}: filters that training left where they began say nothing"
    return every([below(single(close), 0.3), above(single(control - 2 * close), 0)]), text


def _bridges(e: Evidence) -> Finding:
    item, protocol = "adafm-fig3", DENOISING.on(50)
    tuned = Setting(ARCNN_TUNED, (), protocol)
    fitted = [Setting(name, (1.0,), protocol) for name in ARCNN_FILTERS.values()]
    errors = [e.difference(item, tuned, setting) for setting in fitted]
    gap = e.difference(item, tuned, Setting(ARCNN_START, (), protocol))
    falls = [above(a - b, 0) for a, b in pairwise(errors)]
    text = f"error 1x1, 3x3, 5x5, without g: {told([*errors, gap])}"
    return every([*falls, above(0.2 * gap - errors[0], 0)]), text


def _converges_lower(e: Evidence) -> Finding:
    curves = {k: e.training_curve(SR.stage(3, 4, k)).set_index("step")["validation_psnr_y"] for k in KERNELS}
    settled = curves[1].index >= SETTLED * curves[1].index.max()
    gap = min((curves[k] - curves[1])[settled].min() for k in (5, 7))
    ends = ", ".join(f"{k}x{k}: {curve.iloc[-1]:.2f}" for k, curve in curves.items())
    text = f"at the end {ends} dB; 1x1 below by at least {gap:.2f} dB"
    return above(single(float(gap), "dB"), 0.3), text


def _smooth(subject: Subject) -> Claim:
    def test(e: Evidence) -> Finding:
        turned = _turned(e, subject)
        first, *inside, last = turned.values()
        worse = min(first, last, key=lambda end: end.mean)
        return every([above(sample - worse, 0) for sample in inside]), _at_coefs(turned)

    return Claim(
        f"the effect is smooth ({subject.title})",
        "adafm-fig2",
        "The output changes smoothly with the coefficient: between the levels PSNR never dips below both "
        "ends.",
        test,
        bound=f"{OURS}: what any detour through other images would do",
    )


def _best_knobs(
    e: Evidence, item: str, subject: Subject, ends: tuple[int, int], levels: Sequence[float]
) -> np.ndarray:
    """The best coefficient of a network at every level, (levels,); 0 and 1 at its ends, as in the paper."""
    network, fixed = subject.stage(*ends), dict(zip(ends, (0.0, 1.0), strict=True))
    return np.array(
        [
            fixed[level] if level in fixed else e.best(item, Setting(network, (), subject.on(level))).knobs[0]
            for level in levels
        ]
    )


def _fitted(levels: Sequence[float], knobs: np.ndarray, order: int) -> tuple[np.polynomial.Polynomial, float]:
    """A polynomial of knob against level, and its largest residual."""
    curve = fit_curve(np.array(levels), knobs, order)
    return curve, float(np.abs(curve(np.array(levels)) - knobs).max())


def _points(levels: Sequence[float], knobs: np.ndarray) -> str:
    return ", ".join(f"{level:g}: {knob:.2f}" for level, knob in zip(levels, knobs, strict=True))


def _wide_curve(e: Evidence) -> Finding:
    levels = WIDE_QUALITIES
    knobs = _best_knobs(e, "adafm-fig7", JPEG, (80, 10), levels)
    convex = fit_curve(np.array(levels), knobs, 2).coef[2] > 0
    grows = bool((np.diff(knobs) > 0).all())
    _, residual = _fitted(levels, knobs, 3)
    follows = below(single(residual), 0.05)
    return every([bool(convex), grows, follows]), f"{_points(levels, knobs)}; cubic within {residual:.3f}"


def _short_line(e: Evidence) -> Finding:
    knobs = _best_knobs(e, "adafm-fig7", JPEG, (80, 40), SHORT_QUALITIES)
    _, residual = _fitted(SHORT_QUALITIES, knobs, 1)
    follows = below(single(residual), 0.05)
    return follows, f"{_points(SHORT_QUALITIES, knobs)}; line within {residual:.3f}"


def _distances_at_best(
    e: Evidence, item: str, subject: Subject, ends: tuple[int, int], levels: Sequence[int]
) -> dict[int, Sample]:
    """Level -> distance to the network trained on it, at the best coefficient."""
    network = subject.stage(*ends)
    found = {}
    for level in levels:
        own = Setting(subject.basic(level), (), subject.on(level))
        found[level] = abs(e.short_of(item, own, replace(own, network=network)))
    return found


def _each(samples: dict[int, Sample]) -> str:
    return ", ".join(f"{level:g}: {sample.mean:.2f}" for level, sample in samples.items())


def _both_ranges(e: Evidence) -> list[dict[int, Sample]]:
    ranges = (((80, 10), WIDE_QUALITIES), ((80, 40), SHORT_QUALITIES))
    return [_distances_at_best(e, "adafm-fig7", JPEG, ends, levels) for ends, levels in ranges]


def _no_quality_far(e: Evidence) -> Finding:
    both = _both_ranges(e)
    text = "; ".join(_each(distances) for distances in both)
    near = [below(sample, GOOD) for distances in both for sample in distances.values()]
    return every(near), f"{text} dB"


def _short_is_nearer(e: Evidence) -> Finding:
    wide, short = _both_ranges(e)
    shared = {q: wide[q] - short[q] for q in SHORT_QUALITIES[1:]}
    nearer = [above(sample, 0) for sample in shared.values()]
    return every(nearer), f"nearer by {_each(shared)} dB"


def _one_curve(e: Evidence) -> Finding:
    knobs = _best_knobs(e, "adafm-fig7-denoise", DENOISING, (15, 75), NOISE_LEVELS)
    middle = [k for s, k in zip(NOISE_LEVELS, knobs, strict=True) if 25 <= s <= 60]
    _, residual = _fitted(NOISE_LEVELS, knobs, 3)
    inside = min(middle) > 0 and max(middle) < 1
    grows = bool((np.diff(knobs) > 0).all())
    text = f"{_points(NOISE_LEVELS, knobs)}; cubic within {residual:.3f}"
    return every([grows, inside, below(single(residual), 0.05)]), text


def _no_noise_far(e: Evidence) -> Finding:
    levels = (15, 25, 35, 50, 75)
    distances = _distances_at_best(e, "adafm-fig7-denoise", DENOISING, (15, 75), levels)
    near = [below(sample, GOOD) for sample in distances.values()]
    return every(near), f"{_each(distances)} dB"


def _one_line(e: Evidence) -> Finding:
    levels = tuple(round(3 + share, 1) for share in BETWEEN)
    knobs = _best_knobs(e, "adafm-fig7-sr", SR, (3, 4), levels)
    _, residual = _fitted(levels, knobs, 1)
    grows = bool((np.diff(knobs) >= 0).all())
    text = f"{_points(levels, knobs)}; line within {residual:.3f}"
    return every([grows, below(single(residual), 0.1)]), text


# --- text --------------------------------------------------------------------------------------------


def _earlier(e: Evidence) -> Finding:
    protocol = SR.on(4)
    placed = (Setting(name, (1.0,), protocol) for name in (SR.wide, f"{SR.wide}-postact"))
    sample = e.difference("adafm-text-position", *placed)
    return above(sample, 0), f"ahead by {told([sample])}"


def _as_good_as(item: str, more: Setting, less: Setting) -> Test:
    def test(e: Evidence) -> Finding:
        sample = e.difference(item, more, less)
        return within(sample, 0.05), f"gains {told([sample])}"

    return test


def _pieces_are_nearer(subject: Subject) -> Claim:
    levels = INSIDE[subject]

    def test(e: Evidence) -> Finding:
        gains = [
            e.sample(PIECEWISE, subject.piecewise(level))
            - e.at_best(CURVES[subject], Setting(subject.wide, (), subject.on(level)))
            for level in levels
        ]
        shown = ", ".join(f"{level:g}" for level in levels)
        return every([above(gain, 0) for gain in gains]), f"at {shown}: gains {told(gains)}"

    return Claim(
        f"small ranges are more accurate ({subject.title})",
        PIECEWISE,
        "Between two levels for which AdaFM layers were trained, a straight line through those two gives "
        "more than the layers of the whole range at their best coefficient.",
        test,
        bound=f"{PAPERS}: more, at every level",
    )


def _few_parameters(e: Evidence) -> Finding:
    shares = [e.fact("adafm-text-params", f"{k}x{k}") for k in KERNELS[:3]]
    filters = round(e.fact("adafm-text-params", "filters"))
    return max(shares) < 4 and filters == 2048, f"{shares} %, {filters} filters"


_TASKS = (DENOISING, JPEG, SR)
_BOTH = (DENOISING, JPEG)

_KNOWN = ((DENOISING, 15, "DnCNN"), (JPEG, 10, "ARCNN"), (SR, 4, "SRResNet"))
_TABLE2 = (_never_falls, _filters_matter, _five_is_enough)
_TABLE3 = (_beats_rivals, _adabn_collapses, _conditional_falls_short)

_CLAIMS = (
    *(_known_network(*known) for known in _KNOWN),
    *(claim(task) for claim in (*_TABLE2, *_TABLE3) for task in _TASKS),
    Claim(
        "easy to hard beats hard to easy",
        "adafm-table4",
        "x3->x4 is nearer to its dedicated network than x4->x3 ({} against {} dB), x2->x4 than x4->x2 "
        "({} against {} dB).",
        _nearer(((3, 4), (4, 3)), ((2, 4), (4, 2))),
        tuple(_printed_distance("adafm-table4", SR, *ends) for ends in ((3, 4), (4, 3), (2, 4), (4, 2))),
        bound=f"{PAPERS}: nearer",
    ),
    Claim(
        "a harder start is nearer",
        "adafm-table4",
        "Within a range of one or two factors, the distance falls as the start level gets harder.",
        _harder_start,
        bound=f"{PAPERS}: every step falls",
    ),
    Claim(
        "a wider range is farther",
        "adafm-table4",
        "From the same start, two factors are farther than one (x2, x3 and x4).",
        _nearer(((2, 3), (2, 4)), ((3, 4), (3, 5)), ((4, 5), (4, 6))),
        bound=f"{PAPERS}: farther",
    ),
    Claim(
        "x2 to x4 is too far",
        "adafm-table4",
        "x2->x4 is more than 0.3 dB from its dedicated network.",
        _too_far,
        bound=f"{PAPERS}: 0.3 dB",
    ),
    *(claim(task) for claim in (_grows, _close, _back_is_worse) for task in _BOTH),
    Claim(
        "a wrong level does harm",
        "adafm-fig1",
        "On quality 30, a network for quality 80 leaves artefacts and one for quality 10 smears: both are "
        "below the network for quality 30.",
        _wrong_level,
        bound=f"{OURS}: below in PSNR",
    ),
    *(_interior(task) for task in _TASKS),
    Claim(
        "filters stay alike",
        "adafm-fig3",
        "First-layer filters keep their pattern when fine-tuned from sigma 15 to 50: mean cosine "
        "distance of the order of 0.1, far below that of independent networks.",
        _filters_alike,
        bound=f"{OURS}: 0.3, and half of that of independent networks",
    ),
    Claim(
        "a filter g bridges levels",
        "adafm-fig3",
        "Depth-wise filters on the sigma 15 network nearly reach the fine-tuned one, already at "
        "1x1, and closer as they grow.",
        _bridges,
        bound=f"{OURS}: a fifth of the gap is left",
    ),
    Claim(
        "1x1 converges lower",
        "adafm-fig5",
        "For x3->x4, training with 1x1 filters stays more than 0.3 dB below 5x5 and 7x7 from early on.",
        _converges_lower,
        bound=f"{OURS}, read off the figure: 0.3 dB after a quarter of the steps",
    ),
    *(_smooth(task) for task in _TASKS),
    Claim(
        "the wide range follows a curve",
        "adafm-fig7",
        "For quality 80->10 the best coefficient grows ever faster as quality falls, and a cubic follows it.",
        _wide_curve,
        bound=f"{OURS}: convex, within 0.05 of the cubic",
    ),
    Claim(
        "the short range follows a line",
        "adafm-fig7",
        "For quality 80->40 the best coefficient is a straight line in quality.",
        _short_line,
        bound=f"{OURS}: within 0.05 of the line",
    ),
    Claim(
        "no quality is far",
        "adafm-fig7",
        "At its best coefficient either network stays within 0.2 dB of a dedicated one at every quality.",
        _no_quality_far,
        bound=f"{PAPERS}: 0.2 dB",
    ),
    Claim(
        "a short range is nearer",
        "adafm-fig7",
        "The network for 80->40 is nearer to the dedicated ones than that for 80->10 at every shared quality "
        "below 80.",
        _short_is_nearer,
        bound=f"{PAPERS}: nearer",
    ),
    Claim(
        "one curve gives the knob (denoising)",
        "adafm-fig7-denoise",
        "The best coefficient grows with the level, inside (0, 1) for sigma 25 to 60, and a cubic "
        "follows it.",
        _one_curve,
        bound=f"{OURS}: within 0.05 of the cubic",
    ),
    Claim(
        "no noise level is far",
        "adafm-fig7-denoise",
        "At its best coefficient AdaFM-Net stays within 0.2 dB of a dedicated network at every level.",
        _no_noise_far,
        bound=f"{OURS}: what the paper says of JPEG",
    ),
    Claim(
        "one curve gives the knob (super-resolution)",
        "adafm-fig7-sr",
        "The best coefficient grows with the factor from x3 to x4, and a line follows it.",
        _one_line,
        bound=f"{OURS}: within 0.1 of the line",
    ),
    Claim(
        "layers stand before the activation",
        "adafm-text-position",
        "For x3->x4 on Set5, AdaFM before the activation is better than after it ({} against {} dB).",
        _earlier,
        tuple(
            Quote("adafm-text-position", "Set5", method, "x3->x4 k5")
            for method in ("AdaFM before activation (residual blocks)", "AdaFM after activation")
        ),
        bound=f"{PAPERS}: better",
    ),
    Claim(
        "residual blocks are enough",
        "adafm-text-position",
        "AdaFM after all convolutions gains next to nothing over residual blocks alone ({} against "
        "{} dB; at most 0.05).",
        _as_good_as(
            "adafm-text-position",
            Setting(f"{SR.wide}-allconv", (1.0,), SR.on(4)),
            Setting(SR.wide, (1.0,), SR.on(4)),
        ),
        tuple(
            Quote("adafm-text-position", "Set5", method, "x3->x4 k5")
            for method in ("AdaFM after all convolutions", "AdaFM in residual blocks only")
        ),
        bound=f"{OURS}: equivalent within 0.05 dB",
    ),
    Claim(
        "no more capacity",
        "adafm-text-scratch",
        "AdaFM-Net trained from scratch on x4 is no better than the basic model ({} against {} dB on "
        "DIV2K100; at most 0.05 apart).",
        _as_good_as(
            "adafm-text-scratch", Setting(SCRATCH, (1.0,), SR.on(4)), Setting(SR.basic(4), (), SR.on(4))
        ),
        (
            Quote("adafm-text-scratch", "DIV2K100", "AdaFM-Net trained from scratch", "x4 k5"),
            Quote("adafm-text-scratch", "DIV2K100", "basic model", "x4"),
        ),
        bound=f"{OURS}: equivalent within 0.05 dB",
    ),
    *(_pieces_are_nearer(task) for task in INSIDE),
    Claim(
        "few parameters",
        "adafm-text-params",
        "AdaFM layers add less than 4 % of the weights (k up to 5); 2048 filters.",
        _few_parameters,
        full_size=True,
        bound=f"{PAPERS}: 4 %",
    ),
)

CLAIMS = {claim.name: claim for claim in _CLAIMS}
