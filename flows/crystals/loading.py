"""Crystals with their graphs; those without one are told with the reason."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from pymatgen.core import Element

from cathode.errors import ServiceError
from cathode.model import Crystal
from cathode.settings import Settings
from cathode.sources.crystal_pack import Runner
from cathode.sources.crystal_table import CrystalTable
from cathode.sources.crystals import read_crystals
from flows.runners import open_pool
from surrogates.cgcnn.graph_pack import graphs_of
from surrogates.cgcnn.graphs import Graph

WORKING_IONS = ("Li", "Na", "K", "Mg", "Ca", "Zn")

MOST = 0.9
"""Share of crystals that hold an ion from which on it may be their working ion."""

FEW = 200
"""Below this many texts, starting processes takes longer than parsing."""

AT_ONCE = 32
"""Texts that a process gets at once."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """Crystals that can be used.

    Attributes:
        table: the crystals with what is known of them, and why others cannot be used.
        graphs: of each crystal.
    """

    table: CrystalTable
    graphs: tuple[Graph, ...]

    def __len__(self) -> int:
        """Number of crystals."""
        return len(self.graphs)


def load(
    folder: Path, wanted: str | None, ion: str, settings: Settings, *, known: bool = True
) -> Loaded:
    """Crystals of a folder with their graphs, parsed side by side the first time.

    Args:
        folder: of a kind that :func:`cathode.sources.crystals.read_crystals` knows.
        wanted: the property.
        ion: the working ion of electrodes, or ``all``.
        settings: how many processes parse, and where what was parsed is kept.
        known: whether to leave out crystals of which the property is not known.

    Raises:
        SourceError: it is no such folder, or has no such property.
    """
    cache = settings.cache / "crystals"
    table = read_crystals(folder, wanted, ion, cache, side_by_side(settings.workers))
    if wanted is not None and known:
        table = table.known(wanted)
    return with_graphs(table, cache)


def ion_note(table: CrystalTable) -> str | None:
    """What to know of frameworks where nearly all crystals hold an ion that nobody has named."""
    if any(table.ions) or not len(table):
        return None
    for ion in WORKING_IONS:
        holding = sum(Element(ion).Z in crystal.numbers for crystal in table.crystals)
        if holding >= MOST * len(table):
            return (
                f"{holding} of {len(table)} crystals hold {ion}, but no working ion is named: a "
                f"framework is a whole composition here, and --ion {ion} takes {ion} out of it"
            )
    return None


def with_graphs(table: CrystalTable, cache: Path | None = None) -> Loaded:
    """The crystals of a table that have a graph; the others are refused."""
    found = graphs_of(table.crystals, cache)
    rows = [row for row, each in enumerate(found) if isinstance(each, Graph)]
    refused = {table.names[row]: each for row, each in enumerate(found) if isinstance(each, str)}
    graphs = tuple(each for each in found if isinstance(each, Graph))
    return Loaded(table.take(rows).refusing(refused), graphs)


def side_by_side(workers: int) -> Runner:
    """Does the same to many texts in processes, and to few of them in this one."""

    def run(work: Callable[[str], Crystal | str], texts: Sequence[str]) -> Iterable[Crystal | str]:
        if workers == 1 or len(texts) < FEW:
            return map(work, texts)
        return _in_processes(work, texts, workers)

    return run


def _in_processes(
    work: Callable[[str], Crystal | str], texts: Sequence[str], workers: int
) -> Iterator[Crystal | str]:
    with open_pool(workers) as processes:
        parts = [
            processes.submit(_several, work, texts[start : start + AT_ONCE])
            for start in range(0, len(texts), AT_ONCE)
        ]
        try:
            for part in parts:
                yield from part.result()
        except BrokenProcessPool as error:
            msg = "a process that parsed crystals died, perhaps of too little memory: try again"
            raise ServiceError(msg) from error


def _several(work: Callable[[str], Crystal | str], texts: Sequence[str]) -> list[Crystal | str]:
    return [work(text) for text in texts]
