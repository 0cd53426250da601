"""The claims of AdaFM (He, Dong, Qiao, CVPR 2019) that a measurement can hold or contradict."""

from lib.papers.claims import Claim

TASKS = ("denoising", "JPEG", "super-resolution")

# Items made when they are shown; no rows are kept.
LIVE = ("adafm-fig4", "adafm-fig5", "adafm-fig6", "adafm-text-params")


def _each(name: str, item: str, *papers: str) -> tuple[Claim, ...]:
    """One claim for each task, in the order of TASKS; an empty sentence leaves a task out."""
    return tuple(
        Claim(f"{name} ({task})", item, paper) for task, paper in zip(TASKS, papers, strict=True) if paper
    )


_NEVER_FALLS = "PSNR at the end level does not fall as the filter grows from 1x1 to 7x7."
_HARDLY = "7x7 filters gain less than 0.1 dB over 1x1."
_ENOUGH = "7x7 filters gain at most 0.03 dB over 5x5."
_AHEAD = "AdaFM-Net is above AdaBN and conditional IN at the start and at the end level."
_COLLAPSES = "AdaBN is within 0.6 dB at the start level and more than 1.5 dB short at the end level."
_GROWS = "The distance to a dedicated network grows with the range, from {} to {}."
_CLOSE = "Every easy-to-hard distance is at most 0.20 dB."
_WORSE = "From hard to easy, {}, is at least three times as far as {} ({} against {} dB)."
_INTERIOR = (
    "Between the levels ({}) PSNR rises to an interior maximum and falls about 1 dB to either end."
)
_SMOOTH = "The output changes smoothly with the coefficient: no step is more than twice the mean step."

