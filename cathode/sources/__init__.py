"""Readers of what others hand us: tables, structures, results."""
