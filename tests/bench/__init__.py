"""Timings, as ratios to a bare interpreter on the same machine in the same run."""
