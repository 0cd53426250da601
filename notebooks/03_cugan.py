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
# # CUGAN: one network for blur and noise, with a knob for each and one for texture
#
# Cai, He, Qiao and Dong, *Toward Interactive Modulation for Photo-Realistic Image Restoration*, CVPR
# workshops 2021.
#
# A residual U-Net is told how blurred and how noisy its image is: two numbers from 0 to 1, which set a
# weight for every channel of every branch. It is trained twice: for the least squared error (*CUnet*), then
# on with a discriminator and a perceptual loss (*CUGAN*). The discriminator is told the degradation too. A
# third knob moves all weights between the two networks.
#
# The authors published the generator, not the discriminator and not the training. Where the paper looks
# through VGG19, our networks are trained with the maps of a ranker of JPEG quality, and the distance in those
# maps stands beside LPIPS, DISTS and NIQE. The authors' evaluation takes images in [0, 1] for ones in
# [-1, 1]: their LPIPS is a line of its own, *unscaled*. Networks here were trained on BSDS500 train + test,
# the paper's on DIV2K.

# %% tags=["parameters"]
scale = "compact"  # "smoke", "compact" or "paper"
device = "auto"  # "auto", "cpu" or "cuda"
train = "never"  # "never", or "missing": train what has no checkpoint
images = 4  # per image set, for "this run"; None for all
output = ""  # a folder for tables, figures and verdicts

# %%
from lib.papers import verdicts
from lib.papers.cugan import items as cugan
from lib.papers.report import Report
from lib.papers.sliders import slider

report = Report("cugan", scale, device, train, images, output)

# %% [markdown]
# ## Figure 3: the networks

# %%
cugan.fig3(report)

# %% [markdown]
# ## Figure 1: two knobs, and texture

# %%
cugan.fig1(report)

# %% [markdown]
# ## Table 2: one network against one for each degradation
#
# Two columns of the printed row of CUnet are misprinted: neither fits the distance printed below it. What
# was meant follows from the other rows.

# %%
cugan.table2(report)

# %% [markdown]
# ## Table 1: the same for the adversarial networks
#
# For a blur of one pixel the table tells the network 0.15, where its own rule gives 0.25: both are
# measured. *Unet* is what a UGAN was trained on from: a UGAN that is no better than that is no rival. NIQE
# says how natural an image looks, without the original. Lower is better, but for PSNR.

# %%
cugan.table1(report)

# %% [markdown]
# ## What the text says of these tables

# %%
cugan.sentences(report)

# %% [markdown]
# The layers of CUnet and Unet, as the text and the released code have them, hold far more weights than is
# printed.

# %% [markdown]
# ## Table 3: gray and colour kept apart
#
# The rivals of this table denoise one gray image, and their printed numbers are those of gray images. A
# network of three channels sees three noisy observations of the same gray, which is worth decibels, or its
# colour results are judged in gray, which is worth about half of one. Colour with colour is the fair
# comparison. One noise in all three channels gives our network what a gray one sees, but not what it was
# trained on. Published networks are given noise as their authors have it, neither clipped nor rounded; ours
# what a file would hold. At sigma 40, which the text names, the table prints nothing.

# %%
cugan.table3(report)

# %% [markdown]
# ## Figure 2: a network for another degradation

# %%
cugan.fig2(report)

# %% [markdown]
# ## Figure 4: every knob on its way
#
# No knob may make the image jump, or lead through images that are worse than those at both ends: every
# tenth of the way is measured on eight images. The table is of whole LIVE1: what sharpening and texture do
# to PSNR, and to the look by NIQE and LPIPS, which noise in their place would not please.

# %%
cugan.fig4(report)

# %% [markdown]
# ## Figures 5 and 6: photographs
#
# The paper's are of DPED and NIND, which users supply by hand (`data/README.md`).

# %%
cugan.fig5(report)

# %%
cugan.fig6(report)

# %%
cugan.grid(report)

# %% [markdown]
# ## Figure 7: how many scales
#
# More scales are more weights here, as in the paper: the two are not told apart. The curve is of training
# patches of every degradation; the paper's is of LIVE1.

# %%
cugan.fig7(report)

# %% [markdown]
# ## Figure 8: a discriminator that is told
#
# Beside the two stands the same training without a discriminator: where that one comes out lowest by LPIPS,
# the figure tells nothing of discriminators.

# %%
cugan.fig8(report)

# %% [markdown]
# ## How the adversarial training went
#
# A discriminator that tells nothing apart, or is sure of everything, teaches nothing. `lean` is how far its
# logits of restored images lean with the degradation of their inputs: below 0, what was strongly degraded
# is rejected, as section 1 says of a discriminator that is not told. It is left out for networks of one
# degradation, where nothing can lean. The gradient is that of the adversarial loss at the restored image,
# of the more degraded half of a batch over the other: section 1 has it vanish where a discriminator is not
# told. Trainings made before it was logged have none.

# %%
cugan.health(report)

# %% [markdown]
# ## What the condition does to the fusions
#
# A short training starts every weight around 1, the full one of paper scale near 0, growing from 0 before the
# first step: the claim is judged by what training made of the start.

# %%
cugan.fusion(report)

# %% [markdown]
# ## Auto: blur and noise read off the image
#
# Noise from the finest wavelets; blur from how fast the image's spectrum falls, above that noise. The table
# says how far off either is, on images that chose nothing in the estimates: blur is read somewhat low where
# noise is strong.

# %%
cugan.auto(report)

# %% [markdown]
# ## Was the training sound?
#
# One run, CUnet: what it was validated by, the norm of the gradient of each network
# and the factor that clipped it, and where its channels fell silent: one that no held-out patch makes fire
# is lost. Dotted: a fifth, above which a training says so at its end.

# %%
cugan.training(report)

# %% [markdown]
# ## Claims and verdicts

# %%
verdicts.shown(report)

# %%
print(report.agreement())

# %% [markdown]
# ## Turn the knobs
#
# The square sets blur and noise together; Auto puts them where it reads the image. Texture 0 is the
# network of the least squared error, 1 the adversarial one (the paper's alpha counts the other way).

# %%
slider(report, "cugan")
