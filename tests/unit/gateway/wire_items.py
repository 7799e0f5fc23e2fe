"""Items of every product that pass, with values at their limits; and ways to spoil one."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st


def text_up_to(most: int) -> st.SearchStrategy[str]:
    """Text, often of exactly the greatest length or one under."""
    lengths = st.sampled_from([1, most - 1, most]) | st.integers(1, min(most, 12))
    return st.builds(
        lambda character, length: character * length, st.sampled_from("x가\U0001f600\x01"), lengths
    )


def euc_kr_up_to(most: int) -> st.SearchStrategy[str]:
    lengths = st.sampled_from([2, most - 2, most])
    return st.builds(
        lambda character, length: character * (length // len(character.encode("euc_kr"))),
        st.sampled_from(["x", "가", "♥"]),
        lengths,
    )


TIMES = st.builds(
    lambda start, seconds: (start, start + timedelta(seconds=seconds)),
    st.datetimes(datetime(1900, 1, 1), datetime(2900, 1, 1)),  # noqa: DTZ001 - made into UTC below
    st.integers(1, 10**9),
)
CALENDARS = st.builds(
    lambda times, title, description: {
        "startTime": times[0].replace(microsecond=0).isoformat() + "Z",
        "endTime": times[1].replace(microsecond=0).isoformat() + "Z",
        "title": title,
        "description": description,
    },
    TIMES,
    text_up_to(100),
    text_up_to(500),
)
PLACES = st.fixed_dictionaries(
    {
        "latitude": st.floats(-90, 90) | st.integers(-90, 90),
        "longitude": st.floats(-180, 180) | st.integers(-180, 180),
        "label": text_up_to(200),
    }
) | st.fixed_dictionaries({"query": text_up_to(200)})
CALLED = st.sampled_from(["114", "1588-1234", "+82 2-2345-6789", "*23#", "1" * 30])
WHOLE_SHAPES: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
    "urlAction": (
        "openUrl",
        st.fixed_dictionaries({"url": st.sampled_from(["https://x.kr/가", "x:y", "h:" + "x" * 2046])}),
    ),
    "dialerAction": ("dialPhoneNumber", st.fixed_dictionaries({"phoneNumber": CALLED})),
    "composeAction": (
        "composeTextMessage",
        st.fixed_dictionaries({"phoneNumber": CALLED, "text": text_up_to(100)}),
    ),
    "mapAction": ("showLocation", st.fixed_dictionaries({"location": PLACES})),
    "calendarAction": ("createCalendarEvent", CALENDARS),
    "clipboardAction": ("copyToClipboard", st.fixed_dictionaries({"text": text_up_to(200)})),
}
ACTIONS = st.sampled_from(sorted(WHOLE_SHAPES)).flatmap(
    lambda name: st.fixed_dictionaries(
        {
            name: st.fixed_dictionaries({WHOLE_SHAPES[name][0]: WHOLE_SHAPES[name][1]}),
            "displayText": text_up_to(100),
        },
        optional={"postback": st.sampled_from([{}, {"data": ""}, {"data": "x"}])},
    )
)
SUGGESTIONS = st.builds(lambda name, action: {name: action}, st.sampled_from(["action", "actions"]), ACTIONS)
CARDS = st.fixed_dictionaries({}, optional={"suggestions": st.lists(SUGGESTIONS, min_size=1, max_size=2)})
BODIES = st.sampled_from(["", "1"]).flatmap(
    lambda number: st.fixed_dictionaries(
        {f"description{number}": text_up_to(1300)},
        optional={
            f"title{number}": text_up_to(30) | st.just(""),
            f"media{number}": st.sampled_from(["maapfile://1", "maapfile://" + "x" * 2037, " "]),
        },
    )
)
ADDRESSED = {
    "msg_key": st.sampled_from(["k", "k" * 128]),
    "sender_number": st.sampled_from(["15881234", "02-2345-6789", "010-2345-6789"]),
    "receiver_number": st.sampled_from(["01023456789", "+82 10-2345-6789"]),
}
PLAIN_OPTIONS = {
    "sub_id": text_up_to(64) | st.just(""),
    "origin_cid": st.sampled_from(["1" * 9, "1" * 10]),
    "echo_to_webhook": text_up_to(64),
}
TITLE = {"title": euc_kr_up_to(50)}
ITEMS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "rcs-mms": st.fixed_dictionaries(
        {
            **ADDRESSED,
            "msg_type": st.sampled_from(["RMM", "RMH"]),
            "msg_base_id": st.sampled_from(["SMwThT00", "x" * 40]),
            "br_id": st.sampled_from(["BR", "x" * 100]),
            "brand_key": st.sampled_from(["BK", "x" * 100]),
            "header": st.sampled_from(["0", "1"]),
            "footer": st.sampled_from(["080-123-4567", "0" * 20]),
            "msg": st.fixed_dictionaries({"body": BODIES}),
        },
        optional={
            "copy_allowed": st.sampled_from([True, False, "true", "false", ""]),
            "buttons": st.lists(CARDS, min_size=1, max_size=1),
        },
    ),
    "mms": st.fixed_dictionaries(
        {
            **ADDRESSED,
            "msg": euc_kr_up_to(2000),
            "file_path": st.lists(st.just("http://h/" + "x" * 2039), min_size=1, max_size=3),
        },
        optional=PLAIN_OPTIONS | TITLE,
    ),
    "lms": st.fixed_dictionaries({**ADDRESSED, "msg": euc_kr_up_to(2000)}, optional=PLAIN_OPTIONS | TITLE),
    "sms": st.fixed_dictionaries({**ADDRESSED, "msg": euc_kr_up_to(90)}, optional=PLAIN_OPTIONS),
}
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(), max_size=9),
    # Copied, as the next change may be made inside of what an earlier one put in.
    st.sampled_from(
        ["", " ", "\ud800", "x" * 31, "가" * 1301, "x" * 3000, [], {}, [None], {"data": None}]
    ).map(copy.deepcopy),
)
NAMES = st.sampled_from(["extra", "msg_type", "brand_id", "title", "title1", "text", "query", "actions", ""])


def places_in(value: Any) -> list[tuple[Any, Any]]:
    """Return every object and array inside, with each name or place in it."""
    if isinstance(value, dict):
        return [(value, name) for name in value] + [
            found for each in value.values() for found in places_in(each)
        ]
    if isinstance(value, list):
        return [(value, at) for at in range(len(value))] + [
            found for each in value for found in places_in(each)
        ]
    return []


@st.composite
def spoilt(draw: Any, items: st.SearchStrategy[Any]) -> Any:
    """Return an item that passes but for one or two changes anywhere in it."""
    item = copy.deepcopy(draw(items))
    for _ in range(draw(st.integers(1, 2))):
        within, name = draw(st.sampled_from(places_in(item)))
        change = draw(st.sampled_from(["anything", "null", "longer", "gone", "one more"]))
        if change == "anything":
            within[name] = draw(ANYTHING)
        elif change == "null":
            within[name] = None
        elif change == "longer" and isinstance(within[name], (str, list)):
            within[name] = within[name] * 2 if isinstance(within[name], list) else within[name] + "x"
        elif change == "gone":
            del within[name]
        elif isinstance(within, dict):
            within[draw(NAMES)] = draw(ANYTHING)
    return item
