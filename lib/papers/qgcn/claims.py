"""The claims of QGCN (Wang, Fu, Sun, Zha, IJCAI 2020) that a measurement can hold or contradict."""

from collections.abc import Callable, Sequence

import numpy as np

from lib.evaluation.measure import UNITS, Metric
from lib.papers.judging import Claim, Evidence, Finding, Gap, Quote
from lib.papers.qgcn.order import accuracy, correlations
from lib.papers.qgcn.subjects import (
    ABLATION,
    CLASSIC5,
    DNCNN,
    LIVE1,
    MAPS,
    METRICS,
    QUALITIES,
    RANKED,
    RNAN,
    SETS,
    TRAINED,
    VARIANTS,
    VERSIONS,
    own,
    restored,
    scored,
)
from lib.papers.scores import DECIMALS, Scores, difference, listed, mean, surely_above, with_interval
from lib.recipes.qgcn import FULL

# Items made when they are shown; no rows are kept.
LIVE = (*(f"qgcn-fig{number}" for number in (1, 2, 3, 5, 6)), "qgcn-reading")
TABLE1, TABLE2, MAPPED, RANKING, SINGLE = (
    f"qgcn-{name}" for name in ("table1", "table2", "fig4", "cqr-rank", "perq")
)
RIGHT, LITTLE = 0.98, 0.1  # share of pairs; dB
SURELY = "the paper's: {}; ours: with the 95 % interval over pictures"

Test = Callable[[Evidence], Finding]


# --- table 1 -----------------------------------------------------------------------------------------


def _printed_losses(variant: str, metric: Metric, qualities: Sequence[int] = QUALITIES) -> tuple[Gap, ...]:
    """What the paper prints that a variant loses, at each quality."""
    return tuple(
        Gap(*(Quote(TABLE1, "BSDS500", name, f"q{quality}", metric) for name in ("Ours", variant)))
        for quality in qualities
    )


def _losses(e: Evidence, variant: str, metric: Metric) -> list[Scores]:
    """What a variant loses at each quality."""
    both = (VARIANTS["Ours"], VARIANTS[variant])
    return [e.gap(TABLE1, *(restored(net, q, ABLATION, metric) for net in both)) for q in QUALITIES]


def _all_above(gains: Sequence[Scores], metric: Metric) -> Finding:
    return all(map(surely_above, gains)), f"gains {listed(gains, UNITS[metric])}"


def _helps(variant: str, metric: Metric) -> Test:
    return lambda e: _all_above(_losses(e, variant, metric), metric)


def _helps_the_worst(e: Evidence) -> Finding:
    worst, _, best = _losses(e, "w/o CQR", "psnr_b")
    return surely_above(difference(worst, best)), listed([worst, best])


def _falls_further(e: Evidence) -> Finding:
    holds, parts = True, []
    for metric, title in METRICS.items():
        matching, quality = (
            float(np.mean([mean(loss) for loss in _losses(e, variant, metric)]))
            for variant in ("w/o L_F", "w/o L_Q")
        )
        holds = holds and matching > quality
        digits = DECIMALS.get(UNITS[metric], 3)
        parts.append(f"{title} {matching:.{digits}f} against {quality:.{digits}f}")
    return holds, ", ".join(parts)


def _serves_several(e: Evidence) -> Finding:
    losses = _losses(e, "w/o DC", "psnr")
    return all(surely_above(difference(s, losses[0])) for s in losses[1:]), f"loses {listed(losses)}"


# --- table 2, and a network for each quality ---------------------------------------------------------


def _ahead(rival: str, metric: Metric, sets: Sequence[str]) -> Test:
    def test(e: Evidence) -> Finding:
        gains = [
            e.gap(TABLE2, *(restored(network, quality, dataset, metric) for network in (FULL, rival)))
            for dataset in sets
            for quality in QUALITIES
        ]
        return _all_above(gains, metric)

    return test


def _costs_little(e: Evidence) -> Finding:
    costs = [e.gap(SINGLE, *(restored(net, q, LIVE1) for net in (own(q), FULL))) for q in QUALITIES]
    return all(mean(cost) <= LITTLE for cost in costs), f"costs {listed(costs)}"


# --- the ranker --------------------------------------------------------------------------------------


def _cold(e: Evidence) -> Finding:
    columns = [[e.fact(MAPPED, f"map {k}, {version}") for version in VERSIONS] for k in MAPS]
    falls = all(clean < best < middle < worst for clean, worst, middle, best in columns)
    shown = "; ".join(", ".join(f"{v:.3f}" for v in column) for column in columns)
    pictures = f"{e.fact(MAPPED, 'pictures'):g} pictures"
    return falls, f"clean, quality 10, 20, 30 on maps 1 to {max(MAPS)}: {shown} ({pictures})"


def _where(e: Evidence) -> Finding:
    found = {str(i): e.fact(MAPPED, f"agreement {i}") for i in range(round(e.fact(MAPPED, "pictures")))}
    return surely_above(found), f"rank correlation {with_interval(found)} at quality 10, map 2"


