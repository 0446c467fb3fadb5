"""GPR-NN as a surrogate: the contract, and what it alone promises."""

from cathode.spec import GPRNNSpec
from surrogates.gpr_nn.surrogate import GPRNNSurrogate
from tests.contracts.surrogate import SurrogateContract


class TestAuto(SurrogateContract):
    def surrogate(self, space):
        return GPRNNSurrogate(GPRNNSpec(kind="gpr_nn"), space)


class TestAdditive(SurrogateContract):
    def surrogate(self, space):
        return GPRNNSurrogate(GPRNNSpec(kind="gpr_nn", coupling=0), space)


class TestScanned(SurrogateContract):
    def surrogate(self, space):
        return GPRNNSurrogate(GPRNNSpec(kind="gpr_nn", coupling=10, selection="scan"), space)


class TestElements(SurrogateContract):
    def surrogate(self, space):
        return GPRNNSurrogate(GPRNNSpec(kind="gpr_nn", descriptors="elements"), space)
