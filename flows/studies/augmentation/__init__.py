"""Whether augmentations help a network to predict properties of crystals.

Source: Abenza et al., Regularization strategy for battery materials using lattice scaling (2026),
Tables 1 to 4.
"""
