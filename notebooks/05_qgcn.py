# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # QGCN: a ranker of compression quality teaches a network to remove JPEG artefacts
#
# Wang, Fu, Sun and Zha, *JPEG Artifacts Removal via Compression Quality Ranker-Guided Networks*, IJCAI 2020.
#
# How strongly an image was compressed is a whole number that no gradient passes through. A *ranker* is
# therefore trained to order versions of an image by their quality; frozen, it then guides the network that
# removes the artefacts: one loss pushes the ranker's score of the result up, another matches what the
# ranker sees in the result and in the original. Dilated convolutions let one network serve several
# qualities.
#
# The authors published no code and leave most of the structure open. The sizes of the ranker follow
# RankSRGAN, those of the network RNAN, the works that the paper builds on; which convolutions are dilated,
# training lengths, and non-local masks that look at windows of large images are our choices.
# `lib/models/qgcn.py` and `lib/recipes/qgcn.py` say so item by item.
#
# Networks here were trained on BSDS500 train + test, the paper's on DIV2K. The paper's columns of BSDS500 are
# measured on the 100 images of its validation part alone. The text says all 500, but on these 100 the
# published DnCNN-3 has, in every digit, the PSNR and SSIM that the paper prints for it.

# %% tags=["parameters"]
scale = "compact"  # "smoke", "compact" or "paper"
device = "auto"  # "auto", "cpu" or "cuda"
train = "never"  # "never", or "missing": train what has no checkpoint
images = 2  # per image set, for "this run"; None for all
output = ""  # a folder for tables, figures and verdicts

# %%
from lib.losses import feature_matching, margin_ranking, quality
from lib.papers import verdicts
from lib.papers.companion import check_qgcn, contents, reproduced, source
from lib.papers.qgcn import items as qgcn
from lib.papers.report import Report
from lib.papers.sliders import slider

report = Report("qgcn", scale, device, train, images, output)

# %%
contents("05_qgcn")

# %% [markdown]
# ## What the paper claims first
#
# Its main claims, judged at the paper's own size and at compact size; what was measured is behind each. All
# others stand below, with their intervals.

# %%
verdicts.headlines(report)

# %% [markdown]
# ## What was reproduced

# %%
reproduced(report)

# %% [markdown]
# ## The idea: learn to rank, then let the ranker teach
#
# How strongly an image was compressed is a whole number without a gradient. A ranker $R$ is trained to order pairs
# by it; frozen, it is a differentiable judge of the restoring network $G$: its score of the result shall be high,
# and its maps of the result those of the original.
#
# $$ \mathcal{L}_{rank} = \max\big(0, (s_i - s_j)\,\eta + \varepsilon\big), \qquad \mathcal{L} = \mathcal{L}_{MAE} + \lambda_1\, \sigma(-R(G(y))) + \lambda_2 \sum_k \|\phi_k(G(y)) - \phi_k(x)\|_1 $$
#
# | symbol | in the code | what it is |
# |---|---|---|
# | $s_i,\ s_j$; $\eta$ | `first`, `second`; `first_is_worse` | scores of two versions; 1 where the first is the worse one, else -1 |
# | $\varepsilon$ | `margin` | 0.5 |
# | $R(\cdot)$, $\phi_k$ | `Ranker.forward`, `Ranker.features` | score, and the maps of its stages |
# | $\sigma(-R)$ | `losses.quality` | low where the ranker is pleased |

# %%
source(margin_ranking, quality, feature_matching)

# %%
check_qgcn(report)

# %% [markdown]
# ## Turn the knob: texture
#
# The paper's network has no knob. Here is one: every weight moves between the network trained for the least
# error alone (0) and the same trained on with the ranker's losses (1), the error counted in [0, 1], where
# they weigh most. Beside it AdaFM-Net, whose knob is
# the strength.

# %%
slider(report, "qgcn", "adafm-dejpeg")

# %% [markdown]
# ## Figure 1: the ranker

# %%
qgcn.fig1(report)

