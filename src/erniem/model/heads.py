"""The heads: so far the masked language model, with XLM-R's head.

Letters: B rows, L tokens of a row, T tokens of a pack, H holes, V vocabulary, D width.
"""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from transformers.modeling_outputs import MaskedLMOutput
from transformers.utils.generic import can_return_tuple

from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import ErnieMModel, ErnieMPreTrainedModel

__all__ = ["ErnieMForMaskedLM"]

IGNORED = -100
"""The label of a token that is no hole, as everywhere in transformers."""


class MaskedLMHead(nn.Module):
    """Dense, GELU, norm, and the table of pieces turned round (XLM-R's head)."""

    def __init__(self, config: ErnieMConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.layer_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.decoder = nn.Linear(config.hidden_size, config.vocab_size)

    def forward(self, hidden: Float[Tensor, "... D"]) -> Float[Tensor, "... V"]:
        """Logits over the vocabulary."""
        return self.decoder(self.layer_norm(F.gelu(self.dense(hidden))))


class ErnieMForMaskedLM(ErnieMPreTrainedModel):
    """The encoder with a masked-LM head; logits are computed where they are asked for."""

    _tied_weights_keys = {  # noqa: RUF012  transformers declares it so
        "lm_head.decoder.weight": "ernie_m.embeddings.word_embeddings.weight"
    }
    accepts_loss_kwargs = False

    def __init__(self, config: ErnieMConfig) -> None:
        super().__init__(config)
        self.ernie_m = ErnieMModel(config, add_pooling_layer=False)
        self.lm_head = MaskedLMHead(config)
        self.post_init()  # type: ignore[no-untyped-call]

    def get_output_embeddings(self) -> nn.Module:
        """The decoder, tied to the table of pieces."""
        return self.lm_head.decoder

    def set_output_embeddings(self, value: nn.Linear) -> None:
        """Another decoder."""
        self.lm_head.decoder = value

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        language_ids: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        cu_seqlens: Tensor | None = None,
        holes: Tensor | None = None,
        labels: Tensor | None = None,
        output_hidden_states: bool | None = None,
        **kwargs: object,
    ) -> MaskedLMOutput:
        """Predicts the pieces in the holes.

        Args:
            input_ids, attention_mask, position_ids, language_ids, inputs_embeds, cu_seqlens,
                output_hidden_states: as for `ErnieMModel`.
            holes: `(H,)` places of the holes, counted over all tokens (row by row, padding counted,
                for a padded call).
            labels: the right pieces: shape of `input_ids` with -100 where there is no hole, or
                `(H,)` with `holes`.

        Returns:
            `logits` `(H, V)` at the holes, if `holes` or `labels` say where they are, and
            everywhere, `(B, L, V)` or `(T, V)`, if neither does; `loss`, the mean over the holes,
            if `labels` are given (0 where there is no hole).
        """
        outputs = self.ernie_m(
            input_ids=input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            language_ids=language_ids,
            inputs_embeds=inputs_embeds,
            cu_seqlens=cu_seqlens,
            output_hidden_states=output_hidden_states,
            return_dict=True,
        )
        hidden = outputs.last_hidden_state
        if labels is not None and holes is None:
            holes = (labels.flatten() != IGNORED).nonzero()[:, 0]
            labels = labels.flatten()[holes]
        if holes is not None:
            hidden = hidden.flatten(0, -2)[holes]
        logits = self.lm_head(hidden)
        loss = None
        if labels is not None:
            total = F.cross_entropy(logits.float(), labels, reduction="sum")
            loss = total / max(1, labels.numel())
        return MaskedLMOutput(loss=loss, logits=logits, hidden_states=outputs.hidden_states)
