import pytest

from cathode.errors import MeasurementError
from cathode.model import Measurement, Status


def test_ok_bound_and_failed_measurements_can_be_made():
    Measurement("c-1", "average_voltage", "V", 3.9, sigma=0.0)
    Measurement("c-1", "average_voltage", "V", 3.9, status=Status.BOUND, bound="<")
    failed = Measurement.failure("c-1", "average_voltage", "V", "exploded", "1.4 times", source="x")
    assert failed.status is Status.FAILED
    assert failed.value is None
    assert failed.source == "x"


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"value": None}, id="ok without a value"),
        pytest.param({"value": float("nan")}, id="nan"),
        pytest.param({"value": float("inf")}, id="infinite"),
        pytest.param({"value": 1.0, "sigma": -0.1}, id="negative sigma"),
        pytest.param({"value": 1.0, "sigma": float("nan")}, id="nan sigma"),
        pytest.param({"value": 1.0, "bound": "<"}, id="ok with a bound"),
        pytest.param({"value": 1.0, "status": Status.BOUND}, id="bound without direction"),
        pytest.param({"value": 1.0, "status": Status.FAILED, "cause": "x"}, id="failed with value"),
        pytest.param({"value": None, "status": Status.FAILED}, id="failed without a cause"),
    ],
)
def test_contradictions_are_refused(fields):
    with pytest.raises(MeasurementError, match="average_voltage of c-1"):
        Measurement("c-1", "average_voltage", "V", **fields)
