"""Is asynchronous.

expected: failed error
says: coroutine|has another structure
"""


async def EXERCISE(PARAMETERS):
    return 1
