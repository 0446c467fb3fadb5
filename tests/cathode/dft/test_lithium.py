import math

import pytest

from cathode.dft.calculation import Calculation
from cathode.dft.lithium import PUBLISHED, lithium_of, refuse_other_functional
from cathode.errors import SourceError
from tests.calculations import LITHIUM, pair

FULL, _ = pair("layered", "Ni")


def metal(energy=-3.82, functional="GGA", **fields):
    return Calculation("li.json", "", LITHIUM, energy, functional, **fields)


def oxide(functional="GGA+U", **fields):
    return Calculation("oxide.json", "", FULL, -23.0, functional, **fields)


def test_what_is_given_counts_most_then_a_calculation_then_what_is_published():
    given = lithium_of([metal()], -1.9)
    assert (given.energy, given.origin) == (-1.9, "given")
    assert "li.json is not used" in given.words
    computed = lithium_of([metal(-3.80), metal(-3.82)], None)
    assert (computed.energy, computed.origin) == (-1.91, "calculated")
    published = lithium_of([], None)
    assert (published.energy, published.origin) == (PUBLISHED, "published")
    assert "the published one of PBE (Materials Project)" in published.words
    assert "no calculation of lithium metal" in published.words


@pytest.mark.parametrize("given", [0.0, 1.9, -190.0, math.nan, -math.inf])
def test_a_number_that_cannot_be_is_refused(given):
    with pytest.raises(SourceError, match="--lithium-energy .* lies between -10 and 0 eV/atom"):
        lithium_of([], given)


def test_a_metal_that_did_not_converge_is_refused():
    with pytest.raises(SourceError, match="li.json: lithium metal did not converge"):
        lithium_of([metal(None, failure="99 ionic steps of at most 99")], None)
    assert lithium_of([metal(None), metal()], None).energy == pytest.approx(-1.91)


@pytest.mark.parametrize(
    ("lithium", "calculation", "words"),
    [
        (
            lithium_of([], None),
            oxide("R2SCAN"),
            "oxide.json is of R2SCAN, .* is of PBE: put a calc",
        ),
        (lithium_of([], None), oxide(""), "does not say of which functional it is"),
        (lithium_of([], None), oxide("PBE+U+vdW-DFT-D3"), r"is of PBE\+vdW-DFT-D3"),
        (lithium_of([metal()], None), oxide("R2SCAN"), "lithium metal .li.json. of PBE"),
        (
            lithium_of([metal(potcars={"Li": "Li"})], None),
            oxide(potcars={"Li": "Li_sv"}),
            "pseudopotential Li_sv, lithium metal .li.json. Li: calculate both with one",
        ),
    ],
)
def test_another_functional_is_refused(lithium, calculation, words):
    with pytest.raises(SourceError, match=words):
        refuse_other_functional(lithium, calculation)


def test_the_same_functional_has_several_names():
    for name in ("GGA+U", "PBE+U", "PBE", "GGA"):
        refuse_other_functional(lithium_of([], None), oxide(name))
        refuse_other_functional(lithium_of([metal(functional="PBE")], None), oxide(name))
    scan = lithium_of([metal(functional="R2SCAN")], None)
    refuse_other_functional(scan, oxide("R2SCAN"))
    refuse_other_functional(lithium_of([], -2.33), oxide("R2SCAN"))
