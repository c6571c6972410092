"""What a scene is written with: `grader/days/dayNN_name/<exercise>/scene.py` imports from here, and from nowhere else.

A scene is a function that calls what it is given (the learner's function, and the reference's) on an input on which mistakes
can be seen, and returns panels. Who is drawn, and how both are set side by side, is not its affair.

    from grader.scenes import Scene, image

    def draw(life_step):
        board = glider()
        frames = []
        for _ in range(24):
            frames.append([image("the board", board, scale="labels")])
            board = life_step(board)
        return frames

    SCENE = Scene("A glider crosses the corner of a board whose edges meet.", draw, shows=["dead_outside"])

Calls run one operation at a time; `quick(function, ...)` compiles what can be compiled, which costs a compilation at each call of
`draw`: for long loops alone.
"""

from grader.scenes.panels import band, bars, chart, image, line, points, steps
from grader.scenes.quick import quick
from grader.scenes.scene import Scene

__all__ = ["Scene", "band", "bars", "chart", "image", "line", "points", "quick", "steps"]
