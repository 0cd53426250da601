"""The claims of CUGAN (Cai, He, Qiao, Dong, CVPR workshops 2021) that a measurement can hold or contradict.

Where the paper has LPIPS, the distance in the maps of our ranker stands in for it, and says so. A gain counts
where its whole interval over images lies above zero; a bound, which is the paper's own largest mean, holds
for means.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from lib.degradations.levels import BlurNoise
from lib.evaluation.measure import UNITS, Setting, interval
from lib.papers.cugan.subjects import (
    AS_PRINTED,
    CONTROL,
    FFDNET_IN_COLOUR,
    FFDNET_IN_GRAY,
    GAN_LEVELS,
    GRAY,
    IN_EIGHT,
    IN_SEVEN,
    IN_TABLE_2,
    IN_TWO,
    LEVELS,
    LIVE1,
    MSE_LEVELS,
    ONE,
    ONE_NOISE,
    PLACES,
    SCALES,
    SIGMAS,
    STRONG,
    TENTHS,
    cugan,
    of_table1,
    of_table2,
)
from lib.papers.judging import Claim, Evidence, Finding, Gap, Quote
from lib.papers.scores import Scores, difference, listed, mean, surely_above, with_interval
from lib.recipes import find
from lib.recipes.cugan import CUGAN

# Items made when they are shown; no rows are kept.
LIVE = ("cugan-fig1", "cugan-fig3", "cugan-fig5", "cugan-grid", "cugan-health", "cugan-auto")

ALMOST_ALL = 7  # of the eight settings of table 2
CLOSE = 0.1  # dB, between what judging in gray gives and what is printed
LARGEST = 0.3  # of the whole change, that one tenth of the way may make
NOISY = 1.0  # grey levels: in a picture with less there is nothing to take away
FREE = 0.5  # of the noise, that may be left where it is called gone
MILD = 0.25  # of the largest, that a weight near zero is below

PAPERS, OURS = "the paper's", "ours"
SURE = "the interval over images with it (ours)"
_FEATURES = "(here: the distance in our ranker's maps)"

Test = Callable[[Evidence], Finding]
Pair = tuple[Setting, Setting]  # more, less


def _ends(scores: Scores) -> tuple[float, float]:
    """The interval of the mean, in the digits that rows are kept with."""
    low, high = interval(np.array(list(scores.values())))
    return round(low, 4), round(high, 4)


def _sure(gains: Sequence[Scores]) -> int:
    return sum(_ends(gain)[0] > 0 for gain in gains)


def _gains(item: str, pairs: Sequence[Pair], least: int | None = None) -> Test:
    """Whether the first of every pair, or of at least so many, is above the second."""

    def test(e: Evidence) -> Finding:
        gains = [e.gap(item, *pair) for pair in pairs]
        unit = UNITS[pairs[0][0].protocol.metric]
        return _sure(gains) >= (least or len(gains)), f"by {listed(gains, unit)}"

    return test


def _by_features(setting: Setting) -> Setting:
    return replace(setting, protocol=replace(setting.protocol, metric="features"))


# --- table 1 -----------------------------------------------------------------------------------------


def _features1(level: BlurNoise, more: str, less: str) -> Pair:
    settings = of_table1(level)
    return _by_features(settings[more]), _by_features(settings[less])


def _lpips(method: str, level: BlurNoise) -> Quote:
    return Quote("cugan-table1", LIVE1, method, level.name, "lpips")


def _close_to_ugan(e: Evidence) -> Finding:
    most = max(float(_lpips("CUGAN", level)) / float(_lpips("UGAN", level)) - 1 for level in GAN_LEVELS)
    shares = []
    for level in GAN_LEVELS:
        pair = _features1(level, "CUGAN", "UGAN")
        other = mean(e.scores("cugan-table1", pair[1]))
        shares.append({k: value / other for k, value in e.gap("cugan-table1", *pair).items()})
    text = ", ".join(with_interval(share, 3) for share in shares)
    return all(round(mean(s), 4) <= round(most, 4) for s in shares), f"more by a share of {text}"


# --- table 2 -----------------------------------------------------------------------------------------

_MOST = Quote("cugan-text-4.2", "", "CUnet vs Unet", "all Table 2 settings", "psnr_distance_bound")


def _psnr2(method: str, level: BlurNoise) -> Quote:
    return Quote("cugan-table2", "CBSD68", method, level.name)


def _distance2(level: BlurNoise) -> Quote:
    return Quote("cugan-table2", "CBSD68", "distance Unet-CUnet", level.name, "psnr_distance")


def _gap2(e: Evidence, level: BlurNoise, more: str, less: str) -> Scores:
    settings = of_table2(level)
    return e.gap("cugan-table2", settings[more], settings[less])


def _close_to_unet(e: Evidence) -> Finding:
    losses = [_gap2(e, level, "Unet", "CUnet") for level in MSE_LEVELS]
    return all(round(mean(loss), 4) <= float(_MOST) for loss in losses), f"short by {listed(losses)}"


def _two_cost_less(e: Evidence) -> Finding:
    blurs = [level for level in ONE if level.blur]
    alone, strong = (
        [_gap2(e, level, "Unet", "CUnet") for level in levels]
        for levels in (blurs, [replace(blur, sigma=50) for blur in blurs])
    )
    cheaper = [difference(a, b) for a, b in zip(alone, strong, strict=True)]
    return _sure(cheaper) == len(cheaper), f"by {listed(cheaper)}"


def _better_than_cresmd(e: Evidence) -> Finding:
    """Where the rival itself improves on every degraded picture that it is given."""
    works = [_gap2(e, level, "CResMD", "degraded") for level in MSE_LEVELS]
    if _sure(works) < len(works):
        return None, "CResMD, as trained here, does not restore every degradation"
    ahead = [_gap2(e, level, "CUnet", "CResMD") for level in MSE_LEVELS]
    return _sure(ahead) >= ALMOST_ALL, f"by {listed(ahead)}"


def _fewer_parameters(e: Evidence) -> Finding:
    ours, rival = (e.fact("cugan-text-4.2", f"million parameters of {name}") for name in ("CUnet", "CResMD"))
    return ours < rival, f"{ours:.2f} against {rival:.2f} million, of the layers as described"


# --- table 3 -----------------------------------------------------------------------------------------


def _psnr3(method: str, sigma: int) -> Quote:
    return Quote("cugan-table3", AS_PRINTED, method, f"sigma{sigma}")


_MORE_IN_GRAY = tuple(
    Gap(_psnr3("CUnet", sigma), _psnr2("CUnet", BlurNoise(0, sigma))) for sigma in IN_TABLE_2
)


def _as_printed(e: Evidence) -> Finding:
    """Whether judging in gray gives what table 3 has more than table 2."""
    gains = [
        e.gap("cugan-table3", FFDNET_IN_GRAY.setting(sigma), FFDNET_IN_COLOUR.setting(sigma))
        for sigma in IN_TABLE_2
    ]
    off = [abs(mean(gain) - float(more)) for gain, more in zip(gains, _MORE_IN_GRAY, strict=True)]
    printed = ", ".join(str(more) for more in _MORE_IN_GRAY)
    return max(off) <= CLOSE, f"{listed(gains)} where {printed} dB are printed"


# --- figure 4, in pictures of its set ----------------------------------------------------------------


def _at(e: Evidence, what: str, knob: str) -> list[Scores]:
    """What is measured of every picture, at every place of the knob that counts."""
    return [e.facts_by_image("cugan-fig4", f"{what} at {knob} {at:g}") for at in PLACES[knob]]


def _pictures(scores: Scores) -> str:
    return f"{len(scores)} pictures of {LIVE1}"


def _means(way: Sequence[Scores]) -> str:
    return ", ".join(f"{mean(scores):.2f}" for scores in way)


def _less_noise(e: Evidence) -> Finding:
    way = _at(e, "noise left", "noise")
    sure = all(surely_above(difference(before, after)) for before, after in pairwise(way))
    text = f"noise left in grey levels from 0 to {LEVELS['noise']:g}: {_means(way)}"
    return sure, f"{text}, {_pictures(way[0])}"


def _sharper(e: Evidence) -> Finding:
    way = _at(e, "mean step", "blur")
    sure = all(surely_above(difference(after, before)) for before, after in pairwise(way))
    text = f"mean step from pixel to pixel in grey levels from 0 to {LEVELS['blur']:g}: {_means(way)}"
    return sure, f"{text}, {_pictures(way[0])}"


def _texture_costs(e: Evidence) -> Finding:
    (mse, gan), (smooth, rough) = (_at(e, what, "texture") for what in ("PSNR", "mean step"))
    lost, gained = difference(gan, mse), difference(rough, smooth)
    text = f"{with_interval(lost)} dB; mean step from pixel to pixel {with_interval(gained)} grey levels"
    return surely_above(difference(mse, gan)) and surely_above(gained), f"{text}, {_pictures(lost)}"


def _smooth(knob: str) -> Claim:
    def test(e: Evidence) -> Finding:
        share = e.facts_by_image("cugan-fig4", f"largest share of {knob}")
        _, high = interval(np.array(list(share.values())))
        return high <= LARGEST, f"largest share of a tenth {with_interval(share)}, {_pictures(share)}"

    return Claim(
        f"smooth transition ({knob})",
        "cugan-fig4",
        f"The output changes smoothly with {knob}: no tenth of the way is more than three tenths of the "
        "change.",
        test,
        bound=f"{OURS}: three tenths, where an even way has one",
    )


# --- other figures -----------------------------------------------------------------------------------


def _real_noise_goes(e: Evidence) -> Finding:
    """Over all photographs that have noise: what is left of it, and sharpness, at the ends of both rows."""
    seen, *ends = (e.facts_by_image("cugan-fig6", f"noise {at}") for at in ("seen", "left", "sharpened"))
    soft, sharp = (e.facts_by_image("cugan-fig6", f"mean step {at}") for at in ("left", "sharpened"))
    noisy = [image for image, noise in seen.items() if noise >= NOISY]
    if not noisy:
        return None, "no picture has noise to take away"
    left = [{image: end[image] / seen[image] for image in noisy} for end in ends]
    sharper = {image: sharp[image] - soft[image] for image in noisy}
    gone = all(interval(np.array(list(one.values())))[1] < FREE for one in left)
    shown = [with_interval(one) for one in (*left, sharper)]
    text = f"{shown[0]} of the noise left, {shown[1]} after sharpening, which adds {shown[2]} grey levels"
    return gone and surely_above(sharper), f"{text} to the mean step from pixel to pixel"


def _features7() -> list[Pair]:
    """Every number of scales less three of them."""
    *rivals, ours = SCALES.values()
    return [
        (_by_features(cugan(level, rival)), _by_features(cugan(level, ours)))
        for level in IN_SEVEN
        for rival in rivals
    ]


def _features8(more: str, less: str) -> list[Pair]:
    return [
        (_by_features(cugan(level, IN_EIGHT[more])), _by_features(cugan(level, IN_EIGHT[less])))
        for level in GAN_LEVELS
    ]


def _telling_helps(e: Evidence) -> Finding:
    """Where one of the two lies nearer than the control, on the mean of all levels: the distance is what all
    descend, and a discriminator only pulls away from its least."""
    item, both = "cugan-fig8", ("with GFM", "without GFM")
    ahead = [[e.gap(item, *pair) for pair in _features8(CONTROL, rival)] for rival in both]
    if all(sum(map(mean, own)) <= 0 for own in ahead):
        return None, f"nearest with {CONTROL}: the distance cannot tell"
    return _gains(item, _features8("without GFM", "with GFM"))(e)


def _coarse_fades(e: Evidence) -> Finding:
    """Where the weights of a short training started at 1, how near zero they are says nothing of the
    method."""
    titles = ("scale 2 into 1", "scale 3 into 2")
    scales = {title: [e.fact("cugan-mech-w", f"{title} at {at:g}") for at in TENTHS] for title in titles}
    if find(CUGAN, e.scale).init_weight:
        return None, "our training starts every weight away from zero"
    text = "; ".join(f"{title}: {values[0]:.2f} to {values[-1]:.2f}" for title, values in scales.items())
    fades = all(v == sorted(v) and v[0] <= MILD * v[-1] for v in scales.values())
    return fades, f"from 0 to 1, {text}"


_UNET, _CUNET, _UGAN, _CUGAN = IN_TWO.values()

_CLAIMS = (
    Claim(
        "one CUGAN is close to networks of one degradation",
        "cugan-table1",
        "In all ten settings LPIPS of CUGAN exceeds that of a UGAN trained for the setting by at most a "
        f"tenth ({{}} at r4) {_FEATURES}.",
        _close_to_ugan,
        (Quote("cugan-table1", LIVE1, "distance CUGAN-UGAN", BlurNoise(4, 0).name, "lpips_distance"),),
        bound=f"{PAPERS}: the largest share that LPIPS is printed above, of the ranker's distance",
    ),
    Claim(
        "one CUGAN is better under two strong degradations",
        "cugan-table1",
        "For r2 or r4 with sigma 30 or 50 LPIPS of CUGAN is below that of a UGAN trained for the setting (by "
        f"{{}}, {{}}, {{}} and {{}}) {_FEATURES}.",
        _gains("cugan-table1", [_features1(level, "UGAN", "CUGAN") for level in STRONG]),
        tuple(Gap(_lpips("UGAN", level), _lpips("CUGAN", level)) for level in STRONG),
        bound=f"{PAPERS}: below, {SURE}",
    ),
    Claim(
        "one CUnet is close to networks of one degradation",
        "cugan-table2",
        "In all eight settings CUnet is within {} dB of a Unet trained for the setting.",
        _close_to_unet,
        (_MOST,),
        bound=f"{PAPERS}: its largest distance",
    ),
    Claim(
        "two strong degradations cost less than blur alone",
        "cugan-table2",
        "CUnet is nearer to Unet at r2 + sigma 50 and r4 + sigma 50 ({} and {} dB) than at r2 and r4 "
        "({} and {} dB).",
        _two_cost_less,
        tuple(_distance2(BlurNoise(*at)) for at in ((2, 50), (4, 50), (2, 0), (4, 0))),
        bound=f"{PAPERS}: nearer, {SURE}",
    ),
    Claim(
        "better than CResMD",
        "cugan-table2",
        "CUnet outperforms CResMD on almost all degradations: on seven of eight, by {} to {} dB.",
        _better_than_cresmd,
        tuple(
            Gap(_psnr2("CUnet", level), _psnr2("CResMD", level))
            for level in (BlurNoise(1, 15), BlurNoise(0, 50))
        ),
        bound=f"{PAPERS}: seven of eight, {SURE}; CResMD has to restore (ours)",
    ),
    Claim(
        "better than denoisers of gray pictures",
        "cugan-table3",
        "On gray CBSD68 CUnet is above FFDNet at sigma 15, 25, 30 and 50, by {} to {} dB (read as: of a "
        "gray picture both see one noisy observation).",
        _gains("cugan-table3", [(ONE_NOISE.setting(sigma), GRAY.setting(sigma)) for sigma in SIGMAS]),
        tuple(Gap(_psnr3("CUnet", sigma), _psnr3("FFDNet", sigma)) for sigma in (50, 15)),
        full_size=True,
        bound=f"{PAPERS}: above, {SURE}",
    ),
    Claim(
        "table 3 compares gray with colour",
        "cugan-table3",
        "Not said there, but printed: at sigma 30 and 50 table 3 has {} and {} dB more than table 2 for "
        "the same network, which is what judging colour results in gray gives (within 0.1 dB; read off the "
        "published FFDNet).",
        _as_printed,
        _MORE_IN_GRAY,
        full_size=True,
        bound=f"{OURS}: 0.1 dB between two networks",
    ),
    Claim(
        "fewer parameters than CResMD",
        "cugan-text-4.2",
        "CUnet has {} million parameters, CResMD {} million.",
        _fewer_parameters,
        tuple(Quote("cugan-text-4.2", "", name, "", "parameters") for name in ("CUnet", "CResMD")),
        full_size=True,
        bound=f"{PAPERS}: fewer",
    ),
    Claim(
        "a network for another degradation leaves artefacts",
        "cugan-fig2",
        "Networks for r2 + sigma 30 on r1 + sigma 50 are below the conditional network that is told the "
        "degradation, both Unet (CUnet) and UGAN (CUGAN).",
        _gains("cugan-fig2", [(_CUNET, _UNET), (_CUGAN, _UGAN)]),
        bound=f"{OURS}: below in PSNR, the interval over images with it",
    ),
    Claim(
        "the artefacts are worse with a GAN",
        "cugan-fig2",
        "On r1 + sigma 50 the UGAN for r2 + sigma 30 is further from the original than the Unet for it "
        f"{_FEATURES}.",
        _gains("cugan-fig2", [(_by_features(_UGAN), _by_features(_UNET))]),
        bound=f"{OURS}: farther in the ranker's maps, the interval over images with it",
    ),
    Claim(
        "more of the noise knob leaves less noise",
        "cugan-fig4",
        "From 0 to the level that the picture has, every turn of the noise knob takes noise away.",
        _less_noise,
        bound=f"{OURS}: less at every tenth as estimated, the interval over images with it",
    ),
    Claim(
        "more of the blur knob sharpens",
        "cugan-fig4",
        "From 0 to the level that the picture has, every turn of the blur knob makes the picture sharper.",
        _sharper,
        bound=f"{OURS}: a larger mean step from pixel to pixel at every tenth, intervals with it",
    ),
    Claim(
        "texture costs accuracy",
        "cugan-fig4",
        "From the network of the squared error to the adversarial one texture grows and PSNR falls.",
        _texture_costs,
        bound=f"{OURS}: texture by the mean step from pixel to pixel, both intervals over images on one side",
    ),
    *(_smooth(knob) for knob in ("noise", "blur", "texture")),
    Claim(
        "real noise goes, and sharpening does not bring it back",
        "cugan-fig6",
        "On a real photograph the noise is gone at [0, 0.8]; at [0.3, 0.8] the picture is sharper and still "
        "free of noise (read as: less than half of it).",
        _real_noise_goes,
        bound=f"{OURS}: half of the noise, a larger mean step from pixel to pixel, intervals with them",
    ),
    Claim(
        "more scales help",
        "cugan-fig7",
        "With three scales LPIPS is lower than with two and with one, for r1 + sigma 30 and for r2 + sigma "
        f"15 {_FEATURES}.",
        _gains("cugan-fig7", _features7()),
        bound=f"{PAPERS}: lower, {SURE}",
    ),
    Claim(
        "telling the discriminator helps",
        "cugan-fig8",
        f"With GFM in the discriminator LPIPS is lower on every degradation {_FEATURES}.",
        _telling_helps,
        bound=f"{PAPERS}: lower, {SURE}; the distance has to tell (ours)",
    ),
    Claim(
        "what comes from coarser scales fades with the degradation",
        "cugan-mech-w",
        "The weights with which coarser scales are fused grow with the degradation, from near zero for a "
        "mild one.",
        _coarse_fades,
        bound=f"{OURS}: no step down, a quarter of the largest",
    ),
)

CLAIMS = {claim.name: claim for claim in _CLAIMS}
