"""The products' pages in docs/, taken apart."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[3] / "docs"


@dataclass(frozen=True)
class Page:
    """One product's page."""

    product: str
    text: str

    @property
    def blocks(self) -> list[tuple[str, str]]:
        """Kind and text of every block of code."""
        return re.findall(r"^```(\w+)\n(.*?)^```$", self.text, re.MULTILINE | re.DOTALL)

    @property
    def examples(self) -> list[tuple[dict[str, Any], list[str]]]:
        """Every JSON block, with the lines of the text block that follows it at once."""
        return [
            (json.loads(text), following[1].splitlines() if following[0] == "text" else [])
            for (kind, text), following in zip(self.blocks, [*self.blocks[1:], ("", "")], strict=True)
            if kind == "json"
        ]

    @property
    def items(self) -> list[dict[str, Any]]:
        """Every example that can be sent; a button stands in the first that has buttons."""
        whole = [example for example, errors in self.examples if not errors and "action" not in example]
        buttons = [example for example, _ in self.examples if "action" in example]
        return [*whole, *({**whole[0], "buttons": [{"suggestions": [button]}]} for button in buttons)]

    def only(self, kind: str) -> str:
        """Return the one block of this kind."""
        (text,) = [text for found, text in self.blocks if found == kind]
        return text


PAGES = {
    product: Page(product, DOCS.joinpath(f"{product}.md").read_text("utf-8"))
    for product in ("mms", "rcs-mms", "sms", "lms")
}
