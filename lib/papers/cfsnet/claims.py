"""The claims of CFSNet (Wang, Guo, Tian, Yang, ICCV 2019) that a measurement can hold or contradict.

Controls are those that are best on the test images, as the paper chooses them; what they give when chosen on
other images (BSDS500 val) should stand beside and is not measured yet.
"""

from collections.abc import Callable, Sequence
from itertools import combinations, pairwise

import numpy as np

from lib.evaluation.measure import Metric, Setting
from lib.metrics import pirm
from lib.papers.cfsnet.subjects import (
    BLURRED,
    COEFFICIENTS,
    DEBLOCKING,
    DENOISING,
    DNCNN,
    ENLARGING,
    LAST,
    MAIN_BRANCH,
    NETWORKS,
    PARAMS,
    PIXELS,
    PLANE,
    POSTER,
    SETS,
    SHOWN,
    SUBJECTS,
    UNTRAINED,
    Subject,
    enlarging,
)
from lib.papers.deciding import Decision, Sample, above, below, every, higher, told, within
from lib.papers.judging import Claim, Evidence, Finding, Gap, NotMeasured, Quote

# Items made when they are shown; no rows are kept.
LIVE = (
    *(f"cfsnet-fig{number}" for number in (1, 2, 6, 7, 8)),
    COEFFICIENTS,
    "cfsnet-text-settings",
    "cfsnet-gan-health",
    "cfsnet-training",
)
SAME = 0.05  # dB
TIE = 0.01  # dB: of two numbers that are printed alike, each rounded to 0.01
NEAR = 0.15  # dB: a tenth of the control can miss 0.1 dB of a sharp peak
POOR = 0.2  # dB: a rival further behind at its own end was not trained well enough to be compared
ABOUT = 0.2  # of a number of parameters
ESRGAN = 16.7e6  # parameters of its generator
PAPERS, OURS = "the paper's", "ours"

Curve = dict[float, Sample]  # control -> PSNR


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


def _above(e: Evidence, item: str, subject: Subject, level: int, rival: str) -> Sample:
    """How far CFSNet at its best control is above another network."""
    return -1.0 * e.short_of(item, subject.rival(rival, level), subject.ours(level))


def _beside(
    name: str, level: int, rival: str, said: str, decide: Callable[[Sample], Decision], bound: str
) -> Claim:
    item = "cfsnet-table1"

    def test(e: Evidence) -> Finding:
        gain = _above(e, item, DENOISING, level, rival)
        return decide(gain), f"above by {told([gain])}"

    return Claim(
        name,
        item,
        f"At {DENOISING.word} {level}, which {said} {rival} ({{}} against {{}} dB).",
        test,
        tuple(_psnr(item, DENOISING, method, level) for method in ("CFSNet", rival)),
        full_size=True,
        bound=bound,
    )


def _no_worse(gain: Sample) -> Decision:
    return above(gain, 0)


def _as_good(gain: Sample) -> Decision:
    return within(gain, SAME)


def _best_of_all(e: Evidence) -> Finding:
    """IRCNN is not at hand: its printed number."""
    item = "cfsnet-table1"
    gain, own = _above(e, item, DENOISING, 30, "FFDNet"), e.at_best(item, DENOISING.ours(30))
    printed = _psnr(item, DENOISING, "IRCNN", 30)
    text = f"above FFDNet by {told([gain])}; {told([own])} against {printed} dB of IRCNN"
    return every([above(gain, -TIE), above(own, float(printed))]), text


def _beats_bm3d(e: Evidence) -> Finding:
    own, printed = (
        e.at_best("cfsnet-table1", DENOISING.ours(15)),
        _psnr("cfsnet-table1", DENOISING, "BM3D", 15),
    )
    return above(own, float(printed)), f"{told([own])} against {printed} dB"


def _better_everywhere(e: Evidence) -> Finding:
    gains = [_above(e, "cfsnet-table2", DEBLOCKING, q, "DnCNN-3") for q in DEBLOCKING.tabled]
    return every([above(gain, 0) for gain in gains]), f"by {told(gains)}"


