"""Speed and skill, measured: ``python -m benchmarks.NAME`` prints a table and writes JSON."""