def _follows(e: Evidence) -> Finding:
    scores = {quality: e.scores(RANKING, scored(quality)) for quality in RANKED}
    right, correlation = accuracy(scores, TRAINED), correlations(scores, TRAINED)
    text = f"{with_interval(right, 3)} of pairs, rank correlation {with_interval(correlation, 3)}"
    return mean(right) > RIGHT, text


def _highest(e: Evidence) -> Finding:
    gain = e.gap(RANKING, scored("clean"), scored(30))
    share = np.mean([value > 0 for value in gain.values()])
    return mean(gain) > 0, f"by {with_interval(gain)}; above on {share:.0%} of the pictures"


_CLAIMS = (
    Claim(
        "the ranker helps",
        TABLE1,
        "Without the ranker PSNR-B is lower at quality 10, 20 and 30 (by {}, {} and {} dB).",
        _helps("w/o CQR", "psnr_b"),
        _printed_losses("w/o CQR", "psnr_b"),
        bound=SURELY.format("lower"),
    ),
    Claim(
        "the ranker helps most where artefacts are severe",
        TABLE1,
        "What the ranker gains in PSNR-B is more at quality 10 than at 30 ({} against {} dB).",
        _helps_the_worst,
        _printed_losses("w/o CQR", "psnr_b", (10, 30)),
        bound=SURELY.format("more"),
    ),
    Claim(
        "the quality loss helps",
        TABLE1,
        "Without L_Q PSNR-B is lower at quality 10, 20 and 30 (by {}, {} and {} dB).",
        _helps("w/o L_Q", "psnr_b"),
        _printed_losses("w/o L_Q", "psnr_b"),
        bound=SURELY.format("lower"),
    ),
    Claim(
        "feature matching keeps the structure",
        TABLE1,
        "Without L_F SSIM drops at quality 10, 20 and 30 (by {}, {} and {}).",
        _helps("w/o L_F", "ssim"),
        _printed_losses("w/o L_F", "ssim"),
        bound=SURELY.format("drops"),
    ),
    Claim(
        "feature matching is worth more than the quality loss",
        TABLE1,
        "Without L_F PSNR, SSIM and PSNR-B fall further, on the mean of the qualities, than without L_Q.",
        _falls_further,
        bound="ours: further by every metric, on the mean of the qualities, as the paper prints",
    ),
    Claim(
        "dilation serves several qualities",
        TABLE1,
        "Without dilated convolutions more PSNR is lost at quality 20 and 30 than at 10 ({} and {} against "
        "{} dB).",
        _serves_several,
        _printed_losses("w/o DC", "psnr", (20, 30, 10)),
        bound=SURELY.format("more"),
    ),
    Claim(
        "one network is as good as DnCNN",
        TABLE2,
        "One network for all qualities is above DnCNN in PSNR at quality 10, 20 and 30 on every set.",
        _ahead(DNCNN, "psnr", tuple(SETS)),
        bound=SURELY.format("above"),
    ),
    Claim(
        "fewer visible blocks than DnCNN",
        TABLE2,
        "Its PSNR-B is above DnCNN's at quality 10, 20 and 30 on every set.",
        _ahead(DNCNN, "psnr_b", tuple(SETS)),
        bound=SURELY.format("above"),
    ),
    Claim(
        "fewer visible blocks than RNAN",
        TABLE2,
        "Its PSNR-B is above RNAN's at quality 10, 20 and 30 on Classic5 and LIVE1.",
        _ahead(RNAN, "psnr_b", (CLASSIC5, LIVE1)),
        bound=SURELY.format("above"),
    ),
    Claim(
        "the clean picture leaves the ranker cold",
        MAPPED,
        "Maps of the ranker respond less to the clean picture than to its JPEG versions, and less the higher "
        "their quality.",
        _cold,
        bound="the paper's: less; ours: on the mean magnitude of each of the first three maps",
    ),
    Claim(
        "the ranker responds where artefacts are",
        MAPPED,
        "Maps of the ranker respond more where the JPEG is further from the original.",
        _where,
        bound="ours: rank correlation of map 2 and error surely above 0, as the paper only shows maps",
    ),
    Claim(
        "the score follows the quality",
        RANKING,
        "The score is highly correlated with the JPEG quality (read as: of two versions of an unseen "
        "picture, at least five apart between quality 1 and 30, more than 98 % are ranked rightly).",
        _follows,
        bound="ours: 98 % of pairs, as the paper says no more than highly",
    ),
    Claim(
        "the clean picture scores highest",
        RANKING,
        "A clean picture, which the ranker was never shown, scores above its version of quality 30 (what the "
        "losses presume).",
        _highest,
        bound="ours: above on the mean, what the losses presume",
    ),
    Claim(
        "a single network costs little",
        SINGLE,
        f"One network for all qualities is within {LITTLE} dB of one trained for each.",
        _costs_little,
        bound=f"ours: {LITTLE} dB, as the paper compares with no network for each quality",
    ),
)

CLAIMS = {claim.name: claim for claim in _CLAIMS}
