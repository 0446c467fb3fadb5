"""Voltages, capacities and energies of insertion electrodes."""

from dataclasses import dataclass

from scipy import constants

FARADAY_MAH: float = constants.physical_constants["Faraday constant"][0] / 3.6
"""Charge of one mole of electrons: 26,801 mAh/mol."""

LITRES_PER_CUBIC_ANGSTROM = 1e-27


@dataclass(frozen=True)
class Electrode:
    """An insertion electrode between two states with the same host.

    Attributes:
        discharged_energy: energy of the lithiated cell (eV).
        charged_energy: energy of the delithiated cell (eV).
        metal_energy: energy of the metal of the mobile ion (eV/atom), from the same source.
        n_ions: ions moved between the two cells; one electron each.
        discharged_mass: mass of the lithiated cell (g/mol of cells).
        discharged_volume: volume of the lithiated cell (Å³).
        charged_volume: volume of the delithiated cell (Å³).
    """

    discharged_energy: float
    charged_energy: float
    metal_energy: float
    n_ions: int
    discharged_mass: float
    discharged_volume: float
    charged_volume: float

    @property
    def average_voltage(self) -> float:
        """Mean voltage against the metal (V).

        V = -(E_discharged - E_charged - n E_metal) / n: Aydinol et al., Phys. Rev. B 56, 1354
        (1997), eq. 3, with the energies at 0 K in place of the free energies.
        """
        reaction = self.discharged_energy - self.charged_energy - self.n_ions * self.metal_energy
        return -reaction / self.n_ions

    @property
    def gravimetric_capacity(self) -> float:
        """Charge per mass of the discharged material (mAh/g)."""
        return self.n_ions * FARADAY_MAH / self.discharged_mass

    @property
    def volumetric_capacity(self) -> float:
        """Charge per volume of the discharged crystal (Ah/L)."""
        moles_per_litre: float = 1 / constants.N_A / LITRES_PER_CUBIC_ANGSTROM
        return self.n_ions * FARADAY_MAH / 1000 * moles_per_litre / self.discharged_volume

    @property
    def specific_energy(self) -> float:
        """Energy per mass of the discharged material (Wh/kg)."""
        return self.average_voltage * self.gravimetric_capacity

    @property
    def energy_density(self) -> float:
        """Energy per volume of the discharged crystal (Wh/L)."""
        return self.average_voltage * self.volumetric_capacity

    @property
    def volume_change(self) -> float:
        """Volume of the charged cell over the discharged one's, minus one (%)."""
        return 100 * (self.charged_volume / self.discharged_volume - 1)
