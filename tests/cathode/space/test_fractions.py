from fractions import Fraction

import pytest

from cathode.errors import SpaceError
from cathode.space import SiteFractions
from cathode.spec import SiteSpec


def site(**changes):
    content = {"step": 0.1, "fractions": {"Ni": {"max": 0.9}, "Mn": {"max": 0.5}}}
    return SiteSpec.model_validate(content | changes)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        pytest.param(site(step=0.3), ["step=0.3", "divide one"], id="step"),
        pytest.param(site(step=0), ["step=0", "divide one"], id="no step"),
        pytest.param(site(fractions={"Nickel": {}}), ["'Nickel'", "no element"], id="element"),
        pytest.param(
            site(fractions={"Ni": {}, "O": {}}), ["O is not known as a positive ion"], id="anion"
        ),
        pytest.param(
            site(fractions={"Ni": {}, "Xe": {}}), ["Xe is not known", "site M"], id="noble gas"
        ),
        pytest.param(
            site(fractions={"Ni": {"max": 0.25}, "Mn": {}}),
            ["max=0.25", "0.2 or 0.3"],
            id="off step",
        ),
        pytest.param(
            site(fractions={"Ni": {"min": 0.6, "max": 0.5}, "Mn": {}}),
            ["min=0.6", "max=0.5"],
            id="swapped",
        ),
        pytest.param(site(fractions={"Ni": {"max": 1.2}}), ["max=1.2"], id="above one"),
        pytest.param(
            site(fractions={"Ni": {"max": 0.4}, "Mn": {"max": 0.5}}),
            ["sum to 0.9", "short of one"],
            id="cannot reach one",
        ),
        pytest.param(
            site(fractions={"Ni": {"min": 0.7}, "Mn": {"min": 0.5}}),
            ["sum to 1.2", "more than one"],
            id="must exceed one",
        ),
        pytest.param(
            site(at_most=[{"count": 1, "of": ["Ni", "Mn"]}]),
            ["at most 1 of Mn, Ni", "no recipe"],
            id="limit empties it",
        ),
        pytest.param(
            site(at_most=[{"total": 0.4, "of": ["Ni", "Mn"]}]),
            ["0.4 in all of Mn, Ni", "no recipe"],
            id="total empties it",
        ),
        pytest.param(
            site(at_most=[{"total": 0.45, "of": ["Ni"]}]),
            ["at_most.total=0.45", "0.4 or 0.5"],
            id="total off step",
        ),
        pytest.param(
            site(at_most=[{"total": 1.5, "of": ["Ni"]}]), ["total=1.5", "0 to 1"], id="total"
        ),
        pytest.param(
            site(at_most=[{"count": 1, "of": ["Fe"]}]),
            ["'Fe'", "allowed are Mn, Ni"],
            id="limit on a stranger",
        ),
    ],
)
def test_impossible_spaces_name_what_is_wrong(spec, words):
    with pytest.raises(SpaceError) as caught:
        SiteFractions.from_spec("M", spec)
    for word in words:
        assert word in str(caught.value)


def test_what_is_negative_may_sit_on_the_anion_site_alone():
    anions = site(fractions={"O": {}, "F": {"max": 0.1}})
    assert SiteFractions.from_spec("O", anions).elements == ("F", "O")
    with pytest.raises(SpaceError, match="Ni is not known as a negative ion"):
        SiteFractions.from_spec("O", site(fractions={"O": {}, "Ni": {}}))


def test_steps_are_exact():
    recipes = SiteFractions.from_spec("M", site(step="1/12", fractions={"Ni": {}, "Mn": {}}))
    assert recipes.parts == 12
    assert recipes.fractions((5, 7)) == {"Mn": Fraction(5, 12), "Ni": Fraction(7, 12)}


def test_vacancies_count_as_a_species_without_charge():
    recipes = SiteFractions.from_spec("Li", site(fractions={"Li": {}, "vac": {"max": 0.2}}))
    assert recipes.size == 3
