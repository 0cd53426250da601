"""One training loop for every run: stages, schedules, mixed precision, exact resume, progress.

A step draws everything random from a generator seeded with (run seed, step), so a killed run goes on
exactly where its last saved state stood: on a CPU the final weights are the same bit for bit.
"""

import csv
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor, nn
from tqdm import tqdm

from lib.base import devices, locks, paths, provenance
from lib.data import images, sets
from lib.data.patches import PatchSampler
from lib.recipes import Recipe
from lib.training import checkpoints, health, networks
from lib.training.checkpoints import Provenance

SAVE_EVERY = 120.0  # seconds between saved states
REPORT_EVERY = 10.0  # seconds between lines in a log
VALIDATIONS = 20  # a run
APART = 50  # steps from one validation to the next, at least
HELD_OUT = 4  # images of the training set kept for validation, a quarter of it at most
CROP = 192  # pixels, of a validation image
EXPLODED = 1e5  # in magnitude, of a loss or a part of one: no sound one comes near


class Busy(RuntimeError):
    """Another process is training this run."""


class Diverged(RuntimeError):
    """The loss, or a part of it, is no longer a finite number or has exploded; says when and where."""


@dataclass
class _Progress:
    """What has to survive a kill, besides the tensors."""

    step: int = 0
    seconds: float = 0.0
    curve: list[health.Row] = field(default_factory=list)  # a row for every validation


def budgeted(
    recipe: Recipe,
    *,
    steps: int | None = None,
    minutes: float | None = None,
    patch: int | None = None,
    batch: int | None = None,
) -> Recipe:
    """The recipe with another budget, annealed at its end whatever the printed schedule says."""
    if steps is None and minutes is None:
        return recipe
    return recipe.budgeted(steps=steps, minutes=minutes, patch=patch, batch=batch)


def train(
    recipe: Recipe,
    *,
    device: str = "auto",
    out: Path = paths.CHECKPOINTS,
    compiled: bool = False,
    save_every: float | None = None,
) -> Path:
    """Train the run to the end of its budget and return its checkpoint, going on where a killed one of the
    same precision stood: its state is saved every so many seconds (None: SAVE_EVERY).

    Raises Diverged on a loss, or a part of one, that is not finite or beyond EXPLODED, FileNotFoundError
    where the parent is missing, Busy where another process is training this very run.
    """
    devices.tune_cpu()
    where = devices.choose(device)
    with _alone(settled(recipe, where), out):
        job = Job(recipe, where, out, compiled)
        job.resume()
        with tqdm(
            total=job.total,
            initial=job.done(),
            unit="step" if recipe.minutes is None else "s",
            desc=recipe.name,
            disable=not sys.stderr.isatty(),
            smoothing=0.1,
        ) as bar:
            job.run(bar, save_every)
        return job.finish()


def settled(recipe: Recipe, device: torch.device) -> Recipe:
    """The recipe with the precision that it has on this device."""
    return replace(recipe, precision=recipe.precision or devices.fast_precision(device))


def folder_of(recipe: Recipe, out: Path = paths.CHECKPOINTS) -> Path:
    """Where the state of an unfinished run lies: with the other runs, or with the checkpoints of a folder
    of one's own, whose runs are no business of others. recipe: settled, so that a run begun in one precision
    does not go on in another."""
    above = paths.RUNS if out == paths.CHECKPOINTS else out
    return above / "training" / f"{recipe.name}-{recipe.scale}-{recipe.sha()}"


def under_way(folder: Path) -> bool:
    """Whether a process is training the run whose state lies here."""
    try:
        with locks.held(folder, wait=False):
            return False
    except BlockingIOError:
        return True


@contextmanager
def _alone(recipe: Recipe, out: Path) -> Iterator[None]:
    folder = folder_of(recipe, out)
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(locks.held(folder, wait=False))
        except BlockingIOError:
            raise Busy(f"{recipe.name} is being trained by another process.") from None
        yield


