"""The claims of CFSNet (Wang, Guo, Tian, Yang, ICCV 2019) that a measurement can hold or contradict."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from lib.evaluation.measure import Metric, Setting, interval, interval_of
from lib.papers.cfsnet.subjects import (
    DEBLOCKING,
    DENOISING,
    NETWORKS,
    PLANE,
    POSTER,
    SETS,
    SHOWN,
    SUBJECTS,
    Subject,
    enlarging,
    look,
)
from lib.papers.judging import Claim, Evidence, Finding, Gap, NotMeasured, Quote
from lib.papers.scores import Scores, difference, mean, surely_above, with_interval

# Items made when they are shown; no rows are kept.
LIVE = (
    *(f"cfsnet-fig{number}" for number in (1, 2, 6, 7, 8)),
    "cfsnet-text-settings",
    "cfsnet-gan-health",
)
SAME = 0.05  # dB
NEAR = 0.15  # dB: a tenth of the control can miss 0.1 dB of a sharp peak
PAPERS, OURS = "the paper's", "ours"

Curve = dict[float, Scores]  # control -> PSNR image by image


class _Control(Quote):
    """A best control of the poster."""

    def __str__(self) -> str:
        """Return it as printed, but for 0.0, which sentences have as 0."""
        printed = super().__str__()
        return printed if float(printed) else "0"


def _best_control(subject: Subject, level: int) -> _Control:
    return _Control(POSTER, subject.printed_set, "CFSNet", subject.written(level), "best_alpha_in")


def _psnr(item: str, subject: Subject, method: str, level: int) -> Quote:
    return Quote(item, subject.printed_set, method, subject.written(level))


def _on_poster(subject: Subject, alpha: float) -> Quote:
    """The poster's curve at the level of figure 4."""
    at = f"{subject.written(subject.unseen)}; alpha_in={alpha}"
    return Quote(POSTER, subject.printed_set, "CFSNet", at)


# --- tables 1 and 2 ----------------------------------------------------------------------------------


def _above(e: Evidence, item: str, subject: Subject, level: int, rival: str) -> Scores:
    """How far CFSNet at its best control is above another network."""
    best = e.best(item, subject.ours(level)).scores
    return difference(best, e.scores(item, subject.rival(rival, level)))


def _beside(name: str, level: int, rival: str, said: str, least: float, bound: str) -> Claim:
    item = "cfsnet-table1"

    def test(e: Evidence) -> Finding:
        gain = _above(e, item, DENOISING, level, rival)
        return mean(gain) >= least, f"{with_interval(gain)} dB above"

    return Claim(
        name,
        item,
        f"At {DENOISING.word} {level}, which {said} {rival} ({{}} against {{}} dB).",
        test,
        tuple(_psnr(item, DENOISING, method, level) for method in ("CFSNet", rival)),
        full_size=True,
        bound=bound,
    )


def _beyond(e: Evidence) -> Finding:
    item = "cfsnet-table1"
    best = e.best(item, DENOISING.ours(15))
    (control,) = best.knobs
    gain = difference(best.scores, e.scores(item, Setting(DENOISING.tuned, (0.0,), DENOISING.on(15))))
    return control < 0 and surely_above(gain), f"best at {control:.1f}, {with_interval(gain)} dB above 0"


def _better_everywhere(e: Evidence) -> Finding:
    gains = [_above(e, "cfsnet-table2", DEBLOCKING, q, "DnCNN-3") for q in DEBLOCKING.tabled]
    return all(mean(g) > 0 for g in gains), f"by {', '.join(map(with_interval, gains))} dB"


def _printed_gain(quality: int) -> Gap:
    return Gap(*(_psnr("cfsnet-table2", DEBLOCKING, name, quality) for name in ("CFSNet", "DnCNN-3")))


# --- figure 3 ----------------------------------------------------------------------------------------


def _straighter(e: Evidence) -> Finding:
    pixels, last = (e.facts_by_image("cfsnet-fig3", space) for space in ("pixels", "last features"))
    text = f"off the line by {with_interval(pixels)} in pixels, {with_interval(last)} in the last features"
    return surely_above(difference(pixels, last)), text


