"""What tests of producers share."""

from tests.messages import make_item, write_jsonl

__all__ = ["make_item", "write_jsonl"]
