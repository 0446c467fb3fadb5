"""What a study learns from: crystals with properties, and their graphs."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cathode.errors import StudyError
from cathode.model import Crystal
from cathode.sources.crystal_table import CrystalTable
from cathode.sources.crystals import read_crystals
from flows.crystals.loading import side_by_side, with_graphs
from surrogates.cgcnn.graphs import Graph
from surrogates.cgcnn.trained import Labelled


@dataclass(frozen=True)
class Source:
    """Where crystals are, so that every process can read them for itself.

    Attributes:
        folder: anything that :func:`cathode.sources.crystals.read_crystals` takes.
        properties: what is predicted.
        ion: the working ion of electrodes, or ``all``.
        cache: folder in which crystals and graphs are kept.
    """

    folder: Path
    properties: tuple[str, ...]
    ion: str
    cache: Path


@dataclass(frozen=True, eq=False)
class StudyData:
    """Crystals, graphs, and what is known of them.

    Attributes:
        table: crystals that have a graph; the refused ones with reasons.
        graphs: of each.
    """

    table: CrystalTable
    graphs: Sequence[Graph]

    def rows(self, wanted: str) -> NDArray[np.intp]:
        """Numbers of the crystals of which a property is known."""
        return np.flatnonzero(np.isfinite(self.table.of(wanted)))

    def labelled(self, wanted: str, rows: NDArray[np.intp]) -> Labelled:
        """Graphs and values of some of all crystals."""
        return Labelled([self.graphs[i] for i in rows], self.table.of(wanted)[rows])

    @cached_property
    def digest(self) -> str:
        """A hash of crystals and values."""
        digest = hashlib.sha256()
        for i, name in enumerate(self.table.names):
            crystal = self.table.crystals[i].digest
            values = [repr(float(each[i])) for each in self.table.values.values()]
            digest.update("\t".join([name, crystal, self.table.frameworks[i], *values]).encode())
        return digest.hexdigest()[:16]


def read_study_data(
    source: Source, workers: int = 1, tell: Callable[[str, int, int], None] = lambda *_: None
) -> StudyData:
    """Read crystals and search their graphs, both kept for the next time.

    Args:
        source: where they are.
        workers: processes that parse.
        tell: how far it is.

    Raises:
        SourceError: it is no folder of crystals, or something in it is missing or wrong.
        StudyError: no crystal can be used.
    """

    def parse(
        work: Callable[[str], Crystal | str], texts: Sequence[str]
    ) -> Iterator[Crystal | str]:
        for number, each in enumerate(side_by_side(workers)(work, texts), 1):
            tell("crystals", number, len(texts))
            yield each

    place = source.cache / "crystals"
    table = read_crystals(source.folder, source.properties[0], source.ion, place, parse)
    found = with_graphs(table, place)
    if not len(found):
        refused = found.table.refused
        first = next(iter(refused), "")
        msg = f"{source.folder}: no crystal can be used; {first}: {refused.get(first, '')}"
        raise StudyError(msg)
    return StudyData(found.table, found.graphs)


@lru_cache(maxsize=1)
def data_here(source: Source) -> StudyData:
    """The same, read once by each process."""
    return read_study_data(source)
