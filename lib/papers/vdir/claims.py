"""The claims of VDIR (Soh, Cho, TIP 2022) that a measurement can hold or contradict."""

from lib.papers.claims import Claim

# Items made when they are shown; no rows are kept.
LIVE = (
    *(f"vdir-fig{number}" for number in range(1, 9)),
    "vdir-swap",
    "vdir-strength",
)

_CLAIMS = (
    Claim(
        "blind is above told",
        "vdir-table1",
        "Blind VDIR is above FFDNet, which is told the noise, at every level on every set (CBSD68, sigma 30: "
        "30.64 against 30.32 dB).",
    ),
    Claim(
        "blind is above blind",
        "vdir-table1",
        "VDIR is above CDnCNN, blind too, at every level on every set (CBSD68, sigma 30: 30.64 against 30.34 "
        "dB).",
    ),
    Claim(
        "most where structures repeat",
        "vdir-table1",
        "At every level the gain over FFDNet is largest on Urban100 (sigma 30: 0.88 dB, 0.32 on CBSD68).",
    ),
    Claim(
        "one sample is enough",
        "vdir-table1",
        "One sample of the latent stands for all (read as: on CBSD68, at every level, within 0.05 dB of its "
        "mean).",
    ),
    Claim(
        "smaller than its rivals",
        "vdir-table2",
        "Encoder and restorer have 2.2 million parameters; VDN has 7.8, MPRNet 15.7, MIRNet 31.8.",
    ),
    Claim(
        "as good as a larger network on SIDD",
        "vdir-table2",
        "On SIDD VDIR is level with VDN (39.26 dB both).",
    ),
    Claim(
        "all orientations help",
        "vdir-table2",
        "The mean over eight orientations adds 0.07 dB on SIDD (read here: it adds on synthetic camera "
        "noise).",
    ),
    Claim("better than VDN on DND", "vdir-table3", "On DND VDIR is above VDN (39.63 against 39.38 dB)."),
    Claim(
        "better than learning at test time (x2)",
        "vdir-table4",
        "With either blur VDIR is above MZSR (Set5: 36.95 against 36.05 and 36.25 against 34.78 dB; BSD100: "
        "31.57 against 31.09 and 30.51 against 29.54).",
    ),
    Claim(
        "the round blur is easier",
        "vdir-table4",
        "On every set VDIR is better with the isotropic than with the anisotropic blur (Set5: 36.95 against "
        "36.25 dB).",
    ),
    Claim(
        "more than alignment (x2)",
        "vdir-table4",
        "VDIR is far above bicubic (Set5: 36.95 against 28.73 dB), of which half a pixel's shift explains a "
        "part (read as: it is above bicubic with its pixels in place).",
    ),
    Claim(
        "better than learning at test time (x4)",
        "vdir-table5",
        "VDIR is above MZSR (Set5: 31.46 against 30.50 dB; BSD100: 27.27 against 26.89).",
    ),
    Claim(
        "more than alignment (x4)",
        "vdir-table5",
        "VDIR is far above bicubic (Set5: 31.46 against 24.74 dB; read as: above bicubic with its pixels in "
        "place).",
    ),
    Claim(
        "better than others at each quality",
        "vdir-table6",
        "VDIR is above every method quoted, at quality 10, 20, 30 and 40 (Classic5, 10: 29.91 against 29.68 "
        "dB; LIVE1, 10: 29.56 against 29.47).",
    ),
    Claim(
        "high qualities gain too",
        "vdir-table6",
        "At quality 70 and 80 as well every set is improved (by 1.19 to 3.19 dB).",
    ),
    Claim(
        "an even gain on LIVE1",
        "vdir-table7",
        "From quality 10 to 80 the gain on LIVE1 stays between 1.88 and 2.05 dB (read as: within 0.3 dB of "
        "one another).",
    ),
    Claim(
        "less to gain from high qualities on Urban100",
        "vdir-table7",
        "Beyond quality 30 the gain on Urban100 falls (3.12 dB at 30, 1.91 at 80).",
    ),
    Claim(
        "synthetic noise is not that of phones",
        "vdir-table8",
        "Trained on synthetic noise, the restorer alone is far worse on SIDD than trained on SIDD (35.04 "
        "against 39.22 dB).",
    ),
    Claim(
        "the latent helps",
        "vdir-table9",
        "With encoder and decoder the network is above the restorer trained alone (30.64 against 30.47 dB).",
    ),
    Claim(
        "it helps without a discriminator",
        "vdir-table9",
        "So it is without the adversarial and the estimation loss (30.56 against 30.47 dB).",
    ),
    Claim(
        "the whole loss is best",
        "vdir-table9",
        "These two losses add to it (30.64 against 30.56 dB).",
    ),
    Claim(
        "the latent helps on real noise",
        "vdir-table10",
        "With the whole loss the network is above the restorer alone on SIDD validation (39.29 against 39.11 "
        "dB; read here: on synthetic camera noise).",
    ),
    Claim(
        "it helps another restorer",
        "vdir-table11",
        "FFDNet with the latent, blind, is above FFDNet that is told the level (Urban100: 30.82 against "
        "30.53 and 28.49 against 28.05 dB; at compact scale against the same FFDNet trained here).",
    ),
    Claim(
        "it helps more at high noise",
        "vdir-table11",
        "That gain is larger at sigma 50 than at 30 (0.44 against 0.29 dB).",
    ),
    Claim(
        "the latent is heeded",
        "vdir-fig5",
        "The latent guides the restorer (read as: told of sigma 10 or 50 instead of 30, its output moves by "
        "more than half a grey level).",
    ),
    Claim(
        "its own latent is best",
        "vdir-fig5",
        "The result is best with the latent of the noisy picture itself.",
    ),
    Claim(
        "other content does less harm",
        "vdir-fig5",
        "The latent of the flipped picture costs less than that of another noise level.",
    ),
    Claim("too mild a latent leaves noise", "vdir-fig5", "Told of less noise, the output still has noise."),
    Claim("too strong a latent smooths", "vdir-fig5", "Told of more noise, the output is overly smooth."),
    Claim(
        "latents follow the level",
        "vdir-fig6",
        "The values of the latent vary with the noise level (read as: one channel's mean rises or falls with "
        "it, rank correlation above 0.9, and moves between sigma 10 and 50 by more than its distribution's "
        "own deviation).",
    ),
    Claim(
        "latents tell texture from flat",
        "vdir-fig6",
        "At one level the values differ between regions (read as: between the most and the least textured "
        "quarter of a picture, by more than the distribution's own deviation).",
    ),
    Claim(
        "the level is read off the latent",
        "vdir-fig7",
        "The latent carries the noise level, continuously from low to high (read as: a line through its four "
        "numbers gives sigma of unseen pictures with R2 above 0.9).",
    ),
    Claim(
        "neighbours share the level",
        "vdir-fig7",
        "Patches of similar noise lie close (read as: nearest neighbours are nearer in sigma than chance, by "
        "more than with an untrained encoder).",
    ),
    Claim(
        "neighbours share the colour",
        "vdir-fig7",
        "Similar-looking patches lie close (read as: nearest neighbours are nearer in mean colour than "
        "chance, by more than with an untrained encoder).",
    ),
    Claim(
        "the estimator reads the level",
        "vdir-fig7",
        "The estimation loss makes the latent tell the level (read as: its mean error is below 2 grey "
        "levels).",
    ),
    Claim(
        "kinds of noise lie apart",
        "vdir-fig8",
        "Sets of real noise lie apart though no one told which is which (read here: the photographs of "
        "RNI15, synthetic camera noise and Gaussian noise are told apart better than with an untrained "
        "encoder).",
    ),
    Claim(
        "the knob is heeded",
        "vdir-strength",
        "Not in the paper, after its figure 5: told of 20 grey levels less noise than it found, the network "
        "leaves more of it; told of 20 more, it smooths more.",
    ),
)

CLAIMS = {claim.name: claim for claim in _CLAIMS}