def _printed_gain(quality: int) -> Gap:
    return Gap(*(_psnr("cfsnet-table2", DEBLOCKING, name, quality) for name in ("CFSNet", "DnCNN-3")))


# --- figure 3 ----------------------------------------------------------------------------------------


def _straighter(e: Evidence) -> Finding:
    """Than whatever flattens without having learnt anything, too."""
    found = {
        space: Sample((e.facts_by_image("cfsnet-fig3", space),), "1")
        for space in (LAST, PIXELS, BLURRED, UNTRAINED)
    }
    last = found.pop(LAST)
    others = ", ".join(f"{space} {sample.mean:.3f}" for space, sample in found.items())
    text = f"off the line by {told([last])} in the last features; {others}"
    return every([above(sample - last, 0) for sample in found.values()]), text


# --- figure 4 and the poster -------------------------------------------------------------------------


def _curve(
    e: Evidence, item: str, subject: Subject, network: str, level: int, grid: Sequence[float]
) -> Curve:
    return {alpha: e.sample(item, s) for alpha, s in subject.curve(network, level, grid).items()}


def _unseen(e: Evidence, subject: Subject) -> Curve:
    """The curve of CFSNet in figure 4."""
    return _curve(e, "cfsnet-fig4", subject, subject.tuned, subject.unseen, SHOWN)


def _poster(e: Evidence, subject: Subject, level: int) -> Curve:
    return _curve(e, POSTER, subject, subject.tuned, level, subject.grid)


def _peak(curve: Curve) -> float:
    """The control with the highest mean."""
    return max(curve, key=lambda alpha: curve[alpha].mean)


def _at_unseen(subject: Subject, network: str) -> Setting:
    """A network of figure 4, its control to be searched."""
    return Setting(network, (), subject.on(subject.unseen))


def _gain(e: Evidence, subject: Subject, rival: str) -> tuple[Sample, str]:
    """How far the best of CFSNet is above the best of a rival, each at its own control."""
    settings = [_at_unseen(subject, network) for network in (subject.tuned, rival)]
    gain = e.ahead("cfsnet-fig4", *settings)
    ours, theirs = (e.best("cfsnet-fig4", setting).knobs[0] for setting in settings)
    return gain, f"by {told([gain])}, at {ours:.1f} against {theirs:.1f}"


def _beats_scalar(subject: Subject) -> Claim:
    def test(e: Evidence) -> Finding:
        behind = e.difference("cfsnet-fig4", *subject.own_ends.values())
        gain, text = _gain(e, subject, subject.scalar)
        if behind.mean > POOR:
            raise NotMeasured(f"rival not trained well enough: short at its own end by {told([behind])}")
        return above(gain, 0), text

    return Claim(
        f"adaptive coefficients beat a scalar ({subject.title})",
        "cfsnet-fig4",
        f"At {subject.word} {subject.unseen} the best of CFSNet is above the best of CFSNet-SA, whose "
        "coefficients are all alike.",
        test,
        bound=f"{PAPERS}: above; {OURS}: says nothing where CFSNet-SA is {POOR} dB behind at its own level",
        headline=subject is DENOISING,
    )


def _beats_weights(subject: Subject) -> Claim:
    def test(e: Evidence) -> Finding:
        gain, text = _gain(e, subject, subject.pair)
        return above(gain, 0), text

    at = f"at {subject.word} {subject.unseen}"
    said = f"{at} the best of CFSNet is above the best between two networks"
    return Claim(
        f"coupling features beats interpolating weights ({subject.title})",
        "cfsnet-fig4",
        f"Argued, not measured there: {said if subject is DENOISING else f'the same {at}'}.",
        test,
        bound=f"{OURS}: above; the paper measures nothing",
        headline=subject is DENOISING,
    )


