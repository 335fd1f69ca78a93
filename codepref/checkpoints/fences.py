"""Code between Markdown fences, as models write it."""

import re

OPEN = "```python"
STOP = "\n```"
CLOSING = re.compile(r"(?:^|\n)[ \t]*```")


def extract_code(completion: str) -> str:
    """Give the code of a completion that continues an opened fence.

    It ends before the first line that starts with a fence; where the model wrote none (it was cut
    off, or ended its turn) it is the whole text. Blank lines around it go; code, if there is any,
    ends with one newline.
    """
    code = CLOSING.split(completion, maxsplit=1)[0]
    lines = code.split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    code = "\n".join(lines).rstrip()
    return f"{code}\n" if code else ""
