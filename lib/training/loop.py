"""One training loop for every run: stages, schedules, mixed precision, exact resume.

A step draws everything random from a generator seeded with (run seed, step), so a killed run goes on
exactly where its last saved state stood: on a CPU the final weights are the same bit for bit.
"""

import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from lib.base import devices, paths, provenance
from lib.data import images
from lib.recipes import Recipe
from lib.training import checkpoints, examples, health, networks, report, unfinished
from lib.training.checkpoints import Provenance
from lib.training.unfinished import Learner, Progress, folder_of, settled

SAVE_EVERY = 120.0  # seconds between saved states
REPORT_EVERY = 10.0  # seconds between lines in a log
VALIDATIONS = 20  # a run
APART = 50  # steps from one validation to the next, at least
BLINK = 0.5  # seconds between two looks whether a pause has ended
EXPLODED = 1e5  # in magnitude, of a loss or a part of one: no sound one comes near


class Diverged(RuntimeError):
    """The loss, or a part of it, is no longer a finite number or has exploded; says when and where."""


def train(
    recipe: Recipe,
    *,
    device: str = "auto",
    out: Path = paths.CHECKPOINTS,
    compiled: bool = False,
    save_every: float | None = None,
    fresh: bool = False,
) -> Path:
    """Train the run to the end of its budget and return its checkpoint, going on where a killed one of the
    same precision stood: its state is saved every so many seconds (None: SAVE_EVERY). It goes on also from
    where fewer steps were annealed, unless it is to be `fresh`.

    Raises Diverged on a loss, or a part of one, that is not finite or beyond EXPLODED, FileNotFoundError
    where the parent is missing, Busy where another process is training this very run.
    """
    devices.tune_cpu()
    where = devices.choose(device)
    with unfinished.alone(settled(recipe, where), out):
        job = Job(recipe, where, out, compiled)
        job.resume(fresh=fresh)
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


