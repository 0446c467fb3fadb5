"""Copies of all that a platform keeps, taken while it runs, and what is made of them again."""
