"""Languages by code: the two letters used everywhere here, the three that Tatoeba's files carry."""

from dataclasses import dataclass
from functools import cache

__all__ = ["KINSHIP", "LANGUAGES", "Kinship", "Language", "are_close", "code_of", "name_of"]


@dataclass(frozen=True, kw_only=True)
class Language:
    """A language with a two-letter code."""

    code: str
    """ISO 639-1, as in `en-de`."""
    iso3: str
    """ISO 639-3 as in Tatoeba's file names, which take one language for a group: Mandarin is zh."""
    name: str
    """English name."""


_TABLE = """
af afr Afrikaans
am amh Amharic
ar ara Arabic
az aze Azerbaijani
be bel Belarusian
bg bul Bulgarian
bn ben Bengali
br bre Breton
bs bos Bosnian
ca cat Catalan
ch cha Chamorro
cs ces Czech
cy cym Welsh
da dan Danish
de deu German
el ell Greek
en eng English
eo epo Esperanto
es spa Spanish
et est Estonian
eu eus Basque
fa pes Persian
fi fin Finnish
fo fao Faroese
fr fra French
fy fry West Frisian
ga gle Irish
gd gla Scottish Gaelic
gl glg Galician
he heb Hebrew
hi hin Hindi
hr hrv Croatian
hu hun Hungarian
hy hye Armenian
ia ina Interlingua
id ind Indonesian
ie ile Interlingue
io ido Ido
is isl Icelandic
it ita Italian
ja jpn Japanese
jv jav Javanese
ka kat Georgian
kk kaz Kazakh
km khm Khmer
ko kor Korean
ku kur Kurdish
kw cor Cornish
la lat Latin
lt lit Lithuanian
lv lvs Latvian
mk mkd Macedonian
ml mal Malayalam
mn mon Mongolian
mr mar Marathi
ms zsm Malay
my mya Burmese
nb nob Norwegian Bokmål
nl nld Dutch
nn nno Norwegian Nynorsk
oc oci Occitan
pl pol Polish
pt por Portuguese
ro ron Romanian
ru rus Russian
sk slk Slovak
sl slv Slovenian
sq sqi Albanian
sr srp Serbian
sv swe Swedish
sw swh Swahili
ta tam Tamil
te tel Telugu
th tha Thai
tk tuk Turkmen
tl tgl Tagalog
tr tur Turkish
tt tat Tatar
ug uig Uyghur
uk ukr Ukrainian
ur urd Urdu
uz uzb Uzbek
vi vie Vietnamese
xh xho Xhosa
yi yid Yiddish
yo yor Yoruba
zh cmn Chinese
"""

LANGUAGES: dict[str, Language] = {
    code: Language(code=code, iso3=iso3, name=name)
    for code, iso3, name in (line.split(maxsplit=2) for line in _TABLE.strip().splitlines())
}
"""By code: all of XTREME's languages, and of Tatoeba's those that have two letters."""

_CODES = {language.iso3: language.code for language in LANGUAGES.values()}


def code_of(iso3: str) -> str:
    """The code of a language that Tatoeba names: two letters, or its three where it has no two.

    Example: `code_of("cmn")` → `"zh"`, `code_of("yue")` → `"yue"`.
    """
    return _CODES.get(iso3, iso3)


def name_of(code: str) -> str:
    """The English name of a language, or its code where the table has none.

    Example: `name_of("sw")` → `"Swahili"`.
    """
    return LANGUAGES[code].name if code in LANGUAGES else code


@dataclass(frozen=True, kw_only=True)
class Kinship:
    """What a language is kin to, and how it is written."""

    family: str
    """Its family; of Indo-European, which half of XTREME's languages belong to, the branch."""
    script: str
    """That most of its text is in."""


_KINSHIP = """
af Germanic Latin
ar Afro-Asiatic Arabic
bg Slavic Cyrillic
bn Indo-Aryan Bengali
de Germanic Latin
el Greek Greek
en Germanic Latin
es Romance Latin
et Uralic Latin
eu Basque Latin
fa Iranian Arabic
fi Uralic Latin
fr Romance Latin
he Afro-Asiatic Hebrew
hi Indo-Aryan Devanagari
hu Uralic Latin
id Austronesian Latin
it Romance Latin
ja Japonic Japanese
jv Austronesian Latin
ka Kartvelian Georgian
kk Turkic Cyrillic
ko Koreanic Hangul
ml Dravidian Malayalam
mr Indo-Aryan Devanagari
ms Austronesian Latin
my Sino-Tibetan Burmese
nl Germanic Latin
pt Romance Latin
ru Slavic Cyrillic
sw Niger-Congo Latin
ta Dravidian Tamil
te Dravidian Telugu
th Kra-Dai Thai
tl Austronesian Latin
tr Turkic Latin
ur Indo-Aryan Arabic
vi Austro-Asiatic Latin
yo Niger-Congo Latin
zh Sino-Tibetan Han
"""

KINSHIP = {
    code: Kinship(family=family, script=script)
    for code, family, script in (line.split() for line in _KINSHIP.strip().splitlines())
}
"""XTREME's forty languages (Hu et al., 2020, appendix), Indo-European by branch."""

_CLOSE = [
    frozenset(line.split())
    for line in """
af nl
an ast es ext gl
ar ary arq arz
az tr
ba tt
bg mk
bho hi mai mr ne sa
bs hr sh sr
ca oc
cs sk
da nb nn no
de gsw lb nds
eo ia ie io lfn
fa ps
gl pt
id jv ms su
ltg lv
nso st tn
rn rw
ss xh zu
wuu yue zh
""".strip().splitlines()
]


@cache
def are_close(one: str, other: str) -> bool:
    """Whether two languages are so close that a sentence may well be of both, or taken for both.

    Example: `are_close("hr", "sr")` → `True`.
    """
    return one == other or any(one in group and other in group for group in _CLOSE)
