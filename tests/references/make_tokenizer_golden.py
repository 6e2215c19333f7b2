"""Writes tokenizer_golden.json: what the references make of odd texts, with a vocabulary by hand.

```text
ERNIEM_TRANSFORMERS4=python ERNIEM_PADDLENLP=python PYTHONPATH=src:tests \\
    python tests/references/make_tokenizer_golden.py
```

Both variables name an interpreter that has transformers 4.57 or PaddleNLP 2.8.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from erniem.tokenization.files import sentencepiece_model
from small_vocabulary import odd_texts, small_vocabulary

HERE = Path(__file__).parent
GOLDEN = HERE / "tokenizer_golden.json"
TEXTS = 700


def asked(interpreter: str, name: str, folder: Path, texts: list[str]) -> Any:
    """The answer of `tokenize_as.py`, run by an interpreter."""
    command = [interpreter, str(HERE / "tokenize_as.py"), name, str(folder)]
    done = subprocess.run(
        command, input=json.dumps(texts), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2_000:]}")
    return json.loads(done.stdout)


def interpreters() -> dict[str, str | None]:
    """Who runs each reference: an interpreter, or None if it is not named."""
    return {
        "official": sys.executable,
        "transformers4": os.environ.get("ERNIEM_TRANSFORMERS4"),
        "paddlenlp": os.environ.get("ERNIEM_PADDLENLP"),
    }


def main() -> None:
    texts = sorted(set(odd_texts(TEXTS, seed=7)))
    vocabulary = small_vocabulary()
    golden: dict[str, Any] = {"texts": texts, "versions": {}, "ids": {}}
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sentencepiece.bpe.model").write_bytes(sentencepiece_model(vocabulary))
        (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece in vocabulary.scores))
        for reference, interpreter in interpreters().items():
            assert interpreter, f"name an interpreter for {reference}"
            answer = asked(interpreter, reference, folder, texts)
            golden["versions"][reference] = answer["versions"]
            golden["ids"][reference] = answer["ids"]
    GOLDEN.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
