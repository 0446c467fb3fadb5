"""Exact Gaussian processes on descriptors of the composition."""
