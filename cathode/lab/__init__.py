"""What happens in a lab: how candidates are made, measured, and how results are written down."""
