"""What another implementation makes of texts: run by its own interpreter, not by ours.

```text
python tokenize_as.py NAME FOLDER < texts.json > answer.json
```

NAME is official, transformers4, paddlenlp or xlm-r, or for the sake of measuring ours-official,
ours-transformers4, ours-paddlenlp, and the bare libraries: sentencepiece, tokenizers. FOLDER holds
vocab.txt, sentencepiece.bpe.model, our tokenizer.json, and XLM-R's in `xlm-r`. The answer has the
ids of each text (None where the other raises), the seconds it took, by the clock and of all cores,
and the versions.
"""

import importlib.metadata
import json
import os
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

Answer = list[list[int] | None]
PACKAGES = ("transformers", "paddlenlp", "sentencepiece", "tokenizers")


def official(folder: Path) -> Callable[[list[str]], Answer]:
    """The rules of the authors' released tokeniser, in our words, on SentencePiece itself."""
    import sentencepiece

    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.bpe.model"))
    lines = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
    ids = {line: number for number, line in enumerate(lines)}

    def pieces(text: str) -> Iterator[str]:
        for piece in model.encode(_cleaned(text), out_type=str):
            if len(piece) > 1 and piece[-1] == "," and piece[-2].isdigit():
                number = model.encode(piece[:-1].replace("▁", ""), out_type=str)
                if piece[0] != "▁":
                    number[0] = number[0].removeprefix("▁")
                yield from filter(None, number)
                yield ","
            else:
                yield piece

    unknown = ids["[UNK]"]
    return lambda texts: [
        [ids["[CLS]"], *(ids.get(piece, unknown) for piece in pieces(text)), ids["[SEP]"]]
        for text in texts
    ]


def _cleaned(text: str) -> str:
    kept = []
    for char in text.translate(str.maketrans("“”‘’—", "\"\"''-")):
        if char in "\t\n\r" or unicodedata.category(char) == "Zs":
            kept.append(" ")
        elif unicodedata.category(char) not in ("Cc", "Cf"):
            kept.append(char)
    return "".join(kept)


def transformers4(folder: Path) -> Callable[[list[str]], Answer]:
    """ErnieMTokenizer of transformers 4."""
    from transformers import ErnieMTokenizer

    tokenizer = ErnieMTokenizer.from_pretrained(folder)
    return lambda texts: [_ids(tokenizer, text) for text in texts]


def paddlenlp(folder: Path) -> Callable[[list[str]], Answer]:
    """ErnieMTokenizer of PaddleNLP."""
    from paddlenlp.transformers import ErnieMTokenizer

    tokenizer = ErnieMTokenizer(str(folder / "vocab.txt"), str(folder / "sentencepiece.bpe.model"))
    return lambda texts: [_ids(tokenizer, text) for text in texts]


def xlm_r(folder: Path) -> Callable[[list[str]], Answer]:
    """XLM-R's fast tokeniser of the transformers that is installed."""
    from transformers import XLMRobertaTokenizerFast

    tokenizer = XLMRobertaTokenizerFast.from_pretrained(folder / "xlm-r")
    return lambda texts: list(tokenizer(texts, verbose=False)["input_ids"])


def ours(segmentation: str, folder: Path) -> Callable[[list[str]], Answer]:
    """Our own."""
    from erniem.tokenization import ErnieMTokenizer

    tokenizer = ErnieMTokenizer.from_pretrained(folder, segmentation=segmentation)
    return lambda texts: list(tokenizer(texts, verbose=False)["input_ids"])


def sentencepiece_alone(folder: Path) -> Callable[[list[str]], Answer]:
    """SentencePiece's one call for many texts, its own ids: the bound of what is built on it."""
    import sentencepiece

    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.bpe.model"))
    threads = len(os.sched_getaffinity(0))
    return lambda texts: model.encode(texts, out_type=int, num_threads=threads)


def tokenizers_alone(folder: Path) -> Callable[[list[str]], Answer]:
    """The one call of `tokenizers` for many texts, without places: XLM-R's ids."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "xlm-r" / "tokenizer.json"))
    return lambda texts: [each.ids for each in tokenizer.encode_batch_fast(texts)]


def _ids(tokenizer: Callable[..., dict[str, list[int]]], text: str) -> list[int] | None:
    try:
        return tokenizer(text)["input_ids"]
    except IndexError:  # a lone ▁ at the end, in transformers 4
        return None


TOKENIZERS = {
    "official": official,
    "transformers4": transformers4,
    "paddlenlp": paddlenlp,
    "xlm-r": xlm_r,
    "sentencepiece": sentencepiece_alone,
    "tokenizers": tokenizers_alone,
    "ours-official": partial(ours, "official"),
    "ours-transformers4": partial(ours, "transformers4"),
    "ours-paddlenlp": partial(ours, "paddlenlp"),
}


def main(name: str, folder: str) -> None:
    texts = json.load(sys.stdin)
    answer = sys.stdout
    sys.stdout = sys.stderr  # what the libraries print must not get into the answer
    tokenize = TOKENIZERS[name](Path(folder))
    tokenize(texts[::50])  # warms up
    clock, cores = time.perf_counter(), time.process_time()
    ids = tokenize(texts)
    seconds = {"clock": time.perf_counter() - clock, "cores": time.process_time() - cores}
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    json.dump({"ids": ids, "seconds": seconds, "versions": versions}, answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
