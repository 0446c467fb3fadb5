"""Proposers decide what to try next."""