class Job:
    """One run in progress: network, optimiser, data and where they stand."""

    def __init__(self, recipe: Recipe, device: torch.device, out: Path, compiled: bool):
        self.recipe = recipe
        self.device = device
        self.out = out
        self.precision = settled(recipe, device).precision
        self.folder = folder_of(settled(recipe, device), out)
        self.progress = _Progress()
        self.commit, self.dirty = provenance.commit(), provenance.dirty()
        torch.manual_seed(recipe.seed)
        self.net = recipe.build()
        self.parent_sha = self._start_from_parent()
        self.guide = networks.load_guide(recipe.guide, recipe.scale, out) if recipe.guide else None
        self.judge = self.guide and self.guide.net.to(device, memory_format=torch.channels_last)
        self.net.to(device, memory_format=torch.channels_last).requires_grad_(False)
        trained = nn.ModuleList(recipe.trained(self.net)).requires_grad_(True)
        self.parameters = list(trained.parameters())
        self.clipped = _learning(recipe.clipped(self.net))
        self.optimiser = torch.optim.Adam(self.parameters, recipe.lr, recipe.betas, fused=True)
        self.forward = torch.compile(self.net) if compiled else self.net
        self.opponent = recipe.opponent()
        if self.opponent is not None:
            self.opponent.to(device, memory_format=torch.channels_last).train()
            self.opposing = torch.optim.Adam(
                self.opponent.parameters(), recipe.opponent_lr, recipe.opponent_betas, fused=True
            )
            self.opponents = _learning({"opponent": self.opponent})
        self.columns = (
            *("loss", *recipe.parts),
            *(f"{word} {name}" for name in self._all_clipped() for word in (health.NORM, health.FACTOR)),
        )
        samples = sets.training_set(recipe.training_set)
        self.training_sha = sets.set_hash(samples)
        images = [_in_channels(s.pixels, recipe.channels) for s in samples]
        held = min(HELD_OUT, max(1, len(images) // 4))
        every = max(1, len(images) // held)
        kept = images[::every][:held]
        self.held_out = [_centre(image) for image in kept]
        self.watched = "held out"
        if recipe.watch and sets.locate(recipe.watch):
            self.watched = recipe.watch
            watched = sets.load_images(recipe.watch)
            self.held_out = [_in_channels(s.pixels, recipe.channels) for s in watched]
        self.unseen = PatchSampler(kept, recipe.drawn, device)
        self.sampler = PatchSampler(
            [image for i, image in enumerate(images) if i % every or i // every >= held],
            recipe.drawn,
            device,
        )

    def _all_clipped(self) -> tuple[str, ...]:
        return (*self.clipped, *(self.opponents if self.opponent is not None else ()))

    @property
    def total(self) -> int:
        return self.recipe.steps if self.recipe.minutes is None else round(60 * self.recipe.minutes)

    def done(self) -> float:
        return self.progress.step if self.recipe.minutes is None else self.progress.seconds

    def run(self, bar: tqdm, save_every: float | None) -> None:
        self.net.train()
        progress, recent, started = self.progress, [], time.monotonic()
        saved = reported = started
        before, validations = replace(progress), len(progress.curve)
        while self.done() < self.total:
            fraction = self.done() / self.total
            self._set_rates(self.recipe.schedule.factor(fraction))
            recent.append(self.make_step(progress.step))
            progress.step += 1
            now = time.monotonic()
            progress.seconds = before.seconds + now - started
            bar.update(min(self.done(), self.total) - bar.n)
            if self.done() >= self.total * (validations + 1) / VALIDATIONS and len(recent) >= APART:
                validations += 1
                progress.curve.append(self._row(recent))
                recent = []
            if recent and now - reported > REPORT_EVERY:
                reported = now
                self._report(bar, self._means(recent), before)
            if now - saved > (SAVE_EVERY if save_every is None else save_every):
                saved = now
                self._means(recent)  # a run that has diverged keeps its last good state
                self.save()
        self._means(recent)

    def _row(self, recent: list[Tensor]) -> health.Row:
        """What the curve says of the steps since the last validation, and of the network now."""
        return {
            "step": self.progress.step,
            **dict(zip(self.columns, self._means(recent), strict=True)),
            **dict(zip(self.recipe.measures, self.validate(), strict=True)),
            **self.examine(),
            "steps_per_second": self.progress.step / self.progress.seconds,
        }

    def _set_rates(self, factor: float) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.lr * factor
        if self.opponent is not None:
            for group in self.opposing.param_groups:
                group["lr"] = self.recipe.opponent_lr * factor

    def make_step(self, step: int) -> Tensor:
        """One step of the network, then one of its opponent where there is one.

        Returns what `columns` names, (K,), which stays on the device: the loss, the recipe's parts, and of
        every network that is clipped the norm of its gradient and the factor of the clipping.
        """
        clean, generator = self.batch(self.recipe.seed, step)
        if self.opponent is not None:
            self.opponent.requires_grad_(False)
        with devices.autocast(self.device, self.precision):
            made = self.recipe.objective(self.forward, clean, generator, self.judge, self.opponent)
        clipping = self._descend(self.optimiser, made.loss, self.clipped.values())
        parts = made.parts
        if self.opponent is not None:
            self.opponent.requires_grad_(True)
            with devices.autocast(self.device, self.precision):
                opposed = self.recipe.opposition(self.opponent, made, generator)
            clipping += self._descend(self.opposing, opposed.loss, self.opponents.values())
            parts += opposed.parts
        return torch.cat([torch.stack([made.loss, *parts]), *clipping]).detach()

    def _descend(
        self, optimiser: torch.optim.Adam, loss: Tensor, networks: Iterable[Sequence[nn.Parameter]]
    ) -> list[Tensor]:
        """One step; returns for each network the norm of its gradient and what clipped it, (2,)."""
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        clipping = [health.clip_to(parameters, self.recipe.clip) for parameters in networks]
        optimiser.step()
        return clipping

    def batch(self, seed: int, step: int) -> tuple[Tensor, torch.Generator]:
        """Clean patches, and the generator for what degrades them."""
        positions = torch.Generator().manual_seed((seed << 40) + 2 * step)
        noise = torch.Generator(self.device).manual_seed((seed << 40) + 2 * step + 1)
        return self.sampler.sample(self.recipe.batch, positions), noise

    def _means(self, losses: list[Tensor]) -> list[float]:
        """Of every column, over steps."""
        if not losses:
            return [float("nan")] * len(self.columns)
        values = torch.stack(losses)  # (steps, K)
        bad = ~(values[:, : 1 + len(self.recipe.parts)].abs() <= EXPLODED)
        if bad.any():
            first, column = bad.nonzero()[0].tolist()
            raise Diverged(
                f"{self.recipe.name}: the {self.columns[column]} is {float(values[first, column]):g} "
                f"at step {self.progress.step - len(losses) + first} "
                f"({datetime.now(UTC):%H:%M:%S} UTC); the last saved state is in {self.folder.name}."
            )
        return values.mean(0).tolist()

    @torch.no_grad()
    def validate(self) -> tuple[float, ...]:
        """The recipe's measures on pictures that it is not trained on, their mean.

        Whole images of the set that the recipe watches, where it is here; else centre crops of the
        images held out.
        """
        self.net.eval()
        values = [
            self.recipe.judged(
                self.net,
                images.to_tensor(image).to(self.device),
                torch.Generator(self.device).manual_seed(i),
            )
            for i, image in enumerate(self.held_out)
        ]
        self.net.train()
        return tuple(float(np.mean(column)) for column in zip(*values, strict=True))

    def examine(self) -> health.Row:
        """Dead channels and shares of the gradient, on patches that the network is not trained on."""
        self.net.eval()
        if self.opponent is not None:
            self.opponent.eval().requires_grad_(False)
        batches = health.held_out_batches(self.unseen.sample, self.device, self.recipe.batch)
        row = health.dead_at_both_ends(self.net, self.recipe, batches)
        clean, generator = batches[0]
        row |= health.gradient_shares(
            self.recipe.objective(self.net, clean, generator, self.judge, self.opponent)
        )
        self.net.train()
        if self.opponent is not None:
            self.opponent.train().requires_grad_(True)
        return row

    def _report(self, bar: tqdm, losses: list[float], before: _Progress) -> None:
        """At the speed since `before`, where this process took the run up."""
        progress = self.progress
        rate = (progress.step - before.step) / (progress.seconds - before.seconds)
        latest = progress.curve[-1] if progress.curve else {}
        left = self.total - progress.seconds if self.recipe.minutes else (self.total - progress.step) / rate
        named = zip(self.columns, losses, strict=True)
        values = "  ".join(f"{name} {value:.5g}" for name, value in named)
        watched = (f"{k} {latest[k]:.2f}" for k in (self.recipe.measures[0], health.DEAD) if k in latest)
        text = "  ".join((values, *watched, f"{rate:.1f} steps/s"))
        if bar.disable:
            share = self.done() / self.total
            print(
                f"{self.recipe.name}  step {progress.step} ({share:.0%})  {text}  {left / 60:.1f} min left",
                flush=True,
            )
        else:
            bar.set_postfix_str(text)

    def save(self) -> None:
        """The whole state of the run, written atomically."""
        tensors = {f"net.{k}": v for k, v in self.net.state_dict().items()}
        tensors |= _moments(self.optimiser, self.parameters, "adam")
        if self.opponent is not None:
            tensors |= {f"opponent.{k}": v for k, v in self.opponent.state_dict().items()}
            tensors |= _moments(self.opposing, self.opponent.parameters(), "opposing")
        tensors = {k: v.cpu().contiguous() for k, v in tensors.items()}
        checkpoints.write_atomically(
            self.folder / "state.safetensors",
            tensors,
            {"progress": json.dumps(asdict(self.progress)), "share": json.dumps(self.done() / self.total)},
        )

    def resume(self) -> None:
        """Go on from the last saved state of a run with the same recipe, if there is one."""
        path = self.folder / "state.safetensors"
        if not path.exists():
            return
        with safe_open(path, framework="pt") as file:
            tensors = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118 (not a dict)
            self.progress = _Progress(**json.loads(file.metadata()["progress"]))
        print(f"{self.recipe.name} goes on from step {self.progress.step}.", flush=True)
        self.net.load_state_dict(_under("net.", tensors))
        self._set_moments(self.optimiser, self.parameters, "adam", tensors)
        if self.opponent is not None:
            self.opponent.load_state_dict(_under("opponent.", tensors))
            self._set_moments(self.opposing, self.opponent.parameters(), "opposing", tensors)

    def _set_moments(
        self,
        optimiser: torch.optim.Adam,
        parameters: Iterable[nn.Parameter],
        name: str,
        tensors: dict[str, Tensor],
    ) -> None:
        for i, parameter in enumerate(parameters):
            # The fused optimiser walks through memory: a moment has to lie there as its parameter does.
            optimiser.state[parameter] = {
                k: torch.empty_like(parameter).copy_(v) if v.dim() else v.to(self.device)
                for k, v in _under(f"{name}.{i}.", tensors).items()
            }

    def finish(self) -> Path:
        """Write the checkpoint and the training curve; remove the state, which is no longer needed."""
        self.recipe.finish(self.net, lambda i: self.batch(self.recipe.seed + 1, i))
        recipe = self.recipe
        validation = {k: round(v, 4) for k, v in zip(recipe.measures, self.validate(), strict=True)}
        history = Provenance(
            recipe=recipe.name,
            recipe_sha=recipe.sha(),
            recipe_fields=recipe.as_json(),
            scale=recipe.scale,
            parent=recipe.parent,
            parent_sha=self.parent_sha,
            guide=recipe.guide,
            guide_sha=self.guide.weights_sha if self.guide else "",
            steps=self.progress.step,
            patches=self.progress.step * recipe.batch,
            minutes=round(self.progress.seconds / 60, 2),
            training_set=recipe.training_set,
            training_sha=self.training_sha,
            precision=self.precision,
            device=devices.describe(self.device),
            torch=torch.__version__,
            seed=recipe.seed,
            commit=self.commit,
            dirty=self.dirty,
            validation=validation,
            utc=provenance.now(),
        )
        path = checkpoints.path_of(recipe.name, recipe.scale, self.out)
        checkpoints.save(path, self._own_tensors(), history)
        self._write_curve(path.with_suffix(".csv"))
        (self.folder / "state.safetensors").unlink(missing_ok=True)
        reached = ", ".join(f"{k} {v:.2f}" for k, v in validation.items())
        print(f"{recipe.name}: {reached} on the images held out, {history.minutes} min.", flush=True)
        for complaint in health.complaints(recipe, self.progress.curve):
            print(f"{recipe.name}: {complaint}", flush=True)
        return path

    def _write_curve(self, path: Path) -> None:
        """A run that went on with later code may have columns that its first rows lack: these stay empty."""
        curve = self.progress.curve
        names = dict.fromkeys(name for row in curve for name in row) or (
            *("step", *self.columns, *self.recipe.measures, "steps_per_second"),
        )
        with open(path, "w", newline="") as file:
            writer = csv.DictWriter(file, (*names, "images"), lineterminator="\n")
            writer.writeheader()
            for row in curve:
                values = {name: value if name == "step" else f"{value:.6g}" for name, value in row.items()}
                writer.writerow({**values, "images": self.watched})

    def _own_tensors(self) -> dict[str, Tensor]:
        state = self.net.state_dict()
        if not self.recipe.stage:
            return state
        own = {id(p) for p in self.parameters}
        return {k: state[k] for k, p in self.net.named_parameters() if id(p) in own}

    def _start_from_parent(self) -> str:
        if not self.recipe.parent:
            return ""
        parent = networks.load(self.recipe.parent, self.recipe.scale, self.out)
        missing, unexpected = self.net.load_state_dict(parent.net.state_dict(), strict=False)
        learnt = {k for k, _ in self.net.named_parameters()}
        if unexpected or (not self.recipe.stage and set(missing) & learnt):
            raise checkpoints.BadCheckpoint(f"{self.recipe.parent} does not fit {self.recipe.name}.")
        return parent.weights_sha


def _learning(networks: dict[str, nn.Module]) -> dict[str, list[nn.Parameter]]:
    """The parameters of each network that are trained; a network without any is left out."""
    found = {name: [p for p in net.parameters() if p.requires_grad] for name, net in networks.items()}
    return {name: parameters for name, parameters in found.items() if parameters}


def _moments(
    optimiser: torch.optim.Adam, parameters: Iterable[nn.Parameter], name: str
) -> dict[str, Tensor]:
    return {
        f"{name}.{i}.{k}": v
        for i, parameter in enumerate(parameters)
        for k, v in optimiser.state[parameter].items()
    }


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _centre(image: np.ndarray) -> np.ndarray:
    top, left = (max(0, side - CROP) // 2 for side in image.shape[:2])
    return image[top : top + CROP, left : left + CROP]


def _in_channels(pixels: np.ndarray, channels: int) -> np.ndarray:
    """RGB stays, or becomes 8-bit BT.601 luma for a network of one channel."""
    if channels == 3 or pixels.ndim == 2:
        return pixels
    return images.to_pixels(images.rgb_to_y(images.to_tensor(pixels)))
