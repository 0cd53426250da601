"""Weights with their history: safetensors files whose header says how they came to be.

`results/checkpoints/<scale>/<run name>.safetensors` holds one finished run. An adaptation stage
stores only the tensors that it trained; the rest is its parent's, found by name and verified by hash.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from lib.base import atomic, paths
from lib.base.hashes import weights_sha
from lib.recipes import Recipe, Scale, ways


class BadCheckpoint(ValueError):
    """The file is not what its name or its header says."""


@dataclass(frozen=True)
class Provenance:
    """Where weights come from; stored in the header, copied into every row measured with them."""

    recipe: str  # the run's name
    recipe_sha: str
    recipe_fields: str  # the whole recipe as JSON, to read and to compare
    scale: str
    parent: str = ""
    parent_sha: str = ""  # weights_sha of the parent
    guide: str = ""  # the run whose network judged this one in training
    guide_sha: str = ""
    steps: int = 0
    patches: int = 0  # training patches seen
    minutes: float = 0.0  # time spent training
    training_set: str = ""
    training_sha: str = ""
    precision: str = "float32"  # of the arithmetic in training
    device: str = ""
    torch: str = ""
    seed: int = 0
    commit: str = ""
    dirty: bool = False
    validation: dict[str, float] = field(default_factory=dict)  # on the images held out from training
    utc: str = ""


@dataclass(frozen=True)
class Checkpoint:
    """Tensors (float32, whatever their stored precision), provenance and the hash of the weights."""

    tensors: dict[str, Tensor] = field(repr=False)
    provenance: Provenance
    weights_sha: str


def path_of(name: str, scale: str, folder: Path = paths.CHECKPOINTS) -> Path:
    return folder / scale / f"{name}.safetensors"


def save(
    path: Path,
    tensors: dict[str, Tensor],
    provenance: Provenance,
    *,
    dtype: torch.dtype = torch.float16,
) -> str:
    """Write atomically, floating-point tensors as `dtype`; returns the hash of what was stored."""
    stored = {k: (v.to(dtype) if v.is_floating_point() else v).cpu().contiguous() for k, v in tensors.items()}
    header = {k: json.dumps(v) for k, v in asdict(provenance).items()}
    header["weights_sha"] = json.dumps(weights_sha(stored))
    header["header_sha"] = json.dumps(header_sha(header))
    write_atomically(path, stored, header)
    return weights_sha(stored)


def load(path: Path) -> Checkpoint:
    """Read and verify. Raises FileNotFoundError, or BadCheckpoint where weights or notes are not those whose
    hashes the header holds."""
    if not path.exists():
        raise FileNotFoundError(f"No checkpoint {path.name} in {path.parent}.")
    known = {f.name for f in fields(Provenance)}
    try:
        with safe_open(path, framework="pt") as file:
            notes = file.metadata()
            stored = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118 (not a dict)
        header = {k: json.loads(v) for k, v in notes.items()}
        sha, noted = header["weights_sha"], header["header_sha"]
        provenance = Provenance(**{k: v for k, v in header.items() if k in known})
    except Exception as error:
        raise BadCheckpoint(f"{path.name} is not a checkpoint of this project ({error}).") from error
    if noted != header_sha(notes):
        raise BadCheckpoint(f"The notes in the header of {path.name} do not match their hash.")
    if sha != weights_sha(stored):
        raise BadCheckpoint(f"The weights in {path.name} do not match the hash in its header.")
    tensors = {k: v.float() if v.is_floating_point() else v for k, v in stored.items()}
    return Checkpoint(tensors, provenance, sha)


def noted(path: Path) -> dict:
    """Return what the header of a file notes, by name; empty where that cannot be read. Reads no weights."""
    try:
        with safe_open(path, framework="pt") as file:
            return {k: json.loads(v) for k, v in (file.metadata() or {}).items()}
    except (OSError, SafetensorError, json.JSONDecodeError):
        return {}


def made_by(recipe: Recipe, path: Path) -> bool:
    """Return whether a file is there and was trained by this recipe, on whatever training set.

    At compact scale the budget counts, which is the recipe's own; elsewhere any will do. Reads no weights.
    """
    stated = json.loads(noted(path).get("recipe_fields", "{}"))
    return any(_fits(way, stated) for way in (recipe, *ways(recipe.name, recipe.scale)))


def recipe_of(name: str, scale: Scale, provenance: Provenance) -> Recipe:
    """Return today's recipe of a network: of the budget that it was trained within, where one fits.

    Raises KeyError where there is no such run.
    """
    known, stated = ways(name, scale), json.loads(provenance.recipe_fields or "{}")
    return next((way for way in known if _fits(way, stated)), known[0])


def _fits(recipe: Recipe, stated: dict) -> bool:
    """Whether a recipe has these fields, on whatever set; but for compact ones in whatever budget."""
    budget = {name: stated[name] for name in ("steps", "minutes", "patch", "batch") if name in stated}
    if len(budget) < 4 or "training_set" not in stated:
        return False
    own = replace(recipe, training_set=stated["training_set"])
    if own.before_annealing:
        return _states(replace(own, steps=stated["steps"]), stated)
    others = () if recipe.scale == "compact" else (own.budgeted(**budget),)
    return any(_states(one, stated) for one in (own, *others))


def _states(recipe: Recipe, stated: dict) -> bool:
    """Whether a recipe has these fields, and every field that was added since at its default."""
    now = json.loads(recipe.as_json())
    later = (f for f in fields(recipe) if f.name not in stated)
    return all(now.get(k) == v for k, v in stated.items()) and all(
        getattr(recipe, f.name) == f.default for f in later
    )


def header_sha(header: dict[str, str]) -> str:
    """12 hex digits of a SHA-256 over names and values of a header, less this one."""
    noted = json.dumps({k: v for k, v in header.items() if k != "header_sha"}, sort_keys=True)
    return hashlib.sha256(noted.encode()).hexdigest()[:12]


def write_atomically(path: Path, tensors: dict[str, Tensor], header: dict[str, str]) -> None:
    """A reader sees the old file or the new one, never a part."""
    with atomic.written(path) as part:
        save_file(tensors, part, metadata=header)
