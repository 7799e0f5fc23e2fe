"""The environment as `read` sees it. Only files of a temporary folder are touched."""

from __future__ import annotations

import os
import zoneinfo
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st
from kombu import Connection

from plexsend import settings
from plexsend.errors import SettingsError, UsageError
from plexsend.settings import OnUncertain, Policy, RcsDialect, Settings

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.errors import Problem

SERVICES = {"mms-standard": "mms", "mms-bulk": "mms", "mms-finance": "mms", "rcs-mms-bulk": "rcs"}
URLS = {"mms": "https://mms.example", "rcs": "https://rcs.example"}
SECRET = "S3cr3t-that-nobody-may-see"


def read(**environ: str) -> Settings:
    """Read settings of these variables, named without their prefix."""
    return settings.read(
        services=SERVICES,
        default_urls=URLS,
        environ={f"PLEXSEND_{name}": text for name, text in environ.items()},
    )


def problems(**environ: str) -> tuple[Problem, ...]:
    with pytest.raises(SettingsError) as caught:
        read(**environ)
    return caught.value.problems


def problem(**environ: str) -> Problem:
    (only,) = problems(**environ)
    return only


def field_of(name: str) -> str:
    """Return the field that a variable, named without its prefix, is found in."""
    return {"RATE": "rate_per_s"}.get(name, name.lower())


# Defaults and the table


def test_empty_environment_gives_the_documented_defaults() -> None:
    found = read()
    assert (found.redis.url, found.broker.url) == ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0")
    assert (found.key_prefix, found.durable, found.keep_days) == ("plexsend:", False, 7.0)
    assert found.rcs_dialect is RcsDialect.V1
    assert (dict(found.accounts), dict(found.base_urls), found.warnings) == ({}, URLS, ())
    assert (
        found.service("mms-bulk")
        == found.usual
        == Policy()
        == Policy(
            resend_within_s=3600,
            reclaim_s=60,
            rate_per_s=100.0,
            linger_ms=200,
            connections=8,
            on_uncertain=OnUncertain.RESEND,
            retry_first_s=2.0,
            retry_longest_s=900.0,
            retry_attempts=8,
            shut_first_s=1.0,
            shut_longest_s=60.0,
            credit_hold_s=30.0,
            credit_hold_longest_s=1800.0,
        )
    )


def test_default_of_a_service_may_be_that_of_its_product() -> None:
    found = settings.read(services={**SERVICES, "sms-bulk": "sms"}, default_urls=URLS, environ={})
    assert (found.service("sms-bulk").receipt_wait_h, found.service("mms-bulk").receipt_wait_h) == (
        26.0,
        84.0,
    )
    assert found.asks == {}, "nobody asked for it"
    environ = {"PLEXSEND_RECEIPT_WAIT_H": "50"}
    found = settings.read(services={**SERVICES, "sms-bulk": "sms"}, default_urls=URLS, environ=environ)
    assert found.service("sms-bulk").receipt_wait_h == 50.0


def test_process_environment_is_read_when_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLEXSEND_KEY_PREFIX", "from-os:")
    assert settings.read(services=SERVICES, default_urls=URLS).key_prefix == "from-os:"


def test_every_variable_of_the_table_reaches_the_settings(tmp_path: Path) -> None:
    # A row that no code reads would be a setting without effect: its own name would be reported as unknown.
    given = {
        variable.name.replace("<NAME>", "MAIN")
        .replace("<PRODUCT>", "MMS")
        .removeprefix("PLEXSEND_"): variable
        for variable in settings.VARIABLES
    }
    texts = {
        "ACCOUNT_MAIN": "user;key",
        "MMS_URL": "https://other.example",
        "BROKER_URL": "redis://broker/1",
        "NOTIFY_URL": "https://hooks.example/token",
        "STATE_DIR": "/var/lib/plexsend",
        "CAMPAIGN_DIR": "/srv/campaigns",
        "NUMBER_KEY": SECRET + "-" * 32,
        "PROXY_URL": "http://proxy.example:3128",
        "CA_FILE": str(tmp_path / "ca.pem"),
        "RECEIPT_SECRET_MAIN": SECRET + "-" * 16,
        "RECEIPT_ALLOW": "192.0.2.0/24",
        "TRUSTED_PROXIES": "10.0.0.1",
    }
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----", "ascii")
    assert read(**{name: texts.get(name) or str(row.default) for name, row in given.items()}).warnings == ()


