import pytest
from scipy import constants

from cathode.physics.electrochemistry import FARADAY_MAH, Electrode

# LiFePO4: 157.76 g/mol, 4 formula units in 291.4 Å3; energies chosen to give 3.4 V.
LFP = Electrode(
    discharged_energy=-190.0,
    charged_energy=-190.0 + 4 * (3.4 + 1.9),
    metal_energy=-1.9,
    n_ions=4,
    discharged_mass=4 * 157.757,
    discharged_volume=291.4,
    charged_volume=271.9,
)


def test_faraday_constant():
    assert pytest.approx(26801.48, abs=0.01) == FARADAY_MAH


def test_lifepo4_has_its_textbook_capacity_and_density():
    assert LFP.average_voltage == pytest.approx(3.4)
    assert LFP.gravimetric_capacity == pytest.approx(169.9, abs=0.1)  # mAh/g, textbook 170
    density = 4 * 157.757 / constants.N_A / (291.4e-24)  # g/cm3, textbook 3.6
    assert density == pytest.approx(3.6, abs=0.01)
    assert LFP.volumetric_capacity == pytest.approx(LFP.gravimetric_capacity * density)
    assert LFP.specific_energy == pytest.approx(3.4 * 169.9, abs=0.5)
    assert LFP.energy_density == pytest.approx(3.4 * LFP.volumetric_capacity)
    assert LFP.volume_change == pytest.approx(-6.69, abs=0.01)


def test_pymatgen_finds_the_same_voltage_and_capacity():
    from pymatgen.apps.battery.insertion_battery import InsertionElectrode
    from pymatgen.entries.computed_entries import ComputedEntry, ComputedStructureEntry

    from cathode.physics.orderings import decorate
    from cathode.physics.prototypes import primitive_cell

    discharged = decorate(primitive_cell("olivine"), ("Fe",) * 4)
    charged = discharged.copy()
    charged.remove_species(["Li"])
    electrode = InsertionElectrode.from_entries(
        [ComputedStructureEntry(discharged, -190.0), ComputedStructureEntry(charged, -168.8)],
        ComputedEntry("Li", -1.9),
    )
    ours = Electrode(
        -190.0,
        -168.8,
        -1.9,
        4,
        float(discharged.composition.weight),
        discharged.volume,
        charged.volume,
    )
    assert ours.average_voltage == pytest.approx(electrode.get_average_voltage())
    assert ours.gravimetric_capacity == pytest.approx(
        electrode.get_capacity_grav(use_overall_normalization=False), rel=1e-4
    )
    assert ours.specific_energy == pytest.approx(electrode.get_specific_energy(), rel=1e-4)
    assert ours.energy_density == pytest.approx(electrode.get_energy_density(), rel=1e-4)
