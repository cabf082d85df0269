"""The verbs, one module each, in the order they run."""
