"""The verb that makes vectors of files of texts."""

import argparse
from pathlib import Path

from erniem.cli.vectors import add_backend, add_vectors, taken_vectors
from erniem.cli.verb import Values, Verb

__all__ = ["EMBEDDING"]


def _embed_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, help="folder of any encoder")
    parser.add_argument(
        "files",
        nargs="*",
        default=["-"],
        metavar="FILE",
        help=".txt .jsonl .parquet, packed too; - for stdin, which is taken if none is named",
    )
    parser.add_argument(
        "--output", type=Path, required=True, metavar="FILE", help=".npy .jsonl .jsonl.gz .parquet"
    )
    parser.add_argument(
        "--field", metavar="NAME", help="that holds the text in .jsonl and .parquet (text)"
    )
    add_vectors(parser, layer="as the folder says, or last", pooling="as it says, or mean_text")
    parser.add_argument(
        "--raw", dest="normalize", action="store_false", help="vectors as they are, not length one"
    )
    add_backend(parser)
    parser.add_argument("--threads", type=int, metavar="N", help="to compute with (all)")
    parser.add_argument(
        "--max-length", type=int, metavar="N", help="tokens of a text at most; the rest is cut"
    )
    parser.add_argument(
        "--tokens-per-batch", type=int, metavar="N", help="computed at once at most (512 a thread)"
    )


def _embed(values: Values) -> None:
    from erniem.embed.run import embed_files

    values["vectors"] = taken_vectors(values, "max_length", "tokens_per_batch")
    print("\n".join(embed_files(**values, progress=True).lines()))


EMBEDDING = {
    "embed": Verb(
        help="vectors of texts, row for row, in files of any size",
        arguments=_embed_arguments,
        run=_embed,
        example="erniem embed e5/ de.txt.gz en.txt --output vectors.npy --backend torch-int8",
    ),
}
