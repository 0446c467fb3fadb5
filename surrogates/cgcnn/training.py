"""Train one network: robust loss, averaged weights, early stopping, a checkpoint every epoch.

The paper's code trains by the square error with SGD. Here the loss is the negative logarithm of
a Laplace density, whose scale the network predicts: it is robust, and tells noise. The weights are
averaged over some epochs.
"""

import copy
import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cathode.errors import FitError
from cathode.protocols import Augmentation
from cathode.rng import derived_seed
from surrogates.cgcnn.batches import ahead, shuffled
from surrogates.cgcnn.checkpoint import read_checkpoint, write_checkpoint
from surrogates.cgcnn.elements import element_vectors
from surrogates.cgcnn.network import CrystalGraphNetwork, Sizes
from surrogates.cgcnn.trained import LOG_SCALES, Epoch, Labelled, Trained, outputs

Values = NDArray[np.float64]

WARM_UP = 0.1
"""Share of the steps in which the learning rate rises."""

SLOW = 0.1
"""Learning rate of slow layers, in units of that of the others."""

GREATEST_STEP = 1.0
"""Norm to which gradients are cut."""

FEWEST_STEPS = 4
"""Steps of an epoch, if there are crystals enough for them."""

GPU_MEMORY = 3 * 2**30
"""Bytes of a GPU's memory that a training has for itself."""


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained.

    Attributes:
        epochs: passes over the data, at most.
        batch: crystals in a batch; fewer where there are few, so that an epoch has some steps.
        rate: greatest learning rate of AdamW; it rises, then falls as a cosine.
        decay: weight decay.
        patience: epochs without a better validation error after which training stops.
        memory: epochs over which weights are averaged; the averaged ones are validated and kept.
        lower: of embedding and convolutions, when training goes on from a network that has
            learned before: ``free`` as all others, ``slow`` or ``frozen``.
    """

    epochs: int = 120
    batch: int = 64
    rate: float = 5e-3
    decay: float = 0.02
    patience: int = 60
    memory: float = 4.0
    lower: Literal["free", "slow", "frozen"] = "free"


Tell = Callable[[Epoch], None]
"""Told of every epoch."""


def best_device() -> torch.device:
    """A GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def trainings_at_once(workers: int) -> int:
    """How many processes may train side by side: one alone waits for a GPU more than it fills it.

    Args:
        workers: how many the processor has room for.
    """
    if best_device().type == "cpu":
        return workers
    memory = torch.cuda.get_device_properties(0).total_memory
    return max(1, min(workers, memory // GPU_MEMORY))


def train(
    data: Labelled,
    validation: Labelled | None,
    sizes: Sizes,
    settings: TrainingSettings,
    seed: int,
    augmentation: Augmentation | None = None,
    start: CrystalGraphNetwork | None = None,
    checkpoint: Path | None = None,
    tell: Tell | None = None,
    device: torch.device | None = None,
) -> Trained:
    """Train a network.

    Args:
        data: what is learned from.
        validation: tells the best epoch; the last one is taken if None.
        sizes: of the network.
        settings: how.
        seed: of first weights, order and variants.
        augmentation: makes every crystal a variant of itself, a new one each epoch.
        start: a network to go on from, of the same sizes up to its output.
        checkpoint: file in which training is kept epoch by epoch, and from which it goes on;
            it is there no more at the end.
        tell: is told of every epoch.
        device: where to compute; a GPU where there is one, if None.

    Raises:
        FitError: there are fewer than two crystals, none has the atoms to be read apart, or the
            loss is no number any more.
    """
    if len(data) < 2:  # noqa: PLR2004
        msg = f"{len(data)} crystals: a network needs 2 to learn from"
        raise FitError(msg)
    sought = element_vectors()[sizes.focus]
    if sizes.focus and not any((g.vectors == sought).all(axis=1).any() for g in data.graphs):
        msg = f"no crystal has an atom of atomic number {sizes.focus}, which is to be read apart"
        raise FitError(msg)
    network = _first(sizes, seed, start)
    at = device or best_device()
    training = _Training(network, data, validation, settings, seed, augmentation, at)
    return training.run(checkpoint, tell)


def _first(sizes: Sizes, seed: int, start: CrystalGraphNetwork | None) -> CrystalGraphNetwork:
    """A network before training, with layers of another one where there is one."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(derived_seed(seed, "weights"))
        network = CrystalGraphNetwork(sizes)
    if start is not None:
        if replace(start.sizes, outputs=sizes.outputs) != sizes:
            msg = f"the network to go on from has {start.sizes}, {sizes} are asked for"
            raise FitError(msg)
        known = {k: v for k, v in start.state_dict().items() if not k.startswith("fc_out")}
        network.load_state_dict(known, strict=False)
    return network


class _Training:
    """A network in training."""

    def __init__(
        self,
        network: CrystalGraphNetwork,
        data: Labelled,
        validation: Labelled | None,
        settings: TrainingSettings,
        seed: int,
        augmentation: Augmentation | None,
        device: torch.device,
    ) -> None:
        self.data, self.validation, self.settings = data, validation, settings
        self.seed, self.augmentation, self.device = seed, augmentation, device
        self.mean = float(data.y.mean())
        # A constant has no spread of its own; a millionth of it says that it is one.
        self.spread = float(data.y.std()) or 1e-6 * max(abs(self.mean), 1.0)
        self.target = torch.as_tensor(
            (data.y - self.mean) / self.spread, dtype=torch.float32, device=device
        )
        self.batch = max(2, min(settings.batch, math.ceil(len(data) / FEWEST_STEPS)))
        self.network = network.to(device)
        self.average, self.best = copy.deepcopy(network), copy.deepcopy(network.state_dict())
        self.optimiser = torch.optim.AdamW(
            _groups(network, settings), settings.rate, weight_decay=settings.decay
        )
        self.steps, self.epochs = 0, list[Epoch]()
        self.content = _digest(self.best, data, validation)

    def run(self, checkpoint: Path | None, tell: Tell | None) -> Trained:
        """Train to the end, from where a checkpoint stands."""
        if checkpoint is not None and (kept := read_checkpoint(checkpoint)) is not None:
            self._resume(kept)
        while not self._over():
            loss = self._epoch(len(self.epochs) + 1)
            if not math.isfinite(loss):
                msg = f"the loss is {loss} in epoch {len(self.epochs) + 1}: use a lower rate"
                raise FitError(msg)
            self._validate(loss)
            if checkpoint is not None:
                write_checkpoint(checkpoint, self._state())
            if tell is not None:
                tell(self.epochs[-1])
        self.average.load_state_dict(self.best)
        if checkpoint is not None:
            checkpoint.unlink(missing_ok=True)
        return Trained(self.average.cpu().eval(), self.mean, self.spread, tuple(self.epochs))

    def _over(self) -> bool:
        done = len(self.epochs)
        if not done or self.validation is None:
            return done >= self.settings.epochs
        best = int(np.argmin([epoch.mae for epoch in self.epochs])) + 1
        return done >= self.settings.epochs or done - best >= self.settings.patience

    def _epoch(self, number: int) -> float:
        """One pass over the data."""
        self.network.train()
        if self.settings.lower == "frozen":
            for each in (self.network.embedding, self.network.convs):
                each.eval()  # statistics of frozen layers stay, too
        # Of each epoch its own, so that a resumed training goes on as it would have.
        rng = np.random.default_rng(derived_seed(self.seed, "epoch", number))
        losses = []
        batches = shuffled(self.data.graphs, self.batch, rng, self.augmentation)
        for rows, batch in ahead(batches):
            self._set_rate()
            loss = laplace_loss(self.network(batch.to(self.device)), self.target[rows])
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), GREATEST_STEP)
            self.optimiser.step()
            self.steps += 1
            self._average()
            losses.append(loss.detach())  # asked for its number, a GPU would be waited for
        return float(torch.stack(losses).double().mean())

    @property
    def _steps_an_epoch(self) -> int:
        return math.ceil(len(self.data) / self.batch)

    def _set_rate(self) -> None:
        done = self.steps / (self._steps_an_epoch * self.settings.epochs)
        fall = 0.5 * (1 + math.cos(math.pi * (done - WARM_UP) / (1 - WARM_UP)))
        share = done / WARM_UP if done < WARM_UP else fall
        for group in self.optimiser.param_groups:
            group["lr"] = self.settings.rate * group["share"] * share

    def _average(self) -> None:
        """Let the averaged weights follow; at first they follow at once."""
        span = self.settings.memory * self._steps_an_epoch
        weight = 1 / min(span, 1 + self.steps / 10) if span > 1 else 1.0
        with torch.no_grad():
            pairs = zip(
                self.average.state_dict().values(), self.network.state_dict().values(), strict=True
            )
            for mean, now in pairs:
                if mean.dtype.is_floating_point:
                    mean.lerp_(now, weight)
                else:
                    mean.copy_(now)

    def _validate(self, loss: float) -> None:
        mae = math.nan
        if self.validation is not None:
            found = outputs(self.average, self.validation.graphs, self.device)[:, 0]
            mae = float(np.abs(self.mean + self.spread * found - self.validation.y).mean())
        better = not self.epochs or not mae >= min(epoch.mae for epoch in self.epochs)
        if better:
            self.best = copy.deepcopy(self.average.state_dict())
        self.epochs.append(Epoch(len(self.epochs) + 1, loss, mae))

    def _state(self) -> dict[str, Any]:
        return {
            "made_by": self._described(),
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "best": self.best,
            "optimiser": self.optimiser.state_dict(),
            "steps": self.steps,
            "epochs": [asdict(epoch) for epoch in self.epochs],
        }

    def _described(self) -> dict[str, Any]:
        """What a checkpoint must agree in."""
        return {
            **asdict(self.settings),
            **asdict(self.network.sizes),
            "seed": self.seed,
            "content": self.content,
            "augmentation": self.augmentation.name if self.augmentation is not None else "",
        }

    def _resume(self, kept: dict[str, Any]) -> None:
        if kept.get("made_by") != self._described():
            return  # of another training: this one begins anew
        self.network.load_state_dict(kept["network"])
        self.average.load_state_dict(kept["average"])
        self.best = kept["best"]
        self.optimiser.load_state_dict(kept["optimiser"])
        self.steps = kept["steps"]
        self.epochs = [Epoch(**epoch) for epoch in kept["epochs"]]


def _digest(weights: Mapping[str, Tensor], *parts: Labelled | None) -> str:
    """A hash of first weights, crystals and values."""
    content = hashlib.sha256()
    for each in weights.values():
        content.update(each.cpu().numpy().tobytes())
    for part in parts:
        content.update(f"{-1 if part is None else len(part)}".encode())
        if part is not None:
            content.update(np.ascontiguousarray(part.y, dtype="<f8").tobytes())
            content.update("".join(graph.crystal.digest for graph in part.graphs).encode())
    return content.hexdigest()


def laplace_loss(out: Tensor, target: Tensor) -> Tensor:
    """Mean negative logarithm of Laplace densities, up to a constant.

    Args:
        out: value and logarithm of the scale, shape (n, 2), or values alone, shape (n, 1): then
            the mean absolute error.
        target: shape (n,).
    """
    error = (out[:, 0] - target).abs()
    if out.shape[1] == 1:
        return error.mean()
    scale = out[:, 1].clamp(*LOG_SCALES)
    return (error * torch.exp(-scale) + scale).mean()


def _groups(network: CrystalGraphNetwork, settings: TrainingSettings) -> list[dict[str, Any]]:
    """Parameters with the share of the learning rate that they have."""
    lower = [*network.embedding.parameters(), *network.convs.parameters()]
    ids = {id(each) for each in lower}
    upper = [each for each in network.parameters() if id(each) not in ids]
    share = {"free": 1.0, "slow": SLOW, "frozen": 0.0}[settings.lower]
    for each in lower:
        each.requires_grad_(share > 0)
    groups = [{"params": upper, "share": 1.0}]
    return [*groups, {"params": lower, "share": share}] if share else groups
