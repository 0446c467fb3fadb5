import base64
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from cathode.ledger import Ledger, campaigns
from cathode.loop.retrain import serve
from cathode.report.html import report_html
from cathode.report.numbers import short
from cathode.report.pictures import report_pictures, turn_pictures
from cathode.report.view import view_of

VOID = {"meta", "img", "br", "link"}


class Page(HTMLParser):
    """What a page holds: tags in order, attributes, text, and whether all tags close."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in ("tr", "td", "th", "p", "li", "tbody", self.open[-1]):
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="session")
def page(drawn):
    loop, view = drawn
    chosen = view.turns[-1].results["retrain"]
    models = serve(loop, view.seen, chosen, view.turns[-1].turn).models
    pictures = report_pictures(view, loop.space, models)
    return Page(report_html(view, pictures, "The campaign has ended."))


def test_the_page_is_whole_and_needs_nothing_beside_it(page):
    assert page.open == []
    assert page.all("script") == page.all("link") == []
    addresses = [a.get("src") or a.get("href") for _, a in page.tags if {"src", "href"} & set(a)]
    assert addresses
    assert all(address.startswith("data:image/png;base64,") for address in addresses)


def test_every_picture_the_issue_asks_for_is_there_and_is_a_picture(page):
    pictures = {image["alt"]: image["src"] for image in page.all("img")}
    assert set(pictures) == {
        "progress per turn",
        "Pareto front",
        "parity and calibration of specific_energy",
        "parity and calibration of volume_change",
        "skill over turns, specific_energy",
        "skill over turns, volume_change",
        "landscape of specific_energy",
        "landscape of volume_change",
    }
    for source in pictures.values():
        assert base64.b64decode(source.split(",")[1]).startswith(b"\x89PNG")


def test_text_of_users_is_text(page):
    assert "<script>alert('no')</script> & more" in page.words


def test_the_best_the_failures_and_the_models_are_told(page, view):
    best = view.ranked[0][0]
    assert best.candidate.id in page.words
    assert short(best.values["specific_energy"]) in page.words
    (failed,) = view.failed
    assert failed.candidate.id in page.words
    assert "missing" in page.words
    assert "gp-fractions-linear serves" in page.words
    assert page.words.count("(baseline)") == 2 * 2
    assert "Specific energy (Wh/kg)" in page.words or "specific energy (Wh/kg)" in page.words


def test_what_should_not_be_relied_on_is_said_in_words(view):
    skills = {
        1: [
            replace(s, metrics=s.metrics | {"n": 12.0, "coverage_80": 100 * 10 / 12})
            for s in view.latest_skills()
        ]
    }
    page = Page(report_html(replace(view, skills=skills), turn_pictures(view), "It goes on."))
    assert "Not to be relied on yet:" in page.words
    assert "specific energy: 12 held-out values are fewer than 20" in page.words


def test_a_campaign_before_its_first_turn_has_a_page_too(small_spec, tmp_path):
    ledger = Ledger.open(f"sqlite:///{tmp_path}/empty.db", create=True)
    with ledger.write() as connection:
        campaigns.register(connection, small_spec, "me")
    view = view_of(ledger, "small")
    page = Page(report_html(view, turn_pictures(view), "The campaign goes on."))
    assert "No turn has finished yet." in page.words
    assert "No candidate has all objectives and keeps all constraints yet." in page.words
    ledger.close()
