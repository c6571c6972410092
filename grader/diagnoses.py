"""What kind of wrong a value is, as a word and in one sentence: that of a pattern that its numbers show."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Pattern(StrEnum):
    """What kind of wrong a value is, where that can be told from the numbers alone."""

    ARGUMENT = "argument"  # one of the arguments, as it came
    NEIGHBOUR = "neighbour"  # what another formula gives, which the check names
    EXCHANGED = "exchanged"  # two parts of a tuple, each in the other's place
    ZERO = "zero"  # everywhere
    NAN = "nan"  # where numbers are expected
    INFINITE = "infinite"  # where numbers are expected
    SIGN = "sign"  # the opposite one, everywhere; of booleans: the other one
    TRANSPOSED = "transposed"
    REVERSED = "reversed"
    ROLLED = "rolled"  # along an axis, what falls out comes in again on the other side
    SHIFTED = "shifted"  # along an axis, something else comes in
    PERMUTED = "permuted"
    AXES = "axes"  # the right numbers, in another shape
    FACTOR = "factor"
    OFFSET = "offset"
    FACTORS = "factors"  # one for each row
    OFFSETS = "offsets"
    FUNCTION = "function"  # of what it should be: exp, a cumulative sum
    CLIPPED = "clipped"
    WRAPPED = "wrapped"  # as a narrower integer does
    ROUNDED = "rounded"  # as a narrower dtype would
    NEARLY = "nearly"  # off by less than a hundredth, everywhere
    FIRST_RIGHT = "first_right"  # and none after them
    LAST_WRONG = "last_wrong"  # and no other
    FIRST_WRONG = "first_wrong"
    BORDERS_WRONG = "borders_wrong"
    COMPILED = "compiled"  # right without jit


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A pattern that fits a wrong value, with what it needs to be told."""

    pattern: Pattern
    axis: int | None = None  # along which; None for all of them
    by: float | None = None  # the factor, the offset, the places of a shift
    name: str = ""  # of a constant, a dtype, a function, an argument, a neighbour; the bounds of a clip
    count: int | None = None  # of entries; the n of a named constant

    @property
    def text(self) -> str:
        """One plain sentence."""
        along = "" if self.axis is None else f" along axis {self.axis}"
        by = "" if self.by is None else f"{self.by:.5g}"
        match self.pattern:
            case Pattern.FACTOR:
                meaning = _FACTORS.get(self.name, "").format(n=self.count, name=self.name)
                return f"Each entry is {by} times what it should be{f': {meaning}' if meaning else ''}."
            case Pattern.OFFSET:
                much = f"{abs(self.by or 0):.5g}"
                return f"Each entry is {much} too {'large' if (self.by or 0) > 0 else 'small'}."
            case Pattern.ROLLED | Pattern.SHIFTED:
                places = f"{abs(int(self.by or 0))} {'place' if abs(self.by or 0) == 1 else 'places'}"
                way = "up" if (self.by or 0) > 0 else "down"
                again = ", round the end" if self.pattern is Pattern.ROLLED else ""
                return f"The numbers are right, and {places} too far {way}{along}{again}."
            case Pattern.NAN | Pattern.INFINITE if self.count is not None:
                kind = "nan" if self.pattern is Pattern.NAN else "infinite"
                return f"What is wrong is {kind}, where a number is expected; all the rest is right."
            case Pattern.FIRST_RIGHT:
                return f"The first {self.count} are right{along}, and none after them."
        words = _IN_WORDS[self.pattern].format(along=along, name=self.name)
        return words[0].upper() + words[1:]


_FACTORS = {  # what a constant means, where it is a usual one
    "pi": "pi",
    "2 pi": "2 pi",
    "log 2": "log 2, so a logarithm to another base",
    "1/log 2": "1/log 2, so a logarithm to base 2",
    "1/log 10": "1/log 10, so a logarithm to base 10",
    "sqrt 2": "the root of 2",
    "1/sqrt 2": "1 over the root of 2",
    "n": "{n} is a size here, so a sum may stand in the place of a mean",
    "1/n": "1/{n}, and {n} is a size here, so a mean may stand in the place of a sum",
    "n/(n-1)": "n/(n-1) with n = {n}, as when one divides by n - 1 (ddof=1) and not by n",
    "(n-1)/n": "(n-1)/n with n = {n}, as when one divides by n and not by n - 1 (ddof=1)",
    "sqrt n": "the root of {n}, and {n} is a size here",
    "1/sqrt n": "1 over the root of {n}, and {n} is a size here",
    "sqrt n/(n-1)": "the root of n/(n-1) with n = {n}, as a deviation with ddof=1 is, or what was divided by one without it",
    "sqrt (n-1)/n": "the root of (n-1)/n with n = {n}, as a deviation without ddof=1 is, or what was divided by one with it",
}
_IN_WORDS = {
    Pattern.ARGUMENT: "it is the argument {name}, as it came.",
    Pattern.NEIGHBOUR: "these are the numbers of another formula: {name}.",
    Pattern.EXCHANGED: "{name} have changed places.",
    Pattern.ZERO: "all of it is 0.",
    Pattern.NAN: "all of it is nan.",
    Pattern.INFINITE: "all of it is infinite.",
    Pattern.SIGN: "it is the opposite of what it should be, everywhere.",
    Pattern.TRANSPOSED: "the numbers are right, and transposed: its axes have changed places.",
    Pattern.REVERSED: "the numbers are right, in reverse order{along}.",
    Pattern.PERMUTED: "the numbers are right, in another order{along}{name}.",
    Pattern.AXES: "the numbers are right; only the shape is not{name}.",
    Pattern.FACTORS: "each row{along} is a multiple of what it should be, by a factor of its own.",
    Pattern.OFFSETS: "each row{along} is off by a constant of its own.",
    Pattern.FUNCTION: "it is the {name} of what it should be.",
    Pattern.CLIPPED: "it is what it should be, clipped: {name}.",
    Pattern.WRAPPED: "what is too large for {name} has begun again from its other end.",
    Pattern.ROUNDED: "it is right but for rounding, as {name} rounds.",
    Pattern.NEARLY: "every entry is within {name} of what it should be.",
    Pattern.LAST_WRONG: "all are right but the last{along}.",
    Pattern.FIRST_WRONG: "all are right but the first{along}.",
    Pattern.BORDERS_WRONG: "the inside is right; what is wrong lies on the border.",
    Pattern.COMPILED: "without jit the same call is right.",
}
