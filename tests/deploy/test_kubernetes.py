"""deploy/kubernetes as kubectl, the schemas of Kubernetes and of KEDA, and yamllint take it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from plexsend.gateway.environment import read_settings
from tests.deploy.manifests import KUBERNETES, OVERLAYS, kustomization, of_kind, read, room
from tests.deploy.promtool import tool as installed
from tests.deploy.tools import DEPLOY, ROOT, judged, tool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

OLDEST, NEWEST = "1.25", "1.37"
UNKNOWN = {"ScaledObject"}
"""Kinds of which Kubernetes itself knows nothing. KEDA's are judged by its own models."""
NEWER_THAN_THE_MODELS = {
    "behavior": {"static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower"}
}
"""Fields of a fallback that KEDA has since 2.17, and the models, which are those of 2.16, have not."""
KEDA = """
import json, sys
from cloudcoil.models.keda.v1alpha1 import ScaledObject
for given in json.load(sys.stdin):
    taken = ScaledObject.model_validate(given)
    print(json.dumps(taken.model_dump(exclude_unset=True, by_alias=True, mode="json")))
"""


@pytest.fixture(scope="module")
def kubectl() -> str:
    """Return where kubectl is."""
    return installed("kubectl", "kubernetes-client")


@pytest.fixture(scope="module")
def built(kubectl: str) -> Mapping[str, str]:
    """Build every overlay with kubectl, which may say of words that they are old, and nothing else."""
    found = {}
    for name in OVERLAYS:
        folder = KUBERNETES / "overlays" / name
        done = subprocess.run([kubectl, "kustomize", folder], capture_output=True, text=True, check=False)
        said = [line for line in done.stderr.splitlines() if not re.search(r"'\w+' is deprecated\.", line)]
        assert (done.returncode, said) == (0, [])
        found[name] = done.stdout
    return found


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kubectl_builds_an_overlay_of_everything_in_its_rooms(built: Mapping[str, str], overlay: str) -> None:
    folder = KUBERNETES / "overlays" / overlay
    made_of = kustomization(folder)
    rooms = [base.removeprefix("../../") for base in made_of["bases"]]
    wanted = [each for name in rooms for each in room(name)]
    wanted += [each for file in made_of["resources"] for each in read(folder / file)]
    found = {(each["kind"], each["metadata"]["name"]): each for each in yaml.safe_load_all(built[overlay])}
    maps = {name for kind, name in found if kind == "ConfigMap"}
    assert found.keys() - {("ConfigMap", name) for name in maps} == {
        (each["kind"], each["metadata"]["name"]) for each in wanted
    }
    assert {name.rsplit("-", 1)[0] for name in maps} == {"plexsend-settings", "valkey-config"}
    places = {each["metadata"].get("namespace") for (kind, _), each in found.items() if kind != "Namespace"}
    assert places == {made_of["namespace"]}
    assert ("Namespace", made_of["namespace"]) in found


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_is_built_runs_the_image_and_the_settings_of_the_overlay(
    built: Mapping[str, str], overlay: str
) -> None:
    made_of = kustomization(KUBERNETES / "overlays" / overlay)
    (image,) = made_of["images"]
    documents = list(yaml.safe_load_all(built[overlay]))
    pods = [each["spec"]["template"]["spec"] for each in documents if each["kind"] == "Deployment"]
    (settings,) = [each for each in documents if each["metadata"]["name"].startswith("plexsend-settings-")]
    assert len(pods) == 7
    for pod in pods:
        (container,) = pod["containers"]
        assert container["image"] == f"{image['newName']}:{image['newTag']}"
        # The digest in the name: a changed setting is a changed pod.
        assert container["envFrom"] == [{"configMapRef": {"name": settings["metadata"]["name"]}}]
    # Each value is one that the programs take, and none is a name that they do not know.
    assert read_settings(settings["data"]).warnings == ()
    (changed,) = made_of["configMapGenerator"]
    assert settings["data"] == dict(
        [["PLEXSEND_LOG", "json"], *(line.split("=") for line in changed["literals"])]
    )


