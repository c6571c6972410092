"""Finds the plugin that judges among Python's live objects and reports a pass for every check.

expected: crashed error failed
limit: code in the grader's own process can reach the grader's own objects; a clean process that checks an exported function would stop it
exercises: 2
"""

import gc
import os
import time


def EXERCISE(PARAMETERS):
    judge = next(o for o in gc.get_objects() if type(o).__name__ == "Outgoing")
    session = next(o for o in gc.get_objects() if type(o).__name__ == "Session" and hasattr(o, "items"))
    from grader.results import CheckResult, Status
    from grader.worker import plugin
    from grader.worker.protocol import Done, Finished

    for item in session.items:
        check = plugin.check_of(item)
        judge.send(Finished(check.id, CheckResult(check.name, check.aspect, Status.PASSED)))
    judge.send(Done())
    time.sleep(5)
    os._exit(0)
