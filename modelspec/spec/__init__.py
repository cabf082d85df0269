"""The language: from the text of a `model.yaml` to a `ModelSpec`, or to every problem."""
