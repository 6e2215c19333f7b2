"""Text by language: CC-100, Wikipedia, FineWeb-2, MADLAD-400, Common Voice's sentences."""

from erniem.data.dataset import DataSet, Part, codes
from erniem.languages import LANGUAGES

__all__ = ["ANY_LANGUAGE", "MONOLINGUAL"]

CC100 = DataSet(
    name="cc100",
    kind="monolingual",
    what="web text as XLM-R and ERNIE-M were trained on, Common Crawl of 2018, a paragraph a line",
    licence="none claimed by its makers; Common Crawl's terms of use",
    homepage="https://data.statmt.org/cc-100/",
    version="the only one",
    parts=(
        Part(
            address="https://data.statmt.org/cc-100/{theirs}.txt.xz",
            target="monolingual/cc100/{code}.txt.xz",
        ),
    ),
    languages=codes(
        """
        af am ar as az be bg bn br bs ca cs cy da de el en eo es et eu fa ff fi fr fy ga gd
        gl gn gu ha he hi hr ht hu hy id ig is it ja jv ka kk km kn ko ku ky la lg li ln lo
        lt lv mg mk ml mn mr ms my ne nl no om or pa pl ps pt qu rm ro ru sa sc sd si sk sl
        so sq sr ss su sv sw ta te th tl tn tr ug uk ur uz vi wo xh yi yo zh zu
        """
    ),
    spellings={"zh": "zh-Hans"},
)

ANY_LANGUAGE = tuple(sorted({*CC100.languages, *LANGUAGES}))
"""Asked for of collections that have more languages than we have names for: whether they have one,
their server says."""

WIKIPEDIA = DataSet(
    name="wikipedia",
    kind="monolingual",
    what="Wikipedia's articles of 1 November 2023, cleaned of mark-up, an article a row",
    licence="CC BY-SA 3.0 and GFDL",
    homepage="https://huggingface.co/datasets/wikimedia/wikipedia",
    version="20231101",
    parts=(
        Part(
            address="hub:wikimedia/wikipedia@b04c8d1ceb2f5cd4588862100d08de323dccfbaa"
            "/20231101.{theirs}/*.parquet",
            target="monolingual/wikipedia/{code}/",
        ),
    ),
    languages=ANY_LANGUAGE,
    spellings={"nb": "no"},
)

FINEWEB2 = DataSet(
    name="fineweb-2",
    kind="monolingual",
    what="web text without near-duplicates, a document a row; no English",
    licence="ODC-By 1.0; Common Crawl's terms of use",
    homepage="https://huggingface.co/datasets/HuggingFaceFW/fineweb-2",
    version="2.1.0",
    parts=(
        Part(
            address="hub:HuggingFaceFW/fineweb-2@af9c13333eb981300149d5ca60a8e9d659b276b9"
            "/data/{theirs}/train/*.parquet",
            target="monolingual/fineweb-2/{code}/",
        ),
    ),
    languages=codes(
        """
        af ar bg bn cs da de el es et eu fa fi fr gu he hi hr hu id it ja jv ka kk ko lt ml
        mr ms my nb nl pl pt ro ru sv sw ta te th tl tr uk ur vi yo zh
        """
    ),
    spellings={
        **{"af": "afr_Latn", "ar": "arb_Arab", "bg": "bul_Cyrl", "bn": "ben_Beng"},
        **{"cs": "ces_Latn", "da": "dan_Latn", "de": "deu_Latn", "el": "ell_Grek"},
        **{"es": "spa_Latn", "et": "ekk_Latn", "eu": "eus_Latn", "fa": "fas_Arab"},
        **{"fi": "fin_Latn", "fr": "fra_Latn", "gu": "guj_Gujr", "he": "heb_Hebr"},
        **{"hi": "hin_Deva", "hr": "hrv_Latn", "hu": "hun_Latn", "id": "ind_Latn"},
        **{"it": "ita_Latn", "ja": "jpn_Jpan", "jv": "jav_Latn", "ka": "kat_Geor"},
        **{"kk": "kaz_Cyrl", "ko": "kor_Hang", "lt": "lit_Latn", "ml": "mal_Mlym"},
        **{"mr": "mar_Deva", "ms": "zsm_Latn", "my": "mya_Mymr", "nb": "nob_Latn"},
        **{"nl": "nld_Latn", "pl": "pol_Latn", "pt": "por_Latn", "ro": "ron_Latn"},
        **{"ru": "rus_Cyrl", "sv": "swe_Latn", "sw": "swh_Latn", "ta": "tam_Taml"},
        **{"te": "tel_Telu", "th": "tha_Thai", "tl": "fil_Latn", "tr": "tur_Latn"},
        **{"uk": "ukr_Cyrl", "ur": "urd_Arab", "vi": "vie_Latn", "yo": "yor_Latn"},
        **{"zh": "cmn_Hani"},
    },
)

MADLAD400 = DataSet(
    name="madlad-400",
    kind="monolingual",
    what="web text in over 400 languages, the clean part, a document a row",
    licence="ODC-BY; Common Crawl's terms of use",
    homepage="https://huggingface.co/datasets/allenai/MADLAD-400",
    version="1",
    parts=(
        Part(
            address="hub:allenai/MADLAD-400@89ca894ffb5add78fc224ea10f400b890aa41b0a"
            "/data/{theirs}/{theirs}_clean_*.jsonl.gz",
            target="monolingual/madlad-400/{code}/",
        ),
    ),
    languages=codes(
        """
        af am ar az be bg bn ca cs cy da de el en eo es et eu fa fi fr fy ga gd gl gu hi hu
        hy id is it ja ka kk km ko ku la lt lv mk ml mn mr ms my nl pa pl pt ro ru sk sl sq
        sv sw ta te th tr uk ur uz vi xh yi yo zh
        """
    ),
    note="line ends inside a document are written as \\n, two characters",
)

COMMON_VOICE = DataSet(
    name="commonvoice",
    kind="monolingual",
    what="sentences that people gave or collected to be read aloud, a sentence a line",
    licence="CC0 1.0",
    homepage="https://github.com/common-voice/common-voice",
    version="as of the commit in the address",
    parts=(
        Part(
            address="https://codeload.github.com/common-voice/common-voice/tar.gz/"
            "d944c4c87840d406fc6c3594fdc2bb059cd76135",
            target="monolingual/commonvoice/{code}.txt",
            unpacking="joined",
            members=r"[^/]+/server/data/(?P<theirs>[a-z]{2,3}(?:-[A-Z]{2})?)/[^/]+\.txt",
        ),
    ),
    languages=ANY_LANGUAGE,
    spellings={
        **{"fy": "fy-NL", "ga": "ga-IE", "hy": "hy-AM", "nn": "nn-NO", "pa": "pa-IN"},
        **{"sv": "sv-SE", "zh": "zh-CN"},
    },
    note="some of its sentences also stand in the Tatoeba benchmark: exclude that",
)

MONOLINGUAL = (CC100, WIKIPEDIA, FINEWEB2, MADLAD400, COMMON_VOICE)
