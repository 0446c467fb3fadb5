"""Skills of surrogates and the history of champions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from cathode.ledger.tables import skills, steps, turns
from cathode.model import Champion, HeldOut, HeldOutBounds, Prediction, Skill, Turn

BASELINE = "mean"
"""The predictor beside which champions are shown."""


def record(connection: Connection, turn: Turn, found: Sequence[Skill]) -> None:
    """Enter the skills measured in a turn."""
    for skill in found:
        row = {
            "campaign": turn.campaign,
            "turn": turn.number,
            "property": skill.property,
            "surrogate": skill.surrogate,
            "champion": skill.champion,
            "metrics": dict(skill.metrics),
            "held_out": None if skill.held_out is None else _to_json(skill.held_out),
            "error": skill.error,
        }
        connection.execute(skills.insert().values(row))


def of_turn(connection: Connection, turn: Turn) -> list[Skill]:
    """The skills measured in a turn, as they were entered."""
    return of_campaign(connection, turn.campaign).get(turn.number, [])


def of_campaign(connection: Connection, campaign: str) -> dict[int, list[Skill]]:
    """The skills measured in every turn of a campaign."""
    found: dict[int, list[Skill]] = {}
    query = (
        select(skills)
        .where(skills.c.campaign == campaign)
        .order_by(skills.c.turn, skills.c.property, skills.c.surrogate)
    )
    for row in connection.execute(query):
        held_out = None if row.held_out is None else _from_json(row.held_out)
        found.setdefault(row.turn, []).append(
            Skill(row.property, row.surrogate, row.metrics, held_out, row.champion, row.error)
        )
    return found


def champions(connection: Connection, campaign: str) -> list[Champion]:
    """Which surrogate served each property, turn by turn, in the order of the spec.

    Properties of which nothing was measured yet are left out.
    """
    scores = _scores(connection, campaign)
    taken, chosen = steps.alias("taken"), steps.alias("chosen")
    query = (
        select(
            turns.c.number,
            turns.c.revision,
            taken.c.result.label("taken"),
            chosen.c.result.label("chosen"),
            chosen.c.finished_at,
        )
        .join(taken, (taken.c.campaign == turns.c.campaign) & (taken.c.turn == turns.c.number))
        .join(chosen, (chosen.c.campaign == turns.c.campaign) & (chosen.c.turn == turns.c.number))
        .where(turns.c.campaign == campaign)
        .where(taken.c.step == "assimilate", chosen.c.step == "retrain")
        .order_by(turns.c.number)
    )
    found: list[Champion] = []
    before: dict[str, str] = {}
    for row in connection.execute(query):
        for name, dataset in row.taken["datasets"].items():
            surrogate = row.chosen["champions"].get(name)
            scored = scores.get((row.number, name), {})
            if surrogate is None and not scored:
                continue
            champion = Champion(
                turn=Turn(campaign, row.number, row.revision),
                chosen_at=row.finished_at,
                property=name,
                surrogate=surrogate,
                replaced=None if surrogate == before.get(name) else before.get(name),
                scores=scored.get(surrogate or "", {}),
                mean=scored.get(BASELINE, {}),
                dataset=dataset,
                up_to=row.taken["up_to"],
            )
            found.append(champion)
            if surrogate is not None:
                before[name] = surrogate
    return found


def _scores(
    connection: Connection, campaign: str
) -> dict[tuple[int, str], dict[str, Mapping[str, float]]]:
    """Per turn and property the scores of each surrogate and baseline."""
    found: dict[tuple[int, str], dict[str, Mapping[str, float]]] = {}
    query = select(skills.c.turn, skills.c.property, skills.c.surrogate, skills.c.metrics).where(
        skills.c.campaign == campaign
    )
    for row in connection.execute(query):
        found.setdefault((row.turn, row.property), {})[row.surrogate] = row.metrics
    return found


def _to_json(held_out: HeldOut) -> dict[str, Any]:
    content = {
        "y": held_out.y.tolist(),
        "mean": held_out.prediction.mean.tolist(),
        "sigma": held_out.prediction.sigma.tolist(),
        "groups": list(held_out.groups),
        "widening": held_out.widening,
    }
    if (bounds := held_out.bounds) is not None:
        content["bounds"] = {
            "y": bounds.y.tolist(),
            "sides": bounds.sides.tolist(),
            "mean": bounds.prediction.mean.tolist(),
            "sigma": bounds.prediction.sigma.tolist(),
        }
    return content


def _from_json(content: dict[str, Any]) -> HeldOut:
    bounds = None
    if (known := content.get("bounds")) is not None:
        sides = np.array(known["sides"], dtype=int)
        bounds = HeldOutBounds(np.array(known["y"]), sides, _prediction(known))
    groups = tuple(content["groups"])
    widening = content.get("widening", 1.0)  # older ledgers know none
    return HeldOut(np.array(content["y"]), _prediction(content), groups, bounds, widening)


def _prediction(content: dict[str, Any]) -> Prediction:
    return Prediction(np.array(content["mean"]), np.array(content["sigma"]))