_CLAIMS = (
    *_each(
        "known networks",
        "adafm-table1",
        "The basic model is at least as good as DnCNN at sigma 15 on CBSD68 (34.10 against 33.89 dB).",
        "The basic model is at least as good as ARCNN at quality 10 on LIVE1 (29.55 against 29.13 dB).",
        "The basic model is at least as good as SRResNet at x4 on Set5 (32.13 against 32.05 dB).",
    ),
    *_each("larger filters do not hurt", "adafm-table2", _NEVER_FALLS, _NEVER_FALLS, _NEVER_FALLS),
    *_each(
        "how much filter size matters",
        "adafm-table2",
        _HARDLY,
        _HARDLY,
        "3x3 filters gain more than 0.4 dB over 1x1 on Set5.",
    ),
    *_each("5x5 is enough", "adafm-table2", _ENOUGH, _ENOUGH, _ENOUGH),
    *_each("AdaFM beats its rivals", "adafm-table3", _AHEAD, _AHEAD, _AHEAD),
    *_each("AdaBN collapses", "adafm-table3", _COLLAPSES, _COLLAPSES, _COLLAPSES),
    *_each(
        "conditional IN falls short",
        "adafm-table3",
        "Conditional IN is at least 0.5 dB short at both levels.",
        "Conditional IN is at least 0.4 dB short at both levels.",
        "Conditional IN is at least 0.5 dB short at both levels.",
    ),
    Claim(
        "easy to hard beats hard to easy",
        "adafm-table4",
        "x3->x4 is nearer to its dedicated network than x4->x3 (0.13 against 0.23 dB), x2->x4 than x4->x2 "
        "(0.47 against 0.73 dB).",
    ),
    Claim(
        "a harder start is nearer",
        "adafm-table4",
        "Within a range of one or two factors, the distance falls as the start level gets harder.",
    ),
    Claim(
        "a wider range is farther",
        "adafm-table4",
        "From the same start, two factors are farther than one (x2, x3 and x4).",
    ),
    Claim("x2 to x4 is too far", "adafm-table4", "x2->x4 is more than 0.3 dB from its dedicated network."),
    *_each(
        "distance grows with range",
        "adafm-table5",
        _GROWS.format("sigma 15->25", "15->75"),
        _GROWS.format("quality 80->60", "80->10"),
        "",
    ),
    *_each("easy to hard is close", "adafm-table5", _CLOSE, _CLOSE, ""),
    *_each(
        "hard to easy is worse",
        "adafm-table5",
        _WORSE.format("sigma 75->15", "15->75", "0.68", "0.14"),
        _WORSE.format("quality 10->80", "80->10", "1.04", "0.20"),
        "",
    ),
    Claim(
        "a wrong level does harm",
        "adafm-fig1",
        "On quality 30, a network for quality 80 leaves artefacts and one for quality 10 smears: both are "
        "below the network for quality 30.",
    ),
    *_each(
        "an interior coefficient is best",
        "adafm-fig2",
        _INTERIOR.format("sigma 45"),
        _INTERIOR.format("quality 30"),
        "Between x3 and x4 (x3.4) PSNR has an interior maximum.",
    ),
    Claim(
        "filters stay alike",
        "adafm-fig3",
        "First-layer filters keep their pattern when fine-tuned from sigma 15 to 50: mean cosine "
        "distance of the order of 0.1, far below that of independent networks.",
    ),
    Claim(
        "a filter g bridges levels",
        "adafm-fig3",
        "Depth-wise filters on the sigma 15 network nearly reach the fine-tuned one, already at "
        "1x1, and closer as they grow.",
    ),
    Claim(
        "1x1 converges lower",
        "adafm-fig5",
        "For x3->x4, training with 1x1 filters stays more than 0.3 dB below 5x5 and 7x7 from early on.",
    ),
    *_each("the effect is smooth", "adafm-fig6", _SMOOTH, _SMOOTH, _SMOOTH),
    Claim(
        "the wide range follows a curve",
        "adafm-fig7",
        "For quality 80->10 the best coefficient grows ever faster as quality falls, and a cubic follows it.",
    ),
    Claim(
        "the short range follows a line",
        "adafm-fig7",
        "For quality 80->40 the best coefficient is a straight line in quality.",
    ),
    Claim(
        "no quality is far",
        "adafm-fig7",
        "At its best coefficient either network stays within 0.2 dB of a dedicated one at every quality.",
    ),
    Claim(
        "a short range is nearer",
        "adafm-fig7",
        "The network for 80->40 is nearer to the dedicated ones than that for 80->10 at every shared quality "
        "below 80.",
    ),
    Claim(
        "one curve gives the knob (denoising)",
        "adafm-fig7-denoise",
        "The best coefficient grows with the level, inside (0, 1) for sigma 25 to 60, and a cubic "
        "follows it.",
    ),
    Claim(
        "no noise level is far",
        "adafm-fig7-denoise",
        "At its best coefficient AdaFM-Net stays within 0.2 dB of a dedicated network at every level.",
    ),
    Claim(
        "one curve gives the knob (super-resolution)",
        "adafm-fig7-sr",
        "The best coefficient grows with the factor from x3 to x4, and a line follows it.",
    ),
    Claim(
        "layers stand before the activation",
        "adafm-text-position",
        "For x3->x4 on Set5, AdaFM before the activation is better than after it (32.00 against 31.84 dB).",
    ),
    Claim(
        "residual blocks are enough",
        "adafm-text-position",
        "AdaFM after all convolutions gains next to nothing over residual blocks alone (32.01 against "
        "32.00 dB; at most 0.05).",
    ),
    Claim(
        "no more capacity",
        "adafm-text-scratch",
        "AdaFM-Net trained from scratch on x4 is no better than the basic model (30.39 against 30.37 dB on "
        "DIV2K100; at most 0.05 apart).",
    ),
    Claim(
        "few parameters",
        "adafm-text-params",
        "AdaFM layers add less than 4 % of the weights (k up to 5); 2048 filters.",
    ),
)

CLAIMS = {claim.name: claim for claim in _CLAIMS}
