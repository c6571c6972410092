"""A batch: some exercises of one day, judged by one worker after another until each check has a verdict.

The parent holds the list, the clock and the verdict. A check that has no final event did not pass, whatever an
exit status says. When a worker dies or hangs, what it was doing gets that verdict and a fresh worker goes on.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from grader.judge import endings, own_faults
from grader.judge.endings import Ending
from grader.judge.hearing import GRACE, Found, Hearing
from grader.judge.memory import held_by
from grader.judge.pipe import Incoming
from grader.judge.processes import Workers
from grader.judge.stopwatch import Stopwatch
from grader.judge.tasks import with_the_whole_day
from grader.machine.family import Family
from grader.options import Options
from grader.worker.protocol import Done, Event, Fault, Job, Renew, Task, decode

WATCH_EVERY = 0.1  # seconds between looks at the clock and at the worker's memory
LIBRARIES = (
    4 * 2**30
)  # bytes: what those of a GPU or TPU may take of a worker's memory before it computes anything

Tell = Callable[[str, str, str], None]  # day, exercise, check


class Batch:
    """Run it once; then read what it found. `tell` hears what is being done, for each step."""

    def __init__(self, task: Task, options: Options, workers: Workers, tell: Tell) -> None:
        self.task, self.options = task, options
        self.found = Found()
        self.skip_lines: set[int] = set()  # top-level lines that ended a worker
        self._workers, self._tell = workers, tell
        self._killed: Counter[str] = Counter()  # what was under way when a worker was killed
        self._hopeless = False

    def run(self) -> None:
        """Run workers until every check has a verdict, or the grader itself is at fault."""
        try:
            while not self._workers.stopped and self._one_worker():
                pass
        except Exception as error:  # it costs what was not judged yet, and no verdict that was given
            self._stop_for(error)

    def warm_up(self) -> None:
        """Have a worker get ready for this batch; `run` will use it."""
        job = self._job()
        self._workers.warm_up(replace(job, task=with_the_whole_day(job.task)))

    def settled(self, exercise: str) -> bool:
        """Whether all checks of an exercise that this batch runs have a verdict."""
        return bool(self.found.checks) and exercise not in {
            self.found.checks[identity].exercise for identity in self._open()
        }

    @property
    def given_up(self) -> bool:
        """Whether the grader's own fault has left checks without a verdict."""
        return self._hopeless and (not self.found.checks or bool(self._open()))

    def _open(self) -> list[str]:
        """The checks without a verdict, of those that this batch runs."""
        found = self.found
        return [
            identity
            for identity, check in found.checks.items()
            if check.aspect in self.task.aspects and identity not in found.results
        ]

    def _stop_for(self, fault: Exception | str) -> None:
        """Start no more workers for this batch: with this fault of ours there is no telling where it would end."""
        self._hopeless = True
        if isinstance(fault, str):
            self.found.faults.append(fault)
        else:
            own_faults.note(fault, self.found.faults)

    # ---- one worker

    def _one_worker(self) -> bool:
        """Run one worker to its end, whatever that is; whether another one has to go on."""
        job = self._job()
        try:
            process, events = self._workers.start(job)
        except (OSError, EOFError) as error:
            self._stop_for(f"No worker could be started: {type(error).__name__}: {error}")
            return False
        worker = Hearing(self.found, self.options)
        try:
            how = self._follow(worker, job, process, events)
        finally:
            self._workers.end(process)
            events.close()
        if self._workers.stopped:
            return False  # it was us who ended it
        if how not in {endings.DONE, endings.FAULT, endings.RENEW}:
            self._account_for(Ending(how, job, worker.exiting, worker.spent), worker)
        if how == endings.DONE or self._hopeless:
            return False
        return not self.found.checks or bool(self._open())

    def _job(self) -> Job:
        return Job(
            task=self.task,
            options=self.options,
            token=secrets.token_hex(16),
            crash_file=self._workers.new_file("crash"),
            compile_cache=self._workers.compile_cache,
            settled={identity: result.status for identity, result in self.found.results.items()},
            skip_lines=frozenset(self.skip_lines),
        )

    def _follow(self, worker: Hearing, job: Job, process: BaseProcess, events: Connection) -> str:
        """Listen to a worker until all is said or it cannot go on; returns how it ended, in the words of `endings`."""
        incoming, family = Incoming(events), Family(process.pid)
        watch, late = Stopwatch(family), False
        self._say_what(worker)
        while not self._workers.stopped:
            try:
                event = _next_event(incoming, worker, job.token)
            except ValueError:
                return endings.FORGED
            if event is not None:
                late = False
                watch.begin()
                if how := self._take_in(worker, event):
                    return how
                continue
            if late:
                worker.spent = watch.spent
                return endings.TIMEOUT
            # One more look at the pipe after that, in case that it was us who slept.
            late = watch.shows_more_than(worker.limit)
            if connection.wait([events], timeout=WATCH_EVERY):
                try:
                    incoming.take_in()
                except EOFError:
                    process.join(GRACE)
                    return endings.in_words(process.exitcode)
            elif held_by(family) > self._memory_limit():
                return endings.MEMORY
        return endings.DONE

    def _memory_limit(self) -> int:
        """Bytes that a worker may hold."""
        platform = self.found.platform
        libraries = 0 if platform is None or platform.platform == "cpu" else LIBRARIES
        return self.options.memory_limit + libraries

    def _take_in(self, worker: Hearing, event: Event) -> str:
        """Note what a worker says, and pass it on; how it ended if that is what it says.

        Only here does what came from a worker meet the rest of the grader: what goes wrong is ours, and told as ours.
        """
        match event:
            case Done():  # its own tidy end would only take time
                return endings.DONE
            case Renew():
                return endings.RENEW
            case Fault(message):
                self._stop_for(message)
                return endings.FAULT
        try:
            worker.hear(event)
        except Exception as error:
            self._stop_for(error)  # but hear this one out
        self._say_what(worker)
        return ""

    def _say_what(self, worker: Hearing) -> None:
        """Tell the run what is being done now."""
        exercise, check = worker.comparing, "beside_the_reference" if worker.comparing else ""
        if worker.drawing:
            exercise, check = worker.drawing, "its_picture"
        if worker.running:
            exercise, check = worker.running.exercise, worker.running.name
        try:
            self._tell(self.task.day, exercise, check)
        except Exception as error:
            own_faults.note(error, self.found.faults)

    def _account_for(self, ending: Ending, worker: Hearing) -> None:
        """Give what the worker was doing its verdict, so that the next one can go on."""
        if ending.may_be_chance:
            what = worker.running.id if worker.running else f"line {worker.loading}"
            self._killed[what] += 1
            if self._killed[what] < endings.KILLS:
                return  # the same again
        if worker.running:
            self.found.give(worker.running.id, ending.verdict(worker.running))
        elif worker.loading is not None and worker.loading not in self.skip_lines:
            self.skip_lines.add(worker.loading)
        elif not (
            worker.comparing or worker.drawing
        ):  # then nothing is owed: there is no comparison, or no picture
            words = ending.last_words()
            self._stop_for(f"A worker for {self.task.day} ended outside any check: {ending.how}.\n{words}")


def _next_event(incoming: Incoming, worker: Hearing, token: str) -> Event | None:
    """What a worker says next; None as long as it has not said it to the end. Raises ValueError for what is none of ours."""
    line = incoming.next()
    if line is None:
        return None
    event = decode(line, token)
    worker.refuse_nonsense(event)
    return event
