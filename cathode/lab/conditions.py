"""What is written down beside a result: how it was measured, of which specimen, by whom."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from cathode.errors import SourceError

Value = float | str

LONGEST = 4000
"""Characters of a note."""

SHORT = 200
"""Characters of any other text."""


@dataclass(frozen=True)
class Condition:
    """Something that is written down beside a result.

    Attributes:
        name: key in the ledger, in forms and in tables.
        label: what forms and pages call it.
        unit: of a number; empty for a text and a plain number.
        meaning: one sentence.
        least: smallest number that can be; None of a text.
        greatest: largest number that can be.
        whole: whether it counts something.
    """

    name: str
    label: str
    unit: str
    meaning: str
    least: float | None = None
    greatest: float | None = None
    whole: bool = False

    @property
    def is_text(self) -> bool:
        """Whether it is no number."""
        return self.least is None

    @property
    def heading(self) -> str:
        """Label and unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    def checked(self, where: str, value: Value) -> Value:
        """The value, if it can be one.

        Args:
            where: begins the message.
            value: what somebody wrote.

        Raises:
            SourceError: it cannot be; says what can.
        """
        if self.least is None or self.greatest is None:
            return checked_text(where, str(value), LONGEST if self.name == "note" else SHORT)
        try:
            number = float(value)
        except ValueError as error:
            msg = f"{where}: {value!r} is no number: write one with a decimal point"
            raise SourceError(msg) from error
        if not (math.isfinite(number) and self.least <= number <= self.greatest):
            unit = f" {self.unit}" if self.unit else ""
            msg = f"{where}: {value}{unit} cannot be: it lies between {self.least:g} and "
            raise SourceError(
                f"{msg}{self.greatest:g}{unit}; look whether the unit is the right one"
            )
        if self.whole and number != int(number):
            msg = f"{where}: {value} is no whole number"
            raise SourceError(msg)
        return number


CONDITIONS = {
    each.name: each
    for each in (
        Condition("cell", "cell or sample", "", "Label that tells replicates apart."),
        Condition("c_rate", "C-rate", "1/h", "Of the discharge; 0.1 takes ten hours.", 0.001, 100),
        Condition("voltage_low", "lower cut-off voltage", "V", "Of the window.", 0, 6),
        Condition("voltage_high", "upper cut-off voltage", "V", "Of the window.", 0, 6),
        Condition("loading", "loading", "mg/cm²", "Active material per area.", 0.01, 500),
        Condition("formation", "formation protocol", "", "Its name or its steps."),
        Condition("cycles", "cycles", "", "After which retention was read.", 1, 1e6, whole=True),
        Condition("operator", "operator", "", "Who measured."),
        Condition("note", "note", "", "Whatever else is worth knowing."),
    )
}
"""By name, in the order of forms."""

REMARKS = frozenset({"operator", "note"})
"""What makes no other result of one."""


def checked_text(where: str, text: str, longest: int) -> str:
    """A text that every database can keep, as it was written but for blanks around it.

    Raises:
        SourceError: it is too long, or holds characters that are no text.
    """
    text = text.strip()
    if len(text) > longest:
        msg = f"{where}: {len(text)} characters: {longest} are the most; shorten it"
        raise SourceError(msg)
    for letter in text:
        if letter == "\0" or "\ud800" <= letter <= "\udfff":
            msg = (
                f"{where}: it holds a character (U+{ord(letter):04X}) that is no text: leave it out"
            )
            raise SourceError(msg)
    return text


def same_conditions(one: Mapping[str, Value], other: Mapping[str, Value]) -> bool:
    """Whether results were measured alike, whoever did it."""
    return {k: v for k, v in one.items() if k not in REMARKS} == {
        k: v for k, v in other.items() if k not in REMARKS
    }


def in_words(conditions: Mapping[str, Value]) -> str:
    """Such as ``C-rate 0.1 1/h, cell B2``; empty where there are none."""
    words = []
    for name, known in CONDITIONS.items():
        if name in conditions and name not in REMARKS:
            value = conditions[name]
            shown = f"{value:g}" if isinstance(value, float) else value
            words.append(" ".join(filter(None, (known.label, shown, known.unit))))
    return ", ".join(words)
