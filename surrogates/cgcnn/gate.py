"""What atoms hear of their neighbours: the work over edges, and its derivative by hand.

Nearly all time of the network goes into arrays of one row per edge. Autograd passes over them more
often than it takes.
"""

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx, once_differentiable
from torch.nn import functional
from torch.ops import aten

from surrogates.cgcnn.graphs import NEIGHBOURS


def heard(
    norm: nn.BatchNorm1d,
    own: Tensor,
    other: Tensor,
    edges: Tensor,
    edge: Tensor,
    neighbours: Tensor,
) -> Tensor:
    """Sums over neighbours of sigmoid(filter) * softplus(core), shape (n, atom).

    Filters and cores are the left and the right half of
    norm(own[i] + other[neighbours] + edges @ edge.T), i being the atom that has the neighbours.

    Args:
        norm: normalises over all edges, and follows their mean and variance in training.
        own: products of the atoms as those who hear, shape (n, 2 * atom).
        other: their products as neighbours, of the same shape.
        edges: Gaussians of distances, shape (n * 12, 41).
        edge: their weights, shape (2 * atom, 41).
        neighbours: numbers of atoms, shape (n * 12,).
    """
    momentum = 0.0 if norm.momentum is None else norm.momentum
    if norm.training:
        norm.num_batches_tracked.add_(1)
        if norm.momentum is None:
            momentum = 1 / norm.num_batches_tracked.item()
    statistics = (norm.running_mean, norm.running_var)
    how = (norm.training, momentum, norm.eps)
    return _Heard.apply(
        own, other, edges, edge, norm.weight, norm.bias, neighbours, statistics, how
    )


class _Heard(torch.autograd.Function):
    """Filters and cores are arrays of their own: what is done to them runs over memory in order."""

    @staticmethod
    def forward(
        ctx: FunctionCtx,
        own: Tensor,
        other: Tensor,
        edges: Tensor,
        edge: Tensor,
        weight: Tensor,
        bias: Tensor,
        neighbours: Tensor,
        statistics: tuple[Tensor, Tensor],
        how: tuple[bool, float, float],
    ) -> Tensor:
        sums, gates, found = [], [], []
        parts = (own, other, edge.T, weight, bias, *statistics)
        for own_half, other_half, edge_half, *norm in _halves(parts):
            total = other_half.index_select(0, neighbours)
            total.view(len(own), NEIGHBOURS, -1).add_(own_half.unsqueeze(1))
            total.addmm_(edges, edge_half)
            gate, *moments = aten.native_batch_norm(total, *norm, *how)
            sums.append(total)
            gates.append(gate)
            found += moments
        filters, cores = gates
        filters.sigmoid_()
        opened = functional.softplus(cores)
        ctx.how = how
        ctx.save_for_backward(
            edges, edge, neighbours, filters, cores, opened, weight, *statistics, *sums, *found
        )
        return _by_atom(filters * opened)

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, slope: Tensor) -> tuple[Tensor | None, ...]:
        edges, edge, neighbours, filters, cores, opened, *rest = ctx.saved_tensors
        weight, mean, variance, *sums, m0, v0, m1, v1 = rest
        training, _, eps = ctx.how
        by_filter = slope.repeat_interleave(NEIGHBOURS, dim=0)
        by_core = by_filter * filters
        aten.softplus_backward.grad_input(by_core, cores, 1, 20, grad_input=by_core)
        by_filter *= opened
        aten.sigmoid_backward.grad_input(by_filter, filters, grad_input=by_filter)
        totals, norms = [], []
        for by_gate, total, found, norm in zip(
            (by_filter, by_core),
            sums,
            ((m0, v0), (m1, v1)),
            _halves((weight, mean, variance)),
            strict=True,
        ):
            by_total, *by_norm = aten.native_batch_norm_backward(
                by_gate, total, *norm, *found, training, eps, [True] * 3
            )
            totals.append(by_total)
            norms.append(by_norm)
        return (
            torch.cat([_by_atom(half) for half in totals], dim=1),
            torch.cat(
                [slope.new_zeros(slope.shape).index_add_(0, neighbours, t) for t in totals], 1
            ),
            torch.cat(totals, dim=1) @ edge if ctx.needs_input_grad[2] else None,
            torch.cat([half.T @ edges for half in totals]) if ctx.needs_input_grad[3] else None,
            *(torch.cat(halves) for halves in zip(*norms, strict=True)),
            None,
            None,
            None,
        )


def _halves(parts: Iterable[Tensor]) -> Iterator[tuple[Tensor, ...]]:
    """The left halves of all, then the right halves."""
    return zip(*(part.chunk(2, dim=-1) for part in parts), strict=True)


def _by_atom(edges: Tensor) -> Tensor:
    """Sums over the neighbours of each atom."""
    return edges.view(-1, NEIGHBOURS, edges.shape[1]).sum(dim=1)
