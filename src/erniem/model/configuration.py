"""Configuration of the encoder, with the names that ERNIE-M's published checkpoints use."""

from typing import Any

from transformers import PreTrainedConfig

__all__ = ["ErnieMConfig"]


class ErnieMConfig(PreTrainedConfig):
    """Shape of an ERNIE-M encoder; the defaults are the published base model's.

    Args:
        vocab_size: number of pieces V.
        hidden_size: width D.
        num_hidden_layers: layers.
        num_attention_heads: heads, dividing the width.
        intermediate_size: width of the feed-forward layer.
        hidden_act: activation of the feed-forward layer.
        hidden_dropout_prob: dropout of embeddings and of each sub-layer's output.
        attention_probs_dropout_prob: dropout of attention weights.
        act_dropout: dropout inside the feed-forward layer.
        max_position_embeddings: rows of the position table; sequences are at most two shorter.
        initializer_range: standard deviation of initial weights.
        layer_norm_eps: epsilon of layer norms.
        classifier_dropout: dropout before a classification head; `hidden_dropout_prob` if None.
        languages: codes that placeholders may be tagged with, ids from 1; published weights have
            none.
    """

    model_type = "ernie_m"
    attribute_map = {"num_classes": "num_labels"}  # noqa: RUF012  transformers declares it so

    def __init__(
        self,
        vocab_size: int = 250_002,
        hidden_size: int = 768,
        num_hidden_layers: int = 12,
        num_attention_heads: int = 12,
        intermediate_size: int = 3072,
        hidden_act: str = "gelu",
        hidden_dropout_prob: float = 0.1,
        attention_probs_dropout_prob: float = 0.1,
        act_dropout: float = 0.0,
        max_position_embeddings: int = 514,
        initializer_range: float = 0.02,
        layer_norm_eps: float = 1e-5,
        classifier_dropout: float | None = None,
        languages: list[str] | None = None,
        pad_token_id: int = 1,
        bos_token_id: int | None = 0,
        eos_token_id: int | None = 2,
        tie_word_embeddings: bool = True,
        **kwargs: Any,
    ) -> None:
        if num_attention_heads < 1 or hidden_size % num_attention_heads:
            raise ValueError(
                f"hidden_size {hidden_size} is not a multiple of num_attention_heads "
                f"{num_attention_heads}: choose heads that divide the width."
            )
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        self.num_hidden_layers = num_hidden_layers
        self.num_attention_heads = num_attention_heads
        self.intermediate_size = intermediate_size
        self.hidden_act = hidden_act
        self.hidden_dropout_prob = hidden_dropout_prob
        self.attention_probs_dropout_prob = attention_probs_dropout_prob
        self.act_dropout = act_dropout
        self.max_position_embeddings = max_position_embeddings
        self.initializer_range = initializer_range
        self.layer_norm_eps = layer_norm_eps
        self.classifier_dropout = classifier_dropout
        self.languages = list(languages or [])
        super().__init__(  # type: ignore[call-arg]  # fields of the base, passed on
            pad_token_id=pad_token_id,
            bos_token_id=bos_token_id,
            eos_token_id=eos_token_id,
            tie_word_embeddings=tie_word_embeddings,
            **kwargs,
        )

    @property
    def longest_sequence(self) -> int:
        """The longest sequence in tokens: two positions are reserved."""
        return self.max_position_embeddings - 2