def _one_peak(subject: Subject) -> Claim:
    """A best control at an end contradicts it, the U of a control that leads through neither network, and a
    second hill."""

    def test(e: Evidence) -> Finding:
        curve = _unseen(e, subject)
        peak = _peak({alpha: sample for alpha, sample in curve.items() if 0 < alpha < 1})
        over = [curve[peak] - curve[end] for end in (0.0, 1.0)]
        dip = _deepest_dip(curve, peak)
        text = f"best inside at {peak:.1f}, above 0 and 1 by {told(over)}; deepest dip {dip}"
        return every([*(above(sample, 0) for sample in over), below(dip, SAME)]), text

    return Claim(
        f"one peak inside ({subject.title})",
        "cfsnet-fig4",
        f"At {subject.word} {subject.unseen} PSNR has one maximum inside 0..1 and falls on either side.",
        test,
        bound=f"{PAPERS}: above both ends; {OURS}: no dip of {SAME} dB on the way, which is no difference",
        headline=True,
    )


def _deepest_dip(curve: Curve, peak: float) -> Sample:
    """The most that PSNR falls anywhere on the way to the peak, from either side."""
    rising = [alpha for alpha in curve if alpha <= peak]
    falling = [alpha for alpha in reversed(curve) if alpha >= peak]
    falls = [curve[far] - curve[near] for way in (rising, falling) for far, near in combinations(way, 2)]
    return max(falls, key=lambda sample: sample.mean)


def _flatter(e: Evidence) -> Finding:
    flat, steep = (_swing(_unseen(e, subject)) for subject in (DEBLOCKING, DENOISING))
    return higher(steep, flat), f"{told([flat])} against {told([steep])}"


def _swing(curve: Curve) -> Sample:
    """From the worst control to the best."""
    return curve[_peak(curve)] - min(curve.values(), key=lambda sample: sample.mean)


def _beyond(e: Evidence) -> Finding:
    """The best control below 0 against the best of the others."""
    curve = _poster(e, DENOISING, 15)
    below_0, others = ({a: s for a, s in curve.items() if (a < 0) is side} for side in (True, False))
    gain = curve[_peak(below_0)] - curve[_peak(others)]
    text = f"best at {_peak(curve):.1f}; the best below 0 is above the best from 0 on by {told([gain])}"
    return above(gain, 0), text


def _moves(subject: Subject) -> Claim:
    levels = subject.levels

    def test(e: Evidence) -> Finding:
        curves = [_poster(e, subject, level) for level in levels]
        costs = [_costs(a, b) for a, b in pairwise(curves)]
        risen = [_risen(a, b) for a, b in pairwise(curves)]
        peaks = ", ".join(f"{n}: {_peak(curve):.1f}" for n, curve in zip(levels, curves, strict=True))
        least = min((cost for both in costs for cost in both), key=lambda sample: sample.mean)
        return every(risen), f"{peaks}; a level at its neighbour's loses {told([least])} or more"

    return Claim(
        f"the optimum moves with the level ({subject.title})",
        POSTER,
        f"The best control rises with {subject.word} {', '.join(map(str, levels))} "
        f"({', '.join(['{}'] * len(levels))}).",
        test,
        tuple(_best_control(subject, level) for level in levels),
        bound=f"{PAPERS}: every step rises; {OURS}: at either level the other's control loses",
    )


def _costs(lower: Curve, higher: Curve) -> list[Sample]:
    """What either level loses at the control that is best for the other; where it is the same, a step
    further, the way that the paper says."""
    low, high = _peak(lower), _peak(higher)
    if low != high:
        return [lower[low] - lower[high], higher[high] - higher[low]]
    grid = sorted(lower)
    at = grid.index(low)
    return [lower[low] - lower[grid[max(at - 1, 0)]], higher[high] - higher[grid[min(at + 1, len(grid) - 1)]]]


def _risen(lower: Curve, higher: Curve) -> Decision:
    clear = every([above(cost, 0) for cost in _costs(lower, higher)])
    return (clear if _peak(higher) > _peak(lower) else ~clear) if clear else Decision(None, clear.margin)


