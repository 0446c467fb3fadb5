"""One turn of the loop: assimilate, audit, retrain, propose, dispatch.

Plain functions over the protocols, without Prefect or MLflow. Each step commits to the ledger
in one transaction keyed by campaign, turn and step, so a killed turn continues where it stopped
and a repeated step changes nothing.
"""

from cathode.loop.assimilate import assimilate
from cathode.loop.audit import audit
from cathode.loop.dispatch import Answers, dispatch, serially
from cathode.loop.entering import Again, order_name
from cathode.loop.ingest import Ingested, ingest
from cathode.loop.loop import Loop
from cathode.loop.propose import propose
from cathode.loop.retrain import Serving, retrain
from cathode.loop.schedule import finished_because, next_turn, waiting_because
from cathode.loop.turn import run_turn

__all__ = [
    "Again",
    "Answers",
    "Ingested",
    "Loop",
    "Serving",
    "assimilate",
    "audit",
    "dispatch",
    "finished_because",
    "ingest",
    "next_turn",
    "order_name",
    "propose",
    "retrain",
    "run_turn",
    "serially",
    "waiting_because",
]
