"""Steps as recipes name them: ours, a user's own, datatrove's; every mistake is told."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from erniem.corpus.document import Document, Drops, sentence
from erniem.corpus.recipe import CorpusRecipe, read_corpus_recipe
from erniem.corpus.steps.catalogue import DEFAULT_STEPS, STEPS, described, rules_of
from erniem.corpus.steps.length import Length
from erniem.corpus.steps.rule import Filter, Rule
from erniem.corpus.steps.unseen import Unseen
from erniem.recipes import find


@dataclass(frozen=True, kw_only=True)
class Shouted(Filter):
    """Drops what ends in an exclamation mark."""

    marks: int = 1
    """So many of them."""

    def why_drop(self, document: Document) -> str | None:
        return "shouted" if document.text.endswith("!" * self.marks) else None


def kept(rule: Rule, *texts: str) -> tuple[list[str], Drops]:
    drops = Drops()
    documents = (sentence(text, language="sw", source="made") for text in texts)
    return [one.text for one in rule.apply(documents, drops)], drops


def test_a_step_has_its_defaults_or_what_it_is_given() -> None:
    assert rules_of(["length", {"length": {"most_words": 9}}]) == [Length(), Length(most_words=9)]


def test_settings_are_of_the_type_that_the_step_says() -> None:
    (rule,) = rules_of([{"length": {"least_mean_word": 2}}])
    assert isinstance(rule, Length)
    assert type(rule.least_mean_word) is float
    assert rules_of([{"unseen": {"sets": ["a", "b"]}}]) == [Unseen(sets=("a", "b"))]


def test_a_step_of_ones_own_is_named_by_its_import_path() -> None:
    (rule,) = rules_of([{f"{__name__}:Shouted": {"marks": 2}}])
    assert kept(rule, "habari!", "habari!!")[0] == ["habari!"]


def test_a_filter_of_datatrove_counts_its_reasons_as_ours_do() -> None:
    path = "datatrove.pipeline.filters.lambda_filter:LambdaFilter"
    (rule,) = rules_of([{path: {"filter_function": lambda document: len(document.text) > 3}}])
    texts, drops = kept(rule, "habari", "eh")
    assert texts == ["habari"]
    assert drops.counts == {("LambdaFilter", "made", "sw"): 1}


def test_a_filter_of_datatrove_that_lacks_a_library_says_so_in_one_line() -> None:
    def counts_words(_document: object) -> bool:
        raise ImportError("Please install `words`\n  (`pip install words`).")

    path = "datatrove.pipeline.filters.lambda_filter:LambdaFilter"
    (rule,) = rules_of([{path: {"filter_function": counts_words}}])
    with pytest.raises(ValueError, match=r"LambdaFilter needs a library .*: .* \(`pip install w"):
        kept(rule, "habari")


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("lengths", "there is no step 'lengths'. Did you mean length?"),
        ({"length": {"most_word": 3}}, "length has no setting most_word; it has least_characters"),
        ({"length": {"most_words": "many"}}, "length: "),
        ({"length": 3}, "length has 3 for settings"),
        ({"length": {}, "split": {}}, "is no step: write `- name`"),
        ({"unseen": {}}, "unseen: "),
        ("nowhere:Rule", "nowhere:Rule cannot be imported"),
        ("pathlib:Path", "pathlib:Path is neither a rule of erniem nor a step of datatrove"),
    ],
)
def test_a_mistake_in_a_step_is_told(step: object, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        rules_of([step])


def test_every_step_is_described_with_its_settings() -> None:
    lines = list(described())
    for name in STEPS:
        assert any(line.startswith(name) for line in lines)
    assert "  most_words: int = 150" in lines
    assert set(DEFAULT_STEPS) <= set(STEPS)


RECIPE = """
output: corpus
sources:
  - path: text
  - {path: crawl.jsonl, languages: [sw], licence: CC0-1.0}
steps: [repair, {length: {most_words: 100}}]
near_duplicates: {jaccard: 0.95}
"""


def test_a_recipe_is_a_file_that_a_variant_and_single_keys_change(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    (tmp_path / "variant.yaml").write_text("held_out: 9\n")
    recipe = read_corpus_recipe(
        tmp_path / "recipe.yaml", tmp_path / "variant.yaml", overrides=["vocabulary.size=500"]
    )
    assert [source.path for source in recipe.sources] == ["text", "crawl.jsonl"]
    assert recipe.sources[1].languages == ("sw",)
    assert recipe.near_duplicates is not None
    assert (recipe.near_duplicates.jaccard, recipe.held_out) == (0.95, 9)
    assert recipe.vocabulary.size == 500


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("step=[repair]", "step"),
        ("max_pi=9", "max_pi"),
        ("sources=[]", "sources is empty"),
        ("steps=[repare]", "Did you mean repair"),
        ("max_per_source=0", "max_per_source is 0"),
        ("held_out=-1", "held_out is -1"),
        ("max_pieces=0", "max_pieces is 0"),
        ("executor.kind=dask", "dask"),
        ("near_duplicates.jaccard=2", "jaccard is 2"),
    ],
)
def test_a_mistake_in_a_recipe_is_told(tmp_path: Path, key: str, message: str) -> None:
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    with pytest.raises(ValueError, match=message):
        read_corpus_recipe(tmp_path / "recipe.yaml", overrides=[key])


def test_a_vocabulary_beside_a_tokeniser_has_no_effect() -> None:
    from erniem.corpus.build.vocabulary import Vocabulary
    from erniem.corpus.sources import SourceEntry

    with pytest.raises(ValueError, match="vocabulary has no effect"):
        CorpusRecipe(
            output=Path("corpus"),
            sources=[SourceEntry(path="text")],
            tokenizer=Path("xlm-r"),
            vocabulary=Vocabulary(size=9),
        )


def test_the_recipe_that_comes_with_us_reads() -> None:
    path = find("corpus")
    recipe = read_corpus_recipe(path)
    assert len(rules_of(recipe.steps)) == 12
