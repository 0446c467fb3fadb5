"""The properties that evaluators know, each with its one unit in the ledger."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Property:
    """A measurable property.

    Attributes:
        name: key in specs and in the ledger.
        unit: the unit every value of it is stored in.
        label: what a plot's axis or a table's head says, without the unit.
        meaning: one sentence, for documentation and forms.
    """

    name: str
    unit: str
    label: str
    meaning: str

    @property
    def heading(self) -> str:
        """Label and unit, for axes and table heads; a number without a unit has none there."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


_KNOWN = (
    Property(
        "average_voltage",
        "V",
        "average voltage",
        "Mean voltage against Li metal between the charged and the discharged state.",
    ),
    Property(
        "maximum_voltage",
        "V",
        "maximum voltage",
        "Highest of the voltage steps between the charged and the discharged state.",
    ),
    Property(
        "minimum_voltage",
        "V",
        "minimum voltage",
        "Lowest of the voltage steps between the charged and the discharged state.",
    ),
    Property(
        "gravimetric_capacity",
        "mAh/g",
        "gravimetric capacity",
        "Charge of the lithium taken out, per mass of the discharged material.",
    ),
    Property(
        "discharge_capacity",
        "mAh/g",
        "discharge capacity",
        "Charge that a cell gave in its first cycles, per mass of the cathode material.",
    ),
    Property(
        "capacity_retention",
        "%",
        "capacity retention",
        "Discharge capacity after so many cycles over that of the first.",
    ),
    Property(
        "first_cycle_efficiency",
        "%",
        "first-cycle efficiency",
        "Charge given in the first discharge over that taken in the first charge.",
    ),
    Property(
        "phase_purity",
        "%",
        "phase purity",
        "Share of the wanted phase by X-ray diffraction, by mass.",
    ),
    Property(
        "volumetric_capacity",
        "Ah/L",
        "volumetric capacity",
        "Charge of the lithium taken out, per volume of the discharged crystal.",
    ),
    Property(
        "specific_energy",
        "Wh/kg",
        "specific energy",
        "Average voltage times gravimetric capacity.",
    ),
    Property(
        "energy_density",
        "Wh/L",
        "energy density",
        "Average voltage times volumetric capacity.",
    ),
    Property(
        "volume_change",
        "%",
        "volume change",
        "Volume of the charged cell over that of the discharged one, minus one; < 0 shrinks.",
    ),
    Property(
        "energy_per_atom",
        "eV/atom",
        "energy per atom",
        "Total energy of the discharged cell, in the energy scale of its source.",
    ),
    Property(
        "formation_energy_per_atom",
        "eV/atom",
        "formation energy",
        "Energy of the material against the elements in their standard states.",
    ),
    Property(
        "mixing_energy",
        "eV/atom",
        "mixing energy",
        "Energy of the discharged cell against its end members in the same prototype.",
    ),
    Property(
        "magnetic_moment",
        "µB/site",
        "magnetic moment",
        "Mean absolute moment on the mixing site of the discharged cell.",
    ),
    Property(
        "fermi_energy",
        "eV",
        "Fermi energy",
        "Energy of the highest filled electronic state, in the energy scale of its source.",
    ),
    Property(
        "band_gap",
        "eV",
        "band gap",
        "Energy between the top of the valence band and the bottom of the conduction band.",
    ),
    Property(
        "bulk_modulus",
        "GPa",
        "bulk modulus",
        "Resistance of the material to a change of its volume.",
    ),
    Property(
        "shear_modulus",
        "GPa",
        "shear modulus",
        "Resistance of the material to a change of its shape.",
    ),
)

PROPERTIES: dict[str, Property] = {known.name: known for known in _KNOWN}
