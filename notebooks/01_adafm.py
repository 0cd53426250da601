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
# # AdaFM: one network, a continuum of levels
#
# He, Dong and Qiao, *Modulating Image Restoration with Continual Levels via Adaptive Feature
# Modification Layers*, CVPR 2019.
#
# A restoration network is trained on an easy level: little noise, a mild JPEG, a small enlargement.
# Small depth-wise filters, the AdaFM layers, are then put behind its convolutions and trained alone on
# a hard level. Scaling them by one coefficient, from 0 to 1, moves the network continuously from the
# first level to the second. That coefficient is the knob at the end of this page.
#
# Most tables below have the paper's printed number, ours at the paper's own size, ours at *compact*
# size (the same architecture, narrower and shallower), and what this very run measured on a few
# images. Networks here were trained on BSDS500 train + test, the paper's on DIV2K.

# %% tags=["parameters"]
scale = "compact"  # "smoke", "compact" or "paper"
device = "auto"  # "auto", "cpu" or "cuda"
train = "never"  # "never", or "missing": train what has no checkpoint
images = 4  # per image set, for "this run"; None for all
output = ""  # a folder for tables, figures and verdicts

# %%
from lib.models.adafm import AdaFM
from lib.papers import published, verdicts
from lib.papers.adafm import items as adafm
from lib.papers.companion import check_adafm, contents, reproduced, source
from lib.papers.report import Report
from lib.papers.sliders import slider

report = Report("adafm", scale, device, train, images, output)

# %%
contents("01_adafm")

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
# ## The idea: one filter per channel, and a number
#
# A network trained for one level is wrong for the next. The features of networks for two levels, though, differ
# by little more than a filter on each channel. So behind every convolution of the residual blocks stands one,
# trained for the second level while all else is frozen, and a number scales it:
#
# $$ y_c = x_c + \lambda\,(g_c * x_c + b_c) $$
#
# | symbol | in the code | what it is |
# |---|---|---|
# | $x_c,\ y_c$ | `x`, returned | channel $c$ of the features before and after |
# | $g_c,\ b_c$ | `self.filter` | a depth-wise filter, 1x1 to 7x7, and a bias: all that the second training learns |
# | $\lambda$ | `knobs`, *coef* | the knob: 0 is the first level, 1 the second |
#
# At $\lambda = 0$ the filters are gone and the first network is there again, exactly. At any other $\lambda$ they
# melt into one convolution: turning the knob costs nothing when the image is restored.

# %%
source(AdaFM)

# %%
check_adafm(report)

# %% [markdown]
# ## Turn the knob
#
# Choose a network: noise, JPEG, or super-resolution between two factors. Degrade the sample or upload an
# image of your own, then drag. *Auto* finds the level and sets the coefficient from the curves above:
# noise is estimated, the quality is read from a JPEG's own tables (or estimated from its blocks), and the
# factor is the one you set, by which an image of your own is enlarged.

# %%
slider(report, "adafm-denoise", "adafm-dejpeg", "adafm-sr")

# %% [markdown]
# ## First, the yardstick
#
# Networks whose authors published their weights, measured by the same code, beside what their papers print;
# noise as their authors have it, not clipped. Where these differ by more than 0.03 dB, no table below could
# be trusted.

# %%
published.table()

# %% [markdown]
# ## Figure 1: why a knob
#
# A photograph of JPEG quality 30. The network trained for quality 80 leaves its artefacts, the one for
# quality 10 smears its texture: a network for one level serves one level.

# %%
adafm.fig1(report)

# %% [markdown]
# ## Figure 4: the network
#
# Drawn from the module itself at the paper's size: what it is made of, and what flows through it. The
# compact networks of most tables have fewer and narrower blocks.

# %%
adafm.fig4(report)

# %% [markdown]
# ## Table 1: the basic model beside known networks
#
# Before any modulation: is the network that AdaFM starts from a good one? ARCNN is measured with
# its authors' weights; the other rivals' numbers are quoted, as in the paper.

# %%
adafm.table1(report)

# %% [markdown]
# ## Table 2: how large must the filters be?
#
# From one end of each task to the other with filters of 1x1 to 7x7. The paper finds hardly a
# difference for denoising and JPEG, and keeps 1x1 there, which is an affine map per channel and costs
# nothing once folded into its convolution. Super-resolution needs 5x5.

# %%
adafm.table2(report)

# %% [markdown]
# ## Figure 5: the same while training
#
# PSNR on Set5 while the filters from x3 to x4 are trained. The paper's axis fits PSNR of RGB, its tables
# are of Y: both are shown.

# %%
adafm.fig5(report)

# %% [markdown]
# ## Table 3: against re-estimated batch norm and conditional instance norm
#
# Two older ways to adapt a network by its normalisation. *AdaBN* keeps every weight and takes the
# statistics of the new level; *conditional IN* has one set of affine parameters per level. How these
# baselines were trained is not printed: here AdaBN is trained on the start level and re-estimated on
# the end level, and conditional IN is trained on both, half of every batch each.
#
# Conditional IN normalises by the statistics of all that it sees, and those of a whole image are not those
# of the patches it was trained on: there it loses decibels, and falls below its own input for JPEG and in
# super-resolution. The row that counts restores overlapping windows as large as those patches; how the paper
# measured it is not printed.