# --- figure 4 and the poster -------------------------------------------------------------------------


def _curve(
    e: Evidence, item: str, subject: Subject, network: str, level: int, grid: Sequence[float]
) -> Curve:
    return {alpha: e.scores(item, s) for alpha, s in subject.curve(network, level, grid).items()}


def _unseen(e: Evidence, subject: Subject, title: str = "CFSNet") -> Curve:
    """A curve of figure 4."""
    return _curve(e, "cfsnet-fig4", subject, subject.compared[title], subject.unseen, SHOWN)


def _poster(e: Evidence, subject: Subject, level: int) -> Curve:
    return _curve(e, POSTER, subject, subject.tuned, level, subject.grid)


def _peak(curve: Curve) -> float:
    """The control with the highest mean."""
    return max(curve, key=lambda alpha: mean(curve[alpha]))


def _best_above(subject: Subject, name: str, other: str, sentence: str, bound: str) -> Claim:
    def test(e: Evidence) -> Finding:
        curves = [_unseen(e, subject, title) for title in ("CFSNet", other)]
        peaks = [_peak(curve) for curve in curves]
        gain = difference(*(curve[peak] for curve, peak in zip(curves, peaks, strict=True)))
        text = f"by {with_interval(gain)} dB, at {peaks[0]:.1f} against {peaks[1]:.1f}"
        return surely_above(gain), text

    return Claim(f"{name} ({subject.title})", "cfsnet-fig4", sentence, test, bound=bound)


def _beats_scalar(subject: Subject) -> Claim:
    return _best_above(
        subject,
        "adaptive coefficients beat a scalar",
        "CFSNet-SA",
        f"At {subject.word} {subject.unseen} the best of CFSNet is above the best of CFSNet-SA, whose "
        "coefficients are all alike.",
        f"{PAPERS}: above; {OURS}: so is its interval",
    )


def _beats_weights(subject: Subject) -> Claim:
    at = f"at {subject.word} {subject.unseen}"
    said = f"{at} the best of CFSNet is above the best between two networks"
    return _best_above(
        subject,
        "coupling features beats interpolating weights",
        "weights (DNI)",
        f"Argued, not measured there: {said if subject is DENOISING else f'the same {at}'}.",
        f"{OURS}: above, its interval too; the paper measures nothing",
    )


def _one_peak(subject: Subject) -> Claim:
    """Up to one control inside 0..1 and down from there, and certainly above both ends."""

    def test(e: Evidence) -> Finding:
        curve = _unseen(e, subject)
        peak = _peak(curve)
        steps = np.sign(np.diff([mean(scores) for scores in curve.values()]))
        single = bool((np.diff(steps) <= 0).all())
        over = [difference(curve[peak], curve[end]) for end in (0.0, 1.0)]
        above = ", ".join(map(with_interval, over))
        text = f"{mean(curve[peak]):.2f} dB at {peak:.1f}, above 0 and 1 by {above}"
        return single and all(map(surely_above, over)), text if single else f"several peaks; {text}"

    return Claim(
        f"one peak inside ({subject.title})",
        "cfsnet-fig4",
        f"At {subject.word} {subject.unseen} PSNR rises to one maximum inside 0..1 and falls on either side.",
        test,
        bound=f"{PAPERS}: one maximum inside; {OURS}: above both ends, its intervals too",
    )


def _flatter(e: Evidence) -> Finding:
    curves = (_unseen(e, subject) for subject in (DEBLOCKING, DENOISING))
    both = [np.array([list(scores.values()) for scores in curve.values()]) for curve in curves]
    ends = [interval_of(_swing, values) for values in both]
    shown = (_with_ends(_swing(values), own) for values, own in zip(both, ends, strict=True))
    return ends[0][1] < ends[1][0], f"{' against '.join(shown)} dB"


def _swing(values: np.ndarray) -> float:
    """Of the mean over images, (controls, images)."""
    means = values.mean(1)
    return float(means.max() - means.min())


