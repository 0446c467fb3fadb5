"""The work over edges equals the formula, written with the layers of torch."""

from copy import deepcopy

import pytest
import torch
from torch import nn
from torch.nn import functional

from surrogates.cgcnn.gate import heard
from surrogates.cgcnn.graphs import NEIGHBOURS

ATOMS, WIDTH, GAUSSIANS = 5, 4, 3


def plain(norm, own, other, edges, edge, neighbours):
    gates = own.repeat_interleave(NEIGHBOURS, dim=0) + other[neighbours] + edges @ edge.T
    filters, cores = norm(gates).chunk(2, dim=1)
    each = torch.sigmoid(filters) * functional.softplus(cores)
    return each.view(-1, NEIGHBOURS, WIDTH).sum(dim=1)


def inputs(seed=0):
    draw = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=draw, dtype=torch.float64, requires_grad=True)

    return (
        normal(ATOMS, 2 * WIDTH),
        normal(ATOMS, 2 * WIDTH),
        normal(ATOMS * NEIGHBOURS, GAUSSIANS),
        normal(2 * WIDTH, GAUSSIANS),
        torch.randint(ATOMS, (ATOMS * NEIGHBOURS,), generator=draw),
    )


def norm_of(*, training, momentum=0.1):
    norm = nn.BatchNorm1d(2 * WIDTH, momentum=momentum, dtype=torch.float64).train(training)
    draw = torch.Generator().manual_seed(1)
    for each in (norm.weight.data, norm.bias.data, norm.running_mean, norm.running_var):
        each.copy_(torch.rand(2 * WIDTH, generator=draw) + 0.5)
    return norm


@pytest.mark.parametrize("training", [True, False])
def test_values_and_gradients_are_those_of_the_formula(training):
    norm = norm_of(training=training)
    found = []
    for way, layer in ((heard, norm), (plain, deepcopy(norm))):
        parts = inputs()
        out = way(layer, *parts)
        (out * torch.arange(out.numel()).view_as(out)).sum().backward()
        found.append([out, *(p.grad for p in (*parts[:4], layer.weight, layer.bias))])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("training", [True, False])
def test_gradients_are_those_of_small_steps(training):
    norm = norm_of(training=training)
    *parts, neighbours = inputs()
    assert torch.autograd.gradcheck(
        lambda weight, bias, *rest: functional.softplus(
            heard(with_parameters(norm, weight, bias), *rest, neighbours)
        ),
        (norm.weight, norm.bias, *parts),
    )


def with_parameters(norm, weight, bias):
    # gradcheck moves the very tensors that the layer holds.
    assert norm.weight is weight
    assert norm.bias is bias
    return norm


@pytest.mark.parametrize("momentum", [0.1, 0.0, None])
def test_running_statistics_are_those_of_the_layer(momentum):
    ours = norm_of(training=True, momentum=momentum)
    theirs = deepcopy(ours)
    for seed in range(3):
        heard(ours, *inputs(seed))
        plain(theirs, *inputs(seed))
    assert ours.num_batches_tracked == 3
    torch.testing.assert_close(ours.state_dict(), theirs.state_dict())
    heard(ours.eval(), *inputs())
    torch.testing.assert_close(ours.state_dict(), theirs.state_dict())


@pytest.mark.parametrize("training", [True, False])
def test_without_gradients(training):
    norm = norm_of(training=training)
    with torch.no_grad():
        out = heard(norm, *inputs())
    assert not out.requires_grad
    torch.testing.assert_close(out, plain(norm, *inputs()).detach())


def test_two_batches_before_going_back():
    norm = norm_of(training=True)
    first, second = inputs(0), inputs(1)
    (heard(norm, *first).sum() + heard(norm, *second).sum()).backward()
    again = inputs(0)
    plain(norm, *again).sum().backward()
    torch.testing.assert_close(first[0].grad, again[0].grad)
    assert second[0].grad is not None


def test_no_gradient_of_edges_that_want_none():
    own, other, edges, edge, neighbours = inputs()
    heard(norm_of(training=True), own, other, edges.detach(), edge, neighbours).sum().backward()
    assert edges.grad is None
    assert edge.grad is not None
