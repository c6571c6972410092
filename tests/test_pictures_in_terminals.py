"""Pictures on consoles of every kind: colours, marks, widths, heights, and that what they show can be told without colours."""

from __future__ import annotations

import io
import math
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from grader.pictures import (
    LEVELS,
    NAN,
    TOO_HIGH,
    Chart,
    Frame,
    Image,
    Mark,
    Picture,
    Role,
    Scale,
    frame_to_begin_with,
)
from grader.report.picture.cells import resized
from grader.report.picture.layout import Room, brief, whole
from grader.report.picture.means import Colours, Means, means_of
from grader.report.picture.painter import Painter
from tests.sample_pictures import CAPTION, board, boards, chart, curves, image, layer, one, ramp, spread

ROOT = Path(__file__).parent.parent
MANY, SIXTEEN, NONE, ASCII = (
    Means(Colours.ALL),
    Means(Colours.SIXTEEN),
    Means(Colours.NONE),
    Means(Colours.NONE, ascii=True),
)
KINDS = {"many colours": MANY, "sixteen": SIXTEEN, "none": NONE, "ascii": ASCII}
PICTURES = {
    "boards": boards(),
    "right": boards(differs_from=None),
    "large": one(board(40, (3, 3), role=Role.EXPECTED), board(40), board(40, (3, 3), role=Role.DIFFERENCE)),
    "ramps": one(*(ramp(scale, low=-1.0) for scale in Scale), differs=None),
    "row": one(image([list(range(0, 240, 20))], Role.YOURS), differs=None),
    "odd": one(image([[NAN, TOO_HIGH], [0, LEVELS]], Role.YOURS)),
    "curves": curves(),
    "spread": spread(),
    "apart": one(
        chart(layer(Role.EXPECTED, [0, 4, 8], Mark.POINTS), equal=True, role=Role.EXPECTED),
        chart(layer(Role.YOURS, [0, 1, 2], Mark.POINTS), equal=True, role=Role.YOURS),
    ),
    "bars": one(chart(layer(Role.EXPECTED, [1, 3, 2], Mark.BARS), layer(Role.YOURS, [1, 1, -1], Mark.BARS))),
}  # fmt: skip


def lines_of(
    picture: Picture, columns: int, means: Means, *, lines: int = 40, frame: int | None = None
) -> list[str]:
    number = frame_to_begin_with(picture) if frame is None else frame
    return [line.plain.rstrip() for line in whole(picture, number, Room(columns, lines), means)]


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("columns", [20, 60, 100, 160])
@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_keeps_within_its_room(name: str, columns: int, kind: str) -> None:
    for lines in (12, 24, 50):
        shown = whole(PICTURES[name], 0, Room(columns, lines), KINDS[kind])
        assert max(line.cell_len for line in shown) <= columns
        small = brief(PICTURES[name], 0, Room(columns, lines), KINDS[kind])
        assert len(small) <= lines
    assert len(shown) <= 50
    text = "\n".join(line.plain for line in shown)
    assert "yours" in text
    assert text.isascii() or kind != "ascii"


BOARDS = """\
yours differs from what was expected
frame 4 of 6: generation 4
the board
expected          yours             difference
................  ................  ................
................  ................  ................
................  ..#.............  ..x.............
...#............  ................  ...x............
"""


def test_rows_of_marks_side_by_side_at_60_columns() -> None:
    shown = "\n".join(lines_of(boards(), 60, ASCII))
    assert BOARDS in shown
    assert shown.endswith(". 0  # 1   . the same  x differs")
    assert shown.startswith("A glider crosses the corner where the edges meet, and a\nblinker lies")


def test_marks_take_two_columns_where_they_are_there() -> None:
    shown = lines_of(boards(), 100, ASCII)
    row = next(line for line in shown if "#" in line)
    assert row.startswith(". . . . . . . . . . . . . . . .   . . # .")


def test_panels_stand_below_each_other_where_the_width_does_not_do() -> None:
    shown = lines_of(PICTURES["large"], 42, MANY, lines=70)
    assert [line for line in shown if line in {"expected", "yours", "difference"}] == [
        "expected",
        "yours",
        "difference",
    ]
    beside = lines_of(PICTURES["large"], 160, MANY, lines=70)
    assert any(line.split() == ["expected", "yours", "difference"] for line in beside)


