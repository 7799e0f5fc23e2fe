"""A clock to turn by hand, good messages of every product, and a sandbox without a network."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.sandbox.behaviour import Behaviour
from plexsend.sandbox.plex import Plex
from plexsend.sandbox.wire import Head

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.sandbox.answers import Reply


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_item() -> Callable[..., dict[str, Any]]:
    def make(key: str | None = "k1", **changes: Any) -> dict[str, Any]:
        item = {
            "msg_key": key,
            "title": "안내",
            "sender_number": "0222345678",
            "receiver_number": "01023456789",
            "msg": "주문하신 상품이 도착합니다.",
            "file_path": ["http://images/1.jpg"],
            **changes,
        }
        return {name: value for name, value in item.items() if value is not ...}

    return make


# Every action that a button may have, in the shapes that the guide prints.
ACTIONS: dict[str, dict[str, Any]] = {
    "url": {"urlAction": {"openUrl": {"url": "https://shop.example/1"}}},
    "dialer": {"dialerAction": {"dialPhoneNumber": {"phoneNumber": "15881234"}}},
    "compose": {"composeAction": {"composeTextMessage": {"phoneNumber": "15881234", "text": "문의"}}},
    "query": {"mapAction": {"showLocation": {"location": {"query": "서울역"}}}},
    "place": {
        "mapAction": {
            "showLocation": {"location": {"latitude": 37.5, "longitude": 126.9, "label": "본점"}},
        }
    },
    "calendar": {
        "calendarAction": {
            "createCalendarEvent": {
                "startTime": "2020-10-22T02:30:00Z",
                "endTime": "2020-10-22T03:30:00Z",
                "title": "방문",
                "description": "예약하신 시간입니다.",
            }
        }
    },
    "clipboard": {"clipboardAction": {"copyToClipboard": {"text": "COUPON-1"}}},
}


def make_button(name: str) -> dict[str, Any]:
    """A good button with one of the actions."""
    action = {**copy.deepcopy(ACTIONS[name]), "displayText": "누르기", "postback": {"data": ""}}
    return {"action": action}


@pytest.fixture
def button() -> Callable[[str], dict[str, Any]]:
    return make_button


@pytest.fixture
def make_rcs() -> Callable[..., dict[str, Any]]:
    """Items of RCS MMS with everything in them; a change of ... leaves a field out."""

    def make(key: str = "k1", *, dialect: str = "v1", **changes: Any) -> dict[str, Any]:
        brand, copy_allowed = {"v1": ("br_id", "true"), "v2": ("brand_id", True)}[dialect]
        item = {
            "msg_key": key,
            "sender_number": "0222345678",
            "receiver_number": "01023456789",
            "msg_base_id": "SMwThT00",
            brand: "BR.shop",
            "brand_key": "key-1",
            "header": "1",
            "footer": "080-123-4567",
            "copy_allowed": copy_allowed,
            "msg": {
                "body": {"title": "안내 😀", "description": "똠방각하\r\n©", "media": "maapfile://a/1.jpg"}
            },
            "buttons": [{"suggestions": [make_button("url"), make_button("calendar")]}],
            **changes,
        }
        return {name: value for name, value in item.items() if value is not ...}

    return make


def make_head(path: str = "/mms-bulk/v2/send", method: str = "POST", **changes: str | None) -> Head:
    """A head that is in order; a change of None leaves the header out."""
    fields = {
        "authorization": "main;secret",
        "content-type": "application/json;charset=utf-8",
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    kept = {name: value for name, value in fields.items() if value is not None}
    return Head(method, path, "", tuple(kept.items()), kept, keep_alive=True)


class Bench:
    """A sandbox without a network, and ways to send to it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.plex = self.build()

    def build(self, **options: Any) -> Plex:
        """Put another sandbox on the bench."""
        self.plex = Plex(
            **{
                "credentials": None,
                "credit": None,
                "behaviour": Behaviour(),
                "keep_requests": 10,
                "keep_bodies": False,
                "seed": 7,
                "clock": self._clock,
                **options,
            }
        )
        return self.plex

    def behave(self, **changes: Any) -> None:
        """Change switches."""
        self.plex.behaviour = self.plex.behaviour.change(changes)

    def send_raw(self, body: bytes, head: Head | None = None) -> Reply:
        """Send any body."""
        head = head or make_head()
        return self.plex.answer(head, body, self.plex.draw(head))

    def send(self, *items: dict[str, Any], head: Head | None = None, **beside: Any) -> tuple[int, Any]:
        """Send messages with what stands beside them, and return status and answer."""
        reply = self.send_raw(json.dumps({**beside, "msg_data": items}).encode(), head)
        return reply.status, json.loads(reply.body)

    def send_for_codes(
        self, *items: dict[str, Any], head: Head | None = None, **beside: Any
    ) -> dict[str, str]:
        """Send messages, and return each key's code; the answer must name every key once."""
        status, answer = self.send(*items, head=head, **beside)
        assert status == 200, answer
        codes = {result["msg_key"]: result["code"] for result in answer["results"]}
        assert len(codes) == len(answer["results"])
        return codes


@pytest.fixture
def bench(clock: Clock) -> Bench:
    return Bench(clock)


@pytest.fixture
def head() -> Callable[..., Head]:
    return make_head
