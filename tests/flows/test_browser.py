"""The platform as people see it: Prefect's and MLflow's pages in a real browser.

Pictures of what was seen lie in the folder that ``CATHODE_SCREENSHOTS`` names, if it is set.
"""

import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cathode.ledger import Ledger, measurements
from cathode.loop.observations import observe
from tests.flows.commands import cathode
from tests.flows.test_up import Up
from tests.helpers import layered

pytestmark = pytest.mark.slow

PATIENCE = 60_000
"""Milliseconds."""

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def up(tmp_path_factory) -> Iterator[Up]:
    """A platform with a campaign whose first turn a lab has to answer."""
    folder = tmp_path_factory.mktemp("browser")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "CATHODE_"))}
    platform = Up(clean | {"CATHODE_HOME": str(folder / "home")})
    try:
        platform.wait_until_ready()
        content = layered(
            evaluator={"kind": "lab", "conditions": {"c_rate": 0.1}, "recipe": {}},
            objectives=[{"property": "discharge_capacity"}],
            constraints=[],
            surrogates=[{"kind": "gp", "kernel": "linear"}, {"kind": "gp"}],
            initial=4,
        )
        path = folder / "small.yaml"
        path.write_text(yaml.safe_dump(content))
        done = cathode("run", str(path), env=platform.env)
        assert done.returncode == 0, done.stderr
        assert f"{platform.told['prefect']}/artifacts/key/small-orders" in done.stderr
        yield platform
    finally:
        platform.process.terminate()
        assert platform.ended()
        platform.close()


@pytest.fixture(scope="module")
def browser():
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"no browser is installed: none of {', '.join(NAMES)} was found")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        # A sandbox of its own needs rights that containers do not give.
        opened = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 1400})
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def seen(page, name):
    if folder := os.environ.get("CATHODE_SCREENSHOTS"):
        page.wait_for_timeout(500)
        page.screenshot(path=Path(folder) / f"{name}.png")


def newest(page):
    """Of an artifact's page the newest version."""
    page.locator("a[href*='/artifacts/artifact/']").first.click()


def form_of(page, up, order):
    """From the list of open orders to the form of one of them."""
    page.goto(f"{up.told['prefect']}/artifacts/key/small-orders")
    newest(page)
    seen(page, "orders")
    with page.expect_popup() as opened:
        page.get_by_role("link", name=order, exact=True).click()
    page = opened.value
    newest(page)
    page.get_by_text("Weigh in", exact=True).wait_for()
    seen(page, "order")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Enter results").first.click()
    opened.value.get_by_text("Validate parameters").wait_for()
    return opened.value


def box(page, label):
    near = page.locator("label", has_text=re.compile(rf"^\s*{re.escape(label)}"))
    within = near.locator("xpath=ancestor::*[.//input or .//textarea][1]")
    return within.locator("input, textarea").first


def submitted(page, **values):
    for label, value in values.items():
        box(page, label.replace("_", " ")).fill(str(value))
    seen(page, "form")
    page.get_by_role("button", name="Submit").click()


def run_of(page):
    """To the page of the run of a form that was submitted: the way there is shown for seconds."""
    page.get_by_text("View run").last.click()


def answer_of(page):
    """What a run says in the end, read on its page."""
    page.get_by_text("Artifacts", exact=True).last.click()
    page.locator("a[href*='/artifacts/artifact/']", has_text="submit-result").click()
    found = page.locator("article.artifact-data-markdown")
    found.wait_for()
    return found.inner_text()


def stored(up):
    ledger = Ledger.open(f"sqlite:///{up.env['CATHODE_HOME']}/ledger.db")
    with ledger.read() as connection:
        found = measurements.every(connection, "small")
    ledger.close()
    return found


def test_a_result_is_entered_from_its_work_order(up, page):
    form = form_of(page, up, "0/0")
    assert box(form, "Campaign").input_value() == "small"
    assert box(form, "C-rate").input_value() == "0.1"
    submitted(form, Operator="Ada", Discharge_capacity=183.456)
    run_of(form)
    deadline = time.monotonic() + 60
    while not stored(up) and time.monotonic() < deadline:
        time.sleep(0.1)
    (known,) = stored(up)
    assert known.measurement.value == 183.456
    text = answer_of(form)
    seen(form, "stored")
    assert "183.456" in text


def test_what_is_wrong_is_said(up, page):
    before = stored(up)
    form = form_of(page, up, "0/1")
    submitted(form, Operator="Ada", Discharge_capacity=5000)
    form.get_by_text("5000 is greater than the maximum of 1500").first.wait_for()
    seen(form, "too much")
    right = box(form, "Candidate").input_value()
    wrong = f'{right[:-1]}<b>&"*'
    submitted(form, Candidate=wrong, Discharge_capacity=180)
    run_of(form)
    text = answer_of(form)
    seen(form, "unknown")
    assert wrong in text
    assert f"The nearest are {right}" in text
    assert stored(up) == before


def test_models_are_compared_in_mlflow(up, page):
    folder = Path(up.env["CATHODE_HOME"]).parent
    ledger = Ledger.open(f"sqlite:///{folder}/home/ledger.db")
    asked = [order.candidate.id for order in observe(ledger, "small").proposals]
    ledger.close()
    lines = [f"{candidate},{170 + k},0.1\n" for k, candidate in enumerate(asked)]
    (folder / "rest.csv").write_text(
        "candidate,discharge_capacity (mAh/g),c_rate (1/h)\n" + "".join(lines)
    )
    done = cathode("ingest", "small", folder / "rest.csv", "--again", "correct", env=up.env)
    assert done.returncode == 0, done.stderr
    page.goto(f"{up.told['prefect']}/artifacts/key/small-orders")
    newest(page)
    page.get_by_text("None is open.", exact=True).wait_for()
    done = cathode("run", folder / "small.yaml", env=up.env)
    assert done.returncode == 0, done.stderr
    (address,) = re.findall(re.escape(up.told["mlflow"]) + r"/#\S+", done.stdout)
    page.goto(address)
    for name in ("small", "turn 1"):
        run = page.get_by_role("link", name=name, exact=True).last
        row = page.locator("div[role=row]", has=run)
        row.locator("button").last.click()
    models = ("turn 1: gp-fractions-linear", "turn 1: gp-fractions-matern52")
    for name in models:
        page.get_by_role("link", name=name, exact=True).wait_for()
    seen(page, "runs")
    page.get_by_label("Select all runs").click()
    page.get_by_role("button", name="Compare").click()
    page.get_by_text(re.compile("Comparing [0-9]+ Runs from 1 Experiment")).wait_for()
    for text in (*models, "dataset_hash/discharge_capacity", "discharge_capacity/champion/mae"):
        page.get_by_text(text, exact=True).first.wait_for()
    seen(page, "comparison")
