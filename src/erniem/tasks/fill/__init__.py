"""What CAMLM fills in for a hidden word, and what BTMLM writes in another language.

```text
hidden words ─ CAMLM, MMLM, TLM's sequences ─▶ network ─▶ the likeliest pieces of each hole
a sentence ─── BTMLM's question ─────────────▶ network ─▶ pseudo tokens in another language
```
"""

from erniem.tasks.fill.crossed import Filling, Hole, fill
from erniem.tasks.fill.pseudo import PseudoTokens, write_pseudo
from erniem.tasks.fill.speaker import Piece, Said, Speaker

__all__ = [
    "Filling",
    "Hole",
    "Piece",
    "PseudoTokens",
    "Said",
    "Speaker",
    "fill",
    "write_pseudo",
]
