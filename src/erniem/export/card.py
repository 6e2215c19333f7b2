"""Model cards of exports: what is in the folder, how it was checked, how it is run."""

from pathlib import Path
from typing import TYPE_CHECKING

from erniem.convert.card import write_card
from erniem.convert.checkpoint import Checkpoint
from erniem.embed.settings import VectorSettings
from erniem.export.portable import describe_split
from erniem.export.settings import describe

if TYPE_CHECKING:
    from erniem.export.to_onnx import Exported
    from erniem.export.to_sentence_transformers import Shared

__all__ = ["write_onnx_card", "write_sentence_transformers_card"]

TASKS = {
    "ErnieMForMaskedLM": "fill-mask",
    "ErnieMForSequenceClassification": "text-classification",
    "ErnieMForTokenClassification": "token-classification",
    "ErnieMForQuestionAnswering": "question-answering",
}
"""Pipelines of transformers.js that run a class."""


def write_onnx_card(folder: Path, read: Checkpoint, exported: "Exported") -> None:
    """Writes the card of a folder with ONNX files."""
    files = "\n".join(f"- `{name}`: {one.words()}" for name, one in exported.files.items())
    facts = [
        "Inputs `input_ids` and `attention_mask`, of any batch and length.\n"
        f"Held against torch:\n\n{files}"
    ]
    settings, task = exported.settings, TASKS.get(exported.model)
    if settings is not None:
        task = "feature-extraction"
        facts.append(
            f"Output `sentence_embedding`, {describe(settings)}, not normalised. A prefix\nis no "
            "part of the graph: it stands before each text."
        )
    if exported.left:
        facts.append(f"Left behind: {exported.left}.")
    if exported.otherwise:
        facts.append(describe_split(exported.otherwise))
    write_card(
        folder,
        read,
        title=f"{exported.model}, as ONNX",
        facts=facts,
        code=_model_code(task) if settings is None else _sentence_code(settings),
        language="js",
        library_name="transformers.js",
        **({} if task is None else {"pipeline_tag": task}),
    )


def write_sentence_transformers_card(folder: Path, read: Checkpoint, shared: "Shared") -> None:
    """Writes the card of a folder for sentence-transformers."""
    facts = [
        f"Sentence vectors: {describe(shared.settings)}, not normalised. A prefix is put before\n"
        "each text by the library, as its default prompt.",
        f"transformers' XLM-R, held against erniem {shared.agreement.words()}.",
    ]
    if shared.otherwise:
        facts.append(describe_split(shared.otherwise))
    write_card(
        folder,
        read,
        title="Sentence vectors of ERNIE-M, for sentence-transformers",
        facts=facts,
        code=[
            "from sentence_transformers import SentenceTransformer",
            "",
            'model = SentenceTransformer("this folder")',
            'model.encode(["Hallo"])',
        ],
        library_name="sentence-transformers",
        pipeline_tag="sentence-similarity",
    )


def _sentence_code(settings: VectorSettings) -> list[str]:
    return [
        'import { AutoModel, AutoTokenizer } from "@huggingface/transformers";',
        "",
        'const options = { model_file_name: "sentence", dtype: "fp32" };  // or "sentence-int8"',
        'const model = await AutoModel.from_pretrained("this folder", options);',
        'const tokenizer = await AutoTokenizer.from_pretrained("this folder");',
        f'const inputs = tokenizer(["{settings.prefix}Hallo"], {{ padding: true }});',
        "const { sentence_embedding } = await model(inputs);",
    ]


def _model_code(task: str | None) -> list[str]:
    """A pipeline where there is one, or else the model as it is; `q8` is the file of 8 bits."""
    if task is None:
        return [
            'import { AutoModel } from "@huggingface/transformers";',
            "",
            'const model = await AutoModel.from_pretrained("this folder", { dtype: "fp32" });',
        ]
    return [
        'import { pipeline } from "@huggingface/transformers";',
        "",
        f'const run = await pipeline("{task}", "this folder", {{ dtype: "fp32" }});',
    ]
