import re
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from cathode.report.text import chemical, markdown_text, plain
from cathode.report.work_order import work_order_html, work_order_markdown, work_orders_html
from tests.cathode.report.orders import EVIL, SHOWN, order

VOID = {"meta"}


class Page(HTMLParser):
    """Tags with their attributes, text, and which tags are still open."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self.texts += [" "] * (tag in ("td", "th"))

    def handle_data(self, data):
        self.texts.append(data)

    def count(self, tag, name):
        return sum(t == tag and a.get("class") == name for t, a in self.tags)

    @property
    def words(self):
        return " ".join("".join(self.texts).split())


def test_a_page_has_a_box_to_tick_and_a_field_for_every_precursor():
    page = Page(work_order_html(order()))
    assert page.open == []
    assert page.count("td", "tick") == 2
    assert page.count("span", "box") == 2 + 1, "a box per precursor and per furnace step"
    assert page.count("td", "empty") == 2 + 1, "grams, and the property that is owed"
    assert "LiOH·H2O" in page.words
    assert "Co(NO3)2·6H2O Co 98 1.235" in page.words
    for head in ("weighed (g)", "operator", "begun on", "finished on"):
        assert head in page.words
    assert "3 % more lithium" in page.words
    assert "Look out: 0.001 g of WO3 are less than 0.01 g; a batch of 50 g has none" in page.words
    assert "1. heat to 750 °C at 2 °C/min (6 h 3 min), hold 12 h, in plain" in page.words
    assert "180 167.2 to 192.8 gp" in page.words
    assert "moves a fraction by 0.0002 at most" in page.words
    assert "Approved by plain: plain." in page.words
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "img", "a"})


def test_all_orders_are_in_one_file_each_on_its_page():
    text = work_orders_html("small", [order(), order(order="1/4"), order(order="2/0")], awaiting=1)
    page = Page(text)
    assert page.count("section", "order") == 3
    assert re.search(r"\.order \{ break-after: page;", text)
    assert "size: A4" in text
    assert "1 more order awaits approval and is not printed." in page.words


def test_without_orders_the_page_says_so():
    page = Page(work_orders_html("small", [], awaiting=2))
    assert "small has no open work order that may be made." in page.words
    assert "2 more orders await approval and are not printed." in page.words


def test_what_is_not_there_leaves_no_hole():
    bare = order(recipe=None, no_recipe="small has no recipe", review=None, settings=(), measure=())
    page = Page(work_order_html(bare))
    assert "No masses: small has no recipe." in page.words
    assert "Fire" not in page.words
    assert "## Fire" not in work_order_markdown(bare)
    assert "No masses: small has no recipe." in work_order_markdown(bare)
    asked = Page(work_order_html(order(evaluator="dft")))
    assert "asked of dft" in asked.words
    assert "What is expected is the result, whoever is asked." in asked.words


@pytest.mark.parametrize("changes", [{}, {"formula": EVIL, "content": {"prototype": "pool"}}])
def test_text_of_people_is_text_on_pages(changes):
    text = work_order_html(order(EVIL, **changes))
    page = Page(text)
    plain_page = Page(work_order_html(order(**changes)))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain_page.tags]
    assert page.words.count(SHOWN) == 10 + len(changes) // 2
    assert "\u202e" not in text


def test_text_of_people_is_text_in_markdown():
    render = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render
    evil = Page(render(work_order_markdown(order(EVIL, formula=EVIL, evaluator=EVIL))))
    meek = Page(render(work_order_markdown(order(evaluator="plain"))))
    assert [tag for tag, _ in evil.tags] == [tag for tag, _ in meek.tags]
    assert evil.words.count(SHOWN) == 12
    assert "\u202e" not in work_order_markdown(order(EVIL))


@pytest.mark.parametrize("text", ["http://a.example/x", "www.a.example", "a@b.example"])
def test_addresses_become_no_links(text):
    render = MarkdownIt("commonmark", {"linkify": False}).render
    assert Page(render(markdown_text(text))).words == text
    assert text not in markdown_text(text), "a page that makes links of addresses sees none"


def test_formulas_have_low_numbers():
    assert chemical("LiNi0.8O2") == "LiNi<sub>0.8</sub>O<sub>2</sub>"
    assert chemical("Co(NO3)2*6H2O") == "Co(NO<sub>3</sub>)<sub>2</sub>·6H<sub>2</sub>O"
    assert "<b>" not in chemical("<b>2")


def test_a_text_is_put_on_one_line():
    assert plain(" a\n\tb\u200b \x00c ") == "a b c"
