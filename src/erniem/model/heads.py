"""The heads, under the names users know; XLM-R's for masked language modelling.

Every call is the encoder's, padded or packed (`Inputs`), with labels of its own. A packed call
gives `(T, ..)` where a padded one gives `(B, L, ..)`, and `(S, ..)` where it gives `(B, ..)`.

Letters: B rows, L tokens of a row, T tokens of a pack, S sequences, H holes, V vocabulary, D width,
C classes or choices.
"""

from dataclasses import dataclass
from typing import Any, TypedDict, Unpack, cast

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn
from transformers.modeling_outputs import (
    BaseModelOutputWithPooling,
    MaskedLMOutput,
    MultipleChoiceModelOutput,
    QuestionAnsweringModelOutput,
    SequenceClassifierOutput,
    TokenClassifierOutput,
)
from transformers.utils.generic import can_return_tuple

from erniem.model.answers import Answered, answer_losses
from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import ErnieMModel, ErnieMPreTrainedModel
from erniem.model.products import linear
from erniem.model.table import TiedTable, look_up

__all__ = [
    "ErnieMForInformationExtraction",
    "ErnieMForMaskedLM",
    "ErnieMForMultipleChoice",
    "ErnieMForQuestionAnswering",
    "ErnieMForSequenceClassification",
    "ErnieMForTokenClassification",
    "Inputs",
]

IGNORED = -100
"""The label of a token that is no hole, as everywhere in transformers."""


class Inputs(TypedDict, total=False):
    """What else the encoder reads: see `ErnieMModel.forward`."""

    position_ids: Tensor | None
    language_ids: Tensor | None
    inputs_embeds: Tensor | None
    cu_seqlens: Tensor | None
    output_hidden_states: bool | None
    output_attentions: bool | None


