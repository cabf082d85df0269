"""The language: text of a `model.yaml` to a checked `ModelSpec`, or every problem with its place."""
