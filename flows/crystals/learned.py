"""Which crystals a model has learned from: its values of them flatter."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cathode.errors import SourceError
from cathode.model import Crystal
from surrogates.cgcnn.model_file import CGCNNModel

DIGITS = 16
"""Of a crystal's hash that a model keeps."""

ENTRY = "learned_from"
"""Of what a model tells about itself."""


@dataclass(frozen=True)
class Learned:
    """The crystals that a model has learned from or was validated by, as far as it tells.

    They are told by their cells: the same material in another cell is another crystal.

    Attributes:
        of: hashes of crystals by property, those of the models it went on from among them.
        whole: whether these are all; a model that it went on from may not tell its own.
    """

    of: Mapping[str, frozenset[str]]
    whole: bool = True

    @classmethod
    def by(cls, model: CGCNNModel) -> "Learned":
        """What a model tells; nothing, where it is of another code or an older one.

        Raises:
            SourceError: what it tells is nothing that can be read.
        """
        told = model.about.get(ENTRY)
        if told is None:
            return cls({}, whole=False)
        try:
            of = {str(name): frozenset(map(str, found)) for name, found in told["of"].items()}
            return cls(of, whole=bool(told["whole"]))
        except (AttributeError, KeyError, TypeError) as error:
            msg = f"the model of {model.property_name} does not tell what it learned from as those "
            raise SourceError(msg + "of `cathode cgcnn train` do: train it anew") from error

    @property
    def known(self) -> bool:
        """Whether anything is known."""
        return self.whole or bool(self.of)

    def and_of(self, name: str, crystals: Iterable[Crystal]) -> "Learned":
        """The same after learning a property of more crystals."""
        more = self.of.get(name, frozenset()) | {_hash(crystal) for crystal in crystals}
        return Learned({**self.of, name: more}, self.whole)

    def among(self, name: str, crystals: Iterable[Crystal]) -> list[bool]:
        """Of each crystal, whether the property was learned from it."""
        mine = self.of.get(name, frozenset())
        return [_hash(crystal) in mine for crystal in crystals]

    def count(self, name: str, crystals: Sequence[Crystal]) -> dict[str, Any]:
        """How many of crystals were learned from, ready for JSON.

        Args:
            name: the property that is judged.
            crystals: that it is judged by.
        """
        numbers = {prop: sum(self.among(prop, crystals)) for prop in self.of}
        others = {prop: n for prop, n in numbers.items() if prop != name and n}
        return {
            "crystals": len(crystals),
            "same_property": numbers.get(name, 0) if self.known else None,
            "other_properties": others if self.known else None,
            "all_known": self.whole,
        }

    def notes(self, model: str, name: str, crystals: Sequence[Crystal]) -> list[str]:
        """What makes scores on crystals flatter, in words.

        Args:
            model: what the model is called.
            name: the property that is judged.
            crystals: that it is judged by.
        """
        count, of = self.count(name, crystals), f"of the {len(crystals)} test crystals"
        found = []
        if same := count["same_property"]:
            found.append(
                f"{model} has learned {name} from {same} {of}: the scores flatter, give another "
                "--start"
            )
        found += [
            f"{model} has learned {other}, another property, from {number} {of}"
            for other, number in (count["other_properties"] or {}).items()
        ]
        silence = self.silence(model)
        return found if silence is None else [*found, silence]

    def silence(self, model: str) -> str | None:
        """What a model does not tell, in words; None where it tells all."""
        if not self.known:
            return f"{model} does not tell which crystals it has learned from"
        if not self.whole:
            return f"{model} went on from a model that does not tell its crystals"
        return None

    def content(self) -> dict[str, Any]:
        """As a model's file keeps it."""
        return {"of": {n: sorted(found) for n, found in self.of.items()}, "whole": self.whole}


def _hash(crystal: Crystal) -> str:
    return crystal.digest[:DIGITS]
