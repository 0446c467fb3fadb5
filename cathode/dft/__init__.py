"""Work orders to a DFT code: input files for them, and what its results say.

People or a queue run the calculations; nothing here starts one.
"""
