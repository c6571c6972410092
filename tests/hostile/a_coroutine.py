"""Is asynchronous.

expected: failed
says: coroutine
"""


async def EXERCISE(PARAMETERS):
    return 1
