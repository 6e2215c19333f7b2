"""Sets to measure with: XTREME's nine tasks, SQuAD that two of them are trained on, FLORES-200.

XTREME's are laid out as `erniem xtreme --data OUTPUT/xtreme` looks for them. Beside each Hub name
stands the original address, as XTREME's own download script has it.
"""

from erniem.data.dataset import DataSet, Part, codes
from erniem.data.monolingual import ANY_LANGUAGE
from erniem.languages import LANGUAGES

__all__ = ["BENCHMARKS", "XTREME"]

HUB = "hub:google/xtreme@ec5f1f46e9af79639a90684a7a70a956c4998f04"

XNLI = DataSet(
    name="xnli",
    kind="benchmark",
    what="inference, with MultiNLI's training set in 15 languages by machine",
    licence="CC BY-NC 4.0; MultiNLI's training text has terms of its own",
    homepage="https://github.com/facebookresearch/XNLI",
    version="1.0; original: dl.fbaipublicfiles.com/XNLI/XNLI-1.0.zip, XNLI-MT-1.0.zip",
    parts=(
        Part(
            address="hub:facebook/xnli@b8dd5d7af51114dbda02c0e3f6133f332186418e/{code}/*.parquet",
            target="xtreme/xnli/{code}/",
        ),
    ),
    languages=codes("ar bg de el en es fr hi ru sw th tr ur vi zh"),
)

PAWSX = DataSet(
    name="pawsx",
    kind="benchmark",
    what="paraphrases, with PAWS-Wiki's training set in 7 languages by machine",
    licence="free for any purpose, with acknowledgement of Google as the source",
    homepage="https://github.com/google-research-datasets/paws",
    version="x-final; original: storage.googleapis.com/paws/pawsx/x-final.tar.gz",
    parts=(
        Part(
            address="hub:google-research-datasets/paws-x@4cd8187c404bda33cb1f62b49b001115862acf37"
            "/{code}/*.parquet",
            target="xtreme/pawsx/{code}/",
        ),
    ),
    languages=codes("de en es fr ja ko zh"),
)

PANX = DataSet(
    name="panx",
    kind="benchmark",
    what="named entities of WikiAnn, 40 languages",
    licence="ODC-BY",
    homepage="https://github.com/afshinrahimi/mmner",
    version="split of 2019; the original, AmazonPhotos.zip, can be had by hand only",
    parts=(Part(address=HUB + "/PAN-X.{code}/*.parquet", target="xtreme/panx/PAN-X.{code}/"),),
    languages=codes(
        "af ar bg bn de el en es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr ms my nl pt ru "
        "sw ta te th tl tr ur vi yo zh"
    ),
)

UDPOS = DataSet(
    name="udpos",
    kind="benchmark",
    what="parts of speech of Universal Dependencies, 33 languages",
    licence="per treebank, most CC BY-SA or CC BY-NC-SA",
    homepage="https://universaldependencies.org",
    version="2.5; original: hdl.handle.net/11234/1-3105",
    parts=(Part(address=HUB + "/udpos.{theirs}/*.parquet", target="xtreme/udpos/udpos.{name}/"),),
    languages=codes(
        "af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko mr nl pt ru ta te th tl tr ur "
        "vi yo zh"
    ),
    spellings={code: one.name for code, one in LANGUAGES.items()} | {"af": "Afrikans"},
)

XQUAD = DataSet(
    name="xquad",
    kind="benchmark",
    what="SQuAD's questions translated, to test only, 11 languages",
    licence="CC BY-SA 4.0",
    homepage="https://github.com/google-deepmind/xquad",
    version="1.1; original: raw.githubusercontent.com/deepmind/xquad/master/xquad.XX.json",
    parts=(Part(address=HUB + "/XQuAD.{code}/*.parquet", target="xtreme/xquad/XQuAD.{code}/"),),
    languages=codes("ar de el en es hi ru th tr vi zh"),
)

MLQA = DataSet(
    name="mlqa",
    kind="benchmark",
    what="questions and contexts in one language, to develop and test, 7 languages",
    licence="CC BY-SA 3.0",
    homepage="https://github.com/facebookresearch/MLQA",
    version="1.0; original: dl.fbaipublicfiles.com/MLQA/MLQA_V1.zip",
    parts=(
        Part(
            address=HUB + "/MLQA.{code}.{code}/*.parquet", target="xtreme/mlqa/MLQA.{code}.{code}/"
        ),
    ),
    languages=codes("ar de en es hi vi zh"),
)

