import pytest
from hypothesis import given
from hypothesis import strategies as st

from cathode.errors import UnitError
from cathode.model import PROPERTIES
from cathode.units import convert


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        pytest.param(1.0, "mAh/g", "Ah/kg", 1.0, id="capacity"),
        pytest.param(1.0, "Wh/kg", "kJ/kg", 3.6, id="energy"),
        pytest.param(1500.0, "mV", "V", 1.5, id="voltage"),
        pytest.param(0.02, "", "%", 2.0, id="share"),
        pytest.param(1.0, "meV/atom", "eV/atom", 1e-3, id="per atom"),
        pytest.param(1.0, "µB/site", "bohr_magneton/site", 1.0, id="moment"),
    ],
)
def test_known_conversions(value, unit, to, expected):
    assert convert(value, unit, to) == pytest.approx(expected, rel=1e-7)


@given(st.floats(-1e6, 1e6, allow_nan=False), st.sampled_from(sorted(PROPERTIES)))
def test_conversion_comes_back(value, name):
    unit = PROPERTIES[name].unit
    others = {"V": "mV", "%": "", "eV/atom": "meV/atom", "mAh/g": "C/kg", "Ah/L": "C/m^3"}
    there = (others | {"eV": "meV", "GPa": "kbar"}).get(unit)
    there = there if there is not None else unit
    assert convert(convert(value, unit, there), there, unit) == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize(
    ("unit", "to"),
    [
        pytest.param("V", "mAh/g", id="another quantity"),
        pytest.param("furlongs_per_g", "mAh/g", id="unknown unit"),
        pytest.param("mAh/", "mAh/g", id="broken text"),
        pytest.param("eV", "eV/atom", id="not per atom"),
    ],
)
def test_wrong_units_are_refused_with_both_names(unit, to):
    with pytest.raises(UnitError, match="cannot convert 3") as caught:
        convert(3.0, unit, to)
    assert repr(unit) in str(caught.value)
    assert repr(to) in str(caught.value)
