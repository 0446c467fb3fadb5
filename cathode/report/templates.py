"""Templates of pages; whatever is filled in is text, and never markup."""

from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from cathode.report.numbers import short
from cathode.report.text import chemical, plain


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("cathode", "report"), autoescape=True, undefined=StrictUndefined
    )
    environment.filters |= {"short": short, "plain": plain, "chemical": chemical}
    return environment


def template(name: str) -> Template:
    """The template in a file of this package."""
    return _environment().get_template(name)
