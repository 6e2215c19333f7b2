"""Pairs of sentences: OPUS's collections by name, the IIT Bombay corpus."""

from collections.abc import Mapping

from erniem.data.dataset import DataSet, Part
from erniem.data.monolingual import ANY_LANGUAGE

__all__ = ["PARALLEL"]


def _opus(
    collection: str,
    version: str,
    what: str,
    licence: str,
    *,
    languages: tuple[str, ...] = ANY_LANGUAGE,
    spellings: Mapping[str, str] | None = None,
    note: str = "",
) -> DataSet:
    """A collection of OPUS (Tiedemann, 2012), whose Moses archives lie at one host."""
    return DataSet(
        name=f"opus-{collection.lower()}",
        kind="parallel",
        what=what,
        licence=licence,
        homepage=f"https://opus.nlpl.eu/{collection}.php",
        version=version,
        parts=(
            Part(
                address=f"https://object.pouta.csc.fi/OPUS-{collection}/{version}/moses/"
                "{theirs}.txt.zip",
                target=f"parallel/opus-{collection.lower()}/" + "{code}.tsv.zst",
                unpacking="pairs",
            ),
        ),
        languages=languages,
        spellings=spellings or {},
        note=note,
    )


IITB = DataSet(
    name="iitb",
    kind="parallel",
    what="English and Hindi of many origins, of the paper's parallel text",
    licence="free for non-commercial research; LICENSE.md of the repository",
    homepage="https://huggingface.co/datasets/cfilt/iitb-english-hindi",
    version="as of 2022",
    parts=(
        Part(
            address="hub:cfilt/iitb-english-hindi@047abf6985021cf2b8ea03226ac5d3e17ea8f84e"
            "/data/train-*.parquet",
            target="parallel/iitb/en-hi/",
        ),
    ),
    languages=("en", "hi"),
)

PARALLEL = (
    _opus(
        "MultiUN",
        "v1",
        "documents of the United Nations, of the paper's parallel text",
        "none stated by OPUS; see MultiUN's own page (Eisele and Chen, 2010)",
        languages=("ar", "de", "en", "es", "fr", "ru", "zh"),
    ),
    IITB,
    _opus(
        "WikiMatrix",
        "v1",
        "mined from Wikipedia with LASER, 85 languages, of the paper's parallel text",
        "CC BY-SA",
    ),
    _opus(
        "CCMatrix",
        "v1",
        "mined from Common Crawl with LASER",
        "none stated; Common Crawl's terms of use",
    ),
    _opus(
        "NLLB",
        "v1",
        "mined from the web with LASER 3, languages of few speakers among them",
        "ODC-BY; terms of use of Common Crawl and the Internet Archive",
        note="some pairs are CCMatrix's own (English and Chinese): take one of the two",
    ),
    _opus(
        "OpenSubtitles",
        "v2018",
        "subtitles of films and series, 62 languages",
        "none stated; OPUS asks for a link to www.opensubtitles.org where the data is used",
        spellings={"zh": "zh_cn"},
    ),
    _opus(
        "Tatoeba",
        "v2023-04-12",
        "sentences and translations by volunteers",
        "CC BY 2.0 FR",
        spellings={"zh": "cmn"},
        note="the Tatoeba benchmark was drawn from it: exclude that",
    ),
    _opus(
        "TED2020",
        "v1",
        "subtitles of TED talks",
        "CC BY-NC-ND, TED's terms for its talks",
        spellings={"zh": "zh_cn"},
    ),
    _opus(
        "QED",
        "v2.0a",
        "subtitles of educational films",
        "not stated where we could read it; see QED's own terms",
    ),
    _opus("bible-uedin", "v1", "the Bible in 100 languages", "CC0 1.0"),
)
"""JW300 was withdrawn by its owners and is not here."""
