"""A frame of a picture as lines: its panels side by side where the width allows, and what is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.style import Style
from rich.text import Text

from grader.pictures import Chart, Image, Picture, Role
from grader.report.picture import cells, charts
from grader.report.picture.legend import legend
from grader.report.picture.means import WHOSE, Block, Means

_GAP = 2  # columns between panels
_CLEAR = 0.5  # of the size that a panel wants: with less in a low room, others are left out for it, or all
_FEWEST = 4  # lines of panels, below which nothing is recognised
_LOW = 10  # lines of a panel, of which a second line over it takes too many
_BEYOND = (Role.YOURS, Role.DIFFERENCE)  # what belongs to the panel before

Panel = Image | Chart


@dataclass(frozen=True, slots=True)
class Room:
    """Columns, and lines for all of it."""

    columns: int
    lines: int


def whole(picture: Picture, frame: int, room: Room, means: Means) -> list[Text]:
    """A frame with all that is said of it. In a room that is too low for anything it is a little higher."""
    said = _wrapped(means.words(picture.caption), room.columns, Style(bold=True))
    if picture.remark:
        said += _wrapped(means.words(picture.remark), room.columns, Style())
    if place := _place(picture, frame, means):
        said.append(_cut(place, room.columns, means, Style(dim=True)))
    panels = picture.frames[frame].panels
    key = legend(panels, room.columns, means)
    lines = max(room.lines - len(said) - len(key), _FEWEST)
    return [*said, *_panels(panels, Room(room.columns, lines), means), *key]


def brief(picture: Picture, frame: int, room: Room, means: Means, *, more: str = "") -> list[Text]:
    """A frame between one line that says what was drawn and one with the remark; nothing where the room is too low.

    Of several things that would be too small together the first is left that differs. `more` is said where it fits.
    """
    panels: Sequence[Panel] = picture.frames[frame].panels
    if _clear(panels, _left(panels, room, means), means) < _CLEAR:
        panels = _most_telling(panels)
    key, inner = legend(panels, room.columns, means), _left(panels, room, means)
    if inner.lines < _FEWEST or _clear(panels, inner, means) < _CLEAR:
        return []
    last = "; ".join(words for words in (picture.remark, _place(picture, frame, means)) if words)
    if more and Text(f"{last}; {more}").cell_len <= room.columns:
        last = "; ".join(words for words in (last, more) if words)
    return [
        _cut(picture.caption, room.columns, means, Style(dim=True)),
        *_panels(panels, inner, means),
        *key,
        *([_cut(last, room.columns, means, Style())] if last else []),
    ]


def _left(panels: Sequence[Panel], room: Room, means: Means) -> Room:
    """What a caption, a legend and a remark leave."""
    return Room(room.columns, room.lines - 2 - len(legend(panels, room.columns, means)))


def _place(picture: Picture, frame: int, means: Means) -> str:
    """Which of how many frames it is, and what stands over it."""
    title, count = picture.frames[frame].title, len(picture.frames)
    number = f"frame {frame + 1} of {count}" if count > 1 else ""
    return ": ".join(words for words in (number, means.words(title)) if words)


def _cut(words: str, columns: int, means: Means, style: Style) -> Text:
    line = Text(means.words(words), style)
    if line.cell_len > columns:
        end = means.words("…")
        line.truncate(max(columns - len(end), 0), overflow="crop")
        line.rstrip()
        line.append(end)
    return line


def _wrapped(words: str, columns: int, style: Style) -> list[Text]:
    lines: list[str] = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if Text(longer).cell_len > columns and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    found = [Text(line, style) for line in lines]
    for line in found:
        line.truncate(columns, overflow="crop")
    return found


# ---- panels


def _panels(panels: Sequence[Panel], room: Room, means: Means) -> list[Text]:
    """All of them, in the arrangement in which the smallest is as large as it can be."""
    across = _best(panels, room, means)
    rows = _rows(panels, across)
    own = _own(across, len(rows), room)
    common = _common_title(panels) if len(panels) > 1 else ""
    lines = [_cut(common, room.columns, means, Style(dim=True))] if common else []
    for row in rows:
        heads = [_head(one, own, means, titled=not common) for one in row]
        high = max(map(len, heads))
        lower = Room(own.columns, own.lines - high)
        drawn = [_drawn(one, lower, means, among=panels) for one in row]
        lines += _beside(
            [
                Block(
                    [*head, *[Text()] * (high - len(head)), *one.lines],
                    max([one.width, *(line.cell_len for line in head)]),
                )
                for head, one in zip(heads, drawn, strict=True)
            ]
        )
    return lines


def _head(panel: Panel, room: Room, means: Means, *, titled: bool) -> list[Text]:
    """Whose it is, and what: in two lines at most, in a low room in one."""
    whose = WHOSE[panel.role] if panel.role else ""
    words = ": ".join(one for one in (whose, panel.title if titled else "") if one)
    if not words:
        return []
    lines = _wrapped(means.words(words), room.columns, Style(bold=True))
    if len(lines) == 1:
        return lines
    if room.lines < _LOW:
        return [_cut(words, room.columns, means, Style(bold=True))]
    rest = " ".join(line.plain for line in lines[1:])
    return [lines[0], _cut(rest, room.columns, means, Style(bold=True))]


def _drawn(panel: Panel, room: Room, means: Means, *, among: Sequence[Panel]) -> Block:
    if isinstance(panel, Image):
        return cells.block(panel, room.columns, room.lines, means)
    alike = [one for one in among if isinstance(one, Chart) and one.title == panel.title]
    beside = replace(panel, layers=tuple(layer for one in alike for layer in one.layers))
    return charts.block(panel, room.columns, room.lines, means, beside=beside)


def _beside(blocks: Sequence[Block]) -> list[Text]:
    lines = []
    for number in range(max(len(block.lines) for block in blocks)):
        line = Text()
        for block in blocks:
            part = block.lines[number] if number < len(block.lines) else Text()
            line.append_text(part)
            line.append(" " * (block.width - part.cell_len + _GAP))
        line.rstrip()
        lines.append(line)
    return lines


def _best(panels: Sequence[Panel], room: Room, means: Means) -> int:
    """How many panels stand in a row: where it makes no difference, so many that there are few rows, and these are even."""

    def merit(across: int) -> tuple[float, int, int]:
        return _smallest(panels, across, room, means), -len(_rows(panels, across)), -across

    return max(range(1, len(panels) + 1), key=merit)


def _clear(panels: Sequence[Panel], room: Room, means: Means) -> float:
    return _smallest(panels, _best(panels, room, means), room, means)


def _smallest(panels: Sequence[Panel], across: int, room: Room, means: Means) -> float:
    """How large the smallest panel is: 1 when nothing is lost."""
    own = _own(across, len(_rows(panels, across)), room)
    if own.columns < 2 or own.lines < 2:
        return 0.0
    return round(min(_size(one, own, means) for one in panels), 2)


def _size(panel: Panel, room: Room, means: Means) -> float:
    if isinstance(panel, Chart):
        return charts.score(panel, room.columns, room.lines - 1)
    return cells.score(panel, room.columns, room.lines - 1, means)


def _own(across: int, rows: int, room: Room) -> Room:
    """The room of a panel."""
    return Room((room.columns - _GAP * (across - 1)) // across, (room.lines - 1) // rows)


def _groups(panels: Sequence[Panel]) -> list[list[Panel]]:
    """What was expected, what came, and what differs belong together."""
    groups: list[list[Panel]] = []
    for panel in panels:
        last = groups[-1][-1] if groups else None
        together = (
            last is not None
            and last.role in {Role.EXPECTED, Role.YOURS}
            and panel.role in _BEYOND
            and panel.role is not last.role
            and type(panel) is type(last)
        )
        groups[-1].append(panel) if together else groups.append([panel])
    return groups


def _rows(panels: Sequence[Panel], across: int) -> list[list[Panel]]:
    """So many panels a row at most; what belongs together stands in one, where it fits into one."""
    rows: list[list[Panel]] = [[]]
    for group in _groups(panels):
        if rows[-1] and len(rows[-1]) + len(group) > across:
            rows.append([])
        for panel in group:
            if len(rows[-1]) == across:
                rows.append([])
            rows[-1].append(panel)
    return rows


def _most_telling(panels: Sequence[Panel]) -> Sequence[Panel]:
    """The first group that holds a difference; the first of all where none does."""
    groups = _groups(panels)
    return next((one for one in groups if len(one) > 1 or one[0].role in {None, Role.DIFFERENCE}), groups[0])


def _common_title(panels: Sequence[Panel]) -> str:
    titles = {panel.title for panel in panels}
    return titles.pop() if len(titles) == 1 else ""