class Job:
    """One run in progress: network, optimiser, data and where they stand."""

    def __init__(self, recipe: Recipe, device: torch.device, out: Path, compiled: bool):
        self.recipe = recipe
        self.device = device
        self.out = out
        self.settled = settled(recipe, device)
        self.precision = self.settled.precision
        self.folder = folder_of(self.settled, out)
        self.commit, self.dirty = provenance.commit(), provenance.dirty()
        torch.manual_seed(recipe.seed)
        self.net = recipe.build()
        self.parent_sha = self._start_from_parent()
        self.guide = networks.load_guide(recipe.guide, recipe.scale, out) if recipe.guide else None
        self.progress = Progress(started_from=self._origin())
        self.judge = self.guide and self.guide.net.to(device, memory_format=torch.channels_last)
        self.net.to(device, memory_format=torch.channels_last).requires_grad_(False)
        trained = nn.ModuleList(recipe.trained(self.net)).requires_grad_(True)
        self.parameters = list(trained.parameters())
        self.clipped = _learning(recipe.clipped(self.net))
        self.optimiser = torch.optim.Adam(self.parameters, recipe.lr, recipe.betas, fused=True)
        self.learners = {"net": Learner(self.net, self.optimiser, "adam")}
        self.forward = torch.compile(self.net) if compiled else self.net
        self.opponent = recipe.opponent()
        self.opponents: dict[str, list[nn.Parameter]] = {}
        if self.opponent is not None:
            self.opponent.to(device, memory_format=torch.channels_last).train()
            self.opponents = _learning({"opponent": self.opponent})
            parameters = self.opponent.parameters()
            self.opposing = torch.optim.Adam(
                parameters, recipe.opponent_lr, recipe.opponent_betas, fused=True
            )
            self.learners["opponent"] = Learner(self.opponent, self.opposing, "opposing")
        clipping = (f"{word} {name}" for name in (*self.clipped, *self.opponents) for word in health.CLIPPING)
        self.columns = ("loss", *recipe.parts, *clipping)
        self.examples = examples.of(recipe, device)

    @property
    def total(self) -> int:
        """Return the budget: steps or, where the recipe states minutes, seconds."""
        return self.recipe.steps if self.recipe.minutes is None else round(60 * self.recipe.minutes)

    def done(self) -> float:
        """Return how much of `total` is used."""
        return self.progress.step if self.recipe.minutes is None else self.progress.seconds

    def run(self, bar: tqdm, save_every: float | None) -> None:
        """Make steps until the budget is used, validating, telling and saving now and then."""
        self.net.train()
        progress, recent, started = self.progress, [], time.monotonic()
        saved = reported = started
        before, validations = replace(progress), self._validations()
        while self.done() < self.total:
            if unfinished.paused(self.out):
                started += self._wait(recent)
            if progress.step and progress.step == self.recipe.before_annealing:
                self._means(recent)
                self._save(unfinished.before_annealing(self.settled, self.out))
            self._set_rates(self.recipe.schedule.factor(self.done() / self.total))
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
                losses = dict(zip(self.columns, self._means(recent), strict=True))
                report.tell(bar, self.recipe, progress, before, losses)
            if now - saved > (SAVE_EVERY if save_every is None else save_every):
                saved = now
                self._means(recent)  # a run that has diverged keeps its last good state
                self._save(self.folder / unfinished.FILE)
        self._means(recent)

    def _validations(self) -> int:
        """Return how many validations of this budget are done; a shorter one had more until here."""
        return min(len(self.progress.curve), int(VALIDATIONS * self.done() / self.total))

    def _save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.save(path, self.progress, self.done() / self.total, self.learners)

    def _wait(self, recent: list[Tensor]) -> float:
        """Save the state and wait until the pause ends; return the seconds that this took."""
        began = time.monotonic()
        print(f"{self.recipe.name} waits at step {self.progress.step}.", flush=True)
        self._means(recent)
        if self.progress.step:
            self._save(self.folder / unfinished.FILE)
        while unfinished.paused(self.out):
            time.sleep(BLINK)
        return time.monotonic() - began

    def _row(self, recent: list[Tensor]) -> health.Row:
        """Return what the curve says of the steps since the last validation, and of the network now."""
        return {
            "step": self.progress.step,
            "pixels": self.progress.step * self.recipe.batch * self.recipe.patch**2,
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
        """Make one step of the network, then one of its opponent where there is one.

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
        """Make one step; return for each network the norm of its gradient and what clipped it, (2,)."""
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        clipping = [health.clip_to(parameters, self.recipe.clip) for parameters in networks]
        optimiser.step()
        return clipping

    def batch(self, seed: int, step: int) -> tuple[Tensor, torch.Generator]:
        """Return clean patches, and the generator for what degrades them."""
        positions = torch.Generator().manual_seed((seed << 40) + 2 * step)
        noise = torch.Generator(self.device).manual_seed((seed << 40) + 2 * step + 1)
        return self.examples.sampler.sample(self.recipe.batch, positions), noise

    def _means(self, losses: list[Tensor]) -> list[float]:
        """Return the mean of every column over steps; raises Diverged."""
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
        """Return the recipe's measures, each the mean over images that the network is not trained on."""
        self.net.eval()
        values = [
            self.recipe.judged(
                self.net,
                images.to_tensor(image).to(self.device),
                torch.Generator(self.device).manual_seed(i),
            )
            for i, image in enumerate(self.examples.validated)
        ]
        self.net.train()
        return tuple(float(np.mean(column)) for column in zip(*values, strict=True))

    def examine(self) -> health.Row:
        """Return dead channels, shares of the gradient and how the adversarial one goes by severity, on
        patches that the network is not trained on."""
        self.net.eval()
        if self.opponent is not None:
            self.opponent.eval().requires_grad_(False)
        batches = health.held_out_batches(self.examples.unseen.sample, self.device, self.recipe.batch)
        row = health.dead_at_both_ends(self.net, self.recipe, batches)
        clean, generator = batches[0]
        made = self.recipe.objective(self.net, clean, generator, self.judge, self.opponent)
        row |= health.gradient_shares(made) | health.pulls(made)
        self.net.train()
        if self.opponent is not None:
            self.opponent.train().requires_grad_(True)
        return row

    def resume(self, *, fresh: bool = False) -> None:
        """Go on from the last saved state of a run with the same recipe, if there is one, or, unless it is to
        be `fresh`, from the one before annealing of the same run in fewer steps."""
        path = unfinished.latest(self.settled, self.out, self.progress.started_from, fresh=fresh)
        if path is not None:
            self.progress = unfinished.resume(path, self.learners)
            print(f"{self.recipe.name} goes on from step {self.progress.step}.", flush=True)

    def finish(self) -> Path:
        """Write the checkpoint and the training curve; remove the state, which is no longer needed."""
        recipe, curve = self.recipe, self.progress.curve
        recipe.finish(self.net, lambda i: self.batch(recipe.seed + 1, i))
        validation = {k: round(v, 4) for k, v in zip(recipe.measures, self.validate(), strict=True)}
        history = self._history(validation)
        path = checkpoints.path_of(recipe.name, recipe.scale, self.out)
        checkpoints.save(path, self._own_tensors(), history)
        columns = ("step", "pixels", *self.columns, *recipe.measures, "steps_per_second")
        report.write_curve(path.with_suffix(".csv"), curve, columns, self.examples.watched)
        unfinished.remove(self.folder)
        reached = ", ".join(f"{k} {v:.2f}" for k, v in validation.items())
        print(f"{recipe.name}: {reached} on the images held out, {history.minutes} min.", flush=True)
        for complaint in health.complaints(recipe, curve):
            print(f"{recipe.name}: {complaint}", flush=True)
        return path

    def _history(self, validation: dict[str, float]) -> Provenance:
        recipe = self.recipe
        return Provenance(
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
            training_sha=self.examples.training_sha,
            precision=self.precision,
            device=devices.describe(self.device),
            torch=torch.__version__,
            seed=recipe.seed,
            commit=self.commit,
            dirty=self.dirty,
            validation=validation,
            utc=provenance.now(),
        )

    def _origin(self) -> str:
        """Return the hashes of what this run starts from and is judged by."""
        return " ".join(sha for sha in (self.parent_sha, self.guide.weights_sha if self.guide else "") if sha)

    def _own_tensors(self) -> dict[str, Tensor]:
        """Return what the checkpoint holds: of a stage what it trained, of any other run everything."""
        state = self.net.state_dict()
        if not self.recipe.stage:
            return state
        own = {id(p) for p in self.parameters}
        return {k: state[k] for k, p in self.net.named_parameters() if id(p) in own}

    def _start_from_parent(self) -> str:
        """Load the weights of the run that this one starts from; return their hash, "" without a parent."""
        if not self.recipe.parent:
            return ""
        parent = networks.load(self.recipe.parent, self.recipe.scale, self.out)
        missing, unexpected = self.net.load_state_dict(parent.net.state_dict(), strict=False)
        learnt = {k for k, _ in self.net.named_parameters()}
        if unexpected or (not self.recipe.stage and set(missing) & learnt):
            raise checkpoints.BadCheckpoint(f"{self.recipe.parent} does not fit {self.recipe.name}.")
        return parent.weights_sha


def _learning(networks: dict[str, nn.Module]) -> dict[str, list[nn.Parameter]]:
    """Return the parameters of each network that are trained; a network without any is left out."""
    found = {name: [p for p in net.parameters() if p.requires_grad] for name, net in networks.items()}
    return {name: parameters for name, parameters in found.items() if parameters}
