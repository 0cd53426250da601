"""The claims of CUGAN (Cai, He, Qiao, Dong, CVPR workshops 2021) that a measurement can hold or contradict.

Where the paper has LPIPS, the distance in the maps of our ranker stands in for it, and says so.
"""

from lib.papers.claims import Claim

# Items made when they are shown; no rows are kept.
LIVE = (
    "cugan-text-4.2",
    "cugan-fig1",
    "cugan-fig3",
    "cugan-fig4",
    "cugan-fig5",
    "cugan-fig6",
    "cugan-grid",
    "cugan-mech-w",
    "cugan-health",
    "cugan-auto",
)

_FEATURES = "(here: the distance in our ranker's maps)"

_CLAIMS = (
    Claim(
        "one CUGAN is close to networks of one degradation",
        "cugan-table1",
        "In all ten settings LPIPS of CUGAN exceeds that of a UGAN trained for the setting by at most a "
        f"tenth (0.0132 at r4) {_FEATURES}.",
    ),
    Claim(
        "one CUGAN is better under two strong degradations",
        "cugan-table1",
        "For r2 or r4 with sigma 30 or 50 LPIPS of CUGAN is below that of a UGAN trained for the setting (by "
        f"0.0049, 0.0059, 0.0079 and 0.0160) {_FEATURES}.",
    ),
    Claim(
        "one CUnet is close to networks of one degradation",
        "cugan-table2",
        "In all eight settings CUnet is within 0.22 dB of a Unet trained for the setting.",
    ),
    Claim(
        "two strong degradations cost less than blur alone",
        "cugan-table2",
        "CUnet is nearer to Unet at r2 + sigma 50 and r4 + sigma 50 (0.02 and 0.01 dB) than at r2 and r4 "
        "(0.17 and 0.22 dB).",
    ),
    Claim(
        "better than CResMD",
        "cugan-table2",
        "CUnet outperforms CResMD on almost all degradations: on seven of eight, by 0.04 to 0.10 dB.",
    ),
    Claim(
        "fewer parameters than CResMD",
        "cugan-text-4.2",
        "CUnet has 1.37 million parameters, CResMD 2.5 million.",
    ),
    Claim(
        "better than denoisers of gray pictures",
        "cugan-table3",
        "On gray CBSD68 CUnet is above FFDNet at sigma 15, 25, 30 and 50, by 2.19 to 2.90 dB (read as: of a "
        "gray picture both see one noisy observation).",
    ),
    Claim(
        "table 3 compares gray with colour",
        "cugan-table3",
        "Not said there, but printed: at sigma 30 and 50 table 3 has 0.39 and 0.32 dB more than table 2 for "
        "the same network, which is what judging colour results in gray gives (within 0.1 dB; read off the "
        "published FFDNet).",
    ),
    Claim(
        "a network for another degradation leaves artefacts",
        "cugan-fig2",
        "Networks for r2 + sigma 30 on r1 + sigma 50 are below the conditional network that is told the "
        "degradation, both Unet (CUnet) and UGAN (CUGAN).",
    ),
    Claim(
        "the artefacts are worse with a GAN",
        "cugan-fig2",
        "On r1 + sigma 50 the UGAN for r2 + sigma 30 is further from the original than the Unet for it "
        f"{_FEATURES}.",
    ),
    Claim(
        "more of the noise knob leaves less noise",
        "cugan-fig4",
        "From 0 to the level that the picture has, every turn of the noise knob takes noise away.",
    ),
    Claim(
        "more of the blur knob sharpens",
        "cugan-fig4",
        "From 0 to the level that the picture has, every turn of the blur knob makes the picture sharper.",
    ),
    Claim(
        "texture costs accuracy",
        "cugan-fig4",
        "From the network of the squared error to the adversarial one texture grows and PSNR falls.",
    ),
    *(
        Claim(
            f"smooth transition ({knob})",
            "cugan-fig4",
            f"The output changes smoothly with {knob}: no tenth of the way is more than three tenths of the "
            "change.",
        )
        for knob in ("noise", "blur", "texture")
    ),
    Claim(
        "real noise goes, and sharpening does not bring it back",
        "cugan-fig6",
        "On a real photograph the noise is gone at [0, 0.8]; at [0.3, 0.8] the picture is sharper and still "
        "free of noise (read as: less than half of it).",
    ),
    Claim(
        "more scales help",
        "cugan-fig7",
        "With three scales LPIPS is lower than with two and with one, for r1 + sigma 30 and for r2 + sigma "
        f"15 {_FEATURES}.",
    ),
    Claim(
        "telling the discriminator helps",
        "cugan-fig8",
        f"With GFM in the discriminator LPIPS is lower on every degradation {_FEATURES}.",
    ),
    Claim(
        "what comes from coarser scales fades with the degradation",
        "cugan-mech-w",
        "The weights with which coarser scales are fused grow with the degradation, from near zero for a "
        "mild one.",
    ),
)

CLAIMS = {claim.name: claim for claim in _CLAIMS}
