"""Crystal graph networks at work: they learn a property of a folder of crystals, and predict it."""
