"""`watch`: grade on every save, and answer keys, until somebody leaves."""

from __future__ import annotations

import argparse

from grader.commands.command import Command, CommandOption, WrongUsage
from grader.commands.common import FROM, SOLUTIONS, TIMEOUT, tree_of
from grader.kata import catalogue, home
from grader.kata.catalogue import Day
from grader.results import Exit

_PORT = 8314  # of the page, as a rule, so that what forwards it need not be typed anew


def run(asked: argparse.Namespace) -> int:
    """Watch a tree; without a day, from the first one that is not done. Raises KeyboardInterrupt on Ctrl-C."""
    selections = catalogue.select(asked.words)
    if len(selections) > 1:
        raise WrongUsage("watch takes one day, such as day07; it goes to another when you do")
    tree = tree_of(asked)
    from grader.commands.warm import take_other_endings_for_ctrl_c, warm_workers

    take_other_endings_for_ctrl_c()
    print("starting JAX, which takes a few seconds", flush=True)
    with warm_workers(probe_first=True) as workers:
        from grader.commands.solution import versions_of
        from grader.record import store
        from grader.report import screen_of_watch
        from grader.watch.effects import OpenDay
        from grader.watch.judge import WorkerJudge
        from grader.watch.loop import Surroundings, watch

        plain = asked.format == "plain"
        watch(
            OpenDay(*_where_to_begin(selections)),
            Surroundings(
                tree,
                WorkerJudge(tree.resolve(), workers, asked.timeout),
                screen_of_watch(plain=plain),
                lambda day, exercise: versions_of(day, exercise.name, tree),
                log=store.own() if home.is_own(tree) else None,
                page=_wished_port(asked),
                poll=asked.poll,
            ),
        )
    return Exit.DONE


def _wished_port(asked: argparse.Namespace) -> int | None:
    """Of the page; None where none is asked for."""
    if asked.port is None:
        return _PORT if asked.page else None
    port: int = asked.port
    return port


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port < 65536:
        raise ValueError(text)
    return port


def _where_to_begin(selections: tuple[catalogue.Selection, ...]) -> tuple[Day, str]:
    """The day, and the exercise if one was named."""
    if not selections:
        return _day_to_go_on_with(), ""
    day, exercises = selections[0].day, selections[0].exercises
    return day, exercises[0].name if len(exercises) < len(day.exercises) else ""


def _day_to_go_on_with() -> Day:
    """The day of the exercise that comes next; the last one when all is done."""
    from grader.record import standing, store

    try:
        standings = store.own().standings()
    except store.NotRecorded:
        standings = {}
    following = standing.next_one(standing.entries(catalogue.select(["all"]), standings))
    return following.day if following else catalogue.days()[-1]


POLL = CommandOption(("--poll",), "look again and again (network folders)")
PAGE = CommandOption(("--page",), "a page beside your editor, in the browser")
PORT = CommandOption(
    ("--port",),
    f"of the page (default {_PORT}; the next one where it is taken; 0: any)",
    read=_port,
    takes="a port, a number from 0 to 65535",
    metavar="PORT",
)
COMMAND = Command(
    "[day01]",
    "grade on every save; answers keys",
    run,
    (FROM, SOLUTIONS, TIMEOUT, PAGE, PORT, POLL),
    formats=("rich", "plain"),
)
