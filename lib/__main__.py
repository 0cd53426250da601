"""The command line: python -m lib COMMAND; each command is a thin call into the library.

What a command needs is imported inside it, so that --help answers at once.
"""

import argparse
import functools
import math
import shlex
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

SCALES = ("smoke", "compact", "paper")
BUDGETS = ("cpu",)
MEASURED = ("adafm", "cfsnet", "cugan", "vdir", "qgcn", "compare", "published")


def main() -> int:
    """Parses the command line and runs the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m lib", description="Controllable restoration.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_fetch(commands)
    add_train(commands)
    add_measure(commands)
    add_reproduce(commands)
    add_restore(commands)
    add_submit(commands)
    add_export(commands)
    add_status(commands)
    add_bench(commands)
    add_times(commands)
    add_plan(commands)
    add_readme(commands)
    add_results(commands)
    arguments = parser.parse_args()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # names of files may be of any bytes
    try:
        return arguments.run(arguments)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 128 + signal.SIGINT


def add_fetch(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("fetch", help="download image sets, and check them")
    parser.add_argument("sets", nargs="+", metavar="SET")
    parser.add_argument("--jobs", type=int, default=4, help="files at once (default 4)")
    parser.set_defaults(run=fetch)


def fetch(arguments: argparse.Namespace) -> int:
    from lib.data import sets

    try:
        sets.fetch(arguments.sets, jobs=arguments.jobs)
    except (sets.FetchFailed, sets.MissingData, ValueError) as error:
        sys.exit(str(error))
    return 0


def add_train(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("train", help="train runs by name, or the most wanted that are missing")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("names", nargs="*", default=[], metavar="NAME", help="of a run; status lists them")
    which.add_argument(
        "--next",
        type=positive_int,
        nargs="?",
        const=sys.maxsize,
        metavar="N",
        help="the N most wanted runs that have no checkpoint yet, in order (all where N is not given)",
    )
    which.add_argument("--pause", action="store_true", help="let every run wait after the step that it is in")
    which.add_argument("--resume", action="store_true", help="end a pause")
    parser.add_argument("--scale", choices=SCALES, default="compact", help="(default compact)")
    parser.add_argument(
        "--budget",
        choices=BUDGETS,
        help="a run's stated share of its schedule, at paper scale; with --next: its queue",
    )
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument("--minutes", type=positive, metavar="M", help="a run, instead of its own budget")
    budget.add_argument("--steps", type=positive_int, metavar="N", help="a run, instead of its own budget")
    parser.add_argument("--patch", type=positive_int, metavar="P", help="pixels, with another budget")
    parser.add_argument("--batch", type=positive_int, metavar="B", help="patches, with another budget")
    parser.add_argument("--training-set", metavar="SET", help="instead of the one in the recipe")
    parser.add_argument("--compile", action="store_true", help="with torch.compile")
    parser.add_argument("--fresh", action="store_true", help="train again what has a checkpoint")
    parser.add_argument(
        "--out", type=Path, help="folder of checkpoints and unfinished runs (default: that of all commands)"
    )
    parser.add_argument(
        "--save-every", type=positive, metavar="S", help="seconds between saved states (default 120)"
    )
    add_device(parser)
    several = parser.add_argument_group(
        "several runs", "Each in a process of its own, with a log; one that fails stops only what needs it."
    )
    several.add_argument("--jobs", type=positive_int, default=1, metavar="J", help="at a time (default 1)")
    several.add_argument("--cluster", metavar="ADDRESS", help="of a dask scheduler to run on")
    several.add_argument("--background", action="store_true", help="go on when the terminal is closed")
    several.add_argument(
        "--list", action="store_true", help="only print commands, one for each job of an array"
    )
    parser.set_defaults(run=train)


def train(arguments: argparse.Namespace) -> int:
    from lib import recipes
    from lib.base import paths
    from lib.runs import training_queue
    from lib.training import checkpoints

    out = arguments.out or paths.CHECKPOINTS
    if arguments.pause or arguments.resume:
        return hold(out, pause=arguments.pause)
    if not (arguments.cluster or arguments.list):
        check_device(arguments.device)
    if arguments.budget:
        return train_within_budget(arguments, out)
    if not (arguments.steps or arguments.minutes) and (arguments.patch or arguments.batch):
        sys.exit("--patch and --batch belong to a budget: give --steps or --minutes too.")

    def trained(recipe: recipes.Recipe) -> bool:
        """By today's recipe, in whatever budget."""
        path = checkpoints.path_of(recipe.name, recipe.scale, out)
        return checkpoints.made_by(recipe, path) and not arguments.fresh

    try:
        named = [recipes.find(name, arguments.scale) for name in arguments.names]
    except KeyError as error:
        sys.exit(error.args[0])
    for recipe in named:
        if trained(recipe):
            print(f"{recipe.name} is trained at {recipe.scale} scale; --fresh trains it again.")
    wanted = [recipe for recipe in named or recipes.queue(arguments.scale) if not trained(recipe)]
    wanted = wanted[: arguments.next]

    def command(*names: str) -> list[str]:
        return [sys.executable, "-m", "lib", "train", *names, *train_options(arguments)]

    steps = training_queue.trainings(wanted, command)
    if arguments.list:
        groups = ([step.name for step in group] for group in training_queue.groups(steps))
        print("\n".join(shlex.join(command(*names)) for names in groups))
    elif arguments.background and wanted:
        train_in_background(command(*(recipe.name for recipe in wanted)), len(wanted), arguments)
    elif len(wanted) == 1 and not arguments.cluster:
        train_here(asked(wanted[0], arguments), arguments, out)
    elif wanted:
        return train_all(steps, arguments)
    return 0


