"""Numbers about predictions: metrics, intervals, thresholds, baselines, and the gates."""
