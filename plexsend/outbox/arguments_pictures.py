"""The values that go into the script about pictures, in their order."""

from __future__ import annotations

from plexsend.outbox.orders import Order, Sort, Value

PICTURES = Order(
    "pictures",
    Value("act"),
    Value("picture"),
    Value("token"),
    Value("need_ms", Sort.NUMBER),
    Value("anew", Sort.FLAG),
    Value("address"),
    Value("facts"),
)
"""`picture`: product and hash of the content; `token`: who claims it; `need_ms`: until when it must live, of
what is done until when it will; `anew`: whether what is known does not count; `address`, `facts`: of what was
uploaded, the hash of its address and what else there is to say. In a find hashes of addresses follow."""