def refused(folder: Path, version: str, *texts: str) -> Sequence[str]:
    """Return what the schemas of Kubernetes refuse, and the kinds that they do not know."""
    files = [folder / f"built-{place}.yaml" for place, _ in enumerate(texts)]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, "utf-8")
    said = judged("kubernetes-validate", "--strict", "--quiet", "-k", version, *files).splitlines()
    return [line for line in said if not any(f"find schema for kind {kind} with" in line for kind in UNKNOWN)]


@pytest.mark.parametrize(("version", "overlays"), [(OLDEST, OVERLAYS[:1]), (NEWEST, OVERLAYS)])
def test_kubernetes_takes_every_field(
    built: Mapping[str, str], tmp_path: Path, version: str, overlays: Sequence[str]
) -> None:
    assert refused(tmp_path, version, *(built[overlay] for overlay in overlays)) == []


def test_a_slip_would_be_found(tmp_path: Path) -> None:
    slips = [
        ("Deployment", "terminationGracePeriodSeconds:", "terminationGracePeriodSecond:"),
        ("Deployment", "runAsUser: 10001", "runAsUser: plexsend"),
        ("PodDisruptionBudget", "kind: PodDisruptionBudget", "kind: PodDisruptionBudgets"),
    ]
    texts = [yaml.safe_dump(of_kind(kind)[0]) for kind, _, _ in slips]
    wrong = [text.replace(right, slip) for text, (_, right, slip) in zip(texts, slips, strict=True)]
    assert not set(texts) & set(wrong)
    said = "\n".join(refused(tmp_path, NEWEST, *wrong))
    assert all(
        word in said for word in ("terminationGracePeriodSecond'", "'plexsend'", "PodDisruptionBudgets")
    )


def without_what_is_newer(given: dict[str, Any]) -> dict[str, Any]:
    """Take out the fields that the models cannot know, having looked at their values."""
    fallback = dict(given["spec"]["fallback"])
    for name, values in NEWER_THAN_THE_MODELS.items():
        assert fallback.pop(name) in values
    return {**given, "spec": {**given["spec"], "fallback": fallback}}


def test_keda_takes_every_field() -> None:
    given = [without_what_is_newer(each) for each in room("scaling")]
    slip = {**given[0], "spec": {**given[0]["spec"], "polingInterval": 15}}
    done = subprocess.run(
        [tool("python"), "-c", KEDA],
        input=json.dumps([*given, slip]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # The models leave out what they do not know and say nothing.
    *taken, last = map(json.loads, done.stdout.splitlines())
    assert taken == given
    assert last != slip


def test_yaml_is_as_yamllint_wants_it() -> None:
    assert judged("yamllint", "--strict", "--config-file", ROOT / ".yamllint.yaml", KUBERNETES) == ""


def test_page_makes_the_secrets_with_commands_that_kubectl_takes(kubectl: str, tmp_path: Path) -> None:
    page = DEPLOY.joinpath("README.md").read_text("utf-8")
    (block,) = re.findall(r"( +deploy/make-secrets\.sh\n.*?)\n +```", page, re.DOTALL)
    made = tmp_path / "deploy"
    shutil.copytree(DEPLOY, made, ignore=shutil.ignore_patterns("secrets"))
    # kubectl, without a cluster: it prints what it would have made.
    shim = tmp_path / "bin" / "kubectl"
    shim.parent.mkdir()
    shim.write_text(
        "#!/bin/sh\n"
        '[ "$1" != apply ] || { test -f "$3"; exit; }\n'
        f'{kubectl} "$@" --dry-run=client --output yaml && echo ---\n',
        "utf-8",
    )
    shim.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "-eu"],
        input=re.sub(
            r"^.*make-secrets\.sh$",
            "printf 'id;key' | deploy/make-secrets.sh >&2",
            block,
            count=1,
            flags=re.MULTILINE,
        ),
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{shim.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    secrets = [each for each in yaml.safe_load_all(done.stdout) if each]
    assert [each["kind"] for each in secrets] == ["Secret"] * 8
    assert {each["metadata"]["namespace"] for each in secrets} == {"plexsend"}
