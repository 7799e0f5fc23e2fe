"""A process that uploads pictures and sends messages that show them; another one wants the same at once.

    python -m tests.chaos.uploader --tag TAG --ledger FILE --pause FILE --seed N

The ledger has a line `{"at", "wants", "account"}` before each upload and a line `{"at", "got", "error"}`
behind it, and of each message the lines that an application writes, with its picture's address.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from PIL import Image

import plexsend
from plexsend.errors import OutboxError, PlexsendError
from plexsend.producers import SubmitInterrupted, service_id
from tests.chaos.ledger_lines import new_lines
from tests.chaos.load import ACCOUNTS, LANE_OF_CODE, item

if TYPE_CHECKING:
    from collections.abc import Sequence

_PICTURE_S = 1.5
"""For so long all processes want the same picture."""
_PRODUCTS = ("mms", "mms", "rcs-mms")
_MOST_KNOWN = 20
_TRIES = 60
_AGAIN_S = 0.3
_LANE = {"main": LANE_OF_CODE["b1"], "second": LANE_OF_CODE["b2"]}


Known = list[tuple[str, str]]
"""Accounts and addresses of pictures of MMS."""


class Uploader:
    """Uploads and sends until it is killed."""

    def __init__(self, tag: str, ledger: TextIO, chance: random.Random, seed: int, known: Known) -> None:
        self._tag = f"{tag}{time.time_ns() // 1000 % 10**10:010d}"
        self._ledger, self._chance, self._seed = ledger, chance, seed
        self._frame = _frame()
        self._known = known
        self._number = 0

    def go(self, pause: Path) -> None:
        """Go on until killed; nothing while the file `pause` is there."""
        while True:
            if pause.exists():
                self._write(paused=True)
                while pause.exists():
                    time.sleep(0.05)
            # What is wanted follows from the clock, so that processes want it together.
            number = int(time.time() / _PICTURE_S)
            dice = random.Random(f"{self._seed} {number}")
            account, product = dice.choice(ACCOUNTS), dice.choice(_PRODUCTS)
            url = self._upload(account, product, self._picture(number))
            if url and product == "mms":
                self._known = [*self._known[-_MOST_KNOWN:], (account, url)]
            if self._known and not pause.exists():
                self._send(*self._chance.choice(self._known))
            while int(time.time() / _PICTURE_S) == number:
                time.sleep(0.02)

    def _picture(self, number: int) -> bytes:
        comment = f"picture {self._seed} {number}".encode()
        head, rest = self._frame[:2], self._frame[2:]
        return head + b"\xff\xfe" + (len(comment) + 2).to_bytes(2) + comment + rest

    def _upload(self, account: str, product: str, picture: bytes) -> str:
        content = f"{product}:{hashlib.sha256(picture).hexdigest()[:16]}"
        self._write(wants=content, account=account)
        url, error = "", ""
        try:
            url = plexsend.upload(picture, product=product, account=account).url
        except PlexsendError as exc:
            error = type(exc).__name__
        self._write(got=url, error=error)
        return url

    def _send(self, account: str, url: str) -> None:
        lane = _LANE[account]
        self._number += 1
        key = f"{lane.code}.{self._tag}.{self._number}"
        self._write(asked=[key], picture=url)
        for _ in range(_TRIES):
            try:
                told = plexsend.submit(
                    service_id(lane.service),
                    [{**item(lane, key, self._number), "file_path": [url]}],
                    account=account,
                )
            except SubmitInterrupted as exc:
                told = exc.submission
            except OutboxError:
                time.sleep(_AGAIN_S)
                continue
            said = _told(told)
            self._write(told=said)
            if said.get(key) not in ("unknown", "not_added"):
                return
            time.sleep(_AGAIN_S)

    def _write(self, **facts: Any) -> None:
        self._ledger.write(json.dumps({"at": time.time(), **facts}) + "\n")
        self._ledger.flush()


# What an earlier life uploaded: addresses outlive processes.
def _known_from(path: Path) -> Known:
    found: Known = []
    account = ""
    for line in new_lines(path, {}):
        account = line.get("account", account)
        if line.get("got", "").startswith("https://"):
            found.append((account, line["got"]))
    return found[-_MOST_KNOWN:]


def _told(submission: Any) -> dict[str, str]:
    words = ("added", "duplicates", "conflicts", "unknown", "not_added", "invalid")
    return {str(each.msg_key): word for word in words for each in getattr(submission, word)}


def _frame() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (16, 16), (200, 30, 30)).save(written, "JPEG", quality=80)
    return written.getvalue()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tag", required=True)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--pause", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    asked = parser.parse_args(arguments)
    with asked.ledger.open("a", encoding="utf-8") as ledger:
        chance = random.Random(f"{asked.seed}:{ledger.tell()}")
        known = _known_from(asked.ledger)
        Uploader(asked.tag, ledger, chance, asked.seed, known).go(asked.pause)


if __name__ == "__main__":
    main()