def _near(subject: Subject) -> Claim:
    levels = subject.fixed

    def test(e: Evidence) -> Finding:
        far = [e.short_of(POSTER, subject.fixed_net(level), subject.ours(level)) for level in levels]
        text = f"short at {' and '.join(map(str, levels))} by {told(far)}"
        return every([below(sample, NEAR) for sample in far]), text

    return Claim(
        f"near a network of the level ({subject.title})",
        POSTER,
        f"At {subject.word} {' and '.join(map(str, levels))} the best control is within {NEAR} dB of the "
        "main branch trained for the level.",
        test,
        bound=f"{OURS}: {NEAR} dB, as a tenth of the control can miss 0.1 dB of a sharp peak",
    )


# --- figure 5 ----------------------------------------------------------------------------------------

Trade = tuple[list[Sample], list[Sample]]  # squared error and look by control


def _by_control(e: Evidence, dataset: str, network: str, metric: Metric) -> list[Sample]:
    protocol = enlarging(dataset, metric)
    return [e.sample(PLANE, Setting(NETWORKS[network], (alpha,), protocol)) for alpha in SHOWN]


def _trade(e: Evidence, dataset: str, network: str, judge: Metric) -> tuple[str, Trade]:
    """By what the look is judged, the perception index where NIQE and Ma's score were measured; the curve."""
    error, looks = (_by_control(e, dataset, network, metric) for metric in ("mse", judge))
    if judge == "niqe":
        try:
            ma = _by_control(e, dataset, network, "ma")
        except NotMeasured:
            return "NIQE", (error, looks)
        return "PI", (error, [_index(*both) for both in zip(looks, ma, strict=True)])
    return judge.upper(), (error, looks)


def _index(niqe: Sample, ma: Sample) -> Sample:
    pairs = zip(niqe.trainings, ma.trainings, strict=False)
    return Sample(tuple({i: pirm.index(a[i], b[i]) for i in a if i in b} for a, b in pairs), niqe.unit)


def _on_first_set(e: Evidence, judge: Metric, *networks: str) -> tuple[str, str, list[Trade]]:
    """The first set on which the networks are measured alike: its title, by what the look is judged, and
    the curves."""
    for dataset, title in SETS.items():
        try:
            names, trades = zip(*(_trade(e, dataset, network, judge) for network in networks), strict=True)
        except NotMeasured:
            continue
        if len(set(names)) == 1:
            return title, names[0], list(trades)
    raise NotMeasured


def _monotone(judge: Metric) -> Callable[[Evidence], Finding]:
    """Whether every step of the control costs error and gains look."""

    def test(e: Evidence) -> Finding:
        title, name, ((error, looks),) = _on_first_set(e, judge, "CFSNet")
        steps = [every([above(b - a, 0), below(d - c, 0)]) for (a, b), (c, d) in _steps(error, looks)]
        said = [step.holds for step in steps]
        rmse = [sample.mean**0.5 for sample in error]
        text = (
            f"{title}: RMSE {rmse[0]:.2f} to {rmse[-1]:.2f}, {name} {looks[0].mean:.2f} to "
            f"{looks[-1].mean:.2f}, by {told([looks[-1] - looks[0]])}; "
            f"{said.count(True)} of {len(said)} steps surely go the right way, "
            f"{said.count(False)} the wrong"
        )
        return every(steps), text

    return test


def _steps(error: list[Sample], looks: list[Sample]) -> list[tuple[tuple[Sample, Sample], ...]]:
    return list(zip(pairwise(error), pairwise(looks), strict=True))


