"""Definitions: what a person writes of a campaign."""

from __future__ import annotations

from plexsend.campaigns.definition import Definition, Duplicates, IfMissed


def test_what_json_holds_is_the_same_definition() -> None:
    whole = Definition(
        name="spring-sale",
        label="봄맞이 세일",
        service="mms-bulk",
        sender="02-2345-6789",
        text="#{이름}님",
        images=("/a/spring.jpg",),
        send_at_ms=1,
        if_missed=IfMissed.SKIP,
        window=("10:00", "18:00"),
        duplicates=Duplicates.SEND,
        fallback={"service": "lms-bulk", "text": "가"},
        fields={"buttons": [{"name": "가"}]},
        mapping={"receiver_number": "휴대폰번호"},
        defaults={"이름": "고객"},
    )
    assert Definition.from_json(whole.as_json()) == whole
    bare = Definition(name="a", service="sms-standard")
    assert bare.as_json() == '{"name":"a","service":"sms-standard"}'
    assert Definition.from_json(bare.as_json()) == bare