def hold(out: Path, *, pause: bool) -> int:
    """Let trainings wait, or go on."""
    from lib.training import unfinished

    if pause:
        unfinished.pause(out)
        print("Every training waits after the step that it is in; train --resume lets them go on.")
    else:
        unfinished.go_on(out)
    return 0


def train_within_budget(arguments: argparse.Namespace, out: Path) -> int:
    """Train runs by name, or the queue, each within the stated share of its schedule."""
    from lib.recipes import budgets
    from lib.runs import training_queue

    if arguments.scale != "paper" or arguments.minutes or arguments.patch or arguments.batch:
        sys.exit("--budget is of --scale paper, and takes no other budget than --steps.")
    try:
        named = [budgets.find(name, arguments.steps) for name in arguments.names]
    except KeyError as error:
        sys.exit(error.args[0])
    queue = named or [training.recipe for training in budgets.QUEUE]
    wanted = queue if arguments.fresh else training_queue.missing(queue, out)
    wanted = wanted[: arguments.next]
    for name in sorted({recipe.name for recipe in named} - {recipe.name for recipe in wanted}):
        print(f"{name} is trained within its budget; --fresh trains it again.")

    def command(recipe) -> list[str]:
        asked_of = argparse.Namespace(**vars(arguments) | {"steps": recipe.steps})
        return [sys.executable, "-m", "lib", "train", recipe.name, *train_options(asked_of)]

    steps = training_queue.in_turn(wanted, command)
    if arguments.list:
        groups = training_queue.groups(steps)
        print("\n".join(" && ".join(shlex.join(step.work.command) for step in group) for group in groups))
    elif arguments.background and wanted:
        which = [recipe.name for recipe in named] or ["--next", str(arguments.next)]
        again = [sys.executable, "-m", "lib", "train", *which, *train_options(arguments)]
        train_in_background(again, len(wanted), arguments)
    elif len(named) == len(wanted) == 1 and not arguments.cluster:
        train_here(wanted[0], arguments, out)
    elif wanted:
        return train_all(steps, arguments)
    return 0


