"""The serving contract, format 1: every name that others may rely on.

What renders alert rules and manifests reads these names from here, so a rule about a metric
that the server does not emit cannot be written. This module imports nothing.
"""

FORMAT = 1
# TensorFlow Serving and the Open Inference Protocol want one integer: 1.4 is 1004.
VERSIONS_PER_MAJOR = 1000

# Files of the model folder, and where an image has it.
SERVING_FILE = "serving.json"
REFERENCE_FILE = "reference.json"
MODEL_DIR = "/opt/modelspec/model"

# What runs a network, and the file it is in.
MODEL_FILES = {"tflite": "model.tflite", "onnx": "model.onnx", "savedmodel": "saved_model.zip"}
# What a container needs at least, in MiB, whatever the model.
LEAST_MEMORY = {"tflite": 64, "onnx": 96, "savedmodel": 512}

TASKS = ("binary_classification", "multiclass_classification", "regression")
DEFAULT_THRESHOLD = 0.5

# The tensors of a model: float32 (batch, width) in, float32 (batch, units) out.
INPUT_TENSOR = "inputs"

HOST = "0.0.0.0"  # noqa: S104 - in a container every interface is the one that is published
PORT = 8501
PORT_NAME = "http"
GRPC_PORT = 8500
GRPC_PORT_NAME = "grpc"
ENV_MODEL_DIR = "MODELSPEC_MODEL_DIR"
ENV_HOST = "MODELSPEC_HOST"
ENV_PORT = "MODELSPEC_PORT"
ENV_GRPC_PORT = "MODELSPEC_GRPC_PORT"
ENV_PAGE_DIR = "MODELSPEC_PAGE_DIR"
ENV_TOKEN_FILE = "MODELSPEC_TOKEN_FILE"  # noqa: S105 - no token
ENV_FEEDBACK_TOKEN_FILE = "MODELSPEC_FEEDBACK_TOKEN_FILE"  # noqa: S105 - no token

HEALTH_ROUTE = "/healthz"
READY_ROUTE = "/readyz"
METRICS_ROUTE = "/metrics"
OPENAPI_ROUTE = "/openapi.json"
# The page to try the model at: of `modelspec serve` only, no image has its files.
PAGE_ROUTE = "/try"

# TensorFlow Serving's REST interface. The model answers at each of MODEL_ROUTES, and below
# them `:predict`, `:classify` or `:regress` where its task has it, and `/metadata`. A server
# has one version, so the label `stable` can only mean that one, and there is no other label.
LIVE_ROUTE = "/"
MODEL_ROUTE = "/v1/models/{name}"
MODEL_ROUTES = (MODEL_ROUTE, MODEL_ROUTE + "/versions/{version}", MODEL_ROUTE + "/labels/stable")
PREDICT_ROUTE = MODEL_ROUTE + ":predict"
SIGNATURE = "serving_default"
# Ours: late labels, where the model takes them.
FEEDBACK_ROUTE = MODEL_ROUTE + ":feedback"

# The Open Inference Protocol, version 2, over REST; below OPEN_MODEL_ROUTES `/ready`, `/infer`.
# Over gRPC it is the service OPEN_SERVICE.
OPEN_SERVER_ROUTE = "/v2"
OPEN_LIVE_ROUTE = "/v2/health/live"
OPEN_READY_ROUTE = "/v2/health/ready"
OPEN_SERVICE = "inference.GRPCInferenceService"
OPEN_MODEL_ROUTES = ("/v2/models/{name}", "/v2/models/{name}/versions/{version}")

# Asked by probes and scrapes, which have no token, and telling nothing that a caller sent.
UNGUARDED_ROUTES = (
    *(HEALTH_ROUTE, READY_ROUTE, METRICS_ROUTE, LIVE_ROUTE, OPEN_LIVE_ROUTE, OPEN_READY_ROUTE),
)