def test_a_small_board_is_enlarged_where_there_is_room() -> None:
    shown = whole(boards(), 3, Room(100, 40), MANY)
    rows = [line for line in shown if "█" in line.plain and "same" not in line.plain]
    assert len(rows) == 16  # twice as large: 32 pixels, two a line
    assert {line.cell_len for line in rows} == {100}


def test_the_difference_has_signs_without_colours() -> None:
    levels = [[0, LEVELS // 2, LEVELS, LEVELS // 2 + 2]]
    signed = image(levels, Role.DIFFERENCE, Scale.SIGNED, low=-0.5, high=0.5)
    for means in (NONE, ASCII):
        shown = lines_of(one(signed), 60, means)
        assert "- . + ." in shown
        assert shown[-1] == "- yours is lower  . the same  + higher (by 0.5 at most)"


def test_shades_and_signs_where_colours_are_few() -> None:
    shown = lines_of(PICTURES["ramps"], 60, SIXTEEN)
    assert any("░░" in line and "▓▓" in line and "██" in line for line in shown)
    assert any("= " in line and "- " in line and "+ " in line and "# " in line for line in shown)
    ascii = "\n".join(lines_of(PICTURES["ramps"], 60, ASCII))
    assert "low -1  .:-=+*#%@ 1 high" in ascii


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_finite_has_a_letter_and_is_counted(kind: str) -> None:
    shown = "\n".join(lines_of(PICTURES["odd"], 60, KINDS[kind]))
    assert "yours: 1 nan (n), 1 inf (^)" in shown
    assert re.search(r"n+ *\^+", shown)
    chart = lines_of(curves(), 60, KINDS[kind])
    assert "yours: 1 nan (n), 1 inf (^)" in "\n".join(chart)
    top = next(line for line in chart if "^" in line)
    bottom = next(line for line in chart if re.search(r"[│|].*n", line))
    assert chart.index(top) < chart.index(bottom)


def test_a_nan_outlives_any_thinning_out() -> None:
    levels = [[LEVELS // 2] * 100 for _ in range(100)]
    levels[57][31] = NAN
    small = resized(image(levels, Role.YOURS), 5, 7)
    assert sum(row.count(NAN) for row in small) == 1


@pytest.mark.parametrize(
    ("scale", "role", "left"),
    [
        (Scale.GREY, Role.YOURS, [50]),  # the mean
        (Scale.LABELS, Role.YOURS, [0]),  # the nearest
        (Scale.LABELS, Role.DIFFERENCE, [200]),  # any difference
        (Scale.SIGNED, Role.DIFFERENCE, [0]),  # the largest deviation from the middle
    ],
)
def test_what_becomes_of_four_cells_in_one(scale: Scale, role: Role, left: list[int]) -> None:
    assert resized(image([[200, 0, 0, 0]], role, scale), 1, 1) == [left]


def test_a_chart_has_a_mark_for_everybody_axes_and_a_legend() -> None:
    shown = lines_of(curves(), 80, ASCII)
    text = "\n".join(shown)
    assert ". given: what came in   o expected   x yours   * both" in text
    drawn = [line.partition("|")[2] for line in shown if "|" in line]
    half = len(drawn[0]) // 2
    assert any("*" in line[:30] for line in drawn)
    assert not any("x" in line[:30] for line in drawn)
    assert any("x" in line[half:] for line in drawn)
    assert any(re.match(r"0 +time +39$", line.strip()) for line in shown)
    assert any(re.match(r" +0 \|", line) for line in shown)


def test_bands_are_filled_column_by_column() -> None:
    shown = [line.partition("|")[2] for line in lines_of(spread(), 60, ASCII) if " |" in line]
    columns = ["".join(row[at] for row in shown if at < len(row)) for at in range(5, 45)]
    assert all(re.search(r":+[|*o]+:+|^[|*o]+:*|:*[|*o]+ *$", column.strip()) for column in columns)
    assert all(" " not in column.strip() for column in columns)


def test_clouds_side_by_side_have_the_same_axes() -> None:
    shown = lines_of(PICTURES["apart"], 100, ASCII)
    assert any(line.count("8 |") == 2 for line in shown)


def test_bars_stand_beside_each_other_and_go_below_zero() -> None:
    shown = lines_of(PICTURES["bars"], 60, ASCII)
    assert any("ooox" in line or "oxxx" in line for line in shown)
    zero = next(number for number, line in enumerate(shown) if line.strip().startswith("0 |"))
    assert any("x" in line.partition("|")[2] for line in shown[zero + 1 : zero + 4])


def test_lines_that_nobody_can_draw_are_said() -> None:
    falling = replace(chart(layer(Role.YOURS, [10.0, 1.0, 0.0, -3.0])), log_up=True)
    shown = "\n".join(lines_of(one(falling), 60, ASCII))
    assert "yours: 2 not above 0 (v)" in shown
    assert shown.count("v") >= 2


def test_what_lies_beyond_the_axis_is_marked_at_its_edge_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Chart, "range_of_y", lambda self: (0.0, 2.0))
    yours = layer(Role.YOURS, [1.0, 1.0, 50.0, 1.0, -9.0, -9.0])
    shown = lines_of(one(chart(layer(Role.EXPECTED, [1.0] * 6), yours)), 60, ASCII)
    assert "yours: 1 above what is drawn (^)" in "\n".join(shown)
    assert "yours: 2 below what is drawn (v)" in "\n".join(shown)
    drawn = [line.partition("|")[2] for line in shown if "|" in line]
    assert drawn[0].count("^") == 1
    assert drawn[-1].count("v") == 2


@pytest.mark.parametrize("values", [[0.0], [1e308, -1e308], [math.nan] * 4, [5.0] * 3, [1e-320, 2e-320]])
@pytest.mark.parametrize("mark", list(Mark))
def test_extreme_numbers_are_drawn_all_the_same(values: list[float], mark: Mark) -> None:
    yours = replace(layer(Role.YOURS, values, mark), upper=tuple(values) if mark is Mark.BAND else ())
    for means in KINDS.values():
        for one_layer in (yours, replace(yours, x=tuple(values))):
            drawn = chart(one_layer)
            for form in (drawn, chart(one_layer, equal=True), replace(drawn, log_up=True, log_across=True)):
                assert lines_of(one(form), 60, means)


# ---- words


def test_no_text_of_a_learner_steers_the_terminal() -> None:
    hostile = "\x1b[2J\x07\nred\u202e"
    panel = replace(board(4), title=hostile)
    bad = layer(Role.YOURS, [1, 2], label=hostile)
    drawn = replace(chart(bad, title=hostile), across=hostile, up=hostile)
    picture = Picture(hostile, (Frame((panel, drawn), hostile),) * 2, hostile, True)
    for means in KINDS.values():
        for shown in (
            lines_of(picture, 100, means),
            [line.plain for line in brief(picture, 0, Room(100, 40), means)],
        ):
            text = "\n".join(shown)
            assert "\x1b" not in text
            assert "\x07" not in text
            assert "\u202e" not in text
            assert "\\x1b[2J" in text


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_speaks_of_colours(name: str) -> None:
    for means in KINDS.values():
        text = "\n".join(lines_of(PICTURES[name], 100, means))
        assert not re.search(r"\b(red|green|blue|yellow|orange|grey|dark|bright|colou?r)", text)


# ---- frames


def test_the_first_frame_that_differs_else_the_last() -> None:
    assert frame_to_begin_with(boards(6, differs_from=3)) == 3
    assert frame_to_begin_with(boards(6, differs_from=None)) == 5
    program = Frame((chart(layer(Role.EXPECTED, [4, 4]), layer(Role.YOURS, [5, 5]), title="equations"),))
    right = boards(6, differs_from=None)
    assert frame_to_begin_with(replace(right, frames=(*right.frames, program))) == 5
    wrong = boards(6, differs_from=3)
    assert frame_to_begin_with(replace(wrong, frames=(program, *wrong.frames))) == 0
    same = Frame((chart(layer(Role.EXPECTED, [4, math.nan]), layer(Role.YOURS, [4, math.nan])),))
    assert frame_to_begin_with(replace(wrong, frames=(same, *wrong.frames))) == 4


# ---- small, below something else


def test_small_it_has_a_line_above_and_a_line_below() -> None:
    shown = [line.plain for line in brief(boards(), 3, Room(60, 16), MANY, more="p enlarges it")]
    assert len(shown) <= 16
    assert shown[0].startswith("A glider crosses the corner")
    assert shown[0].endswith("…")
    assert shown[-1].startswith("yours differs from what was expected; frame 4 of 6")
    large = [line.plain for line in brief(boards(), 3, Room(100, 16), MANY, more="p enlarges it")]
    assert large[-1].endswith("frame 4 of 6: generation 4; p enlarges it")
    assert brief(boards(), 3, Room(60, 6), MANY) == []


def test_of_much_that_would_be_tiny_the_first_is_left_that_differs() -> None:
    alike = [replace(board(30, (n, n)), title=f"board {n}") for n in range(5)]
    differs = [
        replace(board(30, (9, 9), role=role), title="the odd one")
        for role in (Role.EXPECTED, Role.YOURS, Role.DIFFERENCE)
    ]
    picture = one(*alike, *differs)
    text = "\n".join(line.plain for line in brief(picture, 0, Room(70, 16), MANY))
    assert "expected" in text
    assert "board 1" not in text
    assert "board 1" in "\n".join(lines_of(picture, 70, MANY))


def test_a_painter_draws_a_small_picture_once() -> None:
    painter, picture = Painter(Console(file=io.StringIO(), width=100)), boards()
    first = painter.small(picture, 20, more="")
    assert painter.small(boards(), 20, more="") is first
    assert painter.small(picture, 30, more="") is not first
    assert painter.small(boards(5), 30, more="")[-1].plain.endswith("frame 4 of 5: generation 4")


# ---- consoles


def written(system: str | None, **details: object) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=60, height=40, force_terminal=True, color_system=system, **details)  # type: ignore[arg-type]
    Painter(console).show(boards(), 3)
    return stream.getvalue()


def test_each_colour_system_writes_its_own_codes_in_whatever_order_they_come() -> None:
    for _ in range(2):
        assert "38;2;" in written("truecolor")
        assert "38;2;" not in written("256")
        assert "38;5;" in written("256")
        assert "38;" not in written("standard")
        assert "\x1b[31m" in written("standard")
        assert not re.search(r"\x1b\[[34]", written(None))


def test_no_color_is_asked_for_and_not_the_colour_system() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", no_color=True)
    assert console.color_system == "truecolor"
    assert means_of(console).colours is Colours.NONE


PROGRAM = """
from rich.console import Console
from grader.report.consoles import plain_console, rich_console
from grader.report.picture.painter import Painter
from tests.sample_pictures import boards
import sys
plain = sys.argv[1] == "plain"
Painter(plain_console() if plain else rich_console(), ascii=plain).show(boards(), 3)
"""


@pytest.mark.parametrize(("environment", "has", "lacks"), [
    ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, r"\[38;2;\d+", "#"),
    ({"TERM": "xterm-256color"}, r"\[38;5;\d+", r"38;2|#"),
    ({"TERM": "xterm"}, r"\x1b\[31m█", r"38;"),
    ({"TERM": "xterm-256color", "NO_COLOR": "1"}, r"\.\.#\.", r"\x1b\[[34]|█"),
    ({"TERM": "dumb"}, r"\.\.#\.", r"\x1b|█"),
    ({"TERM": "xterm-256color", "PYTHONIOENCODING": "ascii"}, r"\.\.#\.", r"█|[^\x00-\x7f]"),
], ids=["truecolor", "256", "16", "NO_COLOR", "dumb", "ascii"])  # fmt: skip
def test_a_process_of_its_own_for_each_kind_of_terminal(
    environment: dict[str, str], has: str, lacks: str
) -> None:
    shown = in_a_process("rich", FORCE_COLOR="1", COLUMNS="60", LINES="40", **environment)
    assert re.search(has, shown), shown
    assert not re.search(lacks, shown), shown
    assert "differs" in shown


@pytest.mark.parametrize("format", ["rich", "plain"])
def test_a_pipe_gets_no_codes(format: str) -> None:
    shown = in_a_process(format, TERM="xterm-256color", COLUMNS="60")
    assert "\x1b" not in shown
    assert "#" in shown
    assert "frame 4 of 6: generation 4" in shown
    assert CAPTION.split()[-1] in shown


def in_a_process(format: str, **environment: str) -> str:
    unset = {"NO_COLOR", "FORCE_COLOR", "COLORTERM", "COLUMNS", "LINES", "TERM"}
    kept = {key: value for key, value in os.environ.items() if key not in unset}
    settings = kept | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"} | environment
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, format], capture_output=True, env=settings, cwd=ROOT, check=True
    )
    return ended.stdout.decode("utf-8")


def test_levels_of_an_image_are_those_of_its_rows() -> None:
    assert isinstance(board(3), Image)
    assert resized(board(3, (1, 1)), 3, 3) == board(3, (1, 1)).levels
