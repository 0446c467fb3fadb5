"""A folder of results: which calculations are in it, and which of them belong together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cathode.dft.calculation import Calculation
from cathode.dft.entries import read_entries
from cathode.dft.lithium import Lithium, lithium_of
from cathode.dft.vasp import read_vasprun
from cathode.dft.walking import VASPRUN, label_in, order_above, result_files, shown
from cathode.dft.work_order import Label
from cathode.errors import SourceError
from cathode.sources.gathering import Faults


@dataclass(frozen=True)
class Group:
    """Calculations of one host.

    Attributes:
        calculations: at least one, in the order of their files.
        label: what the work order above them says; None where there is none.
    """

    calculations: tuple[Calculation, ...]
    label: Label | None = None

    @property
    def where(self) -> str:
        """The first of its files, for messages."""
        return self.calculations[0].where


@dataclass(frozen=True)
class Results:
    """What a folder holds.

    Attributes:
        groups: calculations that belong together.
        lithium: the energy of lithium metal.
        notes: what is worth knowing, such as files that were left out.
    """

    groups: tuple[Group, ...]
    lithium: Lithium
    notes: tuple[str, ...] = ()


def read_results(
    folder: Path, lithium_energy: float | None = None, faults: Faults | None = None
) -> Results:
    """Read the runs of VASP and the entries of pymatgen in a folder and in those inside.

    Runs lie in ``vasprun.xml`` or ``vasprun.xml.gz``, entries in ``*.json``. Those below one
    ``candidate.json`` belong together, and of others those of one host.

    Args:
        folder: where they are; links out of it are refused, hidden folders left out.
        lithium_energy: of lithium metal (eV/atom); None for that of a calculation in the folder,
            else the published one of PBE.
        faults: where faults of files are noted, and these left out; else the first is refused.

    Raises:
        SourceError: a file is torn, lacks something or contradicts itself, or there is none.
    """
    noted = faults or Faults()
    lithium = lithium_of([], lithium_energy)  # a number that cannot be is refused first
    files = result_files(folder, noted)
    found: list[tuple[Calculation, Label | None]] = []
    labels: dict[Path, Label | None] = {}
    notes = []
    for file in files:
        with noted.noted():
            label = _label(file, folder, labels)
            read = _read(file, folder)
            found.extend((each, label) for each in read)
            if not read:
                notes.append(f"{shown(file, folder)} holds no computed entry, and is left out.")
    if not found and not noted.found:
        msg = f"{folder} holds no vasprun.xml, and no *.json of computed entries: give another one"
        raise SourceError(msg)
    metals = [each for each, _ in found if not each.host]
    rest = [(each, label) for each, label in found if each.host]
    if not rest and not noted.found:
        msg = f"{folder} holds lithium metal alone: calculations of the candidates are missing"
        raise SourceError(msg)
    with noted.noted():
        lithium = lithium_of(metals, lithium_energy)
    return Results(tuple(_grouped(rest)), lithium, tuple(notes))


def _label(file: Path, folder: Path, known: dict[Path, Label | None]) -> Label | None:
    """What the work order above a file says; one that cannot be read is told once."""
    order = order_above(file, folder)
    if order is not None and order not in known:
        known[order] = None
        known[order] = label_in(order, folder)
    return None if order is None else known[order]


def _read(file: Path, folder: Path) -> list[Calculation]:
    where = shown(file, folder)
    if file.name in VASPRUN:
        return [read_vasprun(file, where)]
    return read_entries(file, where)


def _grouped(found: Iterable[tuple[Calculation, Label | None]]) -> list[Group]:
    """Calculations below one work order together, and of others those of one host."""
    groups: dict[object, list[Calculation]] = {}
    labels: dict[object, Label | None] = {}
    for each, label in found:
        key = each.host if label is None else label.where
        groups.setdefault(key, []).append(each)
        labels[key] = label
    return [Group(tuple(members), labels[key]) for key, members in groups.items()]


def refuse_mixed(found: Sequence[Calculation]) -> None:
    """Refuse calculations whose energies cannot be compared.

    Raises:
        SourceError: which two differ, and in what.
    """
    for other in found[1:]:
        first = found[0]
        differs = _difference(first, other)
        if differs is not None:
            msg = f"{first.where} and {other.where} differ in {differs}: their energies cannot be "
            raise SourceError(f"{msg}compared; calculate both alike, or take one away")


def _difference(one: Calculation, other: Calculation) -> str | None:
    if (one.exchange, "+U" in one.functional) != (other.exchange, "+U" in other.functional):
        return f"the functional ({one.functional or 'not said'}, {other.functional or 'not said'})"
    common = set(one.atoms) & set(other.atoms)
    for element in sorted(common):
        ours, theirs = one.hubbard.get(element, 0.0), other.hubbard.get(element, 0.0)
        if ours != theirs:
            return f"U of {element} ({ours:g}, {theirs:g} eV)"
        used = (one.potcars.get(element), other.potcars.get(element))
        if None not in used and used[0] != used[1]:
            return f"the pseudopotential of {element} ({used[0]}, {used[1]})"
    if bool(one.correction) != bool(other.correction):
        return f"corrections ({one.correction:g}, {other.correction:g} eV)"
    return None
