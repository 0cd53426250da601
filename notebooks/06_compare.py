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
# # All methods on the same images: which knob would you want?
#
# Each of the five papers compares itself with others on images, noise and JPEGs of its own. Here all of
# their networks see the same ones, at levels that they were trained on and at levels that they were not.
# So the question can be asked that none of them answers: with an image to clean, and nobody to say how
# noisy it is, which knob would you want in your hand? The answer is made from the rows on record; the
# charts behind it follow.

# %% tags=["parameters"]
scale = "compact"  # "smoke", "compact" or "paper"
device = "auto"  # "auto", "cpu" or "cuda"
train = "never"  # "never", or "missing": train what has no checkpoint
images = 4  # per image set, for "this run"; None for all
output = ""  # a folder for tables and figures

# %%
from lib.papers.companion import contents, source
from lib.papers.compare import items as compare
from lib.papers.compare.levels import losses
from lib.papers.report import Report
from lib.papers.sliders import slider

report = Report("compare", scale, device, train, images, output)

# %%
contents("06_compare")

# %% [markdown]
# ## The answer
#
# Of our own networks; what is beside them in the charts, with its authors' weights, had full training.

# %%
compare.answer(report)

# %% [markdown]
# ## What is compared, and how
#
# Three kinds of control meet. A knob that is *turned* (AdaFM, CFSNet) is set by a person to whatever looks
# best; here to what has the highest PSNR among ten or eleven positions. A network that is *told* (CUnet,
# FFDNet) takes the level itself. A *blind* one (VDIR, QGCN, DnCNN) finds it out. *At Auto* the level is
# estimated on every image and the knob set for it, as the button of the slider does; curves of CFSNet were
# fitted on these same images. Compact networks of ours have seen minutes of training: read orders and
# shapes, and see DnCNN and FFDNet, with their authors' weights, as what full training gives, on what they
# were trained for.
#
# What a knob is worth shows where it is wrong. With $k(s)$ the position that is best for level $s$, an image of
# level $s$ restored at the position for level $t$ loses
#
# $$ L(s, t) = \mathrm{PSNR}_s\bigl(k(s)\bigr) - \mathrm{PSNR}_s\bigl(k(t)\bigr) $$
#
# | symbol | in the code | what it is |
# |---|---|---|
# | $s,\ t$ | row and column of what is returned | the level of the image, and the one that the knob is set for |
# | $k(s)$ | `grid.best(rival, level, scale)[0]` | the best position; of a network that is told, the level itself |
# | $\mathrm{PSNR}_s$ | `at(level, position)` | the mean over images of level $s$ |

# %%
source(losses)

# %% [markdown]
# ## Noise
#
# Set14 in colour, noise clipped and rounded to 8 bits as a file holds it. CFSNet, VDIR, DnCNN and FFDNet were
# trained on noise that is neither, which tells where it is strong. Left: what each network gains at its best,
# dotted: at Auto. Right: where its knob then stands. Below: what a wrong knob costs; a row is the level of the
# image, a column the level that the knob was set for, or that the network was told.

# %%
compare.denoise(report)

# %% [markdown]
# ## JPEG
#
# Classic5, gray.

# %%
compare.dejpeg(report)

# %% [markdown]
# ## What the luck of a training decides
#
# Every method on noise, and QGCN on JPEG, trained from three seeds; a knob that is turned stands where it is
# best for the seed. The first seed was also trained on another processor, in bfloat16. Differences smaller
# than that spread say nothing: `=` stands between methods that it cannot tell apart, `?` where neither was
# trained more than once.

# %%
compare.seeds(report)

# %% [markdown]
# ## Error against look
#
# PSNR rewards the mean of all images that could have been; NIQE asks whether the result looks like a
# photograph. A knob moves along a line between them: one of strength trades noise for blur, one of texture
# is meant to trade error for look. By NIQE that of QGCN does, that of CUGAN on this noise does not. The
# network that super-resolution trades so with is in figure 5 of 02_cfsnet.

# %%
compare.plane(report)

# %% [markdown]
# ## Without knowing any of this
#
# `restore photo.jpg --auto` reads noise, blur and JPEG quality off the image, takes a network and sets its
# knobs. How often is that the right one, and how near does it come to the best that any network at any knob
# makes of the image? On BSDS500's validation images; the rules were set on its training images.

# %%
compare.unaided(report)

# %% [markdown]
# ## How evenly the knobs turn
#
# A good knob changes the image as much per step at one end as at the other. Every knob, on three
# photographs, degraded as its slider starts.

# %%
compare.smoothness(report)

# %% [markdown]
# ## What they cost
#
# With the knob baked in, on a quiet machine, from what `make bench` put on record there. First time against
# operations. Then images from 0.1 to 24 megapixels: whether time follows a line (an exponent of 1), and
# whether memory grows by more than the copies of the image. Last all numbers, beside what one might take
# instead.

# %%
compare.cost(report)

# %% [markdown]
# ## How well does it agree with the stored rows?

# %%
print(report.agreement())

# %% [markdown]
# ## Side by side
#
# Choose a network; the image and its degradation stay.

# %%
slider(report, "adafm-denoise", "cfsnet-denoise", "vdir-denoise", "adafm-dejpeg", "cfsnet-deblock", "qgcn")
