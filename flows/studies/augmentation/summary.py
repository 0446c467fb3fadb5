"""A finished study as one JSON object: what tables, pages and ``--json`` show."""

from typing import Any

import numpy as np

from augment.advice import caution
from augment.published import CITATION
from cathode.spec import parse_augmentation
from flows.crystals.loading import ion_note
from flows.crystals.properties import described as described_property
from flows.crystals.properties import unit_note
from flows.studies.augmentation.properties import absent_properties
from flows.studies.augmentation.scores import ion_rows, method_rows
from flows.studies.augmentation.settings import BASELINE, PLAIN, StudySettings, scaling
from flows.studies.augmentation.study import Place, Study, described
from flows.studies.augmentation.verdict import multiplicity, sentences
from flows.studies.outputs import finite


def summary(study: Study) -> dict[str, Any]:
    """Settings, statistics of every method beside the published ones, verdict; finite or null."""
    places = [_place(study, place) for place in study.places]
    settings, table = study.settings, study.data.table
    content: dict[str, Any] = finite(
        {
            **described(study.source, study.data, settings),
            "ion": study.source.ion if any(table.ions) else None,
            "folder": str(study.source.folder),
            "id": study.id,
            "properties": list(study.source.properties),
            "methods": list(settings.compared),
            "replicates": settings.replicates,
            "splits": list(settings.splits),
            "tune": settings.tune,
            "trials": settings.trials if settings.tune else None,
            "crystals": len(table),
            "frameworks": len(set(table.frameworks)),
            "refused": dict(table.refused),
            "absent": list(absent_properties(study.source.folder)),
            "published": CITATION,
            "places": places,
            "sentences": sentences(places, settings.compared),
            "cautions": cautions(study.source.properties, settings),
            "notes": notes(study, places),
        }
    )
    return content


def cautions(properties: tuple[str, ...], settings: StudySettings) -> list[str]:
    """What speaks against learning properties with methods; they are learned all the same.

    One sentence stands for all methods that it says the same of.
    """
    names = [name for name in settings.trained if name not in (PLAIN, BASELINE)]
    names += [scaling(settings.tune, 5)] if settings.tune else []
    found: dict[str, list[str]] = {}
    for wanted in properties:
        for name in dict.fromkeys(names):
            words = caution(parse_augmentation(name), wanted)
            if words is not None:
                reason = words.removeprefix(f"{name} ")
                found.setdefault(reason, []).append(name)
    return [f"{', '.join(names)} {reason}" for reason, names in found.items()]


def notes(study: Study, places: list[dict[str, Any]]) -> list[str]:
    """What went otherwise than a reader would think, in words."""
    settings = study.settings
    found = [note for name in study.source.properties if (note := unit_note(name)) is not None]
    if (ion := ion_note(study.data.table)) is not None:
        found.append(ion)
    absent = absent_properties(study.source.folder)
    if absent:
        found.append(f"of the paper's properties the data have no {', no '.join(absent)}")
    if study.data.table.refused:
        found.append(
            f"{len(study.data.table.refused)} crystals cannot be used: their reasons are listed"
        )
    if settings.plain_is_baseline:
        found.append(
            f"{PLAIN} and {BASELINE} are the same where variants are made on the fly: every "
            "crystal is seen once an epoch as it is; it was trained once"
        )
    if PLAIN in settings.trained:
        found.append(
            f"{PLAIN} takes as many epochs as the others, so a tenth of their steps, as published"
        )
    if settings.replicates == 1:
        found.append("one replicate has no spread: nothing can be told from it")
    late = [
        name
        for place in study.places
        for name in settings.compared
        for each in study.results[place][name]
        if each["best_epoch"] == settings.epochs
    ]
    total = len(study.places) * len(settings.compared) * settings.replicates
    if late:
        found.append(
            f"{len(late)} of {total} trainings were best at their last epoch "
            f"({settings.epochs}): more --epochs might make them better"
        )
    if (by_chance := multiplicity(places)) is not None:
        found.append(by_chance)
    return found


def _place(study: Study, place: Place) -> dict[str, Any]:
    parts = study.parts[place]
    return {
        "property": place[0],
        "unit": described_property(place[0]).unit,
        "split": place[1],
        "crystals": len(parts[0].train) + len(parts[0].validation) + len(parts[0].test),
        **{
            f"{name}_crystals": [len(getattr(each, name)) for each in parts]
            for name in ("train", "validation", "test")
        },
        "methods": method_rows(study, place),
        "ions": ion_rows(study, place),
        "tuned": _tuned(study, place),
    }


def _tuned(study: Study, place: Place) -> dict[str, Any] | None:
    if not study.trials:
        return None
    trials = study.trials[place]
    best = [min(each, key=lambda trial: trial[1])[0] for each in trials]
    return {
        "method": study.settings.tuned,
        "volumes_percent": best,
        "median_percent": float(np.median(best)),
        "trials": [
            [{"volume_percent": volume, "validation_mae": error} for volume, error in each]
            for each in trials
        ],
    }
