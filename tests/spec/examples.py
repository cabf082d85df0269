"""Specs that tests start from."""

from __future__ import annotations

MINIMAL = """\
apiVersion: modelspec/v1
kind: Model
metadata:
  name: churn
task: binary_classification
data:
  source: data/churn.csv
  target: churned
model:
  type: mlp
"""

FULL = """\
apiVersion: modelspec/v1
kind: Model
metadata:
  name: churn
  owner: growth-ml
  labels: {team: growth, example.com/tier: 012, on: yes, empty: ""}
  description: Will this customer cancel within 30 days?
task: binary_classification
data:
  source: data/churn.csv
  target: {column: churned, positive: "yes"}
  ignore: [customer_id]
  split: {test: 25%, validation: 12.5%, key: customer_id, seed: 7}
  features:
    tenure_months: number
    monthly_spend: {type: number, missing: median, min: 0, max: 1e6}
    visits: {type: number, missing: 0}
    plan: {type: category, values: [free, pro, no, on, 1.10, 012, 2024-13-01, 12:30]}
    country: {type: category, missing: own_category}
model:
  type: mlp
  layers: [64, 32, 16]
  dropout: 0.2
train:
  epochs: 60
  batch_size: 256
  learning_rate: 1e-2
  class_weight: balanced
  early_stopping: {metric: roc_auc, patience: 5}
evaluate:
  metrics: [accuracy, precision, recall, f1, roc_auc]
  threshold: {maximize: f1}
  gates:
    - roc_auc >= 0.850
    - recall  >=  0.50 for each country, plan with at least 200 rows
    - f1 >= baseline + 5%
    - precision >= 50% for class yes
    - log_loss <= 0.9 * baseline
    - latency_p99 <= 5ms
    - container_size <= 300MB
export: [savedmodel, onnx, tflite]
container:
  base: python:3.11-slim-bookworm
serve:
  runtime: tflite
deploy:
  replicas: {min: 3, max: 9, target_cpu: 65%}
  resources: {cpu: 1, memory: 512Mi}
monitor:
  slo: {availability: 99.95%, latency_p99: 2.5ms, window: 4w}
"""


def with_lines(*lines: str) -> bytes:
    """The smallest spec and more lines, as bytes."""
    return (MINIMAL + "\n".join(lines) + "\n").encode()


def replaced(old: str, new: str) -> bytes:
    """The smallest spec with one part replaced, as bytes."""
    assert old in MINIMAL
    return MINIMAL.replace(old, new, 1).encode()
