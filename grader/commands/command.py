"""What a command is: its words and options, and what it does with them. What does not belong is refused in one line."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn


class WrongUsage(Exception):
    """Asked for in a way that cannot be meant; the text says what would be right."""


@dataclass(frozen=True, slots=True)
class CommandOption:
    """One option. `read` makes a value of its text; an option without it takes no value, and is true when it is given.

    `read` raises ValueError for what is no such value; `takes` says what it would have been.
    """

    flags: tuple[str, ...]  # ("-y", "--yes")
    help: str = ""
    read: Callable[[str], Any] | None = None
    takes: str = ""  # a number from 0 on
    metavar: str = ""
    default: Any = None

    @property
    def flag(self) -> str:
        """How it is spelt out: `--yes`."""
        return self.flags[-1]

    @property
    def name(self) -> str:
        """What it is called among the parsed ones: `no_speed`."""
        return self.flag.removeprefix("--").replace("-", "_")

    def may_be(self, argument: str) -> bool:
        """Whether an argument means this option; argparse takes the beginning of a long one for the whole."""
        return argument in self.flags or (len(argument) > 2 and self.flag.startswith(argument))

    def add_to(self, parser: argparse.ArgumentParser, help: str = "") -> None:
        """Have a parser know it; perhaps with another help."""
        if self.read is None:
            parser.add_argument(*self.flags, dest=self.name, action="store_true", help=help or self.help)
        else:
            parser.add_argument(
                *self.flags,
                dest=self.name,
                type=self._value,
                metavar=self.metavar,
                default=self.default,
                help=help or self.help,
            )

    def _value(self, text: str) -> Any:
        try:
            return self.read(text) if self.read else True
        except ValueError:
            raise WrongUsage(f"{self.flag} takes {self.takes}, not {text!r}") from None


VERBOSE = CommandOption(("-v", "--verbose"), "whole tracebacks")


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `run` gets the parsed options, with the words as `words`, and returns an exit status."""

    usage: str  # what follows its name: day01.softmax [--level 2]
    what: str  # it does, in a few words
    run: Callable[[argparse.Namespace], int]
    options: tuple[CommandOption, ...] = ()
    # What --format may name, the usual one first. None: there is no such option.
    formats: tuple[str, ...] = ()
    words: bool = True  # whether it takes any

    def all_options(self) -> tuple[CommandOption, ...]:
        """Its own ones, and those that many commands have."""
        known = self.options
        if self.formats:
            shown = f"{{{','.join(self.formats)}}}"
            known = (CommandOption(("--format",), read=str, metavar=shown, default=self.formats[0]), *known)
        return known if any(one.name == VERBOSE.name for one in known) else (*known, VERBOSE)

    def parse(self, called: str, arguments: Sequence[str], *further: CommandOption) -> argparse.Namespace:
        """Read what follows the name by which it was called. Raises WrongUsage.

        `further` options are known, and not named among those that are.
        """
        usage = f"python -m grader {called} {self.usage}".rstrip()
        helped = not any("--help" in one.flags for one in further)
        parser = _Parser(usage=f"{usage} [options]", description=self.what, add_help=helped)
        parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
        known = self.all_options()
        for option in (*known, *further):
            option.add_to(parser)
        asked, rest = parser.parse_known_args(arguments)
        if unknown := [word for word in rest if re.match(r"-[^\d.]", word)]:
            flags = ", ".join(option.flag for option in known)
            raise WrongUsage(f"{called} does not know {', '.join(unknown)}; its options are {flags}")
        asked.words += rest  # argparse takes words as far as the first option that follows them
        if asked.words and not self.words:
            raise WrongUsage(f"{called} takes no words, such as {asked.words[0]!r}")
        if self.formats and asked.format not in self.formats:
            raise WrongUsage(f"{called} knows the formats {', '.join(self.formats)}, not {asked.format!r}")
        return asked


class _Parser(argparse.ArgumentParser):
    """Its complaints are one line, and end where those of the commands end."""

    def error(self, message: str) -> NoReturn:
        raise WrongUsage(message)
