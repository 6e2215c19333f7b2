"""Other people's weights as ours and back, as tables; and the start of a pre-training."""

from erniem.convert.start import load_start, set_languages
from erniem.convert.xlm_roberta import from_xlm_roberta, to_xlm_roberta

__all__ = ["from_xlm_roberta", "load_start", "set_languages", "to_xlm_roberta"]