MAX_BODY_BYTES = 1024 * 1024
MAX_ROWS = 20_000  # in one request
MAX_PAIRS = 10_000  # of late labels in one request
BODY_SECONDS = 5.0  # a request body that takes longer to arrive is answered 408

# Overload: a request is answered 503 at once if what is under way already would take longer
# than QUEUE_SECONDS to compute; SURE_IN_FLIGHT are always taken, MAX_IN_FLIGHT at most.
QUEUE_SECONDS = 0.05
SURE_IN_FLIGHT = 16
MAX_IN_FLIGHT = 1024
# Bodies that are not small are worked off one after the other, between the small ones, and
# so many of them may wait for that; those still arriving may take so much memory together.
SMALL_BODY_BYTES = 9_999
MAX_LARGE_IN_FLIGHT = 16
MAX_ARRIVING_BYTES = 16 * MAX_BODY_BYTES
RETRY_AFTER_SECONDS = 1
MAX_CONNECTIONS = 16_384
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
# Rows answered by bin, and the share of the reference rows in the same bin.
FEATURE_BIN_ROWS = "modelspec_feature_bin_rows_total"
FEATURE_BIN_REFERENCE = "modelspec_feature_bin_reference_ratio"
PREDICTION_BIN_ROWS = "modelspec_prediction_bin_rows_total"
PREDICTION_BIN_REFERENCE = "modelspec_prediction_bin_reference_ratio"
UNSEEN_CATEGORIES = "modelspec_unseen_categories_total"
IMPUTED_VALUES = "modelspec_imputed_values_total"
METRICS = (
    REQUEST_DURATION,
    REQUESTS,
    IN_FLIGHT,
    PREDICTIONS,
    NAN_OUTPUTS,
    MODEL_INFO,
    FEATURE_BIN_ROWS,
    FEATURE_BIN_REFERENCE,
    PREDICTION_BIN_ROWS,
    PREDICTION_BIN_REFERENCE,
    UNSEEN_CATEGORIES,
    IMPUTED_VALUES,
)
# Of late labels, where they are taken: by version, as a pod of one may be sent those of another.
# What is judged is of the pod's own version. A class has the outcomes of one against the rest.
FEEDBACK_REQUESTS = "modelspec_feedback_requests_total"
FEEDBACK_ROWS = "modelspec_feedback_rows_total"
FEEDBACK_OUTCOMES = "modelspec_feedback_outcomes_total"
FEEDBACK_ABSOLUTE_ERROR = "modelspec_feedback_absolute_error_total"
FEEDBACK_SQUARED_ERROR = "modelspec_feedback_squared_error_total"
FEEDBACK_METRICS = (
    FEEDBACK_REQUESTS,
    FEEDBACK_ROWS,
    FEEDBACK_OUTCOMES,
    FEEDBACK_ABSOLUTE_ERROR,
    FEEDBACK_SQUARED_ERROR,
)
OTHER_VERSION = "other"
TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE = OUTCOMES = (
    "true_positive",
    "false_positive",
    "false_negative",
)

LABEL_CODE = "code"
LABEL_VERSION = "version"  # MAJOR.MINOR, which determines the bins
LABEL_FEATURE = "feature"
LABEL_BIN = "bin"
LABEL_CLASS = "class"
LABEL_OUTCOME = "outcome"
MODEL_INFO_LABELS = ("name", "version", "model_digest", "task")

# Upper bounds in seconds; a latency objective must be one of them.
DURATION_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

# Every value of the label `code`. All of them exist, at 0, from the first scrape on. Nobody
# is ever answered 499: it counts clients that went away before they had sent their request.
CLIENT_GONE = 499
CODES = (
    *("200", "400", "401", "403", "404", "405", "408", "413", "415", "422", "429", "499"),
    *("500", "503"),
)
FEEDBACK_CODES = ("200", "400", "401", "403", "408", "413", "415", "499", "500", "503")


def integer_version(version: str) -> int:
    """The integer version of a MAJOR.MINOR one."""
    major, minor = version.split(".")
    return VERSIONS_PER_MAJOR * int(major) + int(minor)