def test_every_service_setting_has_a_row_that_says_so() -> None:
    per_service = {
        field_of(row.name.removeprefix("PLEXSEND_")) for row in settings.VARIABLES if row.per_service
    }
    for_all = {"resend_within_s", "reclaim_s"}
    assert per_service == {field.name for field in fields(Policy)} - for_all


@pytest.mark.parametrize("row", settings.VARIABLES, ids=lambda row: row.name)
def test_every_meaning_is_one_sentence_that_fits_a_table(row: settings.Variable[Any]) -> None:
    assert row.meaning.endswith(".")
    assert not {"|", "\n"} & set(row.meaning)
    assert row.default is not None or row.default_words


def test_names_of_other_programs_are_not_ours() -> None:
    assert (
        settings.read(services=SERVICES, default_urls=URLS, environ={"REDIS_URL": "x", "PATH": "y"}) == read()
    )


# One service


def test_value_of_one_service_wins_for_that_service_alone() -> None:
    found = read(RATE="50", RATE_MMS_BULK="500", RATE_RCS_MMS_BULK="0")
    rates = {service: found.service(service).rate_per_s for service in SERVICES}
    assert rates == {"mms-standard": 50.0, "mms-bulk": 500.0, "mms-finance": 50.0, "rcs-mms-bulk": 0.0}


def test_other_values_of_that_service_stay_as_they_are() -> None:
    found = read(LINGER_MS="5", RATE_MMS_BULK="500")
    assert found.service("mms-bulk").linger_ms == 5


def test_setting_that_no_service_can_differ_in_takes_no_service() -> None:
    (warning,) = read(DURABLE_MMS_BULK="1").warnings
    assert (warning.field, warning.remedy) == ("PLEXSEND_DURABLE_MMS_BULK", "Did you mean PLEXSEND_DURABLE?")


def test_unknown_service_is_answered_with_the_known_ones() -> None:
    with pytest.raises(
        UsageError, match=r"'mms-bulc'\. Known services: mms-standard, mms-bulk, mms-finance, rcs-mms-bulk"
    ):
        read().service("mms-bulc")


# Numbers, switches, words


@pytest.mark.parametrize("name", ["RATE", "LINGER_MS", "RECLAIM_S", "KEEP_DAYS", "RETRY_FIRST_S_MMS_BULK"])
@pytest.mark.parametrize(
    "text",
    [
        "nan",
        "NaN",
        "inf",
        "-inf",
        "Infinity",
        "-1",
        "1e999",
        "9" * 5000,
        "1_0",
        "１２",
        "0x10",
        "12s",
        "1,5",
        "1 0",
        "--1",
    ],
)
def test_what_is_no_number_in_range_is_refused(name: str, text: str) -> None:
    found = problem(**{name: text})
    assert found.field == f"PLEXSEND_{name}"
    assert "number from" in found.remedy
    assert text not in str(found).replace(found.field, "")


@pytest.mark.parametrize(
    ("name", "least", "below", "most", "above"),
    [
        ("RESEND_WITHIN_S", "0", "-1", "2592000", "2592001"),
        ("RECLAIM_S", "20", "19", "86400", "86401"),
        ("KEEP_DAYS", "0.0001", "0", "3650", "3650.1"),
        ("RATE", "0.01", "0.009", "100000", "100001"),
        ("LINGER_MS", "0", "-1", "60000", "60001"),
        ("CONNECTIONS", "1", "0", "1000", "1001"),
        ("RETRY_ATTEMPTS", "1", "0", "1000", "1001"),
        ("RETRY_FIRST_S", "0.001", "0", "900", "604801"),
        ("SHUT_FIRST_S", "0.001", "0", "60", "604801"),
        ("CREDIT_HOLD_S", "0.001", "0", "1800", "604801"),
        ("RETRY_LONGEST_S", "2", "0", "604800", "604801"),
    ],
)
def test_limits_are_included_and_what_lies_beyond_is_not(
    name: str, least: str, below: str, most: str, above: str
) -> None:
    for text in (least, most):
        found = read(**{name: text})
        place = found if hasattr(found, field_of(name)) else found.service("mms-bulk")
        assert getattr(place, field_of(name)) == float(text)
    assert "below" in problem(**{name: below}).reason
    assert "above" in problem(**{name: above}).reason


def test_rate_of_zero_is_no_limit_and_has_no_sign() -> None:
    assert str(read(RATE="-0").service("mms-bulk").rate_per_s) == "0.0"


