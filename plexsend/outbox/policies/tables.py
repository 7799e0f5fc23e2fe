"""The policies as the docs show them. A test holds docs/policies.md to what is returned here."""

from __future__ import annotations

from plexsend.outbox.policies.rows import ROWS


def markdown_table() -> str:
    """Return the table of all policies, without a newline at its end."""
    lines = [
        "| Policy | Holds for | Default | Asked for by | Of several asks holds | Meaning |",
        "|---|---|---|---|---|---|",
    ]
    for row in ROWS.values():
        holds_for = "a service" if row.per_service else "an account"
        others = (f"{product}: `{text}`" for product, text in row.by_product.items())
        default = "; ".join([f"`{row.default}`", *others]) if row.default else "none"
        variable = f"`{row.variable}`" if row.variable else ""
        strictest = row.strictest if row.variable else ""
        lines.append(f"| `{row.name}` | {holds_for} | {default} | {variable} | {strictest} | {row.meaning} |")
    return "\n".join(lines)
