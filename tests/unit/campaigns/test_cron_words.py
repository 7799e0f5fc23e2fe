"""A cron in words."""

from __future__ import annotations

import pytest

from plexsend.campaigns.definitions.cron_words import cron_words


@pytest.mark.parametrize(
    ("cron", "korean", "english"),
    [
        ("0 10 * * *", "매일 10:00", "every day at 10:00"),
        ("0 10 * * 1", "매주 월요일 10:00", "every Monday at 10:00"),
        ("0 10 * * mon,thu", "매주 월·목요일 10:00", "every Monday and Thursday at 10:00"),
        (
            "0 10,15 * * 1-5",
            "평일(월~금) 10:00, 15:00",
            "every weekday (Monday to Friday) at 10:00 and 15:00",
        ),
        ("0 9 * * 0,6", "주말(토·일) 09:00", "every Saturday and Sunday at 09:00"),
        ("0 9 * * 7", "매주 일요일 09:00", "every Sunday at 09:00"),
        ("30 9 L * *", "매월 말일 09:30", "on the last day of every month at 09:30"),
        ("0 10 1,15 3 *", "매년 3월 1일·15일 10:00", "on day 1 and 15 of March at 10:00"),
        ("0 9 * DEC *", "매년 12월 매일 09:00", "every day in December at 09:00"),
        ("*/30 * * * *", "매일 30분마다", "every day every 30 minutes"),
        ("5 * * * *", "매일 매시 5분", "every day at minute 5 of every hour"),
        ("* * * * *", "매일 1분마다", "every day every minute"),
        (
            "0 9 1 * 1",
            "매월 1일, 그리고 매주 월요일(둘 중 하나만 맞아도) 09:00",
            "on day 1 of every month, and every Monday (either is enough) at 09:00",
        ),
    ],
)
def test_common_shapes_have_words(cron: str, korean: str, english: str) -> None:
    assert (cron_words(cron, "ko"), cron_words(cron, "en")) == (korean, english)


@pytest.mark.parametrize(
    "cron", ["0 9 * * 1#2", "0 9 */2 * *", "0-59 9 * * *", "1 2 3", "0 9 5-1 * *", "0 9 x * *", "0 9 LW * *"]
)
def test_a_rare_shape_is_shown_as_it_is(cron: str) -> None:
    assert cron_words(cron, "ko") == cron_words(cron, "en") == f"cron {cron}"
