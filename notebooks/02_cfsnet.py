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
# # CFSNet: two branches, coupled feature by feature
#
# Wang, Guo, Tian and Yang, *CFSNet: Toward a Controllable Feature Space for Image Restoration*, ICCV 2019.
#
# A *main branch* is trained for one level; frozen, it gets a *tuning branch* beside it, trained for another
# level. After every block the two are mixed, channel by channel, by coefficients that are proportional to
# one number: `alpha_in`, 0 for the first level, 1 for the second, and anything between or beyond for levels
# that neither was trained on. For super-resolution the two objectives are not levels but the least error
# and the most natural look, and `alpha_in` trades one for the other.
#
# Networks here were trained on BSDS500 train + test, those for gray denoising on the 400 gray crops of
# these images that the paper names; the paper's for super-resolution on DIV2K. Its perceptual loss looks
# through VGG-19, ours through a ranker of degraded images.

# %% tags=["parameters"]
scale = "compact"  # "smoke", "compact" or "paper"
device = "auto"  # "auto", "cpu" or "cuda"
train = "never"  # "never", or "missing": train what has no checkpoint
images = 4  # per image set, for "this run"; None for all
output = ""  # a folder for tables, figures and verdicts

# %%
from lib.models.cfsnet import CFSNet
from lib.papers import verdicts
from lib.papers.cfsnet import items as cfsnet
from lib.papers.companion import check_cfsnet, contents, reproduced, source
from lib.papers.report import Report
from lib.papers.sliders import slider

report = Report("cfsnet", scale, device, train, images, output)

# %%
contents("02_cfsnet")

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
# ## The idea: two branches, coupled channel by channel
#
# The main branch $R$ restores for one level or objective, the tuning branch $T$ beside it for another. Behind
# every block the two are mixed, and what is mixed goes into both next blocks:
#
# $$ B_m = (1 - \alpha_m)\, R_m(B_{m-1}) + \alpha_m\, T_m(B_{m-1}), \qquad \alpha_m = \alpha_{in}\, a_m $$
#
# | symbol | in the code | what it is |
# |---|---|---|
# | $R_m,\ T_m$ | `self.body`, `self.tuning` | block $m$ of either branch |
# | $a_m$ | `self.mapping()` | a coefficient for every channel, learnt with the tuning branch |
# | $\alpha_{in}$ | `knobs` | the knob: 0 is the main branch, 1 what the tuning branch was trained for |
#
# The coefficients are neither confined to 0..1 nor alike, so the two ends are not simply faded: that is the claim
# of figure 4. Beyond the ends the formula goes on, and so does the knob.

# %%
source(CFSNet.coefficients, CFSNet.forward)

# %%
check_cfsnet(report)

# %% [markdown]
# ## Turn the knob
#
# Denoising is shown with the colour pair of networks; deblocking restores Y and keeps the colours;
# super-resolution sees the small image, shown by its enlarged pixels.

# %%
slider(report, "cfsnet-denoise", "cfsnet-deblock", "cfsnet-sr")

# %% [markdown]
# ## Figure 1: two trade-offs
#
# Above, super-resolution x4 from small error to natural textures; below, denoising between a smooth and a
# noisy result. The paper compares with EDSR, which is not here; beside CFSNet is the bicubic enlargement.

# %%
cfsnet.fig1(report)

# %% [markdown]
# ## Figure 2: the network

# %%
cfsnet.fig2(report)

# %% [markdown]
# ## What the coefficients are
#
# At alpha_in 1, where the tuning branch was trained: a coefficient for every module and channel, which the
# network is free to take below 0 and above 1. Were they all alike, CFSNet-SA would be enough.

# %%
cfsnet.coefficients(report)

# %% [markdown]
# ## Figure 3: is the manifold flat?
#
# The paper sketches that the network straightens the curve along which an image moves as it is degraded
# further, so that mixing the features of two known levels meets those between. It shows no measurement.
# Here: each image's path through the levels, by how strongly the channels of the last coupled features
# respond, on their two main axes and as t-SNE lays out who is near whom; and how far the levels between lie
# off the straight line, before the network and behind each of its modules.

# %%
cfsnet.fig3(report)

# %% [markdown]
# ## Table 1: gray denoising, two levels unseen
#
# For every level the control with the best mean PSNR in steps of 0.1, searched on the test images
# themselves, as in the paper. Sigma 15 is milder than anything the network was trained on: its control lies
# below 0.

# %%
cfsnet.table1(report)

# %% [markdown]
# ## Table 2: deblocking, two qualities unseen
#
# From strong compression to mild, the other way round than denoising. ARCNN, one network for each quality,
# and DnCNN-3 are measured with their authors' weights.

# %%
cfsnet.table2(report)

# %% [markdown]
# ## Figure 4: does it take a coefficient for every channel?
#
# On a level that these networks were not trained on. *CFSNet-SA* mixes every channel with the control
# itself. Not in the paper: the main branch trained on for the second level, and every weight moved between
# the two (deep network interpolation), which the paper argues against without measuring it.

# %%
cfsnet.fig4(report)

# %% [markdown]
# ## The whole curve
#
# The authors' poster shows PSNR against the control for five levels of either task, within and beyond 0..1:
# the finest test of all, for it pins how the control acts and not only where it is best.

# %%
cfsnet.poster(report)

# %% [markdown]
# ## Figure 5: error against look
#
# Super-resolution x4. Every control is a point: to the right more error, to the top a less natural look. The
# paper measures on PIRM by an index that is half NIQE and half Ma's score. The latter takes the optional
# package `pyiqa`; where it was not measured, NIQE stands for the index, as the axis says. Beside CFSNet the
# rival it argues against: every weight moved between the main branch and the same trained on with the second
# loss. EDSR, CX, EnhanceNet and ESRGAN would need their authors' results on PIRM and are left out.

# %%
cfsnet.fig5(report)

# %% [markdown]
# ### How the critic fared
#
# The second loss sets a critic against the network. A sound training shows a gap that stays bounded and a
# gradient penalty near zero; one that runs away is stopped by the training loop.

# %%
cfsnet.gan_health(report)

# %% [markdown]
# ## Figure 6: super-resolution to the eye
#
# Controls as on the poster; images of Set14 where PIRM is not here.

# %%
cfsnet.fig6(report)

# %% [markdown]
# ## Figures 7 and 8: to the eye
#
# Images and controls as on the poster. Deblocking restores and scores Y; the colours are those of the JPEG.

# %%
cfsnet.fig7(report)

# %%
cfsnet.fig8(report)

# %% [markdown]
# ## Settings
#
# What the paper's text prints of sizes and training, beside our recipes at paper scale.

# %%
cfsnet.settings(report)

# %%
cfsnet.params(report)

# %% [markdown]
# ## Was the training sound?
#
# One run, the tuning branch for quality 40: what it was validated by, the norm of the gradient of each network
# and the factor that clipped it, and where its channels fell silent: one that no held-out patch makes fire
# is lost. Dotted: a fifth, above which a training says so at its end.

# %%
cfsnet.training(report)

# %% [markdown]
# ## Claims and verdicts

# %%
verdicts.shown(report)

# %%
print(report.agreement())
