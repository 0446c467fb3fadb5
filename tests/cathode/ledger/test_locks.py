import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest

from cathode.errors import CampaignLockedError
from cathode.ledger import locks as module
from cathode.ledger.database import now
from cathode.ledger.locks import holder_of, lock
from cathode.ledger.tables import locks

HOLDER = """
import sys, time
from cathode.ledger import Ledger, lock
with lock(Ledger.open(sys.argv[1]), "small"):
    print("held", flush=True)
    time.sleep(600)
"""


def url_of(ledger):
    return ledger._engine.url.render_as_string(hide_password=False)


def test_a_lock_is_given_back(ledger):
    with lock(ledger, "small"):
        assert str(os.getpid()) in holder_of(ledger, "small")
        with lock(ledger, "other"):
            pass
    assert holder_of(ledger, "small") is None
    with lock(ledger, "small"):
        pass


def test_the_same_thread_of_work_may_enter_twice(ledger):
    with lock(ledger, "small"):
        with lock(ledger, "small"):
            pass
        assert holder_of(ledger, "small") is not None, "the inner one gives nothing back"


def test_another_thread_is_kept_out(ledger):
    errors = []

    def enter():
        try:
            with lock(ledger, "small"):
                pass
        except CampaignLockedError as error:
            errors.append(error)

    with lock(ledger, "small"):
        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
    assert len(errors) == 1


def test_another_process_is_kept_out_until_it_is_killed(ledger):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url_of(ledger)], stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"held\n"
    words = f"locked by process {process.pid}"
    with pytest.raises(CampaignLockedError, match=words), lock(ledger, "small"):
        pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert holder_of(ledger, "small") is None
    with lock(ledger, "small"):
        pass
    process.stdout.close()


@pytest.mark.parametrize(
    ("age", "free"),
    [pytest.param(10, False, id="renewed lately"), pytest.param(121, True, id="abandoned")],
)
def test_a_lock_of_another_machine_ends_with_its_lease(ledger, age, free):
    with ledger.write() as connection:
        connection.execute(
            locks.insert().values(
                campaign="small",
                holder="x",
                host="elsewhere",
                pid=1,
                process_started=0.0,
                acquired_at=now(),
                renewed_at=now() - timedelta(seconds=age),
            )
        )
    if free:
        with lock(ledger, "small"):
            pass
    else:
        with pytest.raises(CampaignLockedError, match="on elsewhere"), lock(ledger, "small"):
            pass


def test_a_reused_process_id_does_not_hold_a_lock(ledger):
    with ledger.write() as connection:
        connection.execute(
            locks.insert().values(
                campaign="small",
                holder="x",
                host=module.socket.gethostname(),
                pid=os.getpid(),
                process_started=1.0,
                acquired_at=now(),
                renewed_at=now(),
            )
        )
    with lock(ledger, "small"):
        pass


def test_a_lock_is_renewed(ledger, monkeypatch):
    monkeypatch.setattr(module, "RENEWAL_SECONDS", 0.05)
    with lock(ledger, "small"):
        with ledger.read() as connection:
            before = connection.execute(locks.select()).one().renewed_at
        threading.Event().wait(0.5)
        with ledger.read() as connection:
            assert connection.execute(locks.select()).one().renewed_at > before
