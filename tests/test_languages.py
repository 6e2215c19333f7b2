from erniem.languages import LANGUAGES, code_of
from erniem.tasks.retrieve import XTREME_TATOEBA


def test_every_code_names_one_language() -> None:
    assert all(code == language.code and len(code) == 2 for code, language in LANGUAGES.items())
    assert len({language.iso3 for language in LANGUAGES.values()}) == len(LANGUAGES)


def test_tatoebas_names_become_two_letters_where_there_are_two() -> None:
    names = ("cmn", "ara", "swh", "pes", "est", "zsm", "lvs", "yue")
    codes = ("zh", "ar", "sw", "fa", "et", "ms", "lv", "yue")
    assert tuple(code_of(name) for name in names) == codes


def test_xtremes_languages_are_known() -> None:
    assert len(set(XTREME_TATOEBA)) == 36
    assert set(XTREME_TATOEBA) <= set(LANGUAGES)