def _below(judge: Metric) -> Callable[[Evidence], Finding]:
    """The mean distance of the two frontiers at equal error."""

    def test(e: Evidence) -> Finding:
        title, name, trades = _on_first_set(e, judge, *NETWORKS)
        values = [np.array([[s.values for s in part] for part in trade]) for trade in trades]
        made = min(own.shape[2] for own in values)
        by_training = [np.stack([own[:, :, seed] for own in values]) for seed in range(made)]
        lower = Sample(tuple(map(_over_images, by_training)), trades[0][1][0].unit)
        low, high = shared(by_training[0])
        text = f"{title}: {name} lower by {told([lower])}, mean over RMSE {low:.2f} to {high:.2f}"
        return above(lower, 0), text

    return test


def _over_images(values: np.ndarray) -> dict[str, float]:
    """The jackknife's pseudo-values of the advantage: their mean and its interval are those of a number that
    is no mean over images (Tukey 1958)."""
    count, whole = values.shape[-1], advantage(values)
    without = (advantage(np.delete(values, image, -1)) for image in range(count))
    return {str(image): count * whole - (count - 1) * left for image, left in enumerate(without)}


def advantage(values: np.ndarray) -> float:
    """Return by how much the second frontier lies above the first, mean over the RMSE of both.

    values: (2 networks, squared error and look, controls, images).
    """
    at = np.linspace(*shared(values), 50)
    ours, other = (frontier(at, np.sqrt(error.mean(1)), judged.mean(1)) for error, judged in values)
    return float((other - ours).mean())


def shared(values: np.ndarray) -> tuple[float, float]:
    """Return the range of RMSE that both curves reach."""
    rmse = [np.sqrt(error.mean(1)) for error, _ in values]
    return max(own.min() for own in rmse), min(own.max() for own in rmse)