def test_whole_numbers_take_no_fraction() -> None:
    assert problem(CONNECTIONS="8.0").reason == "is not a whole number"


@pytest.mark.parametrize(
    ("text", "durable"),
    [
        ("1", True),
        ("true", True),
        ("YES", True),
        ("on", True),
        ("0", False),
        ("False", False),
        ("no", False),
        ("off", False),
    ],
)
def test_switch_understands_the_usual_words(text: str, durable: bool) -> None:  # noqa: FBT001 - a table's column
    assert read(DURABLE=text).durable is durable


def test_switch_refuses_what_is_neither() -> None:
    assert problem(DURABLE="2").reason == "is neither on nor off"


def test_word_is_understood_in_any_case_and_for_one_service() -> None:
    found = read(ON_UNCERTAIN="Park", ON_UNCERTAIN_MMS_FINANCE="resend")
    assert found.service("mms-bulk").on_uncertain is OnUncertain.PARK
    assert found.service("mms-finance").on_uncertain is OnUncertain.RESEND


def test_unknown_word_is_answered_with_the_known_ones() -> None:
    assert problem(ON_UNCERTAIN="retry").remedy == "Give one of: resend, park, receipt."


def test_spaces_around_a_value_do_not_count() -> None:
    assert read(CONNECTIONS=" 4\t").service("mms-bulk").connections == 4


@pytest.mark.parametrize("name", ["REDIS_URL", "KEY_PREFIX", "RATE", "DURABLE", "MMS_URL", "ACCOUNT_MAIN"])
@pytest.mark.parametrize("text", ["", "  "])
def test_empty_value_is_an_error_and_no_default(name: str, text: str) -> None:
    assert problem(**{name: text}).reason == "is empty"


@pytest.mark.parametrize("text", ["a{b", "a}b", "a b", "a\tb", "a*b", "a[b", "é", "x" * 65])
def test_key_prefix_that_would_change_what_a_key_means_is_refused(text: str) -> None:
    assert problem(KEY_PREFIX=text).reason == "cannot begin a key"


# Pairs


@pytest.mark.parametrize(
    ("first", "longest"),
    [
        ("RETRY_FIRST_S", "RETRY_LONGEST_S"),
        ("SHUT_FIRST_S", "SHUT_LONGEST_S"),
        ("CREDIT_HOLD_S", "CREDIT_HOLD_LONGEST_S"),
    ],
)
def test_first_wait_may_equal_the_longest_and_not_exceed_it(first: str, longest: str) -> None:
    assert read(**{first: "5", longest: "5"}).warnings == ()
    found = problem(**{first: "5.001", longest: "5"})
    assert found.field == f"PLEXSEND_{first}"
    assert found.remedy == f"Lower PLEXSEND_{first} or raise PLEXSEND_{longest}."


def test_pair_is_checked_as_it_stands_for_each_service() -> None:
    found = problem(RETRY_FIRST_S="5", RETRY_LONGEST_S="10", RETRY_LONGEST_S_MMS_BULK="4")
    assert "Lower PLEXSEND_RETRY_FIRST_S or raise PLEXSEND_RETRY_LONGEST_S_MMS_BULK" in found.remedy


def test_pair_with_an_unreadable_half_is_one_problem() -> None:
    assert problem(RETRY_FIRST_S="1000", RETRY_LONGEST_S="soon").field == "PLEXSEND_RETRY_LONGEST_S"


# All problems at once


def test_every_problem_is_told_at_once_and_each_once() -> None:
    found = problems(
        REDIS_URL="http://x",
        BROKER_URL="amqp://x",
        KEY_PREFIX="{",
        ACCOUNT_MAIN="nothing",
        MMS_URL="http://gateway.example",
        DURABLE="maybe",
        RECLAIM_S="1",
        RATE="fast",
        RATE_MMS_BULK="faster",
    )
    assert [each.field.removeprefix("PLEXSEND_") for each in found] == [
        "REDIS_URL",
        "BROKER_URL",
        "KEY_PREFIX",
        "ACCOUNT_MAIN",
        "MMS_URL",
        "DURABLE",
        "RECLAIM_S",
        "RATE",
        "RATE_MMS_BULK",
    ]
    assert all(each.reason and each.remedy.endswith(".") for each in found)


