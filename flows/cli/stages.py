"""Progress of a study: a bar per stage with the time left, or lines where there is no terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flows.cli.output import messages, progress_bar

if TYPE_CHECKING:
    from rich.progress import Progress


class Stages:
    """Bars of stages.

    Args:
        bar: where they are shown.
        words: what is said of a stage that begins where there is no terminal.
    """

    def __init__(self, bar: "Progress", words: Callable[[str, int, int], str]) -> None:
        self._bar, self._words = bar, words
        self._stages: dict[str, Any] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """So much of a stage is done."""
        if stage not in self._stages:
            self._stages[stage] = self._bar.add_task(stage, total=total, completed=done)
            self.say(self._words(stage, done, total))
        self._bar.update(self._stages[stage], completed=done)

    def say(self, words: str) -> None:
        """A line, where no bar shows it."""
        if not self._bar.console.is_terminal:
            self._bar.console.print(words, soft_wrap=True, highlight=False)


@contextmanager
def showing_progress(words: Callable[[str, int, int], str]) -> Iterator[Stages]:
    """Show how far a study is.

    Args:
        words: what is said of a stage that begins where there is no terminal.
    """
    with progress_bar(messages()) as bar:
        yield Stages(bar, words)