def frontier(at: np.ndarray, rmse: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """Return the best look that a curve reaches with at most so much error; a curve, straight from control to
    control, may fold back."""
    controls = np.arange(len(rmse))
    along = np.linspace(0, len(rmse) - 1, 50 * (len(rmse) - 1) + 1)
    passed, seen = (np.interp(along, controls, own) for own in (rmse, judged))
    order = passed.argsort(kind="stable")
    return np.interp(at, passed[order], np.minimum.accumulate(seen[order]))


# --- size --------------------------------------------------------------------------------------------


def _lighter(e: Evidence) -> Finding:
    counts = [e.fact(PARAMS, name) for name in ENLARGING.values()]
    text = " and ".join(f"{count / 1e6:.2f}" for count in counts)
    return max(counts) < ESRGAN, f"{text} against {ESRGAN / 1e6:.1f} million"


def _as_large_as_dncnn(e: Evidence) -> Finding:
    own, other = (e.fact(PARAMS, name) for name in (MAIN_BRANCH, DNCNN))
    return abs(own / other - 1) <= ABOUT, f"{own:,.0f} against {other:,.0f}: {own / other:.2f} times"


def _traded(judge: Metric, mark: str) -> Claim:
    by = "perception index falls (here NIQE)" if judge == "niqe" else "distance by LPIPS falls"
    return Claim(
        f"error is traded for look, step by step{mark}",
        PLANE,
        f"From control 0 to 1 the reconstruction error of super-resolution x4 rises and its {by}, at every "
        "step of 0.1.",
        _monotone(judge),
        bound=f"{PAPERS}: both ways, {OURS}: at every step" + _BESIDE[judge],
    )


def _below_weights(judge: Metric, mark: str) -> Claim:
    return Claim(
        f"below interpolated weights on the plane{mark}",
        PLANE,
        "With no more error CFSNet looks better than weights interpolated between two networks (there "
        f"ESRGAN's, three times as large; here the main branch and the same trained on, by {judge.upper()}, "
        "mean over the error that both reach).",
        _below(judge),
        bound=f"{PAPERS}: better" + _BESIDE[judge],
    )


# NIQE sees no original: of the originals of Set5 and Set14 it is worse than of some restored images.
_BESIDE: dict[Metric, str] = {"niqe": "", "lpips": f"; {OURS}: by a distance from the original beside NIQE"}
_CLAIMS = (
    _beside(
        "no worse than DnCNN at its own level",
        25,
        "DnCNN-B",
        "its main branch is trained for, CFSNet is at least as good as",
        _no_worse,
        f"{PAPERS}: at least as good",
    ),
    _beside(
        "as good as FFDNet at the other end",
        50,
        "FFDNet",
        f"its tuning branch is trained for, CFSNet is within {SAME} dB of",
        _as_good,
        f"{OURS}: {SAME} dB either way, where 0.01 dB less are printed",
    ),
    _beside(
        "an unseen level between the two",
        30,
        "DnCNN-B",
        "it never saw, CFSNet is no worse than",
        _no_worse,
        f"{PAPERS}: no worse",
    ),
    Claim(
        "best at an unseen level",
        "cfsnet-table1",
        "At sigma 30, which it never saw, no network of table 1 is above CFSNet ({} dB; FFDNet {}, IRCNN "
        "{}).",
        _best_of_all,
        tuple(_psnr("cfsnet-table1", DENOISING, name, 30) for name in ("CFSNet", "FFDNet", "IRCNN")),
        full_size=True,
        bound=f"{PAPERS}: best; a tie with FFDNet as printed, {TIE} dB with the rounding of both",
    ),
    Claim(
        "above BM3D beyond its levels",
        "cfsnet-table1",
        "At sigma 15, milder than anything it saw, CFSNet is above BM3D ({} against {} dB).",
        _beats_bm3d,
        tuple(_psnr("cfsnet-table1", DENOISING, name, 15) for name in ("CFSNet", "BM3D")),
        full_size=True,
        bound=f"{PAPERS}: above what it prints of BM3D",
    ),
    Claim(
        "an unseen level beyond",
        POSTER,
        "For sigma 15, milder than anything it saw, the best control lies below 0 (poster: {}) and is "
        "better than any from 0 on.",
        _beyond,
        (_best_control(DENOISING, 15),),
        bound=f"{PAPERS}: the best is below 0",
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
        "features are straighter than images",
        "cfsnet-fig3",
        "Argued, not measured there: the network flattens the manifold of degraded images, so that "
        "levels between two known ones lie nearer to the line between them in its features than in pixels "
        "(here quality 15 to 35 between 10 and 40, last coupled features), in images that are merely "
        "blurred, and in the features of the network before training.",
        _straighter,
        bound=f"{OURS}: nearer than each; the paper measures nothing, and a 5x5 box flattens as well",
    ),
    *(claim(task) for claim in (_one_peak, _beats_scalar, _beats_weights) for task in SUBJECTS),
    Claim(
        "deblocking is flatter",
        "cfsnet-fig4",
        "Over 0..1 PSNR changes less at quality 20 than at sigma 30 ({:.1f} against more than {:.0f} dB).",
        _flatter,
        (
            Gap(_on_poster(DEBLOCKING, 0.5), _on_poster(DEBLOCKING, 0.0)),
            Gap(_on_poster(DENOISING, 0.2), _on_poster(DENOISING, 0.0)),
        ),
        bound=f"{PAPERS}: less",
    ),
    *(claim(*by) for claim in (_traded, _below_weights) for by in (("niqe", ""), ("lpips", " (LPIPS)"))),
    *(claim(task) for claim in (_moves, _near) for task in SUBJECTS),
    Claim(
        "lighter than ESRGAN",
        PARAMS,
        "CFSNet for super-resolution has fewer parameters than ESRGAN's generator.",
        _lighter,
        full_size=True,
        bound=f"{PAPERS}: fewer; {ESRGAN / 1e6:.1f} million are those of the released ESRGAN",
    ),
    Claim(
        "about as large as DnCNN",
        PARAMS,
        "The main branch of denoising has about as many parameters as DnCNN-B.",
        _as_large_as_dncnn,
        full_size=True,
        bound=f"{OURS}: a fifth more or less is about as many",
    ),
)

CLAIMS = {claim.name: claim for claim in _CLAIMS}
