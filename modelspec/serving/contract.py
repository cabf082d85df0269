"""The serving contract, format 1: every name that others may rely on.

What renders alert rules and manifests reads these names from here, so a rule about a metric
that the server does not emit cannot be written. This module imports nothing.
"""

FORMAT = 1

# Files of the model folder, and where an image has it.
SERVING_FILE = "serving.json"
MODEL_FILE = "model.tflite"
MODEL_DIR = "/opt/modelspec/model"

TASKS = ("binary_classification", "multiclass_classification", "regression")
DEFAULT_THRESHOLD = 0.5

# The tensors of a model: float32 (batch, width) in, float32 (batch, units) out.
INPUT_TENSOR = "inputs"

HOST = "0.0.0.0"  # noqa: S104 - in a container every interface is the one that is published
PORT = 8501
PORT_NAME = "http"
ENV_MODEL_DIR = "MODELSPEC_MODEL_DIR"
ENV_HOST = "MODELSPEC_HOST"
ENV_PORT = "MODELSPEC_PORT"

HEALTH_ROUTE = "/healthz"
READY_ROUTE = "/readyz"
METRICS_ROUTE = "/metrics"
MODEL_ROUTE = "/v1/models/{name}"
PREDICT_ROUTE = "/v1/models/{name}:predict"

MAX_BODY_BYTES = 1024 * 1024
BODY_SECONDS = 5.0  # a request body that takes longer to arrive is answered 408
# After SIGTERM: answering goes on for DRAIN_SECONDS with readiness down, so that whoever sends
# requests notices first; then requests under way have STOP_SECONDS to finish.
DRAIN_SECONDS = 0.4
STOP_SECONDS = 10.0

# Metric names as Prometheus stores them.
REQUEST_DURATION = "modelspec_request_duration_seconds"
REQUESTS = "modelspec_requests_total"
IN_FLIGHT = "modelspec_requests_in_flight"
PREDICTIONS = "modelspec_predictions_total"
NAN_OUTPUTS = "modelspec_nan_outputs_total"
MODEL_INFO = "modelspec_model_info"
METRICS = (REQUEST_DURATION, REQUESTS, IN_FLIGHT, PREDICTIONS, NAN_OUTPUTS, MODEL_INFO)

LABEL_CODE = "code"
MODEL_INFO_LABELS = ("name", "version", "model_digest", "task")

# Upper bounds in seconds; a latency objective must be one of them.
DURATION_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

# Every value of the label `code`. All of them exist, at 0, from the first scrape on. Nobody
# is ever answered 499: it counts clients that went away before they had sent their request.
CLIENT_GONE = 499
CODES = ("200", "400", "404", "405", "408", "413", "415", "422", "429", "499", "500", "503")
