"""Crystal augmentations: pure functions, the random generator passed in."""
