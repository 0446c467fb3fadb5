"""Judging surrogates and campaigns: scores, folds, baselines, progress, the audit of the data."""
