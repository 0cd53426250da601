# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # AdaFM: one network, a continuum of noise levels
#
# He, Dong and Qiao, *Modulating Image Restoration with Continual Levels via Adaptive Feature
# Modification Layers*, CVPR 2019.
#
# A restoration network is trained on an easy level (noise of sigma 15). Small depth-wise filters,
# the AdaFM layers, are then put behind its convolutions and trained alone on a hard level (sigma 75).
# Scaling them by one coefficient, from 0 to 1, moves the network continuously from the first level to
# the second. That coefficient is the knob at the end of this page.
#
# Every table below has the paper's printed number, ours at the paper's own size, ours at *compact*
# size (the same architecture, narrower and shallower), and what this very run measured on a few
# images. Networks here were trained on BSDS500 train + test, the paper's on DIV2K.

# %% tags=["parameters"]
scale = "compact"  # "smoke", "compact" or "paper"
device = "auto"  # "auto", "cpu" or "cuda"
train = "never"  # "never", or "missing": train what has no checkpoint
images = 4  # per image set, for "this run"; None for all
output = ""  # a folder for tables, figures and verdicts

# %%
from lib.reports import adafm, published
from lib.reports.common import Report

report = Report("adafm", scale, device, train, images, output)

# %% [markdown]
# ## First, the yardstick
#
# Networks whose authors published their weights, measured by the protocols used here, beside what
# their papers print. Where these differ by more than 0.03 dB, no table below could be trusted.

# %%
published.table()

# %% [markdown]
# ## Table 1: the basic model beside a known network
#
# Before any modulation: is the network that AdaFM starts from a good one? The paper sets it beside
# DnCNN at sigma 15. Super-resolution and JPEG rows belong to the other two tasks.

# %%
adafm.table1(report)

# %% [markdown]
# ## Table 2: how large must the filters be?
#
# From sigma 15 to sigma 75 with filters of 1x1 to 7x7. The paper finds hardly a difference for
# denoising and keeps 1x1, which is an affine map per channel and costs nothing once folded into its
# convolution.

# %%
adafm.table2(report)

# %% [markdown]
# ## Table 3: against re-estimated batch norm and conditional instance norm
#
# Two older ways to adapt a network by its normalisation. *AdaBN* keeps every weight and takes the
# statistics of the new level; *conditional IN* has one set of affine parameters per level. How these
# baselines were trained is not printed: here AdaBN is trained on sigma 15 and re-estimated on 75, and
# conditional IN is trained on both levels, half of every batch each.

# %%
adafm.table3(report)

# %% [markdown]
# ## Table 5: range and direction
#
# *Distance* is what the adapted network loses against one trained on the end level alone. It should
# grow with the range, stay small from easy to hard, and be clearly worse from hard to easy.

# %%
adafm.table5(report)

# %% [markdown]
# ## Figure 2: the tool bar
#
# A picture with sigma 45, a level on which nothing was trained, at five coefficients. Too little
# leaves noise, too much smears; between them lies the best.

# %%
adafm.fig2(report)

# %% [markdown]
# ## Figure 3 and Observation 1: filters of different levels look alike
#
# The observation behind the method. ARCNN is trained on sigma 15 and fine-tuned on 50; then the first
# network is frozen and a depth-wise filter g behind each layer is fitted to sigma 50. The paper prints
# a mean cosine distance of 0.12 and no PSNR; colour images and our schedule are our choices.

# %%
figure, fitted = adafm.fig3(report)
figure

# %%
fitted

# %% [markdown]
# ## Figure 6: the knob against its rivals
#
# Above, the rivals at both of their levels; below, AdaFM-Net in steps of 0.2 on sigma 45.

# %%
adafm.fig6(report)

# %% [markdown]
# ## Which coefficient for which level?
#
# The denoising twin of figure 7. For every level the coefficient with the best mean PSNR is searched
# on the test images themselves, as in the paper; a cubic through these points is what the Auto button
# below uses.

# %%
figure, curve = adafm.knob_curve(report)
figure

# %%
curve

# %% [markdown]
# ## What it costs
#
# Weights that AdaFM layers add to the paper's network, biases not counted, as in the paper.

# %%
adafm.parameters(report)

# %% [markdown]
# ## Claims and verdicts
#
# Intervals are 95 %, bootstrapped over images. A claim about absolute decibels is only tested at
# the paper's own scale.

# %%
report.verdicts()

# %%
print(report.agreement())

# %% [markdown]
# ## Turn the knob
#
# Add noise to the sample or upload a picture of your own, then drag. *Auto* estimates the noise
# level and sets the coefficient from the curve above.

# %%
adafm.slider(report)
