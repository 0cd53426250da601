"""The claims of AdaFM (He, Dong, Qiao, CVPR 2019) that a measurement can hold or contradict."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from lib.evaluation.measure import Setting, fit_curve
from lib.papers.adafm.subjects import (
    ARCNN_FILTERS,
    ARCNN_START,
    ARCNN_TUNED,
    BETWEEN,
    COEFS,
    DENOISING,
    EASY_TO_HARD,
    JPEG,
    KERNELS,
    NOISE_LEVELS,
    ONE_FACTOR,
    SCRATCH,
    SHORT_QUALITIES,
    SR,
    TWO_FACTORS,
    WIDE_QUALITIES,
    Subject,
    there_and_back,
)
from lib.papers.judging import Claim, Evidence, Finding, Quote
from lib.papers.scores import Scores, difference, mean, with_interval

# Items made when they are shown; no rows are kept.
LIVE = ("adafm-fig4", "adafm-fig5")
GOOD = 0.2  # dB: up to here the paper calls a distance good
SETTLED = 0.25  # of the training steps: "from early on"
PAPERS, OURS = "the paper's", "ours"

Test = Callable[[Evidence], Finding]


def _known_network(subject: Subject, level: int, rival: str) -> Claim:
    item, written = "adafm-table1", subject.level(level)
    ours, theirs = (Quote(item, subject.dataset, name, written) for name in ("basic model", rival))

    def test(e: Evidence) -> Finding:
        scores = e.scores(item, Setting(subject.basic(level), (), subject.on(level)))
        holds = mean(scores) >= float(theirs)
        return holds, f"{with_interval(scores)} dB against {float(theirs):.2f} dB"

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
        steps = [e.gap(item, larger, smaller) for smaller, larger in pairwise(settings)]
        gains = ", ".join(with_interval(s) for s in steps)
        return all(mean(s) >= 0 for s in steps), f"1x1 to 3x3, to 5x5, to 7x7: {gains} dB"

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
    larger, fits = (3, lambda db: db > 0.4) if subject is SR else (7, lambda db: db < 0.1)
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
        _gain(subject, 7, 5, lambda db: db <= 0.03),
        bound=f"{OURS}: the largest printed gain",
    )


def _gain(subject: Subject, larger: int, smaller: int, fits: Callable[[float], bool]) -> Test:
    def test(e: Evidence) -> Finding:
        scores = e.gap("adafm-table2", _with_filters(subject, larger), _with_filters(subject, smaller))
        return fits(round(mean(scores), 4)), f"{with_interval(scores)} dB"

    return test


# --- table 3 -----------------------------------------------------------------------------------------


def _behind_adafm(e: Evidence, subject: Subject, rival: str) -> list[Scores]:
    """How far a rival is below AdaFM-Net, at the start and at the end level."""
    return [
        e.gap(
            "adafm-table3",
            Setting(subject.wide, (coef,), subject.on(level)),
            Setting(rival, (coef,), subject.on(level)),
        )
        for coef, level in ((0.0, subject.start), (1.0, subject.end))
    ]


def _beats_rivals(subject: Subject) -> Claim:
    def test(e: Evidence) -> Finding:
        gaps = _behind_adafm(e, subject, subject.adabn)
        gaps += _behind_adafm(e, subject, subject.conditional_in_windows)
        names = ("AdaBN start", "end", "conditional IN start", "end")
        text = ", ".join(f"{n} {with_interval(g)}" for n, g in zip(names, gaps, strict=True))
        return all(mean(g) > 0 for g in gaps), f"ahead of {text} dB"

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
        text = f"short by {with_interval(start)} dB at the start, {with_interval(end)} dB at the end"
        return abs(mean(start)) <= 0.6 and mean(end) > 1.5, text

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
        gaps = _behind_adafm(e, subject, subject.conditional_in_windows)
        return all(mean(g) >= least for g in gaps), " and ".join(f"{with_interval(g)} dB" for g in gaps)

    return Claim(
        f"conditional IN falls short ({subject.title})",
        "adafm-table3",
        f"Conditional IN is at least {least} dB short at both levels.",
        test,
        bound=f"{OURS}, below the least that the paper prints",
    )


# --- tables 4 and 5 ----------------------------------------------------------------------------------


def _distance(e: Evidence, item: str, subject: Subject, ends: tuple[int, int]) -> Scores:
    """How far an adapted network is below the one trained on its end level."""
    start, end = ends
    protocol = subject.on(end)
    return e.gap(
        item, Setting(subject.basic(end), (), protocol), Setting(subject.stage(start, end), (1.0,), protocol)
    )


def _printed_distance(item: str, subject: Subject, start: int, end: int) -> Quote:
    return Quote(item, subject.dataset, "distance", subject.range(start, end), "psnr_distance")


def _nearer(*sides: tuple[tuple[int, int], tuple[int, int]]) -> Test:
    """Whether the first pair of each is nearer to its dedicated network than the second."""

    def test(e: Evidence) -> Finding:
        near, far = ([_distance(e, "adafm-table4", SR, side[i]) for side in sides] for i in (0, 1))
        text = ", ".join(
            f"{SR.range(*a)} {with_interval(n)}, {SR.range(*b)} {with_interval(f)}"
            for (a, b), n, f in zip(sides, near, far, strict=True)
        )
        return all(mean(n) < mean(f) for n, f in zip(near, far, strict=True)), f"{text} dB"

    return test


def _harder_start(e: Evidence) -> Finding:
    item = "adafm-table4"
    groups = [[_distance(e, item, SR, pair) for pair in group] for group in (ONE_FACTOR, TWO_FACTORS)]
    text = "; ".join(", ".join(with_interval(s) for s in group) for group in groups)
    return all(mean(b) < mean(a) for group in groups for a, b in pairwise(group)), f"{text} dB"


def _too_far(e: Evidence) -> Finding:
    scores = _distance(e, "adafm-table4", SR, (2, 4))
    return mean(scores) > 0.3, f"{with_interval(scores)} dB"


def _easy(e: Evidence, subject: Subject) -> list[Scores]:
    return [_distance(e, "adafm-table5", subject, pair) for pair in there_and_back(subject)[:-1]]


def _grows(subject: Subject) -> Claim:
    first, last = EASY_TO_HARD[subject][0], EASY_TO_HARD[subject][-1]

    def test(e: Evidence) -> Finding:
        scores = _easy(e, subject)
        levels = ", ".join(str(end) for end in EASY_TO_HARD[subject])
        text = ", ".join(with_interval(s) for s in scores)
        return all(mean(b) > mean(a) for a, b in pairwise(scores)), f"to {levels}: {text} dB"

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
        scores = _easy(e, subject)
        return all(mean(s) <= GOOD for s in scores), f"largest {max(mean(s) for s in scores):.2f} dB"

    return Claim(
        f"easy to hard is close ({subject.title})",
        "adafm-table5",
        "Every easy-to-hard distance is at most 0.20 dB.",
        test,
        bound=f"{PAPERS}: 0.2 dB",
    )


def _back_is_worse(subject: Subject) -> Claim:
    item, (*_, there, back) = "adafm-table5", there_and_back(subject)

    def test(e: Evidence) -> Finding:
        home, out = (_distance(e, item, subject, pair) for pair in (back, there))
        text = f"{with_interval(home)} against {with_interval(out)} dB: {mean(home) / mean(out):.1f} times"
        return mean(home) >= 3 * mean(out), text

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
    losses = [e.gap("adafm-fig1", right, other) for other in wrong]
    text = f"short by {with_interval(losses[0])} dB (80) and {with_interval(losses[1])} dB (10)"
    return all(mean(s) > 0 for s in losses), text


def _interior(subject: Subject) -> Claim:
    least = 0.0 if subject is SR else 0.3  # dB, above either end

    def test(e: Evidence) -> Finding:
        settings = [Setting(subject.wide, (coef,), subject.on(subject.middle)) for coef in COEFS[subject]]
        values = [mean(e.scores("adafm-fig2", setting)) for setting in settings]
        peak = int(np.argmax(values))
        text = ", ".join(f"{c:g}: {v:.2f}" for c, v in zip(COEFS[subject], values, strict=True))
        inside = 0 < peak < len(values) - 1
        return inside and min(values[peak] - values[0], values[peak] - values[-1]) > least, f"{text} dB"

    falls = "PSNR rises to an interior maximum and falls about 1 dB to either end."
    return Claim(
        f"an interior coefficient is best ({subject.title})",
        "adafm-fig2",
        "Between x3 and x4 (x3.4) PSNR has an interior maximum."
        if subject is SR
        else f"Between the levels ({subject.spelt(subject.middle)}) {falls}",
        test,
        bound=f"{OURS}: {least} dB above either end",
    )


def _filters_alike(e: Evidence) -> Finding:
    close, control = (e.fact("adafm-fig3", name) for name in ("fine-tuned", "independent"))
    return close < 0.3 and close < control / 2, f"{close:.3f} fine-tuned, {control:.3f} independent"


def _bridges(e: Evidence) -> Finding:
    item, protocol = "adafm-fig3", DENOISING.on(50)
    tuned = Setting(ARCNN_TUNED, (), protocol)
    errors = [e.gap(item, tuned, Setting(name, (1.0,), protocol)) for name in ARCNN_FILTERS.values()]
    gap = mean(e.gap(item, tuned, Setting(ARCNN_START, (), protocol)))
    falls = all(mean(b) <= mean(a) for a, b in pairwise(errors))
    text = ", ".join(with_interval(error) for error in errors)
    holds = falls and mean(errors[0]) < 0.2 * gap
    return holds, f"error 1x1, 3x3, 5x5: {text} dB; without g {gap:.2f} dB"


def _converges_lower(e: Evidence) -> Finding:
    curves = {k: e.training_curve(SR.stage(3, 4, k)).set_index("step")["validation_psnr_y"] for k in KERNELS}
    settled = curves[1].index >= SETTLED * curves[1].index.max()
    gap = min((curves[k] - curves[1])[settled].min() for k in (5, 7))
    ends = ", ".join(f"{k}x{k}: {curve.iloc[-1]:.2f}" for k, curve in curves.items())
    return bool(gap > 0.3), f"at the end {ends} dB; 1x1 below by at least {gap:.2f} dB"


def _smooth(subject: Subject) -> Claim:
    def test(e: Evidence) -> Finding:
        changes = [e.fact("adafm-fig6", f"{subject.title} step {i}") for i in range(5)]
        text = ", ".join(f"{c:.2f}" for c in changes)
        holds = max(changes) <= 2 * float(np.mean(changes))
        return holds, f"change per step of 0.2: {text} grey levels (one picture)"

    return Claim(
        f"the effect is smooth ({subject.title})",
        "adafm-fig6",
        "The output changes smoothly with the coefficient: no step is more than twice the mean step.",
        test,
        bound=f"{OURS}: twice the mean step",
    )


def _best_knobs(e: Evidence, item: str, subject: Subject, ends: tuple[int, int], levels: Sequence[float]):
    """The best coefficient of a network at every level, (levels,)."""
    network = subject.stage(*ends)
    return np.array([e.best(item, Setting(network, (), subject.on(level))).knobs[0] for level in levels])


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
    holds = bool(convex) and grows and residual <= 0.05
    return holds, f"{_points(levels, knobs)}; cubic within {residual:.3f}"


def _short_line(e: Evidence) -> Finding:
    knobs = _best_knobs(e, "adafm-fig7", JPEG, (80, 40), SHORT_QUALITIES)
    _, residual = _fitted(SHORT_QUALITIES, knobs, 1)
    return residual <= 0.05, f"{_points(SHORT_QUALITIES, knobs)}; line within {residual:.3f}"


def _distances_at_best(
    e: Evidence, item: str, subject: Subject, ends: tuple[int, int], levels: Sequence[int]
) -> dict[int, float]:
    """Level -> dB below the network trained on it."""
    network = subject.stage(*ends)
    found = {}
    for level in levels:
        own = e.scores(item, Setting(subject.basic(level), (), subject.on(level)))
        found[level] = mean(difference(own, e.best(item, Setting(network, (), subject.on(level))).scores))
    return found


def _each(values: dict[int, float]) -> str:
    return ", ".join(f"{level:g}: {value:.2f}" for level, value in values.items())


def _both_ranges(e: Evidence) -> list[dict[int, float]]:
    ranges = (((80, 10), WIDE_QUALITIES), ((80, 40), SHORT_QUALITIES))
    return [_distances_at_best(e, "adafm-fig7", JPEG, ends, levels) for ends, levels in ranges]


def _no_quality_far(e: Evidence) -> Finding:
    both = _both_ranges(e)
    text = "; ".join(_each(distances) for distances in both)
    return all(d <= GOOD for distances in both for d in distances.values()), f"{text} dB"


def _short_is_nearer(e: Evidence) -> Finding:
    wide, short = _both_ranges(e)
    shared = {q: wide[q] - short[q] for q in SHORT_QUALITIES[1:]}
    return all(gain > 0 for gain in shared.values()), f"nearer by {_each(shared)} dB"


def _one_curve(e: Evidence) -> Finding:
    knobs = _best_knobs(e, "adafm-fig7-denoise", DENOISING, (15, 75), NOISE_LEVELS)
    middle = [k for s, k in zip(NOISE_LEVELS, knobs, strict=True) if 25 <= s <= 60]
    _, residual = _fitted(NOISE_LEVELS, knobs, 3)
    inside = min(middle) > 0 and max(middle) < 1
    holds = bool((np.diff(knobs) > 0).all()) and inside and residual <= 0.05
    return holds, f"{_points(NOISE_LEVELS, knobs)}; cubic within {residual:.3f}"


def _no_noise_far(e: Evidence) -> Finding:
    levels = (15, 25, 35, 50, 75)
    distances = _distances_at_best(e, "adafm-fig7-denoise", DENOISING, (15, 75), levels)
    return all(d <= GOOD for d in distances.values()), f"{_each(distances)} dB"


def _one_line(e: Evidence) -> Finding:
    levels = tuple(round(3 + share, 1) for share in BETWEEN)
    knobs = _best_knobs(e, "adafm-fig7-sr", SR, (3, 4), levels)
    _, residual = _fitted(levels, knobs, 1)
    grows = bool((np.diff(knobs) >= 0).all())
    return grows and residual <= 0.1, f"{_points(levels, knobs)}; line within {residual:.3f}"


# --- text --------------------------------------------------------------------------------------------


def _earlier(e: Evidence) -> Finding:
    protocol = SR.on(4)
    placed = (Setting(name, (1.0,), protocol) for name in (SR.wide, f"{SR.wide}-postact"))
    scores = e.gap("adafm-text-position", *placed)
    return mean(scores) > 0, f"ahead by {with_interval(scores)} dB"


def _gains_little(item: str, more: Setting, less: Setting) -> Test:
    def test(e: Evidence) -> Finding:
        scores = e.gap(item, more, less)
        return mean(scores) <= 0.05, f"gains {with_interval(scores)} dB"

    return test


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
        _gains_little(
            "adafm-text-position",
            Setting(f"{SR.wide}-allconv", (1.0,), SR.on(4)),
            Setting(SR.wide, (1.0,), SR.on(4)),
        ),
        tuple(
            Quote("adafm-text-position", "Set5", method, "x3->x4 k5")
            for method in ("AdaFM after all convolutions", "AdaFM in residual blocks only")
        ),
        bound=f"{OURS}: 0.05 dB",
    ),
    Claim(
        "no more capacity",
        "adafm-text-scratch",
        "AdaFM-Net trained from scratch on x4 is no better than the basic model ({} against {} dB on "
        "DIV2K100; at most 0.05 apart).",
        _gains_little(
            "adafm-text-scratch", Setting(SCRATCH, (1.0,), SR.on(4)), Setting(SR.basic(4), (), SR.on(4))
        ),
        (
            Quote("adafm-text-scratch", "DIV2K100", "AdaFM-Net trained from scratch", "x4 k5"),
            Quote("adafm-text-scratch", "DIV2K100", "basic model", "x4"),
        ),
        bound=f"{OURS}: 0.05 dB",
    ),
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
