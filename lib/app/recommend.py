"""Which network an image asks for, read off the image itself: for who does not know the papers."""

from dataclasses import dataclass

from lib.app.tasks import shown
from lib.data.images import Picture
from lib.metrics.estimates import estimate_blur, estimate_noise, estimate_quality

# [O] Where an image begins to need a network: between what sharp clean photographs of BSDS500's training and
# test sets read (noise at most 6.3, blur 0.4 pixels, quality 95) and the mildest level at which the network
# gains on stored rows (noise 10, blur 1 pixel, quality 80). Of several networks for one damage the one that
# gains most on images of these sets, but for noise, where AdaFM at Auto is nearest to its best.
NOISE, BLUR, QUALITY = 8.0, 0.75, 85.0


@dataclass(frozen=True)
class Recommended:
    """network: its public name, or "" where there is nothing to restore. read: what was seen, in words."""

    network: str
    read: str


def recommended(picture: Picture) -> Recommended:
    """Return the network for what harms an image most visibly: compression before blur, blur before noise.

    Raises ValueError where noise cannot be read, as `estimate_noise` does.
    """
    quality = estimate_quality(picture)
    if quality <= QUALITY:
        network = "vdir-jpeg-color" if picture.pixels.ndim == 3 else "vdir-jpeg"
        return Recommended(network, f"JPEG quality {shown(quality)}")
    noise, blur = estimate_noise(picture), estimate_blur(picture)
    read = f"noise of {shown(noise)} grey levels, blur of {shown(blur)} pixels"
    if blur >= BLUR:
        return Recommended("cugan", read)
    return Recommended("adafm-denoise" if noise >= NOISE else "", read)
