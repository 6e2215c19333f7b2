"""The heads, under the names users know.

Every call is the encoder's, padded or packed (`Inputs`), with labels of its own. A packed call
gives `(T, ..)` where a padded one gives `(B, L, ..)`, and `(S, ..)` where it gives `(B, ..)`.

Letters: B rows, L tokens of a row, T tokens of a pack, S sequences, C classes or choices.
"""

from typing import Unpack, cast

import torch.nn.functional as F
from torch import Tensor, nn
from transformers.modeling_outputs import (
    MultipleChoiceModelOutput,
    QuestionAnsweringModelOutput,
    SequenceClassifierOutput,
    TokenClassifierOutput,
)
from transformers.utils.generic import can_return_tuple

from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import ErnieMModel, ErnieMPreTrainedModel, Inputs, encode
from erniem.model.masked_lm import ErnieMForMaskedLM

__all__ = [
    "ErnieMForInformationExtraction",
    "ErnieMForMaskedLM",
    "ErnieMForMultipleChoice",
    "ErnieMForQuestionAnswering",
    "ErnieMForSequenceClassification",
    "ErnieMForTokenClassification",
]


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
        outputs = encode(self.ernie_m, input_ids, attention_mask, inputs)
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
            ValueError: tokens that are not `(B, C, L)`, or a pack.
        """
        if inputs.get("cu_seqlens") is not None:
            raise ValueError("choices have no packed form: give them as (rows, choices, length).")
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
        outputs = encode(
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
        outputs = encode(self.ernie_m, input_ids, attention_mask, inputs)
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
                places behind a row's end count for nothing.

        Returns:
            `start_logits` and `end_logits` `(B, L)` or `(T,)`; `loss`, the mean of both ends'.

        Raises:
            ValueError: places of the answer in a pack, where no loss is computed.
        """
        if start_positions is not None and inputs.get("cu_seqlens") is not None:
            raise ValueError("start_positions are places in rows: give (B, L), or no positions.")
        outputs = encode(self.ernie_m, input_ids, attention_mask, inputs)
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
        outputs = encode(self.ernie_m, input_ids, attention_mask, inputs)
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


def _head_dropout(config: ErnieMConfig) -> float:
    """Dropout before a classifier: its own, or that of hidden states."""
    own = config.classifier_dropout
    return config.hidden_dropout_prob if own is None else own
