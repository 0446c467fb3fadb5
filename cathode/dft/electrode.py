"""What the calculations of one host tell of an electrode, by pymatgen's ``InsertionElectrode``."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cathode.dft.calculation import ION, Calculation, Formula
from cathode.errors import SourceError
from cathode.physics.formulas import reduced

if TYPE_CHECKING:
    from pymatgen.apps.battery.insertion_battery import InsertionElectrode

PLAUSIBLE_VOLTS = (0.0, 6.0)
"""Mean voltages outside come of energies that do not belong together."""

OF_STEPS = ("maximum_voltage", "minimum_voltage")
"""What is told where lithium contents in between were calculated, too."""

OF_PAIR = (
    "average_voltage",
    "gravimetric_capacity",
    "volumetric_capacity",
    "specific_energy",
    "energy_density",
    "volume_change",
)
"""What the lithiated and the delithiated crystal tell together."""

BY_LITHIUM = frozenset({"average_voltage", "specific_energy", "energy_density", *OF_STEPS})
"""What the energy of lithium metal is part of."""


def electrode_of(found: Sequence[Calculation], lithium: float) -> "InsertionElectrode":
    """The electrode between the lithium contents that were calculated.

    Of one content the most stable crystal counts, and of contents in between those on the convex
    hull.

    Args:
        found: converged calculations of one host, of at least two contents.
        lithium: energy of lithium metal (eV/atom).

    Raises:
        SourceError: an end lies so far above the hull that the energies cannot be of one scale.
    """
    from pymatgen.apps.battery.insertion_battery import InsertionElectrode
    from pymatgen.core.entries import ComputedEntry, ComputedStructureEntry

    entries = [
        ComputedStructureEntry(each.structure, each.energy, entry_id=each.where)
        for each in found
        if each.energy is not None
    ]
    contents = [each.lithium_per_host for each in found]
    ends = {found[contents.index(of)].reduced for of in (min(contents), max(contents))}
    try:
        made = InsertionElectrode.from_entries(entries, ComputedEntry(ION, lithium))
        kept = {_reduced(e) for e in (made.fully_charged_entry, made.fully_discharged_entry)}
    except IndexError:  # nothing but one entry is stable
        kept = set()
    if kept != ends:
        msg = (
            f"{found[0].where}: no voltage follows from the energies of its crystals: they are not "
        )
        raise SourceError(f"{msg}of one scale; give energies in eV per cell")
    return made


def _reduced(entry: Any) -> Formula:
    amounts = entry.composition.get_el_amt_dict()
    return reduced({element: round(n) for element, n in amounts.items()})


def values_of(electrode: Any) -> dict[str, float]:
    """Values of an ``InsertionElectrode`` by property, in the units of the ledger.

    Voltages of steps are among them where there are several.
    """
    first, last = electrode[0], electrode[-1]
    values = {
        "average_voltage": electrode.get_average_voltage(),
        "gravimetric_capacity": electrode.get_capacity_grav(),
        "volumetric_capacity": electrode.get_capacity_vol(),
        "specific_energy": electrode.get_specific_energy(),
        "energy_density": electrode.get_energy_density(),
        "volume_change": 100 * (first.vol_charge / last.vol_discharge - 1),
    }
    if electrode.num_steps > 1:
        voltages = (electrode.max_voltage, electrode.min_voltage)
        values |= dict(zip(OF_STEPS, voltages, strict=True))
    return {name: float(value) for name, value in values.items()}


def refuse_implausible(where: str, values: Mapping[str, float], lithium: str) -> None:
    """Refuse a mean voltage that no electrode has.

    Args:
        where: begins the message.
        values: by property.
        lithium: where the energy of lithium metal comes from.

    Raises:
        SourceError: it lies outside; says what to look at.
    """
    least, most = PLAUSIBLE_VOLTS
    voltage = values["average_voltage"]
    if not least <= voltage <= most:
        msg = (
            f"{where}: an average voltage of {voltage:.3g} V lies outside of {least:g} to {most:g}"
        )
        msg += f" V: look whether both energies, and that of lithium metal ({lithium}), are of one "
        raise SourceError(f"{msg}functional with one set of pseudopotentials")
