"""What every surrogate must do. A test module subclasses this and gives one factory."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cathode.errors import FitError
from cathode.model import TrainingData
from cathode.protocols import Surrogate
from cathode.space import SearchSpace
from tests.helpers import truth


def training_data(
    space: SearchSpace, n: int = 24, noise: float = 0.5, seed: int = 0
) -> TrainingData:
    """Measurements of a smooth property at distinct candidates of Li(Co,Mn,Ni)O2."""
    rng = np.random.default_rng(seed)
    candidates = list(dict.fromkeys(space.candidates_at(space.sample(8 * n, rng))))[:n]
    X = space.encode(candidates)
    y = np.array([truth(ni, mn, co)["specific_energy"] for co, mn, ni in X])
    groups = tuple(candidate.id for candidate in candidates)
    return TrainingData(
        "specific_energy", X, y + rng.normal(0, noise, n), np.full(n, np.nan), groups
    )


def _measured_again(data: TrainingData) -> TrainingData:
    """Every candidate twice, the second time reading something else."""
    twice = data.take(np.tile(np.arange(len(data)), 2))
    noise = np.random.default_rng(0).normal(0, data.y.std(), len(data))
    return replace(twice, y=twice.y + np.concatenate([np.zeros(len(data)), noise]))


def _sigmas(data: TrainingData, sigma: float, of: int | None = None) -> np.ndarray:
    """A sigma that all state, or the first so many."""
    return np.where(np.arange(len(data)) < (of or len(data)), sigma, np.nan)


def _limits(data: TrainingData, side: str) -> tuple[str | None, ...]:
    """Every third value is a bound."""
    return tuple(None if i % 3 else side for i in range(len(data)))


def _with_nan(values: np.ndarray) -> np.ndarray:
    broken = values.copy()
    broken[3] = np.nan
    return broken


class SurrogateContract:
    """Subclass it and override :meth:`surrogate`."""

    def surrogate(self, space: SearchSpace) -> Surrogate:
        raise NotImplementedError

    @pytest.fixture
    def fitted(self, small_space):
        return self.surrogate(small_space).fit(training_data(small_space), seed=1)

    @pytest.fixture
    def X(self, small_space):
        return small_space.coordinates_of(small_space.sample(9, np.random.default_rng(7)))

    def test_it_has_a_name_that_its_fits_carry(self, small_space, fitted):
        name = self.surrogate(small_space).name
        assert name
        assert fitted.name == name

    def test_predictions_are_numbers_with_an_uncertainty(self, fitted, X):
        prediction = fitted.predict(X)
        assert prediction.mean.shape == prediction.sigma.shape == (9,)
        assert prediction.mean.dtype == prediction.sigma.dtype == np.float64
        assert np.isfinite(prediction.mean).all()
        assert (prediction.sigma > 0).all()

    def test_it_learns(self, small_space, fitted, X):
        data = training_data(small_space)
        y = np.array([truth(ni, mn, co)["specific_energy"] for co, mn, ni in X])
        error = np.abs(fitted.predict(X).mean - y).mean()
        assert error < 0.5 * np.abs(data.y.mean() - y).mean()

    def test_the_same_data_and_seed_give_the_same_predictions(self, small_space, X):
        data = training_data(small_space)
        one, other = (self.surrogate(small_space).fit(data, seed=3).predict(X) for _ in "ab")
        np.testing.assert_array_equal(one.mean, other.mean)
        np.testing.assert_array_equal(one.sigma, other.sigma)

    def test_widening_multiplies_variances_and_leaves_means(self, small_space, X):
        data, at = training_data(small_space), torch.as_tensor(X)
        plain, wide = (self.surrogate(small_space).fit(data, 3, by) for by in (1.0, 2.25))
        one, other = plain.predict(X), wide.predict(X)
        np.testing.assert_allclose(other.mean, one.mean, rtol=1e-9)
        np.testing.assert_allclose(other.sigma, 1.5 * one.sigma, rtol=1e-3)
        with torch.no_grad():
            variances = [each.model.posterior(at).variance for each in (plain, wide)]
        torch.testing.assert_close(variances[1], 2.25 * variances[0], rtol=1e-3, atol=0)

    def test_randomness_outside_is_left_alone(self, small_space):
        data = training_data(small_space)
        torch.manual_seed(11)
        np.random.seed(11)  # noqa: NPY002 - the global state is what is looked at
        expected = torch.rand(3), np.random.rand(3)  # noqa: NPY002
        torch.manual_seed(11)
        np.random.seed(11)  # noqa: NPY002
        self.surrogate(small_space).fit(data, seed=3)
        torch.testing.assert_close(torch.rand(3), expected[0])
        np.testing.assert_array_equal(np.random.rand(3), expected[1])  # noqa: NPY002

    def test_its_data_are_left_as_they_were(self, small_space, X):
        data = training_data(small_space)
        before = data.X.copy(), data.y.copy(), X.copy()
        self.surrogate(small_space).fit(data, seed=1).predict(X)
        for was, now in zip(before, (data.X, data.y, X), strict=True):
            np.testing.assert_array_equal(was, now)

    def test_rows_are_predicted_independently_of_each_other(self, fitted, X):
        together = fitted.predict(X)
        alone = [fitted.predict(X[i : i + 1]) for i in range(len(X))]
        np.testing.assert_allclose(together.mean, [p.mean[0] for p in alone], rtol=1e-6)
        np.testing.assert_allclose(together.sigma, [p.sigma[0] for p in alone], rtol=1e-4)

    def test_the_model_is_what_predict_says(self, fitted, X):
        posterior = fitted.model.posterior(torch.as_tensor(X), observation_noise=True)
        assert fitted.model.num_outputs == 1
        np.testing.assert_allclose(
            posterior.mean.squeeze(-1).detach().numpy(), fitted.predict(X).mean, rtol=1e-9
        )

    def test_the_model_takes_batches_and_gives_gradients(self, fitted, X):
        batch = torch.as_tensor(X).reshape(3, 3, -1).clone().requires_grad_()
        posterior = fitted.model.posterior(batch)
        assert posterior.mean.shape == (3, 3, 1)
        (posterior.mean.sum() + posterior.variance.sum()).backward()
        assert batch.grad is not None
        assert torch.isfinite(batch.grad).all()
        assert batch.grad.abs().sum() > 0

    @pytest.mark.filterwarnings("ignore:A not p.d., added jitter")  # neighbours are much alike
    def test_the_model_can_be_sampled(self, fitted, X):
        samples = fitted.model.posterior(torch.as_tensor(X)).rsample(torch.Size([5]))
        assert samples.shape == (5, 9, 1)
        assert torch.isfinite(samples).all()

    def test_it_claims_to_know_of_no_evaluator_it_has_not_met(self, fitted, X):
        assert fitted.told(torch.as_tensor(X[:1]), "unheard of", np.zeros(2)) is None
        assert fitted.origins == ()

    def test_answers_of_others_leave_the_results_their_own(self, small_space, X):
        """A cheaper evaluator that reads the same may help; it must not break what is learned."""
        data = training_data(small_space)
        both = data.take(np.tile(np.arange(len(data)), 2))
        both = replace(both, origins=(None,) * len(data) + ("quick",) * len(data))
        prediction = self.surrogate(small_space).fit(both, seed=1).predict(X)
        y = np.array([truth(ni, mn, co)["specific_energy"] for co, mn, ni in X])
        assert np.abs(prediction.mean - y).mean() < 0.5 * np.abs(data.y.mean() - y).mean()
        assert (prediction.sigma > 0).all()

    def test_what_is_remarkable_is_said_in_words(self, fitted):
        assert isinstance(fitted.notes, tuple)
        assert all(isinstance(note, str) and note for note in fitted.notes)

    @pytest.mark.parametrize(
        "broken",
        [
            pytest.param(lambda d: replace(d, y=_with_nan(d.y)), id="value"),
            pytest.param(lambda d: replace(d, X=_with_nan(d.X)), id="coordinate"),
        ],
    )
    def test_what_is_no_number_is_refused_in_words(self, small_space, broken):
        with pytest.raises(FitError, match="specific_energy"):
            self.surrogate(small_space).fit(broken(training_data(small_space)), seed=0)

    @pytest.mark.parametrize("n", [0, 1])
    def test_too_few_values_are_refused_in_words(self, small_space, n):
        data = training_data(small_space).take(np.arange(n))
        with pytest.raises(FitError, match="specific_energy"):
            self.surrogate(small_space).fit(data, seed=0)

    @pytest.mark.parametrize(
        "harden",
        [
            pytest.param(lambda d: d.take(np.arange(2)), id="two values"),
            pytest.param(lambda d: d.take(np.repeat(np.arange(4), 5)), id="replicates"),
            pytest.param(_measured_again, id="replicates that differ"),
            pytest.param(
                lambda d: replace(_measured_again(d), groups=tuple(map(str, range(2 * len(d))))),
                id="equal places of different candidates",
            ),
            pytest.param(lambda d: replace(d, y=np.full(len(d), 812.0)), id="constant"),
            pytest.param(lambda d: replace(d, y=np.zeros(len(d))), id="all zero"),
            pytest.param(
                lambda d: replace(d, y=np.where(np.arange(len(d)), 812.0, 1e9)), id="one far off"
            ),
            pytest.param(lambda d: replace(d, X=d.X * [1, 1e6, 1e-6]), id="far outside the space"),
            pytest.param(
                lambda d: replace(d, X=np.column_stack([d.X[:, :1]] * 3)), id="equal columns"
            ),
            pytest.param(lambda d: replace(d, y=d.y * 1e6), id="large numbers"),
            pytest.param(lambda d: replace(d, y=d.y * 1e-8), id="small numbers"),
            pytest.param(lambda d: replace(d, y=10.0 ** (d.y % 7)), id="seven decades"),
            pytest.param(lambda d: replace(d, sigma=np.full(len(d), 0.5)), id="stated sigmas"),
            pytest.param(lambda d: replace(d, sigma=_sigmas(d, 0.0)), id="exact by their word"),
            pytest.param(lambda d: replace(d, sigma=_sigmas(d, 0.0, 1)), id="one of them exact"),
            pytest.param(lambda d: replace(d, sigma=_sigmas(d, 0.5, 9)), id="some state a sigma"),
            pytest.param(lambda d: replace(d, sigma=_sigmas(d, 1e6, 9)), id="some hardly measured"),
            pytest.param(
                lambda d: replace(_measured_again(d), sigma=np.full(2 * len(d), 1e-3)),
                id="sigmas that replicates contradict",
            ),
            pytest.param(lambda d: replace(d, X=d.X[:1].repeat(len(d), 0)), id="one place"),
            pytest.param(lambda d: replace(d, limits=("<",) * len(d)), id="nothing but bounds"),
            pytest.param(lambda d: replace(d, limits=_limits(d, "<")), id="bounds below"),
            pytest.param(lambda d: replace(d, limits=_limits(d, ">")), id="bounds above"),
            pytest.param(
                lambda d: replace(_measured_again(d), limits=_limits(d, "<") + _limits(d, ">")),
                id="bounds on both sides",
            ),
        ],
    )
    def test_hard_data_are_fitted_or_refused_but_never_answered_with_nonsense(
        self, small_space, X, harden
    ):
        data = harden(training_data(small_space))
        try:
            fitted = self.surrogate(small_space).fit(data, seed=0)
        except FitError:
            return
        prediction = fitted.predict(X)
        assert np.isfinite(prediction.mean).all()
        assert (prediction.sigma > 0).all()
        width = max(np.ptp(data.y), 1e-6 * np.abs(data.y).max())
        assert (np.abs(prediction.mean - data.y.mean()) <= 5 * width).all()
