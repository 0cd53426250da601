"""The claims of CUGAN (Cai, He, Qiao, Dong, CVPR workshops 2021) that a measurement can hold or contradict.

LPIPS is the paper's own, of images whose range it mistakes, where the paper prints or draws it, and LPIPS
as it is meant where the paper shows images. Knobs are told the degradation, none is chosen on test images.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

from lib.degradations.levels import BlurNoise
from lib.evaluation.measure import Metric, Setting
from lib.papers.cugan.subjects import (
    AS_PRINTED,
    BETWEEN,
    CONTROL,
    FFDNET_IN_COLOUR,
    FFDNET_IN_GRAY,
    GAN_LEVELS,
    IN_EIGHT,
    IN_SEVEN,
    IN_TABLE_2,
    IN_TWO,
    LEVELS,
    LIVE1,
    LPIPS,
    MSE_LEVELS,
    ONE,
    PLACES,
    SCALES,
    STRONG,
    TENTHS,
    by,
    cugan,
    first_stage,
    of_table1,
    of_table2,
    turned,
)
from lib.papers.deciding import Decision, Sample, above, below, every, single, told, within
from lib.papers.judging import Claim, Evidence, Finding, Gap, NotMeasured, Quote
from lib.papers.scores import Scores
from lib.recipes.cugan import CUGAN, WITHOUT_GFM
from lib.training import health

# Items made when they are shown; no rows are kept.
LIVE = (
    *("cugan-fig1", "cugan-fig3", "cugan-fig5", "cugan-grid"),
    *("cugan-health", "cugan-training", "cugan-auto"),
)

ALMOST_ALL = 7  # of the eight settings of table 2, as printed
SEVERE = 1.0  # dB: more than four times what one network for all degradations is printed to cost
CLOSE = 0.1  # dB, between what judging in gray does to two networks
ROUNDED = 0.01  # dB, that two numbers of two digits may differ by more or less than printed
SEEN = 1.0  # grey levels: 8 bits show no smaller change
LARGEST = 0.3  # of the whole change, that one tenth of the way may make
NOISY = 5.0  # grey levels: clean images of LIVE1 read less in their calmest part
FREE = 0.5  # of the noise, that may be left where it is called gone
MILD = 0.25  # of the largest, that a weight near zero is below
MOVED = 0.1  # of a branch at full weight: what training has to change to be called a turn
GREY = "grey levels"

PAPERS, OURS = "the paper's", "ours"
WORKING = "beside a rival that is better than the network it was trained on from (ours)"

Test = Callable[[Evidence], Finding]
Decide = Callable[[Sample], Decision]
Pair = tuple[Setting, Setting]  # ours, rival


def _up_to(quote: Quote) -> float:
    """The largest number that is printed so."""
    _, _, digits = str(quote).partition(".")
    return float(quote) + 0.5 * 10 ** -len(digits)


def _beside_working(item: str, pairs: Sequence[Pair], decide: Decide, what: str) -> Test:
    """Whether each pair's difference fits; it holds only where the rival's adversarial training, by the same
    metric, made it better than the network that it started from."""

    def test(e: Evidence) -> Finding:
        gaps = [e.difference(item, *pair) for pair in pairs]
        gained = [e.difference(item, first_stage(rival), rival) for _, rival in pairs]
        better = [above(gain, 0) for gain in gained]
        fits = [
            Decision(None, gain.margin) if fit and not gain else fit
            for fit, gain in zip(map(decide, gaps), better, strict=True)
        ]
        text = f"{what} {told(gaps)}"
        if idle := [gain for gain in better if not gain]:
            text += f"; {len(idle)} rivals not shown to be better than before"
        return every(fits), text

    return test


# --- table 1 -----------------------------------------------------------------------------------------


def _of_table1(level: BlurNoise, metric: Metric) -> Pair:
    settings = of_table1(level)
    return by(metric, settings["CUGAN"]), by(metric, settings["UGAN"])


def _printed1(method: str, level: BlurNoise, metric: str) -> Quote:
    return Quote("cugan-table1", LIVE1, method, level.name, metric)


def _close_to_ugan(title: str, metric: Metric, *, headline: bool = False) -> Claim:
    item, written = "cugan-table1", f"{title.lower()}_distance"
    most = _printed1("distance CUGAN-UGAN", BlurNoise(4, 0), written)

    def test(e: Evidence) -> Finding:
        pairs = [_of_table1(level, metric) for level in GAN_LEVELS]
        return _beside_working(item, pairs, partial(below, bound=_up_to(most)), "CUGAN less UGAN")(e)

    return Claim(
        f"one CUGAN is close to networks of one degradation ({title})",
        item,
        f"In all ten settings {title} of CUGAN exceeds that of a UGAN trained for the setting by at most "
        "{} (at r4).",
        test,
        (most,),
        bound=f"{PAPERS}: the largest distance of its table, rounding included; {WORKING}",
        headline=headline,
    )


def _stronger(e: Evidence) -> Finding:
    pairs = [_of_table1(level, LPIPS) for level in STRONG]
    return _beside_working("cugan-table1", pairs, partial(below, bound=0), "CUGAN less UGAN")(e)


# --- table 2 -----------------------------------------------------------------------------------------

_MOST = Quote("cugan-text-4.2", "", "CUnet vs Unet", "all Table 2 settings", "psnr_distance_bound")


def _psnr2(method: str, level: BlurNoise) -> Quote:
    return Quote("cugan-table2", "CBSD68", method, level.name)


def _distance2(level: BlurNoise) -> Quote:
    return Quote("cugan-table2", "CBSD68", "distance Unet-CUnet", level.name, "psnr_distance")


def _gap2(e: Evidence, level: BlurNoise, more: str, less: str) -> Sample:
    settings = of_table2(level)
    return e.difference("cugan-table2", settings[more], settings[less])


def _close_to_unet(e: Evidence) -> Finding:
    losses = [_gap2(e, level, "Unet", "CUnet") for level in MSE_LEVELS]
    return every([within(loss, _up_to(_MOST)) for loss in losses]), f"short by {told(losses)}"


def _two_cost_less(e: Evidence) -> Finding:
    blurs = [level for level in ONE if level.blur]
    cheaper = [
        _gap2(e, blur, "Unet", "CUnet") - _gap2(e, replace(blur, sigma=50), "Unet", "CUnet") for blur in blurs
    ]
    return every([above(less, 0) for less in cheaper]), f"by {told(cheaper)}"


def _better_than_cresmd(e: Evidence) -> Finding:
    """Where the rival itself improves on every degraded image that it is given."""
    gains = [_gap2(e, level, "CResMD", "degraded") for level in MSE_LEVELS]
    if not every([above(gain, 0) for gain in gains]):
        raise NotMeasured("CResMD, as trained here, does not restore every degradation")
    ahead = [_gap2(e, level, "CUnet", "CResMD") for level in MSE_LEVELS]
    return _at_least(ALMOST_ALL, [above(one, 0) for one in ahead]), f"by {told(ahead)}"


def _at_least(count: int, decisions: Sequence[Decision]) -> Decision:
    """Whether so many hold: not where too many do not, undecided where it hangs on undecided ones."""
    by_rank = sorted(decisions, key=lambda decision: decision.margin.rank())
    return every(by_rank[len(decisions) - count :])


def _fewer_parameters(e: Evidence) -> Finding:
    ours, rival = (e.fact("cugan-text-4.2", f"million parameters of {name}") for name in ("CUnet", "CResMD"))
    return ours < rival, f"{ours:.2f} against {rival:.2f} million, of the layers as described"


# --- table 3 -----------------------------------------------------------------------------------------

_IN_COLOUR = tuple(_psnr2("CUnet", BlurNoise(0, sigma)) for sigma in IN_TABLE_2)
_MORE_IN_GRAY = tuple(
    Gap(Quote("cugan-table3", AS_PRINTED, "CUnet", f"sigma{sigma}"), colour)
    for sigma, colour in zip(IN_TABLE_2, _IN_COLOUR, strict=True)
)


def _above_ffdnet(e: Evidence) -> Finding:
    """The paper prints no more than means: on the same images another training is what may change them."""
    ffdnet = [e.sample("cugan-table3", FFDNET_IN_COLOUR.setting(sigma)) for sigma in IN_TABLE_2]
    ahead = [
        single(float(ours) - rival.mean, "dB") for ours, rival in zip(_IN_COLOUR, ffdnet, strict=True)
    ]
    text = ", ".join(f"{one.mean:.2f} [{', '.join(f'{end:.2f}' for end in one.reach(0))}]" for one in ahead)
    fits = [above(one, _up_to(ours) - float(ours)) for one, ours in zip(ahead, _IN_COLOUR, strict=True)]
    return every(fits), f"by {text} dB (another training may move the printed one by 0.15 dB)"


def _as_printed(e: Evidence) -> Finding:
    """Whether judging in gray gives what table 3 has more than table 2."""
    gains = [
        e.difference("cugan-table3", FFDNET_IN_GRAY.setting(sigma), FFDNET_IN_COLOUR.setting(sigma))
        for sigma in IN_TABLE_2
    ]
    fits = [
        within(_published(gain), CLOSE + ROUNDED, around=float(more))
        for gain, more in zip(gains, _MORE_IN_GRAY, strict=True)
    ]
    printed = " and ".join(map(str, _MORE_IN_GRAY))
    return every(fits), f"{', '.join(map(str, gains))} dB where {printed} dB are printed"


def _published(sample: Sample) -> Sample:
    """The same twice: another training of weights that are given would be no other."""
    return replace(sample, trainings=2 * sample.trainings)


# --- figure 2 ----------------------------------------------------------------------------------------

_UNET, _CUNET, _UGAN, _CUGAN = IN_TWO.values()


def _mismatched(e: Evidence) -> Finding:
    losses = [e.difference("cugan-fig2", *pair) for pair in ((_CUNET, _UNET), (_CUGAN, _UGAN))]
    return every([above(loss, SEVERE) for loss in losses]), f"Unet and UGAN below by {told(losses)}"


def _worse_with_gan(e: Evidence) -> Finding:
    """A network that is worse with a GAN on everything says nothing of what it is not trained for."""
    unet, cunet, ugan, cugan_told = (by("lpips", setting) for setting in (_UNET, _CUNET, _UGAN, _CUGAN))
    worse = e.difference("cugan-fig2", ugan, unet)
    more = worse - e.difference("cugan-fig2", cugan_told, cunet)
    text = f"UGAN above Unet, and by how much more than CUGAN above CUnet: {told([worse, more])}"
    return every([above(worse, 0), above(more, 0)]), text


# --- figure 4 ----------------------------------------------------------------------------------------


def _way(e: Evidence, what: str, knob: str, places: Sequence[float], unit: str = GREY) -> list[Sample]:
    """What is measured of every image, at these places of the knob."""
    return [Sample((e.facts_by_image("cugan-fig4", f"{what} at {knob} {at:g}"),), unit) for at in places]


def _pictures(sample: Sample) -> str:
    return f"one training, {sample.values.shape[1]} images of {LIVE1}"


def _means(way: Sequence[Sample]) -> str:
    return ", ".join(f"{sample.mean:.2f}" for sample in way)


def _less_noise(e: Evidence) -> Finding:
    way = _way(e, "noise left", "noise", PLACES["noise"])
    falls = [above(before - after, 0) for before, after in pairwise(way)]
    gone = below(way[-1] - FREE * way[0], 0)
    text = f"noise left in grey levels from 0 to {LEVELS['noise']:g}: {_means(way)}"
    return every([*falls, gone]), f"{text} ({_pictures(way[0])})"


def _sharper(e: Evidence) -> Finding:
    way = _way(e, "mean step", "blur", PLACES["blur"])
    rises = [above(after - before, 0) for before, after in pairwise(way)]
    nearer = e.difference("cugan-fig4", *(turned("blur", at, "lpips") for at in BETWEEN["blur"]))
    text = f"mean step from pixel to pixel in grey levels from 0 to {LEVELS['blur']:g}: {_means(way)}"
    text = f"{text} ({_pictures(way[0])}); nearer by LPIPS {told([nearer])}"
    return every([*rises, above(nearer, 0)]), text


def _texture_costs(e: Evidence) -> Finding:
    def falls(metric: Metric, first: float, last: float) -> Sample:
        return e.difference("cugan-fig4", *(turned("texture", at, metric) for at in (first, last)))

    ends = PLACES["texture"]
    lost = [falls("psnr", *half) for half in pairwise(BETWEEN["texture"])]
    niqe, lpips = (falls(metric, *ends) for metric in ("niqe", "lpips"))
    smooth, rough = _way(e, "mean step", "texture", ends)
    grown = rough - smooth
    text = f"PSNR falls by {told(lost)} in the halves of the way, NIQE by {niqe}, LPIPS by {lpips}; mean "
    text += f"step from pixel to pixel grows by {grown} grey levels ({_pictures(grown)})"
    return every([above(one, 0) for one in (*lost, niqe, lpips, grown)]), text


def _smooth(knob: str) -> Claim:
    def test(e: Evidence) -> Finding:
        share = Sample((e.facts_by_image("cugan-fig4", f"largest share of {knob}"),), "1")
        change = Sample((e.facts_by_image("cugan-fig4", f"whole change of {knob}"),), GREY)
        first, *inside, last = way = _way(e, "PSNR", knob, TENTHS, "dB")
        worse = min(first, last, key=lambda end: end.mean)
        kept = [above(one - worse, -_up_to(_MOST)) for one in inside]
        text = f"change by {change} grey levels, largest share of a tenth {share}; PSNR {_means(way)} dB"
        return every([above(change, SEEN), below(share, LARGEST), *kept]), f"{text} ({_pictures(share)})"

    return Claim(
        f"smooth transition ({knob})",
        "cugan-fig4",
        f"The output changes smoothly with {knob}: no tenth of the way is more than three tenths of the "
        "change, and nowhere does PSNR dip more than {} dB below both ends (where there is a change).",
        test,
        (_MOST,),
        bound=f"{OURS}: three tenths, where an even way has one; a dip of what the paper calls close, where "
        "a detour through other images has more; a change of one grey level, or nothing was turned",
    )


# --- other figures -----------------------------------------------------------------------------------


def _real_noise_goes(e: Evidence) -> Finding:
    """Over all photographs that have noise: what is left of it, and sharpness, at the ends of both rows."""
    seen, *ends = (
        e.facts_by_image("cugan-fig6", f"noise {at} in the calmest part")
        for at in ("seen", "left", "sharpened")
    )
    soft, sharp = (e.facts_by_image("cugan-fig6", f"mean step {at}") for at in ("left", "sharpened"))
    noisy = [image for image, noise in seen.items() if noise >= NOISY]
    if len(noisy) < 2:
        raise NotMeasured("fewer than two images have noise to take away")
    left = [Sample(({image: end[image] / seen[image] for image in noisy},), "1") for end in ends]
    sharper = Sample(({image: sharp[image] - soft[image] for image in noisy},), GREY)
    text = f"{left[0]} of the noise left, {left[1]} after sharpening, which adds {sharper} grey levels to "
    text += f"the mean step from pixel to pixel (one training, {len(noisy)} photographs)"
    return every([*(below(one, FREE) for one in left), above(sharper, 0)]), text


def _more_scales(e: Evidence) -> Finding:
    *rivals, ours = SCALES.values()
    pairs = [
        (by(LPIPS, cugan(level, ours)), by(LPIPS, cugan(level, rival)))
        for level in IN_SEVEN
        for rival in rivals
    ]
    return _beside_working("cugan-fig7", pairs, partial(below, bound=0), "three scales less one and two")(e)


def _telling_helps(e: Evidence) -> Finding:
    """Where LPIPS prefers one of the two to no discriminator at all, on the mean of all levels."""

    def less(more: str, ours: str) -> list[Sample]:
        networks = [IN_EIGHT[title] for title in (more, ours)]
        pairs = [[by(LPIPS, cugan(level, network)) for network in networks] for level in GAN_LEVELS]
        return [e.difference("cugan-fig8", *pair) for pair in pairs]

    with_gfm, without = "with GFM", "without GFM"
    if all(sum(one.mean for one in less(CONTROL, own)) <= 0 for own in (with_gfm, without)):
        raise NotMeasured(f"nearest with {CONTROL}: LPIPS cannot tell")
    gains = less(without, with_gfm)
    return every([above(gain, 0) for gain in gains]), f"by {told(gains)}"


def _coarse_fades(e: Evidence) -> Finding:
    """What training made of the weights: those of a start near zero are near zero untrained, too."""
    item, titles = "cugan-mech-w", ("scale 2 into 1", "scale 3 into 2")
    ends = {title: [e.fact(item, f"{title} at {at:g}") for at in TENTHS] for title in titles}
    starts = {title: [e.fact(item, f"{title} at the start at {at}") for at in (0, 1)] for title in titles}
    grown = [ends[title][-1] - ends[title][0] - starts[title][1] + starts[title][0] for title in titles]
    text = "; ".join(
        f"{title}: {own[0]:.2f} to {own[-1]:.2f}, untrained {first[0]:.2f} to {first[1]:.2f}"
        for (title, own), first in zip(ends.items(), starts.values(), strict=True)
    )
    text = f"from 0 to 1, {text} (one training)"
    if any(abs(change) < MOVED for change in grown):
        return None, f"{text}: training hardly turned them"
    if min(grown) < 0:
        return False, text
    fades = all(own == sorted(own) and own[0] <= MILD * own[-1] for own in ends.values())
    far = any(first[0] > MILD * first[1] for first in starts.values())
    return None if far and not fades else fades, text


def _leans(e: Evidence) -> Finding:
    """Means over consecutive parts of a training, the same batches in both."""

    def lean(run: str) -> Sample:
        curve = e.training_curve(run)
        scores: Scores = dict(zip(curve["step"].astype(str), curve["lean"].astype(float), strict=True))
        return Sample((scores,), "1")

    plain, gfm = lean(WITHOUT_GFM), lean(CUGAN)
    text = f"{plain} without GFM, {gfm} with it (one training each, in {plain.values.shape[1]} parts)"
    return every([below(plain, 0), above(gfm - plain, 0)]), text


def _pull_stays(e: Evidence) -> Finding:
    """Parts of a training, in each how strongly severe degradations are pulled at beside mild ones."""

    def kept(run: str) -> Sample:
        curve = e.training_curve(run)
        if not {health.MILD, health.SEVERE} <= set(curve):
            raise NotMeasured("its trainings logged no gradient by severity; train them again")
        share = (curve[health.SEVERE] / curve[health.MILD]).set_axis(curve["step"].astype(str)).dropna()
        return Sample((share.to_dict(),), "1")

    plain, gfm = kept(WITHOUT_GFM), kept(CUGAN)
    text = f"{plain} of that of mild ones without GFM, {gfm} with it (one training each)"
    return every([below(plain, 1), above(gfm - plain, 0)]), text


_CLAIMS = (
    _close_to_ugan("LPIPS", LPIPS, headline=True),
    _close_to_ugan("DISTS", "dists"),
    Claim(
        "one CUGAN is better under two strong degradations",
        "cugan-table1",
        "For r2 or r4 with sigma 30 or 50 LPIPS of CUGAN is below that of a UGAN trained for the setting (by "
        "{}, {}, {} and {}).",
        _stronger,
        tuple(Gap(*(_printed1(name, level, "lpips") for name in ("UGAN", "CUGAN"))) for level in STRONG),
        bound=f"{PAPERS}: below; {WORKING}",
    ),
    Claim(
        "one CUnet is close to networks of one degradation",
        "cugan-table2",
        "In all eight settings CUnet is within {} dB of a Unet trained for the setting, for as many steps.",
        _close_to_unet,
        (_MOST,),
        bound=f"{PAPERS}: its largest distance, rounding included, either way",
        headline=True,
    ),
    Claim(
        "two strong degradations cost less than blur alone",
        "cugan-table2",
        "CUnet is nearer to Unet at r2 + sigma 50 and r4 + sigma 50 ({} and {} dB) than at r2 and r4 "
        "({} and {} dB).",
        _two_cost_less,
        tuple(_distance2(BlurNoise(*at)) for at in ((2, 50), (4, 50), (2, 0), (4, 0))),
        bound=f"{PAPERS}: nearer",
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
        bound=f"{PAPERS}: above on seven of eight; CResMD has to restore (ours)",
        headline=True,
    ),
    Claim(
        "competitive in denoising",
        "cugan-table3",
        "At sigma 30 and 50 the {} and {} dB that table 2 prints for CUnet in colour are above FFDNet's in "
        "colour (table 3 sets three noisy channels against one).",
        _above_ffdnet,
        _IN_COLOUR,
        full_size=True,
        bound=f"{OURS}: above, rounding included, where the paper says competitive; the published FFDNet on "
        "the same images, with noise as its authors have it",
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
        bound=f"{OURS}: equivalent within 0.1 dB, for two networks, and rounding",
    ),
    Claim(
        "fewer parameters than CResMD",
        "cugan-text-4.2",
        "CUnet has {} million parameters, CResMD {} million.",
        _fewer_parameters,
        tuple(Quote("cugan-text-4.2", "", name, "", "parameters") for name in ("CUnet", "CResMD")),
        full_size=True,
        bound=f"{PAPERS}: fewer; the layers that it describes have 6.53 million and cannot have its 1.37",
    ),
    Claim(
        "a network for another degradation leaves artefacts",
        "cugan-fig2",
        "Networks for r2 + sigma 30 on r1 + sigma 50 are more than 1 dB below the conditional network that "
        "is told the degradation, both Unet (CUnet) and UGAN (CUGAN).",
        _mismatched,
        bound=f"{OURS}: 1 dB, more than four times what one network for all is printed to cost",
    ),
    Claim(
        "the artefacts are worse with a GAN",
        "cugan-fig2",
        "On r1 + sigma 50 the UGAN for r2 + sigma 30 is further from the original by LPIPS than the Unet for "
        "it, and by more than CUGAN is than CUnet, which are told.",
        _worse_with_gan,
        bound=f"{OURS}: above, and more so than of networks that know the degradation",
    ),
    Claim(
        "more of the noise knob leaves less noise",
        "cugan-fig4",
        "From 0 to the level that the image has, every turn of the noise knob takes noise away, and at the "
        "level less than half is left.",
        _less_noise,
        bound=f"{OURS}: less at every tenth as estimated; half, as what is called gone",
    ),
    Claim(
        "more of the blur knob sharpens",
        "cugan-fig4",
        "From 0 to the level that the image has, every turn of the blur knob makes the image sharper, "
        "and at the level it is nearer to the original by LPIPS.",
        _sharper,
        bound=f"{OURS}: a larger mean step from pixel to pixel at every tenth, which noise would give too; "
        "LPIPS of whole images, which it would not",
    ),
    Claim(
        "texture costs accuracy",
        "cugan-fig4",
        "From the network of the squared error to the adversarial one texture grows, PSNR falls in both "
        "halves of the way, and the image looks better by NIQE and by LPIPS.",
        _texture_costs,
        bound=f"{OURS}: the paper's PSNR, over the whole way; look by two metrics that grain does not please",
    ),
    *(_smooth(knob) for knob in ("noise", "blur", "texture")),
    Claim(
        "real noise goes, and sharpening does not bring it back",
        "cugan-fig6",
        "On a real photograph the noise is gone at [0, 0.8]; at [0.3, 0.8] the image is sharper and still "
        "free of noise (read as: less than half of it).",
        _real_noise_goes,
        bound=f"{OURS}: half of the noise, in photographs that have more than clean ones read (5 grey "
        "levels), in their calmest part; a larger mean step from pixel to pixel in the busiest",
    ),
    Claim(
        "more scales help",
        "cugan-fig7",
        "With three scales LPIPS is lower than with two and with one, for r1 + sigma 30 and r2 + sigma 15.",
        _more_scales,
        bound=f"{PAPERS}: lower; {WORKING}",
    ),
    Claim(
        "telling the discriminator helps",
        "cugan-fig8",
        "With GFM in the discriminator LPIPS is lower on every degradation.",
        _telling_helps,
        bound=f"{PAPERS}: lower; LPIPS has to tell discriminators from none (ours)",
    ),
    Claim(
        "what comes from coarser scales fades with the degradation",
        "cugan-mech-w",
        "The weights with which coarser scales are fused grow with the degradation, from near zero for a "
        "mild one.",
        _coarse_fades,
        bound=f"{OURS}: no step down, a quarter of the largest; and training has to turn them that way by a "
        "tenth of a branch, for untrained ones are near zero at paper scale",
    ),
    Claim(
        "a discriminator that is not told leans on the degradation",
        "cugan-health",
        "Without GFM what was restored from strong degradations looks like a fake beside what was from mild "
        "ones (logits and degradation have a negative covariance), and with it less so.",
        _leans,
        bound=f"{PAPERS}: lower for the stronger; the sign of the covariance over a whole training (ours)",
    ),
    Claim(
        "a discriminator that is told pulls at severe degradations",
        "cugan-health",
        "Without GFM the gradient that reaches the generator is weaker for strong degradations than for mild "
        "ones, and with it less so.",
        _pull_stays,
        bound=f"{PAPERS}: weaker; the norm of the adversarial gradient at the restored image, the more "
        "degraded half of a batch against the other (ours)",
    ),
)

CLAIMS = {claim.name: claim for claim in _CLAIMS}