# %%
adafm.table3(report)

# %% [markdown]
# ## Table 4: range and direction in super-resolution
#
# *Distance* is what the adapted network loses against one trained on the end level alone. It should
# be smaller from easy to hard than back, smaller for one factor than for two, and smaller for a harder
# start. PSNR is of Y, without a border as wide as the factor.

# %%
adafm.table4(report)

# %% [markdown]
# ## Table 5: range and direction in JPEG and denoising
#
# The distance should grow with the range, stay small from easy to hard, and be clearly worse from
# hard to easy.

# %%
adafm.table5(report)

# %% [markdown]
# ## Figure 2: the tool bar
#
# Images with levels on which these networks were not trained: noise of sigma 45, JPEG quality 30,
# enlarged 3.4 times. Too small a coefficient leaves the degradation, too large a one smears; between them
# lies the best. For JPEG the paper prints PSNR of one image of LIVE1 and does not say which: it stands in
# brackets, to compare how far PSNR falls from the middle to the ends.

# %%
adafm.fig2(report)

# %% [markdown]
# ## Figure 3 and Observation 1: filters of different levels look alike
#
# The observation behind the method. ARCNN is trained on sigma 15 and fine-tuned on 50; then the first
# network is frozen and a depth-wise filter g behind each layer is fitted to sigma 50. The paper prints
# a mean cosine distance of 0.12 and no PSNR; colour images and our schedule are our choices.

# %%
adafm.fig3(report)

# %% [markdown]
# ## Figure 6: the knob, step by step
#
# Denoising first: the two rivals at both of their levels, then AdaFM-Net in steps of 0.2 on sigma 45.
# Below it, quality 30 and a factor of 3.4.

# %%
adafm.fig6(report)

# %% [markdown]
# ## Figure 7: which coefficient for which quality?
#
# For every quality the coefficient with the best mean PSNR is searched on the test images themselves,
# as in the paper, for a network from 80 to 10 and one from 80 to 40, with the cubic that its text prints.
# Below stand PSNR beside that of networks trained on the quality, the distance above each pair as in the
# paper, and the distances. A notebook that sees a few images only measures at the coefficients found on
# all of them.

# %%
adafm.fig7(report)

# %% [markdown]
# ## Which coefficient for which noise?
#
# The denoising twin of figure 7, which the paper keeps in its supplement. The cubic through these
# points is what the Auto button below uses.

# %%
adafm.fig7_denoise(report)

# %% [markdown]
# ## Which coefficient for which factor?
#
# The super-resolution twin: four networks, each from one whole factor to the next.

# %%
adafm.fig7_sr(report)

# %% [markdown]
# ## Where the layers stand, and what they add
#
# Three numbers of the text: AdaFM before or after the activation, in the residual blocks or behind every
# convolution; AdaFM-Net trained from scratch; and the weights it adds, biases not counted.

# %%
adafm.position(report)

# %%
adafm.scratch(report)

# %%
adafm.parameters(report)

# %% [markdown]
# ## In pieces
#
# Section 3.5: instead of a curve for the whole range, AdaFM layers for several levels on one basic network,
# and between two of them a straight line. Nothing is searched here: the level alone gives the coefficient.

# %%
adafm.piecewise(report)

# %% [markdown]
# ## A 1x1 layer and batch norm
#
# Section 3.3: AdaFM of 1x1 is batch norm that keeps its statistics. Written so it is the same function; what
# is left is that batch norm takes the statistics of every batch while it is trained, which costs a network
# that never saw it this much. The paper says that one trained with batch norm does almost the same: no such
# network is trained here, so that this stays open.

# %%
adafm.batch_norm(report)

# %% [markdown]
# ## Why the distances are larger here
#
# Not in the paper. The same JPEG networks half and twice as wide, trained with the same steps. If compact
# networks were simply too narrow to adapt, the distance would shrink from the first width to the last. From
# easy to hard it does not; from hard to easy it does. What else it is, is not told apart here: in table 5 the
# networks of the paper's own size, which are deeper too, are nearer (denoising).

# %%
adafm.width(report)

# %% [markdown]
# ## What becomes of the noise
#
# Not in the paper. Its code clips a noisy image and stores it with 8 bits, and so do we, in training and in
# tests; DnCNN and FFDNet leave the noise as it is. The same networks on both kinds: a table of one protocol
# does not stand beside a table of the other.

# %%
adafm.noise(report)

# %% [markdown]
# ## Was the training sound?
#
# One run, the start at quality 80 adapted to 10 by 1x1 filters: what it was validated by, the norm of the gradient of each network
# and the factor that clipped it, and where its channels fell silent: one that no held-out patch makes fire
# is lost. Dotted: a fifth, above which a training says so at its end.

# %%
adafm.training(report)

# %% [markdown]
# ## Claims and verdicts
#
# Intervals are 95 % t intervals over images and, where there are several, trainings. A claim about
# absolute decibels is only tested at the paper's own scale. A click on a claim tells what was measured.

# %%
verdicts.shown(report)

# %%
print(report.agreement())
