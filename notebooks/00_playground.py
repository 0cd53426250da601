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
# # Playground
#
# A noisy, blurred or compressed image, a network, and its knob.
#
# Either *degrade the image*: a sample, or one of yours, is made worse by as much as you say, and the
# decibels tell how near the result comes to the original. Or untick that, and a photograph that is bad
# already is restored as it is; *Auto* reads off it how bad. Drag the line across the image to see before
# and after. *Contact sheet* shows the part that you last clicked, or moved the zoom to, at several
# positions of the knob, *All networks* what every method for such images makes of it. NIQE, which needs no
# original, is told once `python -m lib fetch niqe` has brought its parameters.

# %% tags=["parameters"]
scale = "compact"  # "smoke", "compact" or "paper"
device = "auto"  # "auto", "cpu" or "cuda"
train = "never"  # "never", or "missing": train what has no checkpoint
images = 4  # not used here
output = ""  # a folder, for a page whose knobs turn without Python

# %%
from lib.papers.report import Report
from lib.papers.sliders import playground

playground(Report("playground", scale, device, train, images, output))
