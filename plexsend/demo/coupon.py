"""A picture for the demo: 64 × 48 pixels, a frame in grey."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

NAME = "coupon.jpg"

_CONTENT: Final = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDACgcHiMeGSgjISMtKygwPGRBPDc3PHtYXUlkkYCZlo+AjIqgtObDoKrarYqMyP/L2u71"
    "////m8H////6/+b9//j/wAALCAAwAEABAREA/8QAFgABAQEAAAAAAAAAAAAAAAAAAAMF/8QAJBAAAQMDAwQDAAAAAAAAAAAAAQAC"
    "AwQUUzSisQURgZIxUXL/2gAIAQEAAD8A0pJGxML3ns0fJUb+mybSl/TZNpS/psm0pf02TaUv6bJtKX9Nk2lWjkbKwPYe7T8FR6ho"
    "pPHISCCE08ZMTCS0dyWj6VLeHDH6hLeHDH6hLeHDH6hLeHDH6hTnghFPIREwENPYho+k6foo/PJTqGik8chUp9NF+BwqIiKdRppf"
    "weFPp+ij88lOoaKTxyFSn00X4HCoiIp1Gml/B4U+n6KPzyU6hopPHISCeEU8YMrAQ0dwXD6VLiHNH7BLiHNH7BLiHNH7BLiHNH7B"
    "TnnhNPIBKwktPYBw+k6foo/PJVpI2ysLHju0/IUbCmx7ilhTY9xSwpse4pYU2PcUsKbHuKWFNj3FWjjbEwMYOzR8Bf/Z"
)


def write_coupon(folder: Path) -> None:
    """Write the picture into a folder."""
    (folder / NAME).write_bytes(_CONTENT)
