"""The claims of QGCN (Wang, Fu, Sun, Zha, IJCAI 2020) that a measurement can hold or contradict."""

from lib.papers.claims import Claim

# Items made when they are shown; no rows are kept.
LIVE = (*(f"qgcn-fig{number}" for number in range(1, 7)), "qgcn-reading")

_CLAIMS = (
    Claim(
        "the ranker helps",
        "qgcn-table1",
        "Without the ranker PSNR-B is lower at quality 10, 20 and 30 (by 0.20, 0.40 and 0.08 dB).",
    ),
    Claim(
        "the ranker helps most where artefacts are severe",
        "qgcn-table1",
        "What the ranker gains in PSNR-B is more at quality 10 than at 30 (0.20 against 0.08 dB).",
    ),
    Claim(
        "the quality loss helps",
        "qgcn-table1",
        "Without L_Q PSNR-B is lower at quality 10, 20 and 30 (by 0.03, 0.06 and 0.08 dB).",
    ),
    Claim(
        "feature matching keeps the structure",
        "qgcn-table1",
        "Without L_F SSIM drops at quality 10, 20 and 30 (by 0.027, 0.056 and 0.030).",
    ),
    Claim(
        "feature matching is worth more than the quality loss",
        "qgcn-table1",
        "Without L_F PSNR, SSIM and PSNR-B fall further, on the mean of the qualities, than without L_Q.",
    ),
    Claim(
        "dilation serves several qualities",
        "qgcn-table1",
        "Without dilated convolutions more PSNR is lost at quality 20 and 30 than at 10 (1.20 and 1.72 "
        "against 0.04 dB).",
    ),
    Claim(
        "one network is as good as DnCNN",
        "qgcn-table2",
        "One network for all qualities is above DnCNN in PSNR at quality 10, 20 and 30 on every set.",
    ),
    Claim(
        "fewer visible blocks than DnCNN",
        "qgcn-table2",
        "Its PSNR-B is above DnCNN's at quality 10, 20 and 30 on every set.",
    ),
    Claim(
        "fewer visible blocks than RNAN",
        "qgcn-table2",
        "Its PSNR-B is above RNAN's at quality 10, 20 and 30 on Classic5 and LIVE1.",
    ),
    Claim(
        "the clean picture leaves the ranker cold",
        "qgcn-fig4",
        "Maps of the ranker respond less to the clean picture than to its JPEG versions, and less the higher "
        "their quality.",
    ),
    Claim(
        "the ranker responds where artefacts are",
        "qgcn-fig4",
        "Maps of the ranker respond more where the JPEG is further from the original.",
    ),
    Claim(
        "the score follows the quality",
        "qgcn-cqr-rank",
        "The score is highly correlated with the JPEG quality (read as: of two versions of an unseen "
        "picture, at least five apart between quality 1 and 30, more than 98 % are ranked rightly).",
    ),
    Claim(
        "the clean picture scores highest",
        "qgcn-cqr-rank",
        "A clean picture, which the ranker was never shown, scores above its version of quality 30 (what the "
        "losses presume).",
    ),
    Claim(
        "a single network costs little",
        "qgcn-perq",
        "One network for all qualities is within 0.1 dB of one trained for each.",
    ),
)

CLAIMS = {claim.name: claim for claim in _CLAIMS}
