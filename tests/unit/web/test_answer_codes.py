"""Answers are counted by few names, and all that the client and the worker say are among them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plexsend.web.answer_codes import CLIENT_WORDS, NOT_ANSWERS, label_of

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("C100", "C100"),
        ("G150", "G150"),
        ("APIGW_410", "APIGW_410"),
        ("HTTP_503", "HTTP_503"),
        ("TIMEOUT", "TIMEOUT"),
        ("MISSING", "MISSING"),
        ("C400_17", "C400"),
        ("C401", "C401"),
        ("C502_x", "C5xx"),
        ("c100", "other"),
        ("HTTP_5031", "other"),
        ("made-up-01234", "other"),
        ("*", "other"),
        ("STOPPING", None),
        ("NO_VERDICT", None),
    ],
)
def test_code_is_counted_by_this_name(code: str, label: str | None) -> None:
    assert label_of(code) == label


def test_every_word_of_the_client_is_known() -> None:
    said: set[str] = set()
    for path in ROOT.joinpath("plexsend", "gateway", "http").glob("*.py"):
        text = path.read_text("utf-8")
        said.update(re.findall(r'\bfail\(\s*"([A-Z_]+)"', text))
        said.update(re.findall(r'\bcode = "([A-Z_]+)"', text))
        said.update(re.findall(r'\breturn "([A-Z_]+)", ', text))
        said.update(re.findall(r'^LATE = "([A-Z]+)"', text, re.MULTILINE))
    assert len(said) > 8
    assert said - CLIENT_WORDS == set()


def test_no_code_that_the_worker_gives_by_itself_counts_as_an_answer() -> None:
    said: set[str] = set()
    for path in ROOT.joinpath("worker").glob("*.py"):
        text = path.read_text("utf-8")
        said.update(re.findall(r'\bgive_back\(batch, "([A-Z_]+)"', text))
        said.update(
            re.findall(r'^(?:AD_MARKS|INVALID|NEWER|ONLY_TO|SILENT) = "([A-Z_]+)"', text, re.MULTILINE)
        )
    assert said == NOT_ANSWERS
