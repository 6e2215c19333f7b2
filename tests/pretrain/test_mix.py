import pytest

from erniem.pretrain.mix import mix_shares, temperature_shares

TOKENS = {("en", "web"): 800, ("en", "wiki"): 100, ("sw", "web"): 100}


def test_temperature_lifts_the_small_language() -> None:
    shares = temperature_shares({"en": 900, "sw": 100}, 0.5)
    assert shares == pytest.approx({"en": 0.75, "sw": 0.25})


def test_without_weights_sources_have_their_natural_share_of_a_language() -> None:
    shares = mix_shares(TOKENS, alpha=0.5, weights={})
    assert shares == pytest.approx(
        {("en", "web"): 0.75 * 8 / 9, ("en", "wiki"): 0.75 / 9, ("sw", "web"): 0.25}
    )


def test_a_weight_moves_tokens_between_the_sources_of_a_language_alone() -> None:
    shares = mix_shares(TOKENS, alpha=0.5, weights={"wiki": 8.0})
    assert shares == pytest.approx(
        {("en", "web"): 0.375, ("en", "wiki"): 0.375, ("sw", "web"): 0.25}
    )


def test_a_source_of_weight_0_does_not_count_for_its_language() -> None:
    shares = mix_shares(TOKENS, alpha=0.5, weights={"web": 0.0})
    assert shares == {("en", "wiki"): 1.0}