def train_in_background(command: list[str], count: int, arguments: argparse.Namespace) -> None:
    """Start a command that trains so many runs, and tell how to follow and to stop it."""
    from lib.base import paths
    from lib.runs import processes

    log = paths.RUNS / "training" / time.strftime("queue-%Y-%m-%d_%H%M%S.log")
    together = ["--jobs", str(arguments.jobs)]
    together += ["--cluster", arguments.cluster] if arguments.cluster else []
    group = processes.detach([*command, *together], log)
    print(f"{count} runs are trained in the background.\nLog: {log}\nStop: kill -- -{group}")
    told = "" if arguments.out else "; python -m lib status tells how far they are"
    print(f"The same command goes on where they stood{told}.")


def train_all(steps: list, arguments: argparse.Namespace) -> int:
    """Several runs, each in a process of its own; whether one was not trained."""
    from lib.runs import graph, loads, processes, training_queue

    if arguments.cluster:
        steps = graph.longest_chain_first(steps, loads.of_runs(arguments.scale))
    lines = training_queue.Lines({step.name: step.work.log for step in steps})
    try:
        return int(bool(graph.carry_out(steps, lines, jobs=arguments.jobs, cluster=arguments.cluster)))
    except processes.NoCluster as error:
        sys.exit(str(error))


def asked(recipe, arguments: argparse.Namespace):
    """The run within the steps or minutes that were asked for."""
    if arguments.steps is None and arguments.minutes is None:
        return recipe
    budget = {name: getattr(arguments, name) for name in ("steps", "minutes", "patch", "batch")}
    return recipe.budgeted(**budget)


def train_here(recipe, arguments: argparse.Namespace, out: Path) -> None:
    """One run, in this process; ends with a sentence where it cannot be trained."""
    from lib.training import loop, unfinished

    try:
        if arguments.training_set:
            recipe = replace(recipe, training_set=arguments.training_set)
        loop.train(
            recipe,
            device=arguments.device,
            out=out,
            compiled=arguments.compile,
            save_every=arguments.save_every,
            fresh=arguments.fresh,
        )
    except (ValueError, FileNotFoundError, unfinished.Busy, loop.Diverged) as error:
        sys.exit(str(error))


def train_options(arguments: argparse.Namespace) -> list[str]:
    """What was asked of each run, to be said again to a process of its own."""
    options = [f"--scale={arguments.scale}", f"--device={arguments.device}"]
    for name in ("budget", "steps", "minutes", "patch", "batch", "training_set", "out", "save_every"):
        value = getattr(arguments, name)
        if value is not None:
            options.append(f"--{name.replace('_', '-')}={value}")
    options += [f"--{name}" for name in ("compile", "fresh") if getattr(arguments, name)]
    return options


