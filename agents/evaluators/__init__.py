"""Evaluators answer proposals with measurements."""
