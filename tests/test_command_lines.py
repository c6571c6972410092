"""What each command takes: its own options wherever they stand, and no others."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader import cli
from grader.commands.command import CommandOption, WrongUsage
from grader.results import Exit

ROOT = Path(__file__).parent.parent
UNNAMED = {"day01": "grade", "": "overview"}
MODULES = {**UNNAMED, **cli.COMMANDS}
VALUES = {
    "level": "2",
    "fit": "3",
    "frame": "4",
    "save": "life.svg",
    "seed": "5",
    "timeout": "4.5",
    "port": "9000",
    "from": "exercises",
    "format": "plain",
    "from_notebook": "day01.ipynb",
    "output": "kata.html",
    "day": "day12",
}


def options_of(word: str) -> dict[str, CommandOption]:
    return {one.name: one for one in cli.command_in(MODULES[word]).all_options()}


EVERY_OPTION = {name: one for word in MODULES for name, one in options_of(word).items()}


def typed(option: CommandOption) -> list[str]:
    return [option.flag] if option.read is None else [option.flag, VALUES[option.name]]


def refusal(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What is said of a command line that is refused: one line, and nothing else happens."""
    assert cli.main(arguments) == Exit.USAGE
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    return printed.err


@pytest.mark.parametrize("word", MODULES, ids=lambda word: word or "overview")
def test_options_of_other_commands_are_refused_in_a_line_that_names_its_own(
    word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    own = options_of(word)
    foreign = [option for name, option in EVERY_OPTION.items() if name not in own]
    assert foreign or word == "day01"
    for option in foreign:
        said = refusal([*([word] if word else []), *typed(option)], capsys)
        unknown, _, known = said.partition("; its options are ")
        assert unknown.endswith(f"does not know {option.flag}")
        assert known.strip().split(", ") == [one.flag for one in own.values()]


def test_all_that_does_not_belong_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    said = refusal(["list", "mean", "--fit", "3", "--poll", "--reveal", "--timeout", "-4"], capsys)
    assert said == (
        "grader: list does not know --fit, --poll, --reveal, --timeout; its options are --format, --verbose\n"
    )
    assert "day01" in refusal(["doctor", "day01"], capsys)
    assert "does not know -x;" in refusal(["hint", "softmax", "-x"], capsys)


@pytest.mark.parametrize("word", MODULES, ids=lambda word: word or "overview")
def test_its_own_options_may_stand_anywhere(word: str) -> None:
    words = ["day01"] if word == "day01" else [word] if word else []
    more = ["one"] if cli.command_in(MODULES[word]).words else []
    given = [
        argument for name, one in options_of(word).items() if name != "solutions" for argument in typed(one)
    ]
    expected = vars(cli.parse([*words, *more, *given])[1])
    assert expected["verbose"] is True
    assert all(str(expected[name]) == value for name, value in VALUES.items() if name in expected)
    for line in ([*given, *words, *more], [*words, *given, *more]):
        command, options = cli.parse(line)
        assert command is cli.command_in(MODULES[word])
        assert vars(options) == expected


def test_a_beginning_of_an_option_will_do_and_a_value_is_no_command() -> None:
    command, options = cli.parse(["--lev", "3", "hint", "softmax"])
    assert (command, options.level) == (cli.command_in("hint"), 3)
    command, options = cli.parse(["--from=hint", "--seed", "3", "day01"])
    assert (command, options.words, str(getattr(options, "from"))) == (
        cli.command_in("grade"),
        ["day01"],
        "hint",
    )
    command, options = cli.parse(["--from", "list", "day01"])
    assert (command, options.words) == (cli.command_in("grade"), ["day01"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["day01", "--timeout", "-4"], "--timeout takes a number of seconds above 0, not '-4'"),
        (["day01", "--timeout", "nan"], "--timeout takes a number of seconds above 0, not 'nan'"),
        (["watch", "--timeout", "inf"], "--timeout takes a number of seconds above 0, not 'inf'"),
        (["day01", "--seed", "x"], "--seed takes a number from 0 on, not 'x'"),
        (["day01", "--seed"], "argument --seed: expected one argument"),
        (["hint", "softmax", "--level", "4"], "--level takes 1, 2 or 3, not '4'"),
        (["data", "mnist", "--fit", "0"], "--fit takes a number of epochs from 1 on, not '0'"),
        (["day01", "--from", "exercises", "--solutions"], "--from and --solutions name two trees"),
        (["hint", "softmax", "--format", "junit"], "hint knows the formats rich, plain, not 'junit'"),
    ],
)
def test_a_wrong_value_is_told_with_what_is_taken(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in refusal(arguments, capsys)


@pytest.mark.parametrize("word", cli.COMMANDS)
@pytest.mark.parametrize("before", [False, True])
def test_the_help_of_a_command_speaks_of_it_alone(
    word: str, before: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ending:
        cli.main(["--help", word] if before else [word, "--help"])
    assert ending.value.code == Exit.DONE
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: python -m grader {word} ")
    assert set(re.findall(r"--[a-z-]+", shown)) - {"--help"} == {
        one.flag for one in options_of(word).values()
    }
    assert "other commands" not in shown


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["day01", "--help"], ["-v", "--help"]])
def test_the_page_names_every_command_and_every_option(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ending:
        cli.main(arguments)
    assert ending.value.code == Exit.DONE
    shown = capsys.readouterr().out
    assert shown.startswith("usage: python -m grader [COMMAND] [SELECTOR ...] [options]\n")
    assert all(f"\n  {word} " in shown for word in cli.COMMANDS)
    assert all(f"{option.flag} " in f"{shown} " for option in EVERY_OPTION.values())
    assert "exit status: 0 all passed" in shown


def test_a_command_is_imported_when_it_is_asked_for() -> None:
    program = (
        "import sys\n"
        "from grader.cli import main\n"
        "main(['hint', 'softmax'])\n"
        "print([name for name in sys.modules if name.startswith('grader.commands.')], file=sys.stderr)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = set(re.findall(r"grader\.commands\.(\w+)", ended.stderr))
    assert {"hint"} <= found <= {"command", "common", "hint"}


def test_every_module_of_a_command_is_in_the_table() -> None:
    shared = {"__init__", "command", "common", "notebook_answers", "warm"}
    there = {path.stem for path in (ROOT / "grader" / "commands").glob("*.py")} - shared
    assert there == {*UNNAMED.values(), *cli.COMMANDS.values()}


def test_what_is_refused_raises_where_nobody_catches_it() -> None:
    with pytest.raises(WrongUsage, match="does not know --reveal"):
        cli.parse(["watch", "--reveal"])