TYDIQA = DataSet(
    name="tydiqa",
    kind="benchmark",
    what="TyDiQA's gold passages, 9 languages in one table",
    licence="Apache-2.0",
    homepage="https://github.com/google-research-datasets/tydiqa",
    version="GoldP 1.1; original: storage.googleapis.com/tydiqa/v1.1/tydiqa-goldp-v1.1-train.json",
    parts=(Part(address=HUB + "/tydiqa/*.parquet", target="xtreme/tydiqa/"),),
    languages=codes("ar bn en fi id ko ru sw te"),
)

SQUAD = DataSet(
    name="squad",
    kind="benchmark",
    what="English questions, what XQuAD and MLQA are trained on",
    licence="CC BY-SA 4.0",
    homepage="https://github.com/rajpurkar/SQuAD-explorer",
    version="1.1; original: the repository's dataset/train-v1.1.json, dev-v1.1.json",
    parts=(Part(address=HUB + "/SQuAD/*.parquet", target="xtreme/squad/"),),
    languages=("en",),
)


def _tatoeba(side: str) -> Part:
    return Part(
        address="https://raw.githubusercontent.com/facebookresearch/LASER/"
        "fec5c7d63daa2bea9d127e8252b10e87278586c0/data/tatoeba/v1/tatoeba.{iso3}-eng." + side,
        target="xtreme/tatoeba/tatoeba.{iso3}-eng." + side,
    )


TATOEBA = DataSet(
    name="tatoeba",
    kind="benchmark",
    what="up to 1,000 sentences a language with their English, 36 languages of LASER's 112",
    licence="CC BY 2.0 FR",
    homepage="https://github.com/facebookresearch/LASER/tree/main/data/tatoeba/v1",
    version="LASER v1, of 17 November 2018",
    parts=(_tatoeba("{iso3}"), _tatoeba("eng")),
    languages=codes(
        "af ar bg bn de el es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr nl pt ru sw ta te "
        "th tl tr ur vi zh"
    ),
)


def _bucc(sample: str) -> Part:
    return Part(
        address="https://comparable.limsi.fr/bucc2018/bucc2018-{code}-en." + sample + ".tar.bz2",
        target="xtreme/bucc2018/",
        unpacking="members",
        members=r"(?:.*/)?(?P<file>[a-z]{2}-en/[a-z]{2}-en\.(?:training|sample)\.[a-z]+)",
    )


BUCC2018 = DataSet(
    name="bucc2018",
    kind="benchmark",
    what="translations hidden among sentences, 4 languages with English",
    licence="for research use, see the shared task's page",
    homepage="https://comparable.limsi.fr/bucc2018/bucc2018-task.html",
    version="2018; sample (XTREME's dev) and training (its test)",
    parts=(_bucc("sample-gold"), _bucc("training-gold")),
    languages=codes("de fr ru zh"),
)

FLORES200 = DataSet(
    name="flores200",
    kind="benchmark",
    what="2,009 sentences translated into 200 languages: never train on it, exclude it",
    licence="CC BY-SA 4.0",
    homepage="https://github.com/facebookresearch/flores",
    version="200",
    parts=(
        Part(
            address="https://dl.fbaipublicfiles.com/nllb/flores200_dataset.tar.gz",
            target="flores200/",
            unpacking="members",
            members=r"(?:\./)?flores200_dataset/(?P<file>(?:dev|devtest)/[a-z]{3}_[A-Z][a-z]{3}\."
            r"(?:dev|devtest))",
            sha256="b8b0b76783024b85797e5cc75064eb83fc5288b41e9654dabc7be6ae944011f6",
        ),
    ),
    languages=ANY_LANGUAGE,
)

XTREME = (XNLI, PAWSX, UDPOS, PANX, XQUAD, MLQA, TYDIQA, SQUAD, BUCC2018, TATOEBA)
"""What `erniem xtreme` needs."""

BENCHMARKS = (*XTREME, FLORES200)