def _moves(subject: Subject) -> Claim:
    levels = subject.levels

    def test(e: Evidence) -> Finding:
        peaks = {level: _peak(_poster(e, subject, level)) for level in levels}
        text = ", ".join(f"{level}: {alpha:.1f}" for level, alpha in peaks.items())
        return all(b > a for a, b in pairwise(peaks.values())), text

    return Claim(
        f"the optimum moves with the level ({subject.title})",
        POSTER,
        f"The best control rises with {subject.word} {', '.join(map(str, levels))} "
        f"({', '.join(['{}'] * len(levels))}).",
        test,
        tuple(_best_control(subject, level) for level in levels),
        bound=f"{PAPERS}: every step rises",
    )


def _near(subject: Subject) -> Claim:
    levels = subject.fixed

    def test(e: Evidence) -> Finding:
        far = {}
        for level in levels:
            curve = _poster(e, subject, level)
            far[level] = difference(e.scores(POSTER, subject.fixed_net(level)), curve[_peak(curve)])
        listed = ", ".join(f"{level}: {with_interval(f)}" for level, f in far.items())
        return all(mean(f) <= NEAR for f in far.values()), f"short by {listed} dB"

    return Claim(
        f"near a network of the level ({subject.title})",
        POSTER,
        f"At {subject.word} {' and '.join(map(str, levels))} the best control is within {NEAR} dB of the "
        "main branch trained for the level.",
        test,
        bound=f"{OURS}: {NEAR} dB, as a tenth of the control can miss 0.1 dB of a sharp peak",
    )


# --- figure 5 ----------------------------------------------------------------------------------------


def _by_control(e: Evidence, dataset: str, network: str, metric: Metric) -> np.ndarray:
    """(controls, images)."""
    protocol = enlarging(dataset, metric)
    found = [e.scores(PLANE, Setting(NETWORKS[network], (alpha,), protocol)) for alpha in SHOWN]
    return np.array([[scores[name] for name in sorted(scores)] for scores in found])


def _trade(e: Evidence, dataset: str, network: str) -> tuple[str, np.ndarray]:
    """By what the look is judged; squared error and look, (2, controls, images)."""
    error, niqe = (_by_control(e, dataset, network, metric) for metric in ("mse", "niqe"))
    try:
        ma = _by_control(e, dataset, network, "ma")
    except NotMeasured:
        ma = None
    name, judged = look(niqe, ma)
    return name, np.stack([error, judged])


def _on_first_set(e: Evidence, *networks: str) -> tuple[str, str, np.ndarray]:
    """The first set on which the networks are measured alike: its title, by what the look is judged, and
    squared error and look, (networks, 2, controls, images)."""
    for dataset, title in SETS.items():
        try:
            names, values = zip(*(_trade(e, dataset, network) for network in networks), strict=True)
        except NotMeasured:
            continue
        if len(set(names)) == 1:
            return title, names[0], np.stack(values)
    raise NotMeasured


def _monotone(e: Evidence) -> Finding:
    """Whether every step of the control costs error and gains look."""
    title, name, ((error, judged),) = _on_first_set(e, "CFSNet")
    rmse, means = np.sqrt(error.mean(1)), judged.mean(1)
    right = (np.diff(rmse) > 0) & (np.diff(means) < 0)
    change = judged[-1] - judged[0]
    certain = interval(error[-1] - error[0])[0] > 0 > interval(change)[1]
    text = (
        f"{title}: RMSE {rmse[0]:.2f} to {rmse[-1]:.2f}, {name} {means[0]:.2f} to {means[-1]:.2f}, "
        f"by {_with_ends(change.mean(), interval(change))}; "
        f"{right.sum()} of {len(right)} steps go the right way"
    )
    return bool(right.all() and certain), text


def _below(e: Evidence) -> Finding:
    """The mean distance of the two curves at equal error."""
    title, name, values = _on_first_set(e, *NETWORKS)
    ends = interval_of(advantage, values)
    low, high = shared(values)
    lower = f"{name} lower by {_with_ends(advantage(values), ends)}"
    return ends[0] > 0, f"{title}: {lower}, mean over RMSE {low:.2f} to {high:.2f}"


def advantage(values: np.ndarray) -> float:
    """Return by how much the second curve lies above the first, mean over the RMSE of both.

    values: (2 networks, squared error and look, controls, images).
    """
    at = np.linspace(*shared(values), 50)
    ours, other = (_read_off(at, np.sqrt(error.mean(1)), judged.mean(1)) for error, judged in values)
    return float((other - ours).mean())


