"""Studies of the seed papers, as plain functions that a flow can wrap."""
