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
aa aar Afar
ab abk Abkhazian
ae ave Avestan
af afr Afrikaans
ak aka Akan
am amh Amharic
an arg Aragonese
ar ara Arabic
as asm Assamese
av ava Avaric
ay aym Aymara
az aze Azerbaijani
ba bak Bashkir
be bel Belarusian
bg bul Bulgarian
bi bis Bislama
bm bam Bambara
bn ben Bengali
bo bod Tibetan
br bre Breton
bs bos Bosnian
ca cat Catalan
ce che Chechen
ch cha Chamorro
co cos Corsican
cr cre Cree
cs ces Czech
cu chu Church Slavic
cv chv Chuvash
cy cym Welsh
da dan Danish
de deu German
dv div Dhivehi
dz dzo Dzongkha
ee ewe Ewe
el ell Greek
en eng English
eo epo Esperanto
es spa Spanish
et est Estonian
eu eus Basque
fa pes Persian
ff ful Fulah
fi fin Finnish
fj fij Fijian
fo fao Faroese
fr fra French
fy fry West Frisian
ga gle Irish
gd gla Scottish Gaelic
gl glg Galician
gn grn Guarani
gu guj Gujarati
gv glv Manx
ha hau Hausa
he heb Hebrew
hi hin Hindi
ho hmo Hiri Motu
hr hrv Croatian
ht hat Haitian
hu hun Hungarian
hy hye Armenian
hz her Herero
ia ina Interlingua
id ind Indonesian
ie ile Interlingue
ig ibo Igbo
ii iii Sichuan Yi
ik ipk Inupiaq
io ido Ido
is isl Icelandic
it ita Italian
iu iku Inuktitut
ja jpn Japanese
jv jav Javanese
ka kat Georgian
kg kon Kongo
ki kik Kikuyu
kj kua Kuanyama
kk kaz Kazakh
kl kal Greenlandic
km khm Khmer
kn kan Kannada
ko kor Korean
kr kau Kanuri
ks kas Kashmiri
ku kur Kurdish
kv kom Komi
kw cor Cornish
ky kir Kyrgyz
la lat Latin
lb ltz Luxembourgish
lg lug Ganda
li lim Limburgish
ln lin Lingala
lo lao Lao
lt lit Lithuanian
lu lub Luba-Katanga
lv lvs Latvian
mg mlg Malagasy
mh mah Marshallese
mi mri Maori
mk mkd Macedonian
ml mal Malayalam
mn mon Mongolian
mr mar Marathi
ms zsm Malay
mt mlt Maltese
my mya Burmese
na nau Nauru
nb nob Norwegian Bokmål
nd nde North Ndebele
ne nep Nepali
ng ndo Ndonga
nl nld Dutch
nn nno Norwegian Nynorsk
no nor Norwegian
nr nbl South Ndebele
nv nav Navajo
ny nya Nyanja
oc oci Occitan
oj oji Ojibwa
om orm Oromo
or ori Odia
os oss Ossetian
pa pan Punjabi
pi pli Pali
pl pol Polish
ps pus Pashto
pt por Portuguese
qu que Quechua
rm roh Romansh
rn run Rundi
ro ron Romanian
ru rus Russian
rw kin Kinyarwanda
sa san Sanskrit
sc srd Sardinian
sd snd Sindhi
se sme Northern Sami  # codespell:ignore sme
sg sag Sango
si sin Sinhala
sk slk Slovak
sl slv Slovenian
sm smo Samoan
sn sna Shona
so som Somali  # codespell:ignore som
sq sqi Albanian
sr srp Serbian
ss ssw Swati
st sot Southern Sotho
su sun Sundanese
sv swe Swedish
sw swh Swahili
ta tam Tamil
te tel Telugu
tg tgk Tajik
th tha Thai
ti tir Tigrinya
tk tuk Turkmen
tl tgl Tagalog
tn tsn Tswana
to ton Tonga
tr tur Turkish
ts tso Tsonga
tt tat Tatar
tw twi Twi
ty tah Tahitian
ug uig Uyghur
uk ukr Ukrainian
ur urd Urdu
uz uzb Uzbek
ve ven Venda
vi vie Vietnamese
vo vol Volapük
wa wln Walloon
wo wol Wolof
xh xho Xhosa
yi yid Yiddish
yo yor Yoruba
za zha Zhuang
zh cmn Chinese
zu zul Zulu
"""

LANGUAGES: dict[str, Language] = {
    code: Language(code=code, iso3=iso3, name=name)
    for code, iso3, name in (
        line.split("  #")[0].split(maxsplit=2) for line in _TABLE.strip().splitlines()
    )
}
"""By code: all that have two letters in ISO 639-1."""

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