def add_measure(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("measure", help="measure all items of a paper on whole sets; store rows")
    parser.add_argument(
        "paper", nargs="?", choices=MEASURED, default="adafm",
        help="compare: all on the same images; published: other people's networks (default adafm)",
    )  # fmt: skip
    parser.add_argument(
        "--items", nargs="+", default=[], metavar="ITEM", help="only these; status lists them"
    )
    parser.add_argument("--scale", choices=SCALES[1:], default="compact", help="(default compact)")
    parser.add_argument("--fresh", action="store_true", help="also what is stored for the same weights")
    parser.add_argument("--cluster", metavar="ADDRESS", help="of a dask scheduler: a task for every item")
    add_device(parser)
    parser.set_defaults(run=measure)


def measure(arguments: argparse.Namespace) -> int:
    from lib.papers import papers, published, verdicts
    from lib.papers.report import Report

    if arguments.cluster:
        return measure_spread(arguments)
    check_device(arguments.device)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped; the same command goes on."))
    try:
        if arguments.paper == "published":
            published.record(arguments.device)
            return 0
        paper = papers.find(arguments.paper)
        report = Report(paper.key, arguments.scale, arguments.device, record=True, fresh=arguments.fresh)
        paper.record(report, arguments.items)
        if paper.claims:
            path = verdicts.write(paper, device=arguments.device, items=arguments.items)
            print(f"Verdicts are in {path}.")
    except (ValueError, FileNotFoundError) as error:
        sys.exit(str(error))
    return 0


def measure_spread(arguments: argparse.Namespace) -> int:
    """Every item in a task of its own on a cluster; their rows go into the same files, one task at a time."""
    from lib.base import paths
    from lib.papers import papers
    from lib.runs import graph, processes, training_queue

    if arguments.paper == "published":
        sys.exit("The published networks are measured in one go: leave --cluster out.")
    options = [f"--scale={arguments.scale}", f"--device={arguments.device}"]
    options += ["--fresh"] if arguments.fresh else []
    logs = {
        item: paths.RUNS / "measuring" / f"{item}-{arguments.scale}.log"
        for item in arguments.items or papers.find(arguments.paper).measured
    }
    command = (sys.executable, "-m", "lib", "measure", arguments.paper, *options, "--items")
    steps = [graph.Step(item, processes.Logged((*command, item), log)) for item, log in logs.items()]
    try:
        failed = graph.carry_out(steps, training_queue.Lines(logs), cluster=arguments.cluster)
    except processes.NoCluster as error:
        sys.exit(str(error))
    return int(bool(failed))


def add_reproduce(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("reproduce", help="execute the notebooks and make a page of it")
    setting = parser.add_argument_group("set in every notebook (where not given: as it says)")
    setting.add_argument("--scale", choices=SCALES, default=argparse.SUPPRESS)
    setting.add_argument(
        "--train",
        choices=("never", "missing"),
        default=argparse.SUPPRESS,
        help="missing: what has no checkpoint is trained first, each run in a process of its own",
    )
    setting.add_argument("--images", type=count, default=argparse.SUPPRESS, help="images per set, or all")
    setting.add_argument("--device", default=argparse.SUPPRESS, help="auto, cpu or cuda")
    parser.add_argument("notebooks", nargs="*", default=[], metavar="NOTEBOOK", help="only these")
    parser.add_argument(
        "--measure", action="store_true", help="measure all items on whole sets first, and store the rows"
    )
    parser.add_argument(
        "--limit", type=positive, metavar="M", help="minutes that a notebook may take (default 240)"
    )
    parser.add_argument("--name", help="of the run; a name used before resumes it (default: now)")
    parser.add_argument("--out", type=Path, help="folder of runs (default: results/runs)")
    parser.add_argument(
        "--fresh", action="store_true", help="execute, and measure, again what is there already"
    )
    parser.add_argument("--cluster", metavar="ADDRESS", help="of a dask scheduler to run on")
    parser.add_argument("--list", action="store_true", help="only print the commands, for a job array")
    parser.set_defaults(run=reproduce)


def count(text: str) -> int | None:
    """A number of images; None for "all"."""
    return None if text == "all" else positive_int(text)


def reproduce(arguments: argparse.Namespace) -> int:
    from lib.base import paths
    from lib.runs import reproduction
    from lib.upkeep import reproduction_page

    name = arguments.name or time.strftime("%Y-%m-%d_%H%M%S")
    if Path(name).name != name or name.startswith("."):
        sys.exit(f"A run's name is a plain folder name, not {name!r}.")
    folder = (arguments.out or paths.RUNS).resolve() / name
    names = ("scale", "train", "images", "device")
    parameters = {key: value for key, value in vars(arguments).items() if key in names}
    try:
        notebooks = reproduction.find_notebooks(arguments.notebooks)
        jobs = [
            reproduction.Job(notebook, folder, parameters, arguments.limit or reproduction.LIMIT)
            for notebook in notebooks
        ]
        before = _before(jobs, parameters, measure=arguments.measure, fresh=arguments.fresh)
        jobs = [replace(job, parameters=_parameters(job, before)) for job in jobs]
        if arguments.list:
            print("\n".join(_listed(jobs, before, fresh=arguments.fresh)))
            return 0
        if not arguments.cluster:
            check_device(parameters.get("device", "auto"))
        outcomes = reproduction.reproduce(
            jobs,
            before=before,
            cluster=arguments.cluster,
            fresh=arguments.fresh,
            changed=reproduction_page.write,
        )
    except (reproduction.BadNotebook, OSError) as error:  # NoCluster is one of these
        sys.exit(str(error))
    print(f"\nThe page: {folder / 'index.html'}")
    for outcome in outcomes:
        print(reproduction_page.line(outcome, folder))
    return int(any(outcome.status == "failed" for outcome in outcomes))


def _listed(jobs, before: dict[str, list], *, fresh: bool) -> list[str]:
    """A command for each line of a job array; what is trained and measured before stands first."""
    from lib.runs import reproduction
    from lib.runs.preparations import stages

    first = stages(step for steps in before.values() for step in steps)
    return [
        *first,
        *(["# then notebooks, in any order"] if first else []),
        *reproduction.commands(jobs, *(["--fresh"] if fresh else [])),
    ]


def _before(
    jobs, parameters: dict[str, str | int | None], *, measure: bool, fresh: bool
) -> dict[str, list]:
    """By notebook of ours, what is trained and measured before it; nothing where neither was asked for, and
    at smoke scale, where a notebook trains for itself."""
    train = parameters.get("train") == "missing"
    scale, device = parameters.get("scale", "compact"), parameters.get("device", "auto")
    if scale == "smoke" and measure:
        sys.exit("Smoke numbers are not kept: --measure is for the other scales.")
    if scale == "smoke" or not (train or measure):
        return {}
    from lib.runs.preparations import NOTEBOOKS, preparations

    ours = [job.name for job in jobs if job.name in NOTEBOOKS]
    asked = {"train": train, "measure": measure, "fresh": fresh}
    return {name: preparations(name, scale, device, **asked) for name in ours}


def _parameters(job, before: dict[str, list]) -> dict[str, str | int | None]:
    """The parameters of a notebook: what it shows is trained, or could not be."""
    trained = "train" in job.parameters and job.name in before
    return {**job.parameters, "train": "never"} if trained else job.parameters


def add_restore(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("restore", help="restore images, files or whole folders")
    parser.add_argument("inputs", nargs="+", type=Path, metavar="IN", help="an image or a folder")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT",
        help="a folder of PNG files; or a file, for one image",
    )  # fmt: skip
    parser.add_argument(
        "--quality", type=percent, metavar="Q", help="1 to 100, of OUT.jpg or OUT.webp (default 95)"
    )
    parser.add_argument("--strip", action="store_true", help="leave out colour profile, EXIF and dpi")
    parser.add_argument("--overwrite", action="store_true", help="replace older results")
    parser.add_argument(
        "--full-names", action="store_true", help="a.jpg becomes a.jpg.png, in a folder that has a.png too"
    )
    parser.add_argument("--network", help="such as adafm-denoise; without it, and with --auto, by the image")
    setting = parser.add_mutually_exclusive_group()
    setting.add_argument(
        "--knob", type=knob, action="append", default=[], metavar="NAME=VALUE", help="such as coef=0.4"
    )
    setting.add_argument(
        "--auto", action="store_true", help="read off each image how it is damaged, and restore it by that"
    )
    parser.add_argument(
        "--factor",
        type=positive,
        metavar="TIMES",
        help="enlarge so many times (adafm-sr; cfsnet-sr: 4; vdir-sr: 2 or 4)",
    )
    parser.add_argument(
        "--degrade",
        type=knob,
        action="append",
        default=[],
        metavar="LEVEL=VALUE",
        help="make each image worse first, as under the slider, such as sigma=30",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of its noise (default 0)")
    parser.add_argument(
        "--samples", type=positive_int, metavar="N", help="mean over N samples of the latent (vdir-...)"
    )
    parser.add_argument(
        "--ensemble", action="store_true", help="mean over eight flips and turns, eight times the work"
    )
    parser.add_argument("--scale", choices=SCALES, help="(default: paper where trained, else compact)")
    parser.add_argument("--tile", type=positive_int, metavar="PIXELS", help="less takes less memory")
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="what train --out wrote")
    add_device(parser)
    parser.set_defaults(run=restore)


def restore(arguments: argparse.Namespace) -> int:
    from lib.app.restore import Results, restore_files
    from lib.evaluation import inference

    check_device(arguments.device)
    try:
        failed = restore_files(
            arguments.inputs,
            Results(arguments.output, arguments.overwrite, arguments.full_names, arguments.quality),
            asked_of_images(arguments),
            device=arguments.device,
            tile=arguments.tile or inference.TILE,
        )
    except (ValueError, FileNotFoundError) as error:  # a BadCheckpoint is a ValueError
        sys.exit(str(error))
    return int(failed > 0)


def asked_of_images(arguments: argparse.Namespace):
    """What is done to every image: the same, or what it asks for where no network is named."""
    from lib.app import public
    from lib.app.restore import ByImage, Request, check_factor, otherwise
    from lib.base import paths

    folder = arguments.checkpoints or paths.CHECKPOINTS
    if arguments.network is None:
        settings = (arguments.factor, arguments.degrade, arguments.samples, arguments.ensemble)
        if not arguments.auto or any(settings):
            raise ValueError("Name a --network, or give --auto alone: it takes one by each image.")
        by_name = functools.partial(public.load, scale=arguments.scale, folder=folder)
        return ByImage(functools.cache(by_name), arguments.strip)
    check_factor(arguments.network, public.find(arguments.network).task, arguments.factor)
    network = public.load(arguments.network, arguments.scale, folder, level=arguments.factor)
    return Request(
        otherwise(network, samples=arguments.samples, ensemble=arguments.ensemble),
        arguments.knob,
        auto=arguments.auto,
        factor=arguments.factor,
        degrade=arguments.degrade,
        seed=arguments.seed,
        strip=arguments.strip,
    )


def add_submit(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("submit", help="restore the crops of DND, and write what its server takes")
    parser.add_argument(
        "--network", required=True, metavar="NAME", help="a run such as vdir-real, or a published network"
    )
    parser.add_argument(
        "--knobs", type=float, nargs="*", default=[], metavar="VALUE", help="of the network, in their order"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--scale", choices=SCALES[1:], default="paper", help="(default paper)")
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="what train --out wrote")
    add_device(parser)
    parser.set_defaults(run=submit)


def submit(arguments: argparse.Namespace) -> int:
    from lib.app import submission
    from lib.base import paths
    from lib.training import networks

    check_device(arguments.device)
    try:
        folder = arguments.checkpoints or paths.CHECKPOINTS
        net = networks.any_network(arguments.network, arguments.scale, folder).net
        submission.submit(net, arguments.output, knobs=arguments.knobs, device=arguments.device)
    except (ValueError, FileNotFoundError) as error:
        sys.exit(str(error))
    return 0


def add_export(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("export", help="write a network as ONNX, its knobs as an input")
    parser.add_argument("--network", help="such as adafm-denoise; without it, and with --auto, by the image")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="such as model.onnx")
    parser.add_argument(
        "--knob", type=knob, action="append", metavar="NAME=VALUE", help="bake the knobs in, instead"
    )
    parser.add_argument("--size", type=size, metavar="HxW", help="of the only images that it takes")
    parser.add_argument(
        "--factor", type=positive, metavar="TIMES", help="the network for this factor (adafm-sr)"
    )
    parser.add_argument("--scale", choices=SCALES, help="(default: paper where trained, else compact)")
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="what train --out wrote")
    parser.set_defaults(run=export)


def export(arguments: argparse.Namespace) -> int:
    from lib.app import public, tasks
    from lib.app.export import before, export
    from lib.base import paths

    try:
        folder = arguments.checkpoints or paths.CHECKPOINTS
        network = public.load(arguments.network, arguments.scale, folder, level=arguments.factor)
        knobs = None if arguments.knob is None else tasks.settings(network, arguments.knob)
        difference = export(network, arguments.output, knobs=knobs, size=arguments.size)
    except (ValueError, OSError) as error:
        sys.exit(str(error))
    print(f"{arguments.output}: as torch computes it, within {difference:.1e} of the range of a sample.")
    if network.task.factors:
        print(f"{network.title} takes an image after {before(network)}.")
    return 0


def add_status(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("status", help="what is trained, measured, missing; sets; device")
    parser.set_defaults(run=status)


def status(arguments: argparse.Namespace) -> int:
    from lib.data import sets
    from lib.upkeep import status

    try:
        print(status.text())
    except sets.MissingData as error:
        sys.exit(str(error))
    return 0


def add_bench(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("bench", help="measure what networks cost, and record it on a quiet machine")
    parser.add_argument("--aims", action="store_true", help="times against their aims instead")
    parser.add_argument("--repeats", type=positive_int, help="of everything (default 5; 30 with --aims)")
    parser.add_argument("--out", type=Path, help="(default: results/measured/bench.csv; runs/aims.csv)")
    add_device(parser)
    parser.set_defaults(run=bench)


def bench(arguments: argparse.Namespace) -> int:
    from lib.base import paths
    from lib.evaluation.costs import RECORD
    from lib.upkeep import bench, costs

    check_device(arguments.device)
    if arguments.aims:
        bench.run(arguments.out or paths.RUNS / "aims.csv", arguments.repeats or 30, arguments.device)
        return 0
    recorded = costs.run(arguments.out or RECORD, arguments.repeats or 5, arguments.device)
    return 0 if recorded else 1


def add_times(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("times", help="time the README's commands in a fresh clone")
    parser.set_defaults(run=times)


def times(arguments: argparse.Namespace) -> int:
    import subprocess

    from lib.upkeep import times

    try:
        times.run()
    except subprocess.CalledProcessError as error:
        sys.exit(str(error))
    return 0


def add_results(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("results", help="render docs/results, a page for each notebook")
    parser.set_defaults(run=results)


def results(arguments: argparse.Namespace) -> int:
    from lib.upkeep import results

    results.update()
    return 0


def add_plan(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser(
        "plan", help="count the work of every training, simulate how a cluster does all of them"
    )
    parser.set_defaults(run=plan)


def plan(arguments: argparse.Namespace) -> int:
    from lib.runs import loads
    from lib.upkeep import gpu, schedule

    gpu.record()
    schedule.record({"compact": loads.minutes("compact"), "paper": gpu.minutes()})
    return 0


def add_readme(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser(
        "readme", help="render what is said of the results in README.md and docs"
    )
    parser.add_argument("--image", action="store_true", help="draw README's moving image anew as well")
    parser.set_defaults(run=readme)


def readme(arguments: argparse.Namespace) -> int:
    from lib.upkeep import differences, gpu, moving, numbers, readme, verdicts

    for part in (readme, numbers, differences, verdicts, gpu, *([moving] if arguments.image else [])):
        part.update()
    return 0


def add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default auto)")


def check_device(device: str) -> None:
    """Ends with a sentence where this device is not here."""
    from lib.base import devices

    try:
        devices.choose(device)
    except RuntimeError as error:
        sys.exit(str(error).splitlines()[0])


def knob(text: str) -> tuple[str, float]:
    """NAME=VALUE, the value a finite number."""
    name, _, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not name or not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"a knob is set like coef=0.4, not {text!r}")
    return name, number


def size(text: str) -> tuple[int, int]:
    """HEIGHTxWIDTH in pixels."""
    try:
        height, width = map(positive_int, text.split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"a size is given like 480x320, not {text!r}") from None
    return height, width


def positive(text: str) -> float:
    number = float(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


def percent(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 100:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and 100")
    return number


def positive_int(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


if __name__ == "__main__":
    sys.exit(main())
