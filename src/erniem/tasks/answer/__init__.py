"""Question answering: which part of a text, in any script, answers a question.

```text
files ─questions─▶ Question ─windows─▶ rows ─▶ network ─▶ logits ─spans─▶ answers by question
```
"""

from erniem.tasks.answer.benchmarks import MLQA, SQUAD, TYDIQA, XQUAD
from erniem.tasks.answer.family import Answer
from erniem.tasks.answer.questions import Question

__all__ = ["MLQA", "SQUAD", "TYDIQA", "XQUAD", "Answer", "Question"]
