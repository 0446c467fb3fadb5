"""GPR-NN: a sum of functions of one variable each, in redundant coordinates.

Source: Kameda et al., Digital Discovery 3, 1967 (2024), eq. 10; Manzhos, Ihara, J. Phys. Chem. A
127, 7823 (2023).
"""
