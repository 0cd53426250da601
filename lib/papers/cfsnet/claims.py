"""The claims of CFSNet (Wang, Guo, Tian, Yang, ICCV 2019) that a measurement can hold or contradict."""

from lib.papers.claims import Claim

TASKS = ("denoising", "deblocking")

# Items made when they are shown; no rows are kept.
LIVE = (
    *(f"cfsnet-fig{number}" for number in (1, 2, 3, 6, 7, 8)),
    "cfsnet-text-settings",
    "cfsnet-gan-health",
)


def _each(name: str, item: str, *papers: str) -> tuple[Claim, ...]:
    """One claim for each task, in the order of TASKS."""
    return tuple(Claim(f"{name} ({task})", item, paper) for task, paper in zip(TASKS, papers, strict=True))


_CLAIMS = (
    Claim(
        "no worse than DnCNN at its own level",
        "cfsnet-table1",
        "At sigma 25, which its main branch is trained for, CFSNet is at least as good as DnCNN-B (29.24 "
        "against 29.16 dB).",
    ),
    Claim(
        "as good as FFDNet at the other end",
        "cfsnet-table1",
        "At sigma 50, which its tuning branch is trained for, CFSNet is within 0.05 dB of FFDNet (26.28 "
        "against 26.29 dB).",
    ),
    Claim(
        "an unseen level between the two",
        "cfsnet-table1",
        "At sigma 30, which it never saw, CFSNet is no worse than DnCNN-B (28.39 against 28.36 dB).",
    ),
    Claim(
        "an unseen level beyond",
        "cfsnet-table1",
        "For sigma 15, milder than anything it saw, the best control lies below 0 (poster: -0.5) and is "
        "better than 0.",
    ),
    Claim(
        "better than DnCNN at every quality",
        "cfsnet-table2",
        "CFSNet is above DnCNN-3 at quality 10, 20, 30 and 40 (by 0.17, 0.12, 0.18 and 0.20 dB).",
    ),
    Claim(
        "features are straighter than pictures",
        "cfsnet-fig3",
        "Argued, not measured there: the network flattens the manifold of degraded pictures, so that levels "
        "between two known ones lie nearer to the line between them in its features than in pixels (here "
        "quality 15 to 35 between 10 and 40, last coupled features).",
    ),
    *_each(
        "adaptive coefficients beat a scalar",
        "cfsnet-fig4",
        "At sigma 30 the best of CFSNet is above the best of CFSNet-SA, whose coefficients are all alike.",
        "At quality 20 the best of CFSNet is above the best of CFSNet-SA, whose coefficients are all alike.",
    ),
    *_each(
        "coupling features beats interpolating weights",
        "cfsnet-fig4",
        "Argued, not measured there: at sigma 30 the best of CFSNet is above the best between two networks.",
        "Argued, not measured there: the same at quality 20.",
    ),
    *_each(
        "one peak inside",
        "cfsnet-fig4",
        "At sigma 30 PSNR rises to one maximum inside 0..1 and falls on either side.",
        "At quality 20 PSNR rises to one maximum inside 0..1 and falls on either side.",
    ),
    Claim(
        "deblocking is flatter",
        "cfsnet-fig4",
        "Over 0..1 PSNR changes less at quality 20 than at sigma 30 (0.6 against more than 2 dB).",
    ),
    Claim(
        "error is traded for look, step by step",
        "cfsnet-fig5",
        "From control 0 to 1 the reconstruction error of super-resolution x4 rises and its perception index "
        "falls (here NIQE), at every step of 0.1.",
    ),
    Claim(
        "below interpolated weights on the plane",
        "cfsnet-fig5",
        "At the same error CFSNet looks better than weights interpolated between two networks (there "
        "ESRGAN's, three times as large; here the main branch and the same trained on, by NIQE, mean over "
        "the error that both reach).",
    ),
    *_each(
        "the optimum moves with the level",
        "cfsnet-poster-curves",
        "The best control rises with sigma 15, 25, 30, 40, 50 (-0.5, 0, 0.2, 0.5, 1.0).",
        "The best control rises with quality 5, 10, 20, 30, 40 (-0.3, 0, 0.5, 0.8, 1.0).",
    ),
    *_each(
        "near a network of the level",
        "cfsnet-poster-curves",
        "At sigma 30 and 40 the best control is within 0.15 dB of the main branch trained for the level.",
        "At quality 20 and 30 the best control is within 0.15 dB of the main branch trained for the level.",
    ),
)

CLAIMS = {claim.name: claim for claim in _CLAIMS}