@given(
    name=st.sampled_from(
        [row.name.replace("<NAME>", "MAIN").replace("<PRODUCT>", "MMS") for row in settings.VARIABLES]
        + [
            "PLEXSEND_ACCOUNT_MAIN_FILE",
            "PLEXSEND_REDIS_URL_FILE",
            "PLEXSEND_RATE_MMS_BULK",
            "PLEXSEND_NEW",
        ]
    ),
    text=st.text(max_size=30)
    | st.from_regex(
        r"(redis|rediss|unix|sentinel|https|http)://[!-~]{0,12}@?[a-z0-9:,\[\]%./?=&]{0,24}", fullmatch=True
    ),
)
def test_any_text_is_read_or_refused_and_never_repeated(name: str, text: str) -> None:
    planted = f"{text}{SECRET}{text}"
    try:
        said = settings.read(services=SERVICES, default_urls=URLS, environ={name: planted}).warnings
    except SettingsError as error:
        said = error.problems
    assert SECRET.lower() not in "\n".join(str(each) for each in said).lower()


# Names that nobody reads


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("PLEXSEND_REDDIS_URL", "PLEXSEND_REDIS_URL"),
        ("PLEXSEND_RAT", "PLEXSEND_RATE"),
        ("PLEXSEND_RATE_PER_S", "PLEXSEND_RATE"),
        ("PLEXSEND_RATE_MMS_BULX", "PLEXSEND_RATE_MMS_BULK"),
        ("PLEXSEND_ACOUNT_MAIN", "PLEXSEND_ACCOUNT_<NAME>"),
        ("PLEXSEND_ACCOUNT", "PLEXSEND_ACCOUNT_<NAME>"),
        ("PLEXSEND_MMS", "PLEXSEND_MMS_URL"),
        ("plexsend_redis_url", "PLEXSEND_REDIS_URL"),
    ],
)
def test_misspelt_name_is_a_warning_that_knows_the_right_one(name: str, near: str) -> None:
    (warning,) = settings.read(services=SERVICES, default_urls=URLS, environ={name: SECRET}).warnings
    assert (warning.field, warning.remedy) == (name, f"Did you mean {near}?")


def test_name_like_no_other_is_a_warning_without_a_guess() -> None:
    (warning,) = read(XYZZY="1").warnings
    assert "docs/settings.md" in warning.remedy


# Redis


@pytest.mark.parametrize(
    ("text", "url", "celery_url", "shown"),
    [
        ("redis://h", "redis://h:6379/0", None, "redis://h:6379/0"),
        ("REDIS://H:6380/3", "redis://h:6380/3", None, "redis://h:6380/3"),
        ("redis://:p%40;w@h/1", "redis://:p%40%3Bw@h:6379/1", None, "redis://h:6379/1"),
        ("redis://u:p@[::1]:6380", "redis://u:p@[::1]:6380/0", None, "redis://[::1]:6380/0"),
        ("rediss://:p@h", "rediss://:p@h:6379/0?ssl_cert_reqs=required", None, "rediss://h:6379/0"),
        (
            "rediss://h?ssl_ca_certs=/a%20b.pem",
            "rediss://h:6379/0?ssl_ca_certs=%2Fa%20b.pem&ssl_cert_reqs=required",
            None,
            "rediss://h:6379/0",
        ),
        (
            "unix:///run/r.sock",
            "unix:///run/r.sock?db=0",
            "redis+socket:///run/r.sock?virtual_host=0",
            "unix:///run/r.sock?db=0",
        ),
        (
            "unix://:p@/run/a%20b?db=2",
            "unix://:p@/run/a%20b?db=2",
            "redis+socket://:p@/run/a%20b?virtual_host=2",
            "unix:///run/a%20b?db=2",
        ),
        (
            "sentinel://u:p%2Fw@s1,s2:26380/2?master=m&sentinel_password=a+b",
            "sentinel://u:p%2Fw@s1:26379,s2:26380/2?master=m&sentinel_password=a%2Bb",
            "sentinel://u:p%2Fw@s1:26379/2;sentinel://u:p%2Fw@s2:26380/2",
            "sentinel://s1:26379,s2:26380/2?master=m",
        ),
    ],
)
def test_redis_url_is_written_anew_for_each_library(
    text: str, url: str, celery_url: str | None, shown: str
) -> None:
    found = read(REDIS_URL=text)
    assert (found.redis.url, found.broker.celery_url, str(found.redis)) == (url, celery_url or url, shown)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (
            "redis://u:p%40%3B%2Fw%25@h:1/3",
            {"host": "h", "port": 1, "db": 3, "username": "u", "password": "p@;/w%"},
        ),
        ("rediss://:p@h/1", {"host": "h", "port": 6379, "db": 1, "password": "p"}),
        ("redis://[::1]/1", {"host": "::1", "port": 6379, "db": 1}),
        ("unix://:p%3F@/run/a%20b?db=2", {"path": "/run/a b", "db": 2, "password": "p?"}),
    ],
)
def test_both_libraries_understand_the_urls_written_for_them(text: str, place: dict[str, object]) -> None:
    found = read(REDIS_URL=text)
    for kwargs in (redis.ConnectionPool.from_url(found.redis.url).connection_kwargs, _kombu_kwargs(found)):
        seen = {key: kwargs.get(key) for key in ("host", "port", "path", "db", "username", "password")}
        assert {key: value for key, value in seen.items() if value is not None} == place


