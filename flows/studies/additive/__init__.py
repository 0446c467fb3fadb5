"""How much nonlinearity and coupling of features matter.

Source: Kameda et al., Digital Discovery 3, 1967 (2024), sections 2 and 3, Table 1, Figs. 4 and 8
to 10.
"""
