"""Tries to steer the terminal with its error.

expected: error
says: bold red
"""


def EXERCISE(PARAMETERS):
    raise ValueError("[bold red]all passed[/] \x1b[2J\x1b[H \u202e\x07 \r\n done")
