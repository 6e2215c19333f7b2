"""Names of weights and settings, ours and other people's, as tables.

Ours are PaddleNLP's; transformers 4 named attention's projections twice over; the authors' static
graph has one file a parameter. Sources: the released code of each, and files that it wrote.
"""

from collections.abc import Iterator, Mapping

__all__ = [
    "LABELS",
    "SHAPE",
    "STATIC",
    "STATIC_HEADS",
    "STATIC_LAYER",
    "XLM_R_EMBEDDINGS",
    "XLM_R_LAYER",
    "XLM_R_MASKED_LM",
    "layer_names",
    "parameters",
]

SHAPE = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "hidden_act",
    "hidden_dropout_prob",
    "attention_probs_dropout_prob",
    "initializer_range",
    "layer_norm_eps",
    "classifier_dropout",
    "pad_token_id",
)
"""Settings that ERNIE-M, XLM-R and BERT have under the same names."""

LABELS = ("id2label", "label2id", "problem_type")
"""Settings of a classifier."""

XLM_R_LAYER = {
    "self_attn.q_proj": "attention.self.query",
    "self_attn.k_proj": "attention.self.key",
    "self_attn.v_proj": "attention.self.value",
    "self_attn.out_proj": "attention.output.dense",
    "norm1": "attention.output.LayerNorm",
    "linear1": "intermediate.dense",
    "linear2": "output.dense",
    "norm2": "output.LayerNorm",
}
"""Modules of one layer, here and in XLM-R and BERT; each has a weight and a bias."""

XLM_R_EMBEDDINGS = {
    "embeddings.word_embeddings": "embeddings.word_embeddings",
    "embeddings.position_embeddings": "embeddings.position_embeddings",
    "embeddings.layer_norm": "embeddings.LayerNorm",
}
"""Modules before the layers, here and in XLM-R and BERT."""

XLM_R_MASKED_LM = {
    "lm_head.dense": "lm_head.dense",
    "lm_head.layer_norm": "lm_head.layer_norm",
    "lm_head.decoder": "lm_head.decoder",
}
"""Modules of the masked-LM head, here and in XLM-R, which has the decoder's bias once more."""

STATIC_LAYER = {
    "self_attn.q_proj.weight": "multi_head_att_query_fc.w_0",
    "self_attn.q_proj.bias": "multi_head_att_query_fc.b_0",
    "self_attn.k_proj.weight": "multi_head_att_key_fc.w_0",
    "self_attn.k_proj.bias": "multi_head_att_key_fc.b_0",
    "self_attn.v_proj.weight": "multi_head_att_value_fc.w_0",
    "self_attn.v_proj.bias": "multi_head_att_value_fc.b_0",
    "self_attn.out_proj.weight": "multi_head_att_output_fc.w_0",
    "self_attn.out_proj.bias": "multi_head_att_output_fc.b_0",
    "norm1.weight": "post_att_layer_norm_scale",
    "norm1.bias": "post_att_layer_norm_bias",
    "linear1.weight": "ffn_fc_0.w_0",
    "linear1.bias": "ffn_fc_0.b_0",
    "linear2.weight": "ffn_fc_1.w_0",
    "linear2.bias": "ffn_fc_1.b_0",
    "norm2.weight": "post_ffn_layer_norm_scale",
    "norm2.bias": "post_ffn_layer_norm_bias",
}
"""Parameters of one layer, here and, behind `encoder_layer_N_`, in the authors' static graph."""

STATIC = {
    "embeddings.word_embeddings.weight": "word_embedding",
    "embeddings.position_embeddings.weight": "pos_embedding",
    "embeddings.layer_norm.weight": "pre_encoder_layer_norm_scale",
    "embeddings.layer_norm.bias": "pre_encoder_layer_norm_bias",
    "pooler.dense.weight": "pooled_fc.w_0",
    "pooler.dense.bias": "pooled_fc.b_0",
}
"""Parameters outside the layers, here and in the authors' static graph."""

STATIC_HEADS = {
    "ErnieMForSequenceClassification": ("cls_out_w", "cls_out_b"),
    "ErnieMForTokenClassification": ("cls_seq_label_out_w", "cls_seq_label_out_b"),
}
"""The classifier's weight and bias in the authors' static graph, by our class."""


def parameters(modules: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The weight and the bias of each module; an embedding's bias is in nobody's file."""
    for ours, theirs in modules.items():
        for kind in ("weight", "bias"):
            yield f"{ours}.{kind}", f"{theirs}.{kind}"


def layer_names(num_layers: int, theirs: str) -> Iterator[tuple[str, str]]:
    """The parameters of all layers, here and in XLM-R or BERT.

    Args:
        num_layers: layers.
        theirs: what stands before their number: `encoder.layer.`.
    """
    for n in range(num_layers):
        for ours, other in parameters(XLM_R_LAYER):
            yield f"encoder.layers.{n}.{ours}", f"{theirs}{n}.{other}"