def test_kombu_verifies_the_certificate_of_a_plain_rediss_url() -> None:
    # Left to itself it would not, and only say so in its log.
    assert _kombu_kwargs(read(REDIS_URL="rediss://h"))["ssl_cert_reqs"].name == "CERT_REQUIRED"


def test_kombu_asks_every_sentinel_for_the_master() -> None:
    found = read(REDIS_URL="sentinel://:p@s1,s2:2/3?master=m&sentinel_user=su&sentinel_password=sp")
    assert found.redis.sentinel is not None
    assert (found.redis.sentinel.hosts, found.redis.sentinel.master) == ((("s1", 26379), ("s2", 2)), "m")
    assert (found.redis.sentinel.db, found.redis.sentinel.password) == (3, "p")
    assert found.redis.sentinel.sentinel_options["password"] == "sp"
    assert found.broker.celery_options["master_name"] == "m"
    connection: Any = Connection(found.broker.celery_url, transport_options=dict(found.broker.celery_options))
    assert connection.alt == ["sentinel://:p@s1:26379/3", "sentinel://:p@s2:2/3"]
    assert (_kombu_kwargs(found)["password"], _kombu_kwargs(found)["db"]) == ("p", 3)


def test_plain_redis_is_no_sentinel() -> None:
    assert (read().redis.sentinel, dict(read().broker.celery_options)) == (None, {})


def test_broker_may_be_another_redis() -> None:
    found = read(BROKER_URL="redis://broker:1/2")
    assert (found.redis.url, found.broker.url) == ("redis://127.0.0.1:6379/0", "redis://broker:1/2")


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1:6379",
        "redis:/h",
        "redis://",
        "redis:///0",
        "redis://a,b",
        "redis://p@h",
        "redis://h:0",
        "redis://h:65536",
        "redis://h:",
        "redis://h/abc",
        "redis://h/-1",
        "redis://h/1/2",
        "redis://h/６",
        "redis://h?socket_timeout=1",
        "redis://h?db",
        "redis://h?",
        "redis://:a#b@h",
        "redis://:a/b@h",
        "redis://:a b@h",
        "redis://:%ff@h",
        "redis://:%00@h",
        "redis://127.1",
        "redis://a..b",
        "redis://[::1",
        "redis://[::1%25lo]",
        "rediss://h?ssl_cert_reqs=maybe",
        "rediss://h?ssl_ca_certs=",
        "rediss://h?ssl_ca_certs=a&ssl_ca_certs=b",
        "unix://run/r.sock",
        "unix:///",
        "unix:///r?virtual_host=1",
        "sentinel://s/0",
        "sentinel:///0?master=m",
        "sentinel://s/0?master=",
        "sentinel://s1;sentinel://s2/0?master=m",
        "redis+socket:///r",
    ],
)
def test_redis_url_that_a_library_would_misread_is_refused(text: str) -> None:
    assert problem(REDIS_URL=text).field == "PLEXSEND_REDIS_URL"


def test_certificate_that_is_not_checked_is_a_warning_told_once() -> None:
    (warning,) = read(REDIS_URL="rediss://h?ssl_cert_reqs=none").warnings
    assert warning.field == "PLEXSEND_REDIS_URL"
    (warning,) = read(BROKER_URL="rediss://h?ssl_check_hostname=false").warnings
    assert warning.field == "PLEXSEND_BROKER_URL"


# The gateway's hosts


