"""Importing, watched from outside: each test is a fresh interpreter."""

import json
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import pytest

import erniem
from erniem.model.configuration import ErnieMConfig
from erniem.model.heads import ErnieMForMaskedLM
from erniem.tokenization import train_tokenizer


def run(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_erniem_is_quick_and_imports_neither_torch_nor_transformers() -> None:
    script = """
import json, sys, time
start = time.process_time()
import erniem
seconds = time.process_time() - start
print(json.dumps([seconds, sorted(name.partition(".")[0] for name in sys.modules)]))
"""
    seconds, modules = json.loads(run(script))
    assert seconds < 0.2
    assert not {"torch", "transformers", "numpy", "tokenizers"} & set(modules)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model with its tokeniser."""
    path = tmp_path_factory.mktemp("ours")
    config = ErnieMConfig(
        vocab_size=20,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        languages=["en"],
    )
    ErnieMForMaskedLM(config).save_pretrained(path)
    words = [" ".join(pair) for pair in permutations(["the", "cat", "sat", "on", "a", "mat"], 2)]
    train_tokenizer(words * 10, vocabulary_size=20).save_pretrained(path)
    return path


LOAD = """
from transformers import AutoConfig, AutoModel, AutoTokenizer
from transformers.models.auto import modeling_auto
import erniem
heads = [getattr(modeling_auto, "AutoModelFor" + head) for head in {heads!r}]
for auto in (AutoConfig, AutoTokenizer, AutoModel, *heads):
    print(type(auto.from_pretrained({folder!r})).__name__)
assert AutoConfig.from_pretrained({folder!r}).languages == ["en"]
assert AutoTokenizer.from_pretrained({folder!r}).mask_token == "[MASK]"
"""

HEADS = [
    "MaskedLM",
    "SequenceClassification",
    "TokenClassification",
    "QuestionAnswering",
    "MultipleChoice",
]


@pytest.mark.parametrize(
    "first",
    [
        "from transformers import AutoModel",
        "import erniem; import transformers.modeling_layers",  # it imports the Auto classes itself
        pytest.param("import erniem", marks=pytest.mark.slow),
        pytest.param("import erniem.model.encoder", marks=pytest.mark.slow),
    ],
)
def test_auto_classes_load_our_folder_whatever_was_imported_first(first: str, folder: Path) -> None:
    names = run(first + LOAD.format(folder=str(folder), heads=HEADS)).split()
    classes = [f"ErnieMFor{head}" for head in HEADS]
    assert names == ["ErnieMConfig", "ErnieMTokenizer", "ErnieMModel", *classes]


@pytest.mark.parametrize("name", erniem.__all__)
def test_each_public_name_is_found_where_it_lives(name: str) -> None:
    assert getattr(erniem, name).__module__ == erniem.PUBLIC[name]
    assert name in dir(erniem)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'erniem' has no attribute 'utils'"):
        erniem.utils  # noqa: B018
