"""Work orders to print, some with words that try to be more than words."""

from datetime import UTC, datetime
from fractions import Fraction

from cathode.lab.furnace import Heating
from cathode.lab.order_parts import Expected, Neighbour, Place, Setting, ToMeasure
from cathode.lab.recipe import Recipe
from cathode.lab.weighing import Weighing
from cathode.lab.work_order import WorkOrder
from cathode.model import Review, Verdict

EVIL = "<img src=x onerror=alert(1)>[x](javascript:alert(1)) | **b** `c` ~~d~~ \"e\" 'f'\n# g\u202e"
"""A tag, a link, a cell's end, marks, a second line, and a letter that turns the line around."""

SHOWN = "<img src=x onerror=alert(1)>[x](javascript:alert(1)) | **b** `c` ~~d~~ \"e\" 'f' # g"
"""What a reader should see of it."""


def order(word="plain", **changes):
    """An order with a word wherever people write one."""
    weighed = Weighing("Co(NO3)2*6H2O", ("Co",), 98.0, 291.034, 1.23456, 1.235)
    recipe = Recipe(
        batch=10.0,
        balance=Fraction(1, 1000),
        lithium_excess=3.0,
        weighings=(Weighing("LiOH*H2O", ("Li",), 100.0, 41.964, 4.3, 4.3), weighed),
        asked={"Li": {"Li": 1.0}, "M": {"Co": 0.8, "Ni": 0.2}},
        weighed={"Li": {"Li": 1.0002}, "M": {"Co": 0.80004, "Ni": 0.19996}},
        warnings=("0.001 g of WO3 are less than 0.01 g", "a batch of 50 g has none of this"),
        programme=(Heating(25.0, 750.0, 2.0, 12.0, word),),
    )
    made = {
        "campaign": "small",
        "candidate": "c-abcdefghij",
        "order": "1/3",
        "turn": 1,
        "evaluator": None,
        "formula": "LiCo0.8Ni0.2O2",
        "settings": (Setting("route", word, ""), Setting("temperature", 750.0, "degC")),
        "recipe": recipe,
        "no_recipe": "",
        "measure": (
            ToMeasure("capacity", word, "mAh/g", {"c_rate": 0.1}, Expected(180.0, 10.0, "gp"), ""),
            ToMeasure("purity", "purity", word, {}, None, word),
        ),
        "reason": word,
        "proposer": "bayesian",
        "verdict": "approved",
        "review": Review(1, 3, Verdict.APPROVED, word, word, datetime(2026, 1, 2, tzinfo=UTC)),
        "place": Place("inside known data", 0.4, False, Neighbour("c-x", word, {word: "5 V"})),
        "content": {"prototype": "layered"},
    }
    return WorkOrder(**(made | changes))
