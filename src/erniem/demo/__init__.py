"""A page to try an encoder on: sentences, words and languages, in a browser.

```text
a folder ─opening─▶ what it can do ─tabs─▶ a page of gradio's ─run─▶ served on this machine
                    text in, a dataclass out, drawings: HTML of it
```
"""

from erniem.demo.settings import DemoSettings

__all__ = ["DemoSettings"]
