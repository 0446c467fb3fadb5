"""The CHGNet machine-learned potential as an evaluator.

Source: Deng et al., Nat. Mach. Intell. 5, 1031 (2023). The weights ship in the chgnet wheel.
"""
