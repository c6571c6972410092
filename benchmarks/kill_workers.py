"""What a run says while its processes are killed: `kill -9` at random moments of `all --solutions`.

    python benchmarks/kill_workers.py [RUNS] [SELECTOR ...]

In each of RUNS runs (50 by default; 25:50 goes on with the second half) one to four processes of the grader's are
killed: workers as a rule, now and then the warm process that they are forked from. Printed are the kills, the
statuses of all checks, and what was dishonest: a check of a right solution that is called wrong, a document that is
not whole, a process or a folder left behind. Exits with 1 when there was any.
"""

from __future__ import annotations

import collections
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
HONEST = {"passed", "inconclusive", "crashed", "blocked"}


def ours(scratch: str) -> list[psutil.Process]:
    """The living processes of the run whose temporary folder that is."""
    found = []
    for process in psutil.process_iter():
        try:
            mark = process.environ().get("KATA_WORKERS", "")
            if mark.startswith(scratch) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def kill_now_and_then(scratch: str, done: threading.Event, rng: random.Random, kills: list[str]) -> None:
    for _ in range(rng.randint(1, 4)):
        if done.wait(rng.uniform(0.3, 8.0)):
            return
        living = ours(scratch)
        # The warm process is the parent of the workers.
        workers = [p for p in living if p.ppid() in {q.pid for q in living}]
        others = [p for p in living if p not in workers]
        pool = others if others and rng.random() < 0.15 else workers
        if pool:
            victim = rng.choice(pool)
            kills.append("worker" if victim in workers else "warm process")
            victim.kill()


def run(number: int, selectors: list[str], counts: collections.Counter[str]) -> list[str]:
    """One run under kills; returns what was dishonest about it."""
    rng, kills, done = random.Random(number), list[str](), threading.Event()
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "grader", *selectors, "--solutions", "--format", "json"]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": scratch},
        )
        killer = threading.Thread(target=kill_now_and_then, args=(scratch, done, rng, kills))
        killer.start()
        out, errors = process.communicate()
        done.set()
        killer.join()
        complaints = []
        try:
            checks = [c for d in json.loads(out)["days"] for e in d["exercises"] for c in e["checks"]]
        except ValueError:
            return [f"run {number}: no document; exit status {process.returncode}, {errors[-500:]}"]
        statuses = collections.Counter(check["status"] for check in checks)
        counts.update(statuses)
        counts.update(f"killed: {kill}" for kill in kills)
        for check in checks:
            honest = check["status"] in HONEST
            if check["status"] == "crashed":
                honest = "was killed" in check["message"] or "SIGKILL" in check["message"]
            if not honest:
                complaints.append(f"run {number}: {check['name']} {check['status']}: {check['message']}")
        passed = set(statuses) <= {"passed", "inconclusive"}
        if process.returncode != (0 if passed else 1):
            complaints.append(
                f"run {number}: exit status {process.returncode} with {dict(statuses)}, {errors[-500:]}"
            )
        time.sleep(0.3)
        complaints += [f"run {number}: left behind: {p.name()}" for p in ours(scratch)]
        complaints += [f"run {number}: left behind: {path.name}" for path in Path(scratch).iterdir()]
    return complaints


def main() -> int:
    first, _, last = (sys.argv[1] if len(sys.argv) > 1 else "50").rpartition(":")
    selectors = sys.argv[2:] or ["all"]
    counts: collections.Counter[str] = collections.Counter()
    complaints: list[str] = []
    begin = time.monotonic()
    numbers = range(int(first or 0), int(last))
    for number in numbers:
        found = run(number, selectors, counts)
        complaints += found
        print(f"run {number}: {', '.join(found) or 'honest'}", flush=True)
    print(
        f"{len(numbers)} runs of {' '.join(selectors)} --solutions in {time.monotonic() - begin:.0f} s: {dict(counts)}"
    )
    print(f"dishonest: {len(complaints)}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
