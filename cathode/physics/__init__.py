"""Crystals and electrochemistry: prototypes, cells, orderings, voltages, descriptors."""
