"""Prefect artifacts: what a turn shows on the server's pages."""

from collections.abc import Mapping
from uuid import UUID

from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from cathode.model import Turn
from cathode.physics.formulas import label
from cathode.report.figures.canvas import data_uri
from cathode.report.numbers import short
from cathode.report.view import CampaignView


class AnswerProgress:
    """The share of a turn's proposals that are answered, as a bar in the UI."""

    def __init__(self, turn: Turn, total: int) -> None:
        self._total = max(total, 1)
        self._done = 0
        created = create_progress_artifact(
            progress=0.0,
            key=f"{turn.campaign}-answers",
            description=f"Answers to the {total} proposals of turn {turn.number}",
        )
        self._artifact = UUID(str(created))

    def advance(self) -> None:
        """One more proposal is answered."""
        self._done += 1
        update_progress_artifact(self._artifact, progress=100 * self._done / self._total)


def publish_turn(view: CampaignView, turn: Turn, pictures: Mapping[str, bytes]) -> None:
    """The turn's table of proposals with their answers, and its plots."""
    create_table_artifact(
        table=_table(view, turn),
        key=f"{turn.campaign}-proposals",
        description=f"Proposals of turn {turn.number} with their answers",
    )
    plots = "\n\n".join(f"![{name}]({data_uri(picture)})" for name, picture in pictures.items())
    create_markdown_artifact(
        markdown="\n\n".join([f"# {turn.campaign}: turn {turn.number}", _summary(view), plots]),
        key=f"{turn.campaign}-plots",
        description=f"Progress and skill after turn {turn.number}",
    )


def _table(view: CampaignView, turn: Turn) -> list[dict[str, str | int]]:
    spec = view.spec
    by_id = {outcome.candidate.id: outcome for outcome in view.outcomes}
    rows: list[dict[str, str | int]] = []
    for proposal in view.seen.proposals:
        if proposal.turn != turn.number:
            continue
        outcome = by_id.get(proposal.candidate.id)
        if proposal.evaluator is not None:
            outcome = view.seen.answer_to(proposal)
        row: dict[str, str | int] = {
            "rank": proposal.rank,
            "candidate": proposal.candidate.id,
            "formula": label(proposal.candidate, spec.units),
        }
        if spec.cheaper:
            row["asked"] = proposal.evaluator or spec.evaluator.kind
        for name in spec.modelled:
            heading = spec.property_named(name).heading
            expected = proposal.predictions.get(name)
            row[f"expected {heading}"] = (
                f"{short(float(expected['mean']))} ± {short(float(expected['sigma']))}"
                if expected
                else "–"
            )
            row[heading] = short(outcome.values.get(name)) if outcome else "–"
        failures = sorted(set(outcome.failures.values())) if outcome else []
        row["failure"] = "; ".join(failures)
        row["reason"] = proposal.reason
        rows.append(row)
    return rows


def _summary(view: CampaignView) -> str:
    lines = []
    if view.progress:
        state = view.progress[-1]
        best = ", ".join(
            f"best {name} {short(value)} {view.spec.property_named(name).unit}"
            for name, value in state.best.items()
        )
        volume = (
            f", hypervolume {short(state.hypervolume)}" if state.hypervolume is not None else ""
        )
        lines.append(f"{state.candidates} candidates answered; {best or 'none counts yet'}{volume}")
    lines += [f"- {note}" for note in view.notes()]
    return "\n\n".join(lines)