@pytest.mark.parametrize(
    ("text", "base_url"),
    [
        ("https://gw.example", "https://gw.example"),
        ("HTTPS://GW.example:8443/", "https://gw.example:8443"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        ("http://127.0.0.1/", "http://127.0.0.1"),
        ("http://[::1]:8/", "http://[::1]:8"),
        ("https://gw.example/", "https://gw.example"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:1", "http://[::1]:1"),
        ("https://GW.example:443/", "https://gw.example"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("https://gw.example:80", "https://gw.example:80"),
    ],
)
def test_base_url_is_scheme_and_host_alone(text: str, base_url: str) -> None:
    assert dict(read(MMS_URL=text).base_urls) == {"mms": base_url, "rcs": "https://rcs.example"}


@pytest.mark.parametrize(
    "text",
    [
        "gw.example",
        "ftp://gw.example",
        "http://gw.example",
        "http://127.0.0.1.gw.example",
        "http://localhost.gw.example",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://127.1",
        "http://0177.0.0.1",
        "http://[::ffff:10.0.0.1]",
        "http://localhost@gw.example",
        "https://user:key@gw.example",
        "https://@gw.example",
        "https://gw.example/v2",
        "https://gw.example?a=b",
        "https://gw.example/?",
        "https://gw.example#a",
        "https://a.example,b.example",
        "https://",
        "https://gw.example\\@localhost",
        "https://gw .example",
        "https://gw.example:99999",
        "https://한국.example",
        "127.0.0.1:80",
        "ftp://127.0.0.1",
        "https://[::1",
        "https://gw.example:port",
    ],
)
def test_base_url_that_could_leak_or_mislead_is_refused(text: str) -> None:
    assert problem(MMS_URL=text).field == "PLEXSEND_MMS_URL"


def test_refusal_of_a_base_url_shows_no_password() -> None:
    assert "s3cr3t" not in str(problem(MMS_URL="https://user:s3cr3t@gw.example"))


# Accounts


def test_product_may_be_called_otherwise_in_its_variable() -> None:
    def read_with_words(**environ: str) -> Settings:
        return settings.read(
            services=SERVICES,
            default_urls=URLS,
            words={"rcs": "SHORT-NAME"},
            environ={f"PLEXSEND_{name}": text for name, text in environ.items()},
        )

    found = read_with_words(SHORT_NAME_URL="https://other.example", MMS_URL="https://mms2.example")
    assert found.base_urls == {"mms": "https://mms2.example", "rcs": "https://other.example"}
    assert found.warnings == ()
    (warning,) = read_with_words(RCS_URL="https://other.example").warnings
    assert warning.remedy == "Did you mean PLEXSEND_SHORT_NAME_URL?"


def test_dialect_of_rcs_is_one_of_two() -> None:
    assert read(RCS_DIALECT="V2").rcs_dialect is RcsDialect.V2
    assert problem(RCS_DIALECT="v3").remedy == "Give one of: v1, v2."


def test_account_is_named_by_its_variable() -> None:
    found = read(ACCOUNT_MAIN="user;key", ACCOUNT_MY_SHOP_2="u2;k2")
    assert list(found.accounts) == ["main", "my-shop-2"]
    assert found.accounts["my-shop-2"].read_credentials().header == "u2;k2"
    assert found.accounts["main"].source == "PLEXSEND_ACCOUNT_MAIN"


@pytest.mark.parametrize("name", ["", "main", "MY-SHOP", "É", "X" * 33, "FILE"])
def test_variable_that_names_no_account_is_refused(name: str) -> None:
    assert problem(**{f"ACCOUNT_{name}": "user;key"}).reason == "does not name an account"


def test_account_may_have_the_longest_name() -> None:
    assert list(read(**{"ACCOUNT_" + "X" * 32: "user;key"}).accounts) == ["x" * 32]


@pytest.mark.parametrize("service", SERVICES)
def test_account_may_not_be_called_like_a_service(service: str) -> None:
    found = problem(**{f"ACCOUNT_{service.upper().replace('-', '_')}": "user;key"})
    assert found.reason == "gives an account the name of a service"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("userkey", "has no semicolon"),
        ("user;ke;y", "has more than one semicolon"),
        ("user;key;", "has more than one semicolon"),
        (";key", "has nothing before its semicolon"),
        ("user;", "has nothing after its semicolon"),
        ("user; key", "holds spaces or characters that are not printable ASCII"),
        ("user;k\ney", "holds spaces or characters that are not printable ASCII"),
        ("user;k\x00y", "holds spaces or characters that are not printable ASCII"),
        ("user;ké", "holds spaces or characters that are not printable ASCII"),
    ],
)
def test_credentials_that_could_not_be_a_header_are_refused(text: str, reason: str) -> None:
    assert problem(ACCOUNT_MAIN=text).reason == reason


# Secrets in files


def test_secret_in_a_file_is_read_without_its_newline(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"user;key\r\n\n")
    account = read(ACCOUNT_MAIN_FILE=f"{tmp_path}/secret").accounts["main"]
    assert (account.name, account.source) == ("main", "PLEXSEND_ACCOUNT_MAIN_FILE")
    assert account.read_credentials().header == "user;key"


def test_corrected_secret_counts_without_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("user;old")
    account = read(ACCOUNT_MAIN_FILE=str(file)).accounts["main"]
    before = account.read_credentials()
    assert account.read_credentials() == before
    file.write_text("user;new")
    assert account.read_credentials().header == "user;new"
    assert account.read_credentials() != before


def test_file_is_found_again_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("user;key")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    account = read(ACCOUNT_MAIN_FILE="secret").accounts["main"]
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert account.read_credentials().header == "user;key"


def test_file_that_is_gone_later_is_an_error_that_names_the_variable(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("user;key")
    account = read(ACCOUNT_MAIN_FILE=str(file)).accounts["main"]
    file.unlink()
    with pytest.raises(SettingsError, match=r"PLEXSEND_ACCOUNT_MAIN_FILE: names a file that does not exist"):
        account.read_credentials()


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfuser;key\r\n",
        b"\xef\xbb\xbf\xef\xbb\xbfuser;key",
        b"\n\xef\xbb\xbfuser;key\xef\xbb\xbf",
        "user;key\r\n".encode("utf-16"),
        b"\xfe\xff" + "user;key".encode("utf-16-be"),
    ],
)
def test_byte_order_marks_are_not_part_of_a_secret(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret").write_bytes(content)
    account = read(ACCOUNT_MAIN_FILE=f"{tmp_path}/secret").accounts["main"]
    assert account.read_credentials().header == "user;key"


@pytest.mark.parametrize("name", ["ACCOUNT_MAIN_FILE", "REDIS_URL_FILE", "BROKER_URL_FILE"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "names an empty file"),
        (b" \r\n", "names an empty file"),
        (b"x" * 4097, "names a file of more than 4096 bytes"),
        (b"\xef\xbb\xbf\xef\xbb\xbf\n", "names an empty file"),
        (b"\xfe\xffu\x00;", "holds spaces or characters that are not printable ASCII"),
        (b"user;key\nuser2;key2\n", "holds spaces or characters that are not printable ASCII"),
    ],
)
def test_file_without_one_secret_is_refused(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / "secret").write_bytes(content)
    found = problem(**{name: f"{tmp_path}/secret"})
    assert (found.field, found.reason) == (f"PLEXSEND_{name}", reason)