def shared(values: np.ndarray) -> tuple[float, float]:
    """Return the range of RMSE that both curves reach."""
    rmse = [np.sqrt(error.mean(1)) for error, _ in values]
    return max(own.min() for own in rmse), min(own.max() for own in rmse)


def _read_off(at: np.ndarray, rmse: np.ndarray, judged: np.ndarray) -> np.ndarray:
    order = rmse.argsort()
    return np.interp(at, rmse[order], judged[order])


def _with_ends(value: float, ends: tuple[float, float]) -> str:
    return f"{value:.2f} [{ends[0]:.2f}, {ends[1]:.2f}]"


_CLAIMS = (
    _beside(
        "no worse than DnCNN at its own level",
        25,
        "DnCNN-B",
        "its main branch is trained for, CFSNet is at least as good as",
        0.0,
        f"{PAPERS}: at least as good",
    ),
    _beside(
        "as good as FFDNet at the other end",
        50,
        "FFDNet",
        f"its tuning branch is trained for, CFSNet is within {SAME} dB of",
        -SAME,
        f"{OURS}: {SAME} dB, where 0.01 dB less are printed",
    ),
    _beside(
        "an unseen level between the two",
        30,
        "DnCNN-B",
        "it never saw, CFSNet is no worse than",
        0.0,
        f"{PAPERS}: no worse",
    ),
    Claim(
        "an unseen level beyond",
        "cfsnet-table1",
        "For sigma 15, milder than anything it saw, the best control lies below 0 (poster: {}) and is "
        "better than 0.",
        _beyond,
        (_best_control(DENOISING, 15),),
        bound=f"{PAPERS}: below 0; {OURS}: better, its interval too",
    ),
    Claim(
        "better than DnCNN at every quality",
        "cfsnet-table2",
        "CFSNet is above DnCNN-3 at quality 10, 20, 30 and 40 (by {}, {}, {} and {} dB).",
        _better_everywhere,
        tuple(_printed_gain(quality) for quality in DEBLOCKING.tabled),
        full_size=True,
        bound=f"{PAPERS}: above",
    ),
    Claim(
        "features are straighter than pictures",
        "cfsnet-fig3",
        "Argued, not measured there: the network flattens the manifold of degraded pictures, so that levels "
        "between two known ones lie nearer to the line between them in its features than in pixels (here "
        "quality 15 to 35 between 10 and 40, last coupled features).",
        _straighter,
        bound=f"{OURS}: nearer, its interval over pictures too; the paper measures nothing",
    ),
    *(claim(task) for claim in (_beats_scalar, _beats_weights, _one_peak) for task in SUBJECTS),
    Claim(
        "deblocking is flatter",
        "cfsnet-fig4",
        "Over 0..1 PSNR changes less at quality 20 than at sigma 30 ({:.1f} against more than {:.0f} dB).",
        _flatter,
        (
            Gap(_on_poster(DEBLOCKING, 0.5), _on_poster(DEBLOCKING, 0.0)),
            Gap(_on_poster(DENOISING, 0.2), _on_poster(DENOISING, 0.0)),
        ),
        bound=f"{PAPERS}: less; {OURS}: the intervals do not meet",
    ),
    Claim(
        "error is traded for look, step by step",
        PLANE,
        "From control 0 to 1 the reconstruction error of super-resolution x4 rises and its perception index "
        "falls (here NIQE), at every step of 0.1.",
        _monotone,
        bound=f"{PAPERS}: both ways; {OURS}: at every step, and the interval from end to end",
    ),
    Claim(
        "below interpolated weights on the plane",
        PLANE,
        "At the same error CFSNet looks better than weights interpolated between two networks (there "
        "ESRGAN's, three times as large; here the main branch and the same trained on, by NIQE, mean over "
        "the error that both reach).",
        _below,
        bound=f"{PAPERS}: better; {OURS}: its interval too",
    ),
    *(claim(task) for claim in (_moves, _near) for task in SUBJECTS),
)

CLAIMS = {claim.name: claim for claim in _CLAIMS}
