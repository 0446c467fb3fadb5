"""What acts for the loop: proposers decide what to try next, evaluators answer."""
