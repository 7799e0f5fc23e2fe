"""The manual for operators, in both languages: its commands run, and it has a place for each alert."""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from celery.worker.control import Panel

from plexsend.gateway.services import SERVICES
from plexsend.outbox.batches import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
ENGLISH, KOREAN = (
    ROOT.joinpath("docs", name).read_text("utf-8") for name in ("operating.md", "ko/operating.md")
)
MANUAL = ENGLISH.partition("\n## Looking at a fleet\n")[0]
TOOLS = ("plexsend", "celery", "systemctl", "docker", "kubectl", "valkey-cli")
FILLED = {
    "KEY": "k1",
    "NAME": "spring",
    "WHAT": "main",
    "ACCOUNT": "main",
    "READER": "billing",
    "NUMBER": "010-2345-6789",
    "R": "r",
    "T": "2026-01-01T00:00",
}
"""What is typed for what the page has in capitals."""
NAMED_ALONE = frozenset(
    {"cancel", "dead drop", "health", "resume", "rewound settle", "serve", "serve metrics", "lanes"}
)
"""Commands that a sentence names without what they need."""
ELSEWHERE = frozenset({"plexsend doctor", "plexsend why"})
"""They take their time, and test_operating_page.py holds what they print to the page."""


def commands(page: str) -> list[str]:
    """What is typed: the lines of blocks, and what a sentence has between backticks."""
    blocks = re.findall(r"```(?:sh)?\n(.*?)```", page, re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    lines += re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", page, flags=re.DOTALL))
    return list(dict.fromkeys(line for line in lines if line.split(" ")[0] in TOOLS and " " in line))


def of(tool: str) -> list[str]:
    return [line for line in commands(MANUAL) if line.startswith(f"{tool} ")]


@cache
def kubernetes() -> dict[str, set[str]]:
    """Kind → names, of all manifests."""
    found: dict[str, set[str]] = {}
    for path in sorted(DEPLOY.joinpath("kubernetes").rglob("*.yaml")):
        for each in yaml.safe_load_all(path.read_text("utf-8")):
            if isinstance(each, dict) and "kind" in each:
                found.setdefault(each["kind"], set()).add(each.get("metadata", {}).get("name", ""))
    return found


@pytest.mark.parametrize("line", [line for line in of("plexsend") if line not in ELSEWHERE])
def test_a_command_of_plexsend_runs(
    line: str, run: Callable[..., Any], yard: Any, nearby: dict[str, str]
) -> None:
    _, *words = shlex.split(line)
    if words[0] == "worker":
        assert {"-Q", "--concurrency"} <= set(words), "Celery's own options"
        services = words[words.index("-Q") + 1].split(",")
        assert set(services) <= {*SERVICES, "campaigns"}
        return
    if " ".join(words) in NAMED_ALONE:
        assert run(*words, "--help").code == 0
        return
    yard.end(Outcome.REJECTED, "k1")
    if words[:2] == ["uncertain", "settle"]:
        yard.end(Outcome.PARK, "k2")
        words[2] = "k2"
    settings = {**nearby, "PLEXSEND_ACCOUNT_MAIN": "user;s3cret", "PLEXSEND_NUMBER_KEY": "k" * 32}
    done = run(*(FILLED.get(word, word) for word in words), **settings)
    # 1: nothing is here that is a beat, a campaign, a reader; 2 would be a command that cannot be typed so.
    assert done.code in (0, 1), done.err
    if words[0] in ("dead", "policy", "uncertain", "status", "holds", "fleet", "lanes", "stats", "top"):
        assert done.code == 0, done.err


@pytest.mark.parametrize("line", of("celery"))
def test_a_command_of_celery_is_one(line: str) -> None:
    _, option, application, kind, act, *_ = shlex.split(line)
    assert (option, application) == ("-A", "worker")
    assert kind in ("control", "inspect")
    assert act in Panel.meta
    assert Panel.meta[act].type == kind


@pytest.mark.parametrize("line", of("systemctl"))
def test_a_unit_is_there(line: str) -> None:
    units = [word for word in shlex.split(line)[2:] if not word.startswith("-")]
    there = {path.stem for path in DEPLOY.joinpath("systemd").glob("*.service")}
    assert units
    assert {re.sub("@.*", "@", unit) for unit in units} <= there


@pytest.mark.parametrize("line", of("docker"))
def test_a_service_of_compose_is_there(line: str) -> None:
    words = shlex.split(line)
    compose = yaml.safe_load(ROOT.joinpath(words[words.index("-f") + 1]).read_text("utf-8"))
    assert words[-1] in compose["services"]


@pytest.mark.parametrize("line", of("kubectl"))
def test_a_deployment_of_kubernetes_is_there(line: str) -> None:
    named = [word.partition("/") for word in shlex.split(line) if "/" in word]
    for kind, _, name in named:
        assert name in kubernetes()[kind.capitalize()]
    assert named or line.startswith("kubectl drain NODE")


@pytest.mark.parametrize("line", of("valkey-cli"))
def test_redis_knows_the_command(line: str, store: Store) -> None:
    words = shlex.split(line)[1:]
    if words[0] != "INFO":
        known: Any = store.client
        assert known.execute_command("COMMAND", "INFO", words[0]) != [None]
        return
    found: Any = store.client.info(words[1])
    # What the sentence says to look for is there.
    for field in re.findall(r"`(aof_\w+):", ENGLISH):
        assert words[1] != "persistence" or field in found
    assert found


@pytest.mark.parametrize("page", [ENGLISH, KOREAN], ids=["en", "ko"])
def test_each_alert_has_its_place(page: str) -> None:
    rules = yaml.safe_load(DEPLOY.joinpath("prometheus", "plexsend-alerts.yml").read_text("utf-8"))
    alerts = {rule["alert"]: rule for group in rules["groups"] for rule in group["rules"]}
    places = dict(re.findall(r"^### (Plexsend\w+)\n\n(\w+)\.", page, re.MULTILINE))
    assert places.keys() == alerts.keys()
    for name, rule in alerts.items():
        assert places[name].lower() == rule["labels"]["severity"], name
        assert rule["annotations"]["runbook"].endswith(f"docs/operating.md#{name.lower()}")


def test_both_languages_have_the_same_commands_and_steps() -> None:
    korean = KOREAN.partition("\n## 복원한 뒤\n")[0]
    assert set(commands(korean)) - {"plexsend resume"} == set(commands(MANUAL)) - {"plexsend resume"}
    blocks = [re.findall(r"```\n?(.*?)```", page, re.DOTALL) for page in (MANUAL, korean)]
    assert blocks[0] == blocks[1]
    steps = [
        page.partition("\n## After a restore\n")[2] or page.partition("\n## 복원한 뒤\n")[2]
        for page in (ENGLISH, KOREAN)
    ]
    restore = [re.findall(r"^ +(plexsend rewound .+)$", page, re.MULTILINE) for page in steps]
    assert restore[0] == restore[1] != []
