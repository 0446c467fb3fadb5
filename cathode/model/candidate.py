"""A candidate: what could be made."""

import hashlib
import json
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

ID_CHARACTERS = 10
"""Ten base-32 characters, 50 bits: short enough to type on a phone."""


@dataclass(frozen=True)
class Candidate:
    """A composition on a host prototype; its id is a hash of its content.

    Fractions are exact rationals, so equal recipes are equal whatever step they were written
    in, and a site always sums to exactly one. Build one with :meth:`of`.

    Attributes:
        prototype: name of the host prototype, a key of ``cathode.physics.prototypes``.
        sites: per mixing site its elements with their fractions, sorted, zeros left out.
        conditions: process conditions as (name, value) pairs, sorted.
    """

    prototype: str
    sites: tuple[tuple[str, tuple[tuple[str, Fraction], ...]], ...]
    conditions: tuple[tuple[str, float | str], ...] = ()

    @classmethod
    def of(
        cls,
        prototype: str,
        sites: Mapping[str, Mapping[str, Fraction]],
        conditions: Mapping[str, float | str] | None = None,
    ) -> "Candidate":
        """Build a candidate in its canonical form from plain mappings.

        Raises:
            ValueError: a fraction is negative or a site does not sum to exactly one.
        """
        for site, fractions in sites.items():
            total = sum(fractions.values())
            if total != 1 or min(fractions.values()) < 0:
                msg = f"site {site!r} has {dict(fractions)}, sum {total}: needs positive, sum one"
                raise ValueError(msg)
        canonical = tuple(
            (site, tuple(sorted((element, x) for element, x in fractions.items() if x)))
            for site, fractions in sorted(sites.items())
        )
        return cls(prototype, canonical, tuple(sorted((conditions or {}).items())))

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> "Candidate":
        """Rebuild a candidate from what :meth:`content` returned."""
        sites = {
            site: {element: Fraction(x) for element, x in fractions.items()}
            for site, fractions in content["sites"].items()
        }
        return cls.of(content["prototype"], sites, content["conditions"])

    def content(self) -> dict[str, Any]:
        """All that makes this candidate, ready for JSON; fractions as text such as ``"4/5"``."""
        return {
            "prototype": self.prototype,
            "sites": {site: {e: str(x) for e, x in fractions} for site, fractions in self.sites},
            "conditions": dict(self.conditions),
        }

    @cached_property
    def id(self) -> str:
        """A short name such as ``c-k3v5qzt2ma``, the same wherever the content is the same."""
        text = json.dumps(self.content(), sort_keys=True, separators=(",", ":"))
        digest = b32encode(hashlib.sha256(text.encode()).digest()).decode().lower()
        return f"c-{digest[:ID_CHARACTERS]}"

    def on_site(self, site: str) -> dict[str, Fraction]:
        """The elements of one mixing site with their fractions."""
        return dict(dict(self.sites)[site])
