"""Write a campaign's report, with the champions fitted to all that is known."""

from pathlib import Path

from cathode.ledger import Ledger
from cathode.loop import Loop, finished_because
from cathode.loop.retrain import serve
from cathode.report.html import report_html
from cathode.report.pictures import report_pictures
from cathode.report.view import CampaignView, Models, view_of
from cathode.settings import Settings
from flows.wiring import build_loop


def write_report(ledger: Ledger, settings: Settings, campaign: str, file: Path) -> Path:
    """Write the report of a campaign as one HTML file.

    Raises:
        UnknownCampaignError: the ledger has no such campaign.
    """
    loop = build_loop(ledger, settings, campaign)
    view = view_of(ledger, campaign)
    ended = finished_because(loop)
    state = f"The campaign has ended: {ended}." if ended else "The campaign goes on."
    pictures = report_pictures(view, loop.space, _models(loop, view))
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(report_html(view, pictures, state), encoding="utf-8")
    return part.replace(file)


def _models(loop: Loop, view: CampaignView) -> Models:
    """The champions of the last turn that chose any, fitted to everything measured since."""
    for record in reversed(view.turns):
        chosen = record.results.get("retrain", {})
        if chosen.get("champions"):
            return serve(loop, view.seen, chosen, record.turn).models
    return {}
