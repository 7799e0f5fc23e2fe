"""Pictures in the outbox in memory: judged as in production, and nothing leaves the process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

import plexsend
from plexsend.testing import MemoryOutbox
from tests.pictures import encoded, jpg, noise

if TYPE_CHECKING:
    from pathlib import Path


def test_a_message_shows_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(jpg())
    with MemoryOutbox() as outbox:
        key = plexsend.send("mms-bulk", to="010-2345-6789", from_="02-2123-4567", text="x", images=[file])
        image = plexsend.upload(file)
        assert outbox.message(key).item["file_path"] == [image.url]
        assert outbox.message(key).expires_at == image.expires_at
        # Its address is the same picture.
        assert key == plexsend.send(
            "mms-bulk",
            to="010-2345-6789",
            from_="02-2123-4567",
            text="x",
            images=[image.url],
            msg_key=key,
        )
        with pytest.raises(plexsend.Refused, match="gateway deletes at"):
            plexsend.send(
                "mms-bulk",
                to="010-2345-6789",
                from_="02-2123-4567",
                text="x",
                images=[file],
                send_at=datetime.now(UTC) + timedelta(days=200),
            )


def test_a_picture_that_production_would_refuse_is_refused() -> None:
    with MemoryOutbox(), pytest.raises(plexsend.PictureRefused, match="JPG alone"):
        plexsend.upload(encoded(noise(10, 10), "PNG"))


def test_rcs_pictures_have_their_own_addresses() -> None:
    with MemoryOutbox():
        assert plexsend.upload(jpg(), product="rcs-mms").url.startswith("maapfile://")
