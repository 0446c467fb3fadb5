"""Which candidate of a campaign calculations are of."""

from collections.abc import Mapping
from difflib import get_close_matches
from fractions import Fraction
from functools import lru_cache

from cathode.dft.calculation import Calculation, Formula
from cathode.dft.results import Group
from cathode.dft.work_order import Label
from cathode.errors import SourceError
from cathode.model import Candidate
from cathode.physics.formulas import atoms_of, label, reduced
from cathode.spec import CampaignSpec

NEAREST = 3
"""Candidates that are named where none fits."""


def candidate_of(
    spec: CampaignSpec, group: Group, known: Mapping[str, Candidate], evaluator: str | None
) -> Candidate:
    """The candidate that calculations are of.

    A work order above them names it; else it is the one whose formula is exactly that of a
    calculation, reduced to smallest whole numbers, with all its lithium.

    Args:
        spec: the campaign.
        group: the calculations.
        known: the campaign's candidates, by id.
        evaluator: name of the cheaper evaluator whose results they are; None for the campaign's
            own.

    Raises:
        SourceError: there is none, or more than one; the nearest are named.
    """
    if group.label is not None:
        return _labelled(spec, group.label, known, evaluator)
    fitting = _fitting(group, known)
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        several = "; ".join(_words(spec, each) for each in fitting[:NEAREST])
        msg = f"{group.where}: {len(fitting)} candidates of {spec.name} have this composition: "
        raise SourceError(f"{msg}{several}. Put the candidate.json of the right one beside it")
    raise SourceError(_unmatched(spec, group, known))


@lru_cache(maxsize=1 << 16)
def full_formula(candidate: Candidate) -> Formula:
    """A candidate with all its lithium, in smallest whole numbers; empty of a row of a pool."""
    return reduced(atoms_of(candidate) or {})


def refuse_other_composition(candidate: Candidate, found: Group) -> None:
    """Refuse calculations that cannot be of a candidate.

    Raises:
        SourceError: another host, or more lithium than the candidate has.
    """
    full = dict(full_formula(candidate))
    lithium = full.pop("Li", 0)
    if not full:
        msg = f"{found.where}: {candidate.id} is a row of a pool: its composition is not known"
        raise SourceError(msg)
    most = Fraction(lithium, sum(full.values()))
    for each in found.calculations:
        if each.host != reduced(full):
            msg = f"{each.where} is of {each.formula}, which is no {_formula(candidate)} with less "
            raise SourceError(f"{msg}lithium: it lies in the folder of {candidate.id} by mistake")
        if each.lithium_per_host > most:
            msg = f"{each.where} is of {each.formula}, with more lithium than {_formula(candidate)}"
            raise SourceError(f"{msg} has: take it away")


def _labelled(
    spec: CampaignSpec, told: Label, known: Mapping[str, Candidate], evaluator: str | None
) -> Candidate:
    if told.campaign != spec.name:
        msg = f"{told.where} is of campaign {told.campaign!r}, not of {spec.name!r}: enter it there"
        raise SourceError(msg)
    if told.candidate.id not in known:
        near = get_close_matches(told.candidate.id, known, n=NEAREST, cutoff=0.4)
        hint = "; ".join(_words(spec, known[name]) for name in near)
        msg = f"{told.where}: {spec.name} has no candidate {told.candidate.id}: "
        raise SourceError(msg + (f"the nearest are {hint}" if hint else "none looks like it"))
    if told.evaluator != evaluator:
        how = f"use --evaluator {told.evaluator}" if told.evaluator else "leave --evaluator out"
        meant = evaluator or spec.evaluator.kind
        asked = told.evaluator or spec.evaluator.kind
        msg = f"{told.where}: an order to {asked!r} among results of {meant!r}: {how}"
        raise SourceError(msg)
    return told.candidate


def _fitting(group: Group, known: Mapping[str, Candidate]) -> list[Candidate]:
    formulas = {each.reduced for each in group.calculations}
    return [each for each in known.values() if full_formula(each) in formulas]


def _unmatched(spec: CampaignSpec, group: Group, known: Mapping[str, Candidate]) -> str:
    fullest = max(group.calculations, key=lambda each: each.lithium_per_host)
    near = sorted(
        (each for each in known.values() if full_formula(each)),
        key=lambda each: (_distance(fullest, each), each.id),
    )[:NEAREST]
    msg = (
        f"{fullest.where}: {fullest.formula} is no candidate of {spec.name} with all its lithium: "
    )
    if not near:
        return f"{msg}it has none on a prototype; export its orders first"
    hint = "; ".join(_words(spec, each) for each in near)
    return f"{msg}the nearest are {hint}. Put the candidate.json of the right one beside it"


def _distance(calculation: Calculation, candidate: Candidate) -> float:
    """How far two compositions are apart: the sum of the differences of their atomic fractions."""
    one, other = dict(calculation.reduced), dict(full_formula(candidate))
    n, m = sum(one.values()), sum(other.values())
    every = set(one) | set(other)
    return sum(abs(one.get(e, 0) / n - other.get(e, 0) / m) for e in every)


def _formula(candidate: Candidate) -> str:
    return label(candidate, {})


def _words(spec: CampaignSpec, candidate: Candidate) -> str:
    return f"{candidate.id} ({label(candidate, spec.units)})"
