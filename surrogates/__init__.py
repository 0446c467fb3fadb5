"""Surrogates learn properties from measurements; fitted, each is a BoTorch model."""