# %% [markdown]
# ## Does the ranker rank?
#
# Not a figure of the paper, but what everything else stands on: the score of unseen images at every
# quality. The ranker is trained between 1 and 30. What it says of clean images matters most, for the
# losses push towards it, and it was never shown one.

# %%
qgcn.rank(report)

# %% [markdown]
# ## Can it be read off a single image?
#
# The ranker orders versions of one image; across images its score depends on the scene as well. Beside
# it the estimator behind Auto, which looks for the grid of multiples that a JPEG leaves its coefficients
# on: close to exact where blocks begin at the corner, blind where a corner was cut off. Under the slider
# the score therefore stands as a gauge of before and after, and Auto keeps to the grid.

# %%
qgcn.reading(report)

# %% [markdown]
# ## Figure 4: what the ranker sees
#
# The paper shows maps with a low response to the clean image and a high one to its JPEGs, above all where
# the artefacts are. Which maps is not said; here the mean magnitude over channels of the first three. The
# claims rest on all images of LIVE1: on these means, on one channel of each map that is chosen on other
# images, and on whether a map says more of where the error is than edges do.

# %%
qgcn.fig4(report)

# %% [markdown]
# ## Figure 2: the network

# %%
qgcn.fig2(report)

# %% [markdown]
# ## Table 1: what each part contributes
#
# Printed values to be careful with: at quality 30 the network without dilation hardly gains on the JPEG
# itself, and without L_F is printed worse than without the ranker, which lacks L_F too. The paper's two
# tables differ by up to 0.1 dB of PSNR and 0.2 dB of PSNR-B for the same network on the same images.
#
# The paper gives the weights of the losses, 1, 0.01 and 0.9, but not the range in which the error counts.
# RNAN's code counts it in grey levels, and so do we; "error in [0, 1]" is the other reading, in which the
# ranker's losses outweigh the error. A row is the mean of its trainings; how many these are stands below,
# with the share of the gradient that each loss had at their ends. Where a loss has next to none, the row
# without it tells what another training would.
#
# Two rows are not in the paper: the JPEG itself, and the network trained on quality 10 alone, of which one
# claim asks whether the printed row without dilation is that of such a network.

# %%
qgcn.table1(report)

# %% [markdown]
# What the text of section 4.3 says of PSNR-B, five differences, beside ours:

# %%
qgcn.text(report)

# %% [markdown]
# ## Figure 3: the same to the eye

# %%
qgcn.fig3(report)

# %% [markdown]
# ## Table 2: against others
#
# ARCNN (a network for each quality) and DnCNN-3 are measured with their authors' weights on the same JPEGs;
# RNAN is trained here, on the three qualities together; the rest is quoted. One printed row, LD at quality
# 30, is below the JPEG itself on LIVE1 and on BSDS500.

# %%
qgcn.table2(report)

# %% [markdown]
# The paper does not say by which window its SSIM is, and its own rows stand far above others of like PSNR.
# Both windows on Classic5: by which of them is each printed value nearer to ours?

# %%
qgcn.windows(report)

# %% [markdown]
# ## Figures 5 and 6: against others, to the eye
#
# Figure 6 is captioned quality 20, but the value printed for DnCNN is that of quality 10: both are shown, and
# below them what the paper prints under its panels.

# %%
qgcn.fig5(report)

# %%
qgcn.fig6(report)

# %% [markdown]
# ## Every quality
#
# Not in the paper. Gains over the JPEG itself between quality 5 and 95: one network trained on 10, 20 and
# 30, the same without dilation, DnCNN-3, and AdaFM-Net (80 to 10) turned to the coefficient that is best
# for each quality.

# %%
qgcn.unseen(report)

# %% [markdown]
# ## What one network for three qualities costs

# %%
qgcn.per_quality(report)

# %% [markdown]
# ## Was the training sound?
#
# One run, the network with ranker: what it was validated by, the norm of the gradient of each network
# and the factor that clipped it, and where its channels fell silent: one that no held-out patch makes fire
# is lost. Dotted: a fifth, above which a training says so at its end.

# %%
qgcn.training(report)

# %% [markdown]
# ## Claims and verdicts

# %%
verdicts.shown(report)

# %%
print(report.agreement())