@pytest.mark.parametrize("name", ["ACCOUNT_MAIN_FILE", "REDIS_URL_FILE"])
@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("none", "does not exist"),
        (".", "is not a file"),
        ("pipe", "is not a file"),
        ("x" * 300, "cannot be read (File name too long)"),
        ("nul\0", "does not exist"),
        # A file that exists and fails when it is read, whoever reads it.
        ("/proc/self/mem", "cannot be read (Input/output error)"),
    ],
)
def test_path_that_leads_to_no_secret_is_refused_unnamed(
    tmp_path: Path, name: str, path: str, reason: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    found = problem(**{name: str(tmp_path / path)})
    assert reason in found.reason
    assert str(tmp_path) not in str(found)
    assert path == "." or path not in str(found)


def test_error_of_a_later_reading_does_not_drag_the_path_along(tmp_path: Path) -> None:
    (tmp_path / "good").write_text("user;key")
    link = tmp_path / "secret"
    link.symlink_to(tmp_path / "good")
    account = read(ACCOUNT_MAIN_FILE=str(link)).accounts["main"]
    link.unlink()
    link.symlink_to("/proc/self/mem")
    with pytest.raises(SettingsError) as caught:
        account.read_credentials()
    # The text of the system's own error names the path.
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to root")
def test_file_without_permission_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("user;key")
    file.chmod(0)
    assert "cannot be read (Permission denied)" in problem(ACCOUNT_MAIN_FILE=str(file)).reason


@pytest.mark.parametrize(
    ("name", "text"), [("ACCOUNT_MAIN", "user;key"), ("REDIS_URL", "redis://h"), ("BROKER_URL", "redis://h")]
)
def test_secret_given_twice_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "secret").write_text(text)
    found = problem(**{name: text, f"{name}_FILE": f"{tmp_path}/secret"})
    assert (found.field, found.remedy) == (f"PLEXSEND_{name}", "Keep one of the two.")


