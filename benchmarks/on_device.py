"""Everything that wants to be known of the kata on a GPU or TPU, most valuable first, within some minutes.

    python benchmarks/on_device.py [--platform cpu|gpu|tpu] [--minutes 8] [--out FOLDER] [--packages FOLDER] [DAY[.EXERCISE] ...]

It runs from a checkout; nothing need be installed but the packages in NEEDED. What it does, in this order:

    device       what JAX runs on, as `doctor` sees it
    references   all checks but timings on the reference solutions; what fails is printed with its message
    speed        the speed checks on the references, those that the table of gates leaves out, too
    slow         the slow ones among the wrong answers on file: they must not pass
    on the CPU   what failed above, judged once more on this machine's CPU: what differs is the device's doing; then the timings
    right        right answers in other styles, timings and all, as many as there is time for
    deeper       the deeper look at the references, where Hypothesis is installed

At the end stand the ratios of all speed checks, a gate that is proposed for each (by the rule in benchmarks/device/table.py), and
sections that can be pasted into grader/days/gates.toml. All that was found is in on_device.json, in the folder of --out, else
in $OUT, else in this one; it is written anew after each step, so that a run that is killed leaves what it had. Nothing is begun
that would not be done in time, and what was left out is printed. Exit status 1 says that something was not as it should be.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from benchmarks.device.trials import Report
    from grader.kata.catalogue import Selection

NEEDED = {  # module -> package
    "jax": "jax",
    "jaxlib": "jaxlib",
    "numpy": "numpy",
    "jaxtyping": "jaxtyping",
    "flax": "flax",
    "optax": "optax",
    "pytest": "pytest",
    "pytest_timeout": "pytest-timeout",
    "psutil": "psutil",
    "sklearn": "scikit-learn",
}


def main() -> int:
    """Do it; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--platform", choices=("cpu", "gpu", "tpu"), help="what JAX runs on; else its own choice"
    )
    parser.add_argument("--minutes", type=float, default=8.0, help="that it may take (8)")
    parser.add_argument("--out", help="the folder for on_device.json; else $OUT, else this one")
    parser.add_argument("--packages", help="a folder with more packages, from pip install --target FOLDER")
    parser.add_argument("words", nargs="*", metavar="DAY", help="or day01.softmax; all days without it")
    asked = parser.parse_args()
    if asked.packages:
        sys.path.append(str(Path(asked.packages).resolve()))
    if absent := [package for module, package in NEEDED.items() if importlib.util.find_spec(module) is None]:
        words = " ".join(absent)
        print(f"missing: python -m pip install {words}")
        print(
            f"Without a network here: pip install --target FOLDER {words} elsewhere, and --packages FOLDER here."
        )
        return 3
    return _try_all(asked)


def _try_all(asked: argparse.Namespace) -> int:
    # Here, where all that these need is known to be there.
    from benchmarks.device.trials import PLATFORMS, Report
    from grader.kata import catalogue
    from grader.machine import faults

    try:
        chosen = catalogue.select(asked.words or ["all"])
    except catalogue.UnknownSelector as error:
        print(error)
        return 2
    if asked.platform:
        os.environ["JAX_PLATFORMS"] = PLATFORMS[asked.platform]
    report = Report(Path(asked.out or os.environ.get("OUT") or ".").resolve() / "on_device.json", asked)
    try:
        platform, device = _look_at_the_device(report)
        try:
            _run(report, platform, chosen, asked.minutes)
        except KeyboardInterrupt:
            report.say("interrupted: what was found by then follows")
        return 0 if _sum_up(report, platform, device) else 1
    except faults.NoBackend as error:
        print(faults.explain(error))
        return 3
    except OSError as error:
        print(f"{report.file} cannot be written: {error}. Name another folder with --out.")
        return 3


def _look_at_the_device(report: Report) -> tuple[str, str]:
    """The platform, as JAX calls it, and the device and the JAX that it was measured with. Raises NoBackend."""
    from grader.machine.devices import ask_jax, devices_row, timer_row

    seen = ask_jax()
    versions = {
        name: importlib.metadata.version(name) for name in ("jax", "jaxlib", "numpy", "flax", "optax")
    }
    report.keep(device=seen, versions=versions, python=sys.version.split()[0])
    report.say(
        f"device      {devices_row(seen).text}",
        f"            {timer_row(seen).text}",
        f"            Python {sys.version.split()[0]}, {', '.join(f'{a} {b}' for a, b in versions.items())}",
    )
    return str(seen["platform"]), f"{seen['devices'][0]}, jax {versions['jax']}"


def _run(report: Report, platform: str, chosen: Sequence[Selection], minutes: float) -> None:
    """All parts."""
    from benchmarks.device.trials import Budget, is_bad, trial_on
    from grader.options import UNTIMED
    from grader.results import Aspect
    from grader.toolkit.gates import TIME_ALL

    os.environ[TIME_ALL] = "1"
    budget = Budget(minutes)
    with tempfile.TemporaryDirectory(prefix="kata-on-device-") as folder:
        cache = Path(folder)
        with trial_on(platform, budget, report, cache) as trial:
            trial.references(chosen, UNTIMED, "references")
            trial.speed(chosen, "speed")
            trial.slow(chosen)
        if platform != "cpu":
            failed = [row for row in report.of_part("references") if is_bad(row)]
            with trial_on("cpu", budget, report, cache) as trial:
                trial.again(failed, "on the CPU")
                trial.speed(chosen, "on the CPU")
        with trial_on(platform, budget, report, cache) as trial:
            trial.right(chosen)
            if importlib.util.find_spec("hypothesis"):
                trial.references(chosen, (Aspect.DEEPER,), "deeper")
            else:
                report.skipped.append(("deeper", "all of it: hypothesis is not installed"))


def _sum_up(report: Report, platform: str, device: str) -> bool:
    """What stands at the end; whether all was as it should be."""
    from benchmarks.device.table import lines, sections, timed_of
    from benchmarks.device.trials import is_bad

    timed = timed_of(report.of_part("speed", "slow", "right"))
    beside = {row["check"]: row["ratio"] for row in report.of_part("on the CPU") if "ratio" in row}
    paste = sections(timed, platform, device)
    judged = report.of_part("references", "speed", "right", "deeper")
    refused = [f"{row['check']} ({row['answer']})" for row in judged if is_bad(row)]
    passed = [row["answer"] for row in report.of_part("slow") if row["status"] == "passed" and "ratio" in row]
    skipped = sorted({row["check"] for row in judged if row["status"] == "skipped"})
    report.say("", *lines(timed, beside), "", *paste, "")
    for words, found in {
        "refused, though right": refused,
        "passed, though slow": passed,
        "skipped on this machine": skipped,
        "left out for want of time": report.skipped_in_words(),
        "faults": report.faults,
    }.items():
        report.say(f"{words}: {'; '.join(found) or 'nothing'}")
    report.keep(gates="\n".join(paste))
    report.say(f"all of it: {report.file}")
    return not (refused or passed or report.faults)


if __name__ == "__main__":
    sys.exit(main())
