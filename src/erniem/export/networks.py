"""What is exported: networks of tensors in and tensors out, by name.

```text
encoder as far as a layer ─▶ pooling ─▶ sentence_embedding (B, D)     SentenceNetwork
encoder, head ─▶ last_hidden_state, logits, start_logits, end_logits  ModelNetwork
```

Both compute padding, in shapes that follow from the rows' alone, as a graph has to.

Letters: B rows, C choices, L tokens of a row, D width.
"""

import copy
from typing import Any

from jaxtyping import Float, Int
from torch import Tensor, nn

from erniem.embed.settings import VectorSettings, layer_for
from erniem.model import heads
from erniem.model.encoder import ErnieMModel, ErnieMPreTrainedModel

__all__ = ["OUTPUTS", "ModelNetwork", "SentenceNetwork", "as_far_as"]

OUTPUTS: dict[type[ErnieMPreTrainedModel], tuple[str, ...]] = {
    ErnieMModel: ("last_hidden_state",),
    heads.ErnieMForMaskedLM: ("logits",),
    heads.ErnieMForSequenceClassification: ("logits",),
    heads.ErnieMForTokenClassification: ("logits",),
    heads.ErnieMForMultipleChoice: ("logits",),
    heads.ErnieMForQuestionAnswering: ("start_logits", "end_logits"),
    heads.ErnieMForInformationExtraction: ("start_logits", "end_logits"),
}
"""What each class gives, by the names that transformers' users know."""


class ModelNetwork(nn.Module):
    """One of our models, as it is called with a mask.

    Raises:
        ValueError: a class without an ONNX form.
    """

    def __init__(self, model: ErnieMPreTrainedModel) -> None:
        super().__init__()
        if type(model) not in OUTPUTS:
            known = ", ".join(kind.__name__ for kind in OUTPUTS)
            raise ValueError(f"{type(model).__name__} has no ONNX form; these have: {known}.")
        self.model: Any = model
        self.outputs = OUTPUTS[type(model)]
        choices = ("choices",) if isinstance(model, heads.ErnieMForMultipleChoice) else ()
        self.axes = ("batch", *choices, "length")

    def forward(
        self, input_ids: Int[Tensor, "*rows L"], attention_mask: Int[Tensor, "*rows L"]
    ) -> tuple[Tensor, ...]:
        """The outputs in the order of `outputs`."""
        found = self.model(input_ids, attention_mask)
        return tuple(found[name] for name in self.outputs)


class SentenceNetwork(nn.Module):
    """An encoder and its pooling.

    Args:
        encoder: ours, with a head or without; a head is left aside.
        settings: the layer and the pooling.
        frame: special tokens before and after a text, see `erniem.embed.vectors.frame_of`.

    Raises:
        ValueError: a layer that the encoder does not have.
    """

    outputs: tuple[str, ...] = ("sentence_embedding",)
    axes: tuple[str, ...] = ("batch", "length")

    def __init__(
        self, encoder: ErnieMPreTrainedModel, settings: VectorSettings, frame: tuple[int, int]
    ) -> None:
        super().__init__()
        self.model = as_far_as(encoder, settings)
        self.pooling = settings.pooling
        self.frame = frame

    def forward(
        self, input_ids: Int[Tensor, "B L"], attention_mask: Int[Tensor, "B L"]
    ) -> tuple[Float[Tensor, "B D"]]:
        """One vector a row, not normalised."""
        hidden = self.model(input_ids, attention_mask).last_hidden_state
        share = self._shares(attention_mask).to(hidden.dtype)
        return ((hidden * share[:, :, None]).sum(dim=1) / share.sum(dim=1, keepdim=True),)

    def _shares(self, mask: Int[Tensor, "B L"]) -> Int[Tensor, "B L"]:
        """1 at the tokens whose mean is the vector, 0 at the others."""
        if self.pooling == "mean":
            return mask
        place = mask.cumsum(dim=1) - 1
        if self.pooling == "cls":
            return mask * (place == 0)
        before, after = self.frame
        length = mask.sum(dim=1, keepdim=True)
        text = (place >= before) & (place < length - after)
        return mask * (text | (length <= before + after))


def as_far_as(model: ErnieMPreTrainedModel, settings: VectorSettings) -> ErnieMModel:
    """The encoder without what lies above the layer that is asked for: head, layers, pooler.

    It shares the model's weights, and its last layer is the one asked for: cutting is exact.

    Raises:
        ValueError: a layer that the model does not have.
    """
    whole: Any = model.base_model
    layer = layer_for(settings.layer, whole.config.num_hidden_layers)
    encoder = copy.copy(whole)
    encoder._modules = dict(whole._modules)
    encoder.config = copy.deepcopy(whole.config)
    encoder.config.num_hidden_layers = layer + 1
    encoder.config.architectures = [ErnieMModel.__name__]
    encoder.encoder = copy.copy(whole.encoder)
    encoder.encoder._modules = {"layers": whole.encoder.layers[: layer + 1]}
    encoder.pooler = None
    return encoder.eval()
