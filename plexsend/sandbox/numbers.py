"""The two numbers of every item, whatever the product."""

from __future__ import annotations

import re

from plexsend.sandbox.fields import Field

SENDER = Field(
    "sender_number",
    required=True,
    pattern=re.compile(
        r"02[2-9][0-9]{6,7}"
        r"|0(?:3[1-3]|4[1-4]|5[1-5]|6[1-4])[2-9][0-9]{6,7}"
        r"|070[2-9][0-9]{7}"
        r"|010[2-9][0-9]{7}"
        r"|01[16789][0-9]{7,8}"
        r"|0[3568]0[0-9]{7,8}"
        r"|1[568][0-9]{6}"
    ),
    code="G140",
)

RECEIVER = Field(
    "receiver_number",
    required=True,
    pattern=re.compile(r"010[2-9][0-9]{7}|01[16789][0-9]{7,8}"),
    code="G141",
)