def test_redis_url_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("redis://:pw@h/1\n")
    found = read(REDIS_URL_FILE=f"{tmp_path}/url")
    assert (found.redis.url, found.broker.url) == ("redis://:pw@h:6379/1", "redis://:pw@h:6379/1")
    assert found.warnings == ()


# What is shown


@pytest.mark.parametrize("show", [repr, str])
def test_no_secret_is_shown(show: Any, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"user;{SECRET}")
    found = read(
        REDIS_URL=f"redis://{SECRET}:{SECRET}@h/1",
        BROKER_URL=f"sentinel://:{SECRET}@s/0?master=m&sentinel_user={SECRET}&sentinel_password={SECRET}",
        ACCOUNT_MAIN=f"{SECRET};{SECRET}",
        ACCOUNT_SHOP_FILE=f"{tmp_path}/secret",
    )
    assert SECRET in found.redis.url
    account, in_file = found.accounts["main"], found.accounts["shop"]
    shown = [
        found,
        found.redis,
        found.broker,
        found.broker.sentinel,
        account,
        in_file,
        account.read_credentials(),
    ]
    assert SECRET not in "\n".join(show(each) for each in shown)
    assert str(tmp_path) not in show(found)
    assert f"{account.read_credentials()}" == "Credentials(***)"


@pytest.mark.parametrize(
    "environ",
    [
        {"REDIS_URL": f"redis://:{SECRET}@h:x"},
        {"REDIS_URL": f"redis://:{SECRET}#@h"},
        {"REDIS_URL": f"redis://:a/{SECRET}@h"},
        {"REDIS_URL": f"redis://h?password={SECRET}"},
        {"REDIS_URL": f"redis://h?{SECRET}=1"},
        {"REDIS_URL": f"redis://h/{SECRET}"},
        {"MMS_URL": f"https://{SECRET}:{SECRET}@gw.example"},
        {"ACCOUNT_MAIN": f"user {SECRET}"},
        {"ACCOUNT_MAIN_FILE": f"user;{SECRET}"},
        {"ACCOUNT_MAIN_FILE": f"user;{SECRET}" + "x" * 300},
        {"RATE": SECRET},
        {"ON_UNCERTAIN": SECRET},
        {"KEY_PREFIX": f"user;{SECRET}"},
    ],
)
def test_no_error_repeats_a_value(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as caught:
        read(**environ)
    assert SECRET not in f"{caught.value!s}{caught.value!r}{caught.value.problems!r}"
    assert caught.value.__cause__ is None


def test_settings_cannot_be_changed() -> None:
    found = read(ACCOUNT_MAIN="user;key")
    with pytest.raises(AttributeError):
        found.durable = True  # type: ignore[misc] # the point of the test
    for mapping in (found.accounts, found.base_urls, found.services):
        assert not hasattr(mapping, "__setitem__")


def _kombu_kwargs(found: Settings) -> dict[str, Any]:
    """Return what kombu would hand to redis-py, without connecting."""
    connection: Any = Connection(found.broker.celery_url, transport_options=dict(found.broker.celery_options))
    channel = connection.transport.Channel.__new__(connection.transport.Channel)
    channel.connection = connection.transport
    kwargs: dict[str, Any] = channel._connparams()
    return kwargs


def test_time_zone_is_asked_for_only_where_it_is_set() -> None:
    assert "time_zone" not in read().asks.get("all", {})
    found = read(TIME_ZONE="America/New_York")
    assert (found.time_zone, found.asks["all"]["time_zone"]) == ("America/New_York", "America/New_York")


@pytest.mark.parametrize("text", ["Asia/Atlantis", "KST+9", "../../etc/passwd", "seoul now"])
def test_what_is_not_a_time_zone_is_refused(text: str) -> None:
    assert problem(TIME_ZONE=text).reason == "is not a time zone that this machine knows"


def test_machine_without_time_zones_starts_all_the_same() -> None:
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=[])
    zoneinfo.ZoneInfo.clear_cache()
    try:
        assert read(TIME_ZONE="Europe/Paris").time_zone == "Europe/Paris"
        assert problem(TIME_ZONE="no zone").field == "PLEXSEND_TIME_ZONE"
    finally:
        zoneinfo.reset_tzpath(to=before)
        zoneinfo.ZoneInfo.clear_cache()
