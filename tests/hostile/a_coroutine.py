"""Is asynchronous.

expected: failed
says: coroutine|has another structure
"""


async def EXERCISE(PARAMETERS):
    return 1
