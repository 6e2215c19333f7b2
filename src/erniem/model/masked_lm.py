"""The masked language model: XLM-R's head, logits or losses at the holes alone.

Letters: B rows, L tokens of a row, T tokens of a pack, H holes, V vocabulary, D width.
"""

from dataclasses import dataclass
from typing import Any, Unpack

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn
from transformers.modeling_outputs import MaskedLMOutput
from transformers.utils.generic import can_return_tuple

from erniem.model.answers import Answered, answer_losses
from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import ErnieMModel, ErnieMPreTrainedModel, Inputs, encode
from erniem.model.products import linear
from erniem.model.table import GradientMemory, TiedTable, look_up

__all__ = ["IGNORED", "ErnieMForMaskedLM"]

IGNORED = -100
"""The label of a token that is no hole, as everywhere in transformers."""


class MaskedLMHead(nn.Module):
    """Dense, GELU, norm, and the table of pieces turned round (XLM-R's head)."""

    def __init__(self, config: ErnieMConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.layer_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.decoder = nn.Linear(config.hidden_size, config.vocab_size)
        self.memory = GradientMemory()

    def forward(self, hidden: Float[Tensor, "... D"]) -> Float[Tensor, "... V"]:
        """Logits over the vocabulary."""
        return self.decoder(self._turned(hidden))

    def answers(
        self,
        hidden: Float[Tensor, "H D"],
        answers: Int[Tensor, " H"],
        table: TiedTable | None,
    ) -> Answered:
        """How holes are answered, without the table of logits."""
        decoder = self.decoder
        return answer_losses(self._turned(hidden), decoder.weight, decoder.bias, answers, table)

    def _turned(self, hidden: Float[Tensor, "... D"]) -> Float[Tensor, "... D"]:
        return self.layer_norm(F.gelu(linear(self.dense, hidden)))


@dataclass
class MaskedLMAnswers(MaskedLMOutput):
    """A masked-LM's output, of each hole by itself if that was asked for."""

    loss: Any = None
    """The mean over the holes; for a moment all of it as a mapping, when autocast makes a copy."""
    losses: Tensor | None = None
    """`(H,)` cross-entropies."""
    right: Tensor | None = None
    """`(H,)` whether the likeliest piece is the answer."""


class ErnieMForMaskedLM(ErnieMPreTrainedModel):
    """The encoder with a masked-LM head; logits are computed where they are asked for."""

    _tied_weights_keys = {  # noqa: RUF012  transformers declares it so
        "lm_head.decoder.weight": "ernie_m.embeddings.word_embeddings.weight"
    }

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
        holes: Tensor | None = None,
        labels: Tensor | None = None,
        by_hole: bool = False,
        **inputs: Unpack[Inputs],
    ) -> MaskedLMAnswers:
        """Predicts the pieces in the holes.

        Args:
            input_ids, attention_mask, inputs: as for `ErnieMModel`.
            holes: `(H,)` places of the holes, counted over all tokens (row by row, padding counted,
                for a padded call).
            labels: the right pieces: shape of `input_ids` with -100 where there is no hole, or
                `(H,)` with `holes`.
            by_hole: with `labels`: give `losses` and `right` of each hole, and no logits. The
                vocabulary is then gone through in blocks, so that the table of logits, most of a
                step's memory, is never there.

        Returns:
            `logits` `(H, V)` at the holes, if `holes` or `labels` say where they are, and
            everywhere, `(B, L, V)` or `(T, V)`, if neither does; `loss`, the mean over the holes,
            if `labels` are given (0 where there is no hole). So the `compute_metrics` of a Trainer
            gets one row of logits for each of `labels[labels != -100]`, in this order.

        Raises:
            ValueError: `by_hole` without `labels`, or with one that is no piece.
        """
        if by_hole and labels is None:
            raise ValueError("by_hole tells how labels were met: give labels.")
        table = None
        if by_hole and input_ids is not None and inputs.get("cu_seqlens") is not None:
            table = TiedTable.of(
                self.get_input_embeddings(), self.lm_head.decoder, self.lm_head.memory
            )
            if table is not None:
                inputs["inputs_embeds"], input_ids = look_up(table, input_ids, "input_ids"), None
        outputs = encode(self.ernie_m, input_ids, attention_mask, inputs)
        hidden = outputs.last_hidden_state
        assert hidden is not None
        if labels is not None and holes is None:
            holes = (labels.flatten() != IGNORED).nonzero()[:, 0]
            labels = labels.flatten()[holes]
        if holes is not None:
            hidden = hidden.flatten(0, -2).index_select(0, holes)
        states: dict[str, Any] = {
            "hidden_states": outputs.hidden_states,
            "attentions": outputs.attentions,
        }
        if by_hole:
            found = self.lm_head.answers(hidden, labels, table)
            loss = found.losses.sum() / max(1, found.losses.numel())
            return MaskedLMAnswers(loss=loss, losses=found.losses, right=found.right, **states)
        logits, loss = self.lm_head(hidden), None
        if labels is not None:
            total = F.cross_entropy(logits.float(), labels, reduction="sum")
            loss = total / max(1, labels.numel())
        return MaskedLMAnswers(loss=loss, logits=logits, **states)
