"""Networks: build, fit, export. The one room that knows TensorFlow."""
