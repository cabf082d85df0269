"""A network as the one function that all exports are made from."""

from __future__ import annotations

from typing import Any

from modelspec.training.runtime import keras, tf


class Served(tf.Module):  # type: ignore[misc]
    """From `inputs`, float32 (batch, width), to `outputs`, float32 (batch, units).

    Keras' own export numbers its variables by their address in memory; an ordered list of them
    gives the same bytes each time.
    """

    def __init__(self, model: keras.Model) -> None:
        super().__init__(name="served")
        self.variables_in_order = [weight.value for weight in model.weights]
        inputs = tf.TensorSpec((None, model.input_shape[-1]), tf.float32, name="inputs")

        def serve(inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"outputs": model(inputs, training=False)}

        self.serve = tf.function(serve, input_signature=[inputs], autograph=False)

    def concrete(self) -> Any:
        """The function with its graph."""
        return self.serve.get_concrete_function()