class MaskedLMHead(nn.Module):
    """Dense, GELU, norm, and the table of pieces turned round (XLM-R's head)."""

    def __init__(self, config: ErnieMConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.layer_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.decoder = nn.Linear(config.hidden_size, config.vocab_size)

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
            if `labels` are given (0 where there is no hole).

        Raises:
            ValueError: `by_hole` without `labels`.
        """
        if by_hole and labels is None:
            raise ValueError("by_hole tells how labels were met: give labels.")
        table = None
        if by_hole and input_ids is not None and inputs.get("cu_seqlens") is not None:
            table = TiedTable.of(self.get_input_embeddings(), self.lm_head.decoder)
            if table is not None:
                inputs["inputs_embeds"], input_ids = look_up(table, input_ids, "input_ids"), None
        outputs = _encode(self.ernie_m, input_ids, attention_mask, inputs)
        hidden = outputs.last_hidden_state
        assert hidden is not None
        if labels is not None and holes is None:
            holes = (labels.flatten() != IGNORED).nonzero()[:, 0]
            labels = labels.flatten()[holes]
        if holes is not None:
            hidden = hidden.flatten(0, -2)[holes]
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


class ErnieMForSequenceClassification(ErnieMPreTrainedModel):
    """The encoder with a linear layer on the pooled first token."""

    def __init__(self, config: ErnieMConfig) -> None:
        super().__init__(config)
        self.num_labels: int = config.num_labels  # type: ignore[assignment]  # read from id2label
        self.ernie_m = ErnieMModel(config)
        self.dropout = nn.Dropout(_head_dropout(config))
        self.classifier = nn.Linear(config.hidden_size, self.num_labels)
        self.post_init()  # type: ignore[no-untyped-call]

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        labels: Tensor | None = None,
        **inputs: Unpack[Inputs],
    ) -> SequenceClassifierOutput:
        """Classifies sequences.

        Args:
            input_ids, attention_mask, inputs: as for `ErnieMModel`.
            labels: `(B,)` classes, or numbers for a regression, or `(B, C)` of 0 and 1 for many
                classes at once: `config.problem_type`, or what the labels look like.

        Returns:
            `logits` `(B, C)`; `loss` if `labels` are given.
        """
        outputs = _encode(self.ernie_m, input_ids, attention_mask, inputs)
        logits = self.classifier(self.dropout(outputs.pooler_output))
        loss = None
        if labels is not None:
            loss = self.loss_function(labels=labels, pooled_logits=logits, config=self.config)
        return SequenceClassifierOutput(
            loss=loss,
            logits=logits,
            hidden_states=outputs.hidden_states,
            attentions=outputs.attentions,
        )


class ErnieMForMultipleChoice(ErnieMPreTrainedModel):
    """The encoder with one score for each of several texts."""

    def __init__(self, config: ErnieMConfig) -> None:
        super().__init__(config)
        self.ernie_m = ErnieMModel(config)
        self.dropout = nn.Dropout(_head_dropout(config))
        self.classifier = nn.Linear(config.hidden_size, 1)
        self.post_init()  # type: ignore[no-untyped-call]

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        labels: Tensor | None = None,
        **inputs: Unpack[Inputs],
    ) -> MultipleChoiceModelOutput:
        """Scores the choices of each question.

        Args:
            input_ids, attention_mask, inputs: `(B, C, L)` where `ErnieMModel` reads `(B, L)`; there
                is no packed form.
            labels: `(B,)` the right choices.

        Returns:
            `logits` `(B, C)`; `loss` if `labels` are given.

        Raises:
            ValueError: tokens that are not `(B, C, L)`.
        """
        given = input_ids if input_ids is not None else inputs.get("inputs_embeds")
        wanted = 3 if input_ids is not None else 4
        if given is None or given.dim() != wanted:
            shape = None if given is None else tuple(given.shape)
            raise ValueError(
                f"give the choices as (rows, choices, length): the tokens are {shape}."
            )
        choices = given.shape[1]
        flat = {
            name: value.flatten(0, 1) if isinstance(value, Tensor) else value
            for name, value in inputs.items()
        }
        outputs = _encode(
            self.ernie_m,
            None if input_ids is None else input_ids.flatten(0, 1),
            None if attention_mask is None else attention_mask.flatten(0, 1),
            cast(Inputs, flat),
        )
        logits = self.classifier(self.dropout(outputs.pooler_output)).view(-1, choices)
        return MultipleChoiceModelOutput(
            loss=None if labels is None else F.cross_entropy(logits, labels),
            logits=logits,
            hidden_states=outputs.hidden_states,
            attentions=outputs.attentions,
        )


class ErnieMForTokenClassification(ErnieMPreTrainedModel):
    """The encoder with a linear layer on every token."""

    def __init__(self, config: ErnieMConfig) -> None:
        super().__init__(config)
        self.num_labels: int = config.num_labels  # type: ignore[assignment]  # read from id2label
        self.ernie_m = ErnieMModel(config, add_pooling_layer=False)
        self.dropout = nn.Dropout(_head_dropout(config))
        self.classifier = nn.Linear(config.hidden_size, self.num_labels)
        self.post_init()  # type: ignore[no-untyped-call]

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        labels: Tensor | None = None,
        **inputs: Unpack[Inputs],
    ) -> TokenClassifierOutput:
        """Classifies tokens.

        Args:
            input_ids, attention_mask, inputs: as for `ErnieMModel`.
            labels: shape of `input_ids`, the right classes, -100 where none counts.

        Returns:
            `logits` `(B, L, C)` or `(T, C)`; `loss`, the mean over the labelled tokens.
        """
        outputs = _encode(self.ernie_m, input_ids, attention_mask, inputs)
        logits = self.classifier(self.dropout(outputs.last_hidden_state))
        loss = None
        if labels is not None:
            loss = self.loss_function(logits=logits, labels=labels, config=self.config)
        return TokenClassifierOutput(
            loss=loss,
            logits=logits,
            hidden_states=outputs.hidden_states,
            attentions=outputs.attentions,
        )


class ErnieMForQuestionAnswering(ErnieMPreTrainedModel):
    """The encoder with a start and an end score on every token."""

    def __init__(self, config: ErnieMConfig) -> None:
        super().__init__(config)
        self.ernie_m = ErnieMModel(config, add_pooling_layer=False)
        self.config.num_labels = 2  # the two ends; XLM-R and transformers 4 read it here
        self.qa_outputs = nn.Linear(config.hidden_size, 2)
        self.post_init()  # type: ignore[no-untyped-call]

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        start_positions: Tensor | None = None,
        end_positions: Tensor | None = None,
        **inputs: Unpack[Inputs],
    ) -> QuestionAnsweringModelOutput:
        """Scores every token as the first and as the last of the answer.

        Args:
            input_ids, attention_mask, inputs: as for `ErnieMModel`.
            start_positions, end_positions: `(B,)` places of the answer in a padded call's rows;
                places outside a row count for nothing.

        Returns:
            `start_logits` and `end_logits` `(B, L)` or `(T,)`; `loss`, the mean of both ends'.
        """
        outputs = _encode(self.ernie_m, input_ids, attention_mask, inputs)
        start_logits, end_logits = self.qa_outputs(outputs.last_hidden_state).unbind(dim=-1)
        loss = None
        if start_positions is not None and end_positions is not None:
            loss = self.loss_function(start_logits, end_logits, start_positions, end_positions)
        return QuestionAnsweringModelOutput(
            loss=loss,
            start_logits=start_logits,
            end_logits=end_logits,
            hidden_states=outputs.hidden_states,
            attentions=outputs.attentions,
        )


class ErnieMForInformationExtraction(ErnieMPreTrainedModel):
    """UIE-M: is a token the first, is it the last, of what the prompt before the text asks for.

    Any number of tokens may be either; `erniem.tasks.extract` makes spans of them.
    """

    def __init__(self, config: ErnieMConfig) -> None:
        super().__init__(config)
        self.ernie_m = ErnieMModel(config)
        self.linear_start = nn.Linear(config.hidden_size, 1)
        self.linear_end = nn.Linear(config.hidden_size, 1)
        self.post_init()  # type: ignore[no-untyped-call]

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        start_positions: Tensor | None = None,
        end_positions: Tensor | None = None,
        **inputs: Unpack[Inputs],
    ) -> QuestionAnsweringModelOutput:
        """Scores every token as a first and as a last one.

        Args:
            input_ids, attention_mask, inputs: as for `ErnieMModel`.
            start_positions, end_positions: shape of `input_ids`, 1 at first and at last tokens, 0
                elsewhere.

        Returns:
            `start_logits` and `end_logits` `(B, L)` or `(T,)`, whose sigmoids are probabilities;
            `loss`, the binary cross-entropy over all places, padding too (as PaddleNLP trains it),
            the mean of both ends'.
        """
        outputs = _encode(self.ernie_m, input_ids, attention_mask, inputs)
        start_logits = self.linear_start(outputs.last_hidden_state).squeeze(-1)
        end_logits = self.linear_end(outputs.last_hidden_state).squeeze(-1)
        loss = None
        if start_positions is not None and end_positions is not None:
            start_loss = F.binary_cross_entropy_with_logits(start_logits, start_positions.float())
            end_loss = F.binary_cross_entropy_with_logits(end_logits, end_positions.float())
            loss = (start_loss + end_loss) / 2
        return QuestionAnsweringModelOutput(
            loss=loss,
            start_logits=start_logits,
            end_logits=end_logits,
            hidden_states=outputs.hidden_states,
            attentions=outputs.attentions,
        )


def _encode(
    encoder: ErnieMModel, input_ids: Tensor | None, attention_mask: Tensor | None, inputs: Inputs
) -> BaseModelOutputWithPooling:
    """The encoder's outputs, never as a tuple."""
    return encoder(input_ids, attention_mask, **{**inputs, "return_dict": True})


def _head_dropout(config: ErnieMConfig) -> float:
    """Dropout before a classifier: its own, or that of hidden states."""
    own = config.classifier_dropout
    return config.hidden_dropout_prob if own is None else own
