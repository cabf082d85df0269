"""Decisions as data: which steps run and why, what they found out, what a release is called."""
