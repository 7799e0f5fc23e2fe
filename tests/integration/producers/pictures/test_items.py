"""Items that name pictures as files, and what their digests cover."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.gateway.answers import ItemAnswers, WholeAnswer
from plexsend.gateway.codes import Meaning
from plexsend.gateway.http.client import GatewayClient
from plexsend.gateway.pictures.failures import UploadFailed
from plexsend.gateway.services import get_service
from plexsend.outbox.pictures import PictureClaim, PictureFacts, Pictures, picture_of
from plexsend.producers import SubmitInterrupted, check_file, import_file
from tests.pictures import jpg

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.errors import Problem
    from plexsend.outbox.redis.store import Store
    from plexsend.producers import Producer, Submission
    from plexsend.producers.files.rejects import Reject
    from plexsend.sandbox import Sandbox

RCS = {
    "sender_number": "0222345678",
    "receiver_number": "01023456789",
    "msg_base_id": "SMwThT00",
    "br_id": "BR.1",
    "brand_key": "BK.1",
    "header": "0",
}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "a picture.jpg"
    file.write_bytes(jpg())
    return file


def body_of(store: Store, key: str) -> dict[str, Any]:
    found = json.loads(_client(store).get(store.keys.body("main", key)))
    assert isinstance(found, dict)
    return found


def expiry_of(store: Store, key: str) -> int:
    return int(_client(store).hget(store.keys.record("main", key), "z") or 0)


def problems(submission: Submission) -> list[tuple[str, str]]:
    return [(each.field, each.reason) for item in submission.invalid for each in item.problems]


def test_items_show_files_that_are_uploaded_before_they_are_added(
    uploading: Producer, gateway: Sandbox, store: Store, picture: Path, make_item: Any
) -> None:
    items = [make_item(n, msg_key=f"k{n}", file_path=[picture, "https://x/1.jpg"]) for n in range(3)]
    done = uploading.submit("mms-bulk", items)
    assert len(done.added) == 3
    image = uploading.upload(picture)
    assert body_of(store, "k1")["file_path"] == [image.url, "https://x/1.jpg"]
    assert expiry_of(store, "k1") == image.expires_at.timestamp() * 1000
    assert gateway.get_stats().pictures == 1
    assert items[0]["file_path"][0] is picture


def test_an_earlier_expiry_of_the_message_stays(
    uploading: Producer, store: Store, picture: Path, make_item: Any
) -> None:
    at = datetime.now(UTC) + timedelta(days=3)
    uploading.submit("mms-bulk", [make_item(1, msg_key="k", file_path=[picture])], expires_at=at)
    assert expiry_of(store, "k") == int(at.timestamp() * 1000)


def test_rcs_cards_show_files_too(uploading: Producer, store: Store, picture: Path) -> None:
    item = {**RCS, "msg_key": "r1", "msg": {"body": {"description": "x", "media": picture}}}
    assert len(uploading.submit("rcs-mms-bulk", [item], msg_type="RMM").added) == 1
    assert body_of(store, "r1")["msg"]["body"]["media"].startswith("maapfile://sandbox-shop/")
    key = uploading.send(
        "rcs-mms-bulk",
        to="010-2345-6789",
        from_="02-2234-5678",
        text="x",
        images=[picture],
        msg_key="r2",
        msg_type="RMM",
        msg_base_id="SMwThT00",
        br_id="BR.1",
        brand_key="BK.1",
        header="0",
    )
    assert body_of(store, key)["msg"]["body"]["media"].startswith("maapfile://")


def instead_of(store: Store, key: str) -> dict[str, Any]:
    """Return the fallback that is kept for a message."""
    kept = _client(store).get(f"{store.keys.account('main')}f:{key}")
    found = json.loads(kept.partition(b"\n")[2])
    assert isinstance(found, dict)
    return found


def test_a_fallback_shows_files_too_and_its_picture_ends_both(
    uploading: Producer, gateway: Sandbox, store: Store, picture: Path
) -> None:
    instead = {"service": "mms-bulk", "msg": "x", "file_path": [picture, "https://x/1.jpg"]}
    item = {
        **RCS,
        "msg_key": "r",
        "msg": {"body": {"description": "x", "media": picture}},
        "fallback": instead,
    }
    plain = {**item, "msg_key": "p", "msg": {"body": {"description": "x"}}}
    submit = partial(uploading.submit, "rcs-mms-bulk", msg_type="RMM")
    assert len(submit([item, plain]).added) == 2
    image = uploading.upload(picture)
    assert instead_of(store, "r")["file_path"] == [image.url, "https://x/1.jpg"]
    assert body_of(store, "r")["msg"]["body"]["media"].startswith("maapfile://")
    assert expiry_of(store, "p") == image.expires_at.timestamp() * 1000
    # Once for each product.
    assert gateway.get_stats().pictures == 2
    # By its address it is the same fallback; another picture is another one.
    known = {**plain, "fallback": {**instead, "file_path": [image.url, "https://x/1.jpg"]}}
    assert len(submit([item, known]).duplicates) == 2
    picture.write_bytes(jpg(1))
    assert len(submit([plain]).conflicts) == 1


def test_what_is_wrong_with_the_picture_of_a_fallback_is_named_and_its_neighbours_go(
    uploading: Producer, picture: Path, tmp_path: Path
) -> None:
    other = tmp_path / "text.jpg"
    other.write_text("no picture")
    items = [
        {
            **RCS,
            "msg_key": f"r{n}",
            "msg": {"body": {"description": "x"}},
            "fallback": {"service": "mms-bulk", "msg": "x", "file_path": [file]},
        }
        for n, file in enumerate([picture, other, tmp_path / "none.jpg"])
    ]
    done = uploading.submit("rcs-mms-bulk", items, msg_type="RMM")
    assert [each.msg_key for each in done.added] == ["r0"]
    assert {field for field, _ in problems(done)} == {"fallback.file_path.0"}
    late = datetime.now(UTC) + timedelta(days=100)
    done = uploading.submit("rcs-mms-bulk", [{**items[0], "msg_key": "late"}], msg_type="RMM", send_at=late)
    assert {field for field, _ in problems(done)} == {"fallback.file_path.0"}


def test_a_new_address_of_the_same_picture_is_no_conflict(
    uploading: Producer, store: Store, picture: Path, make_item: Any
) -> None:
    item = make_item(1, msg_key="k", file_path=[picture])
    assert uploading.submit("mms-bulk", [item]).added
    first = uploading.upload(picture)
    # By its address it is the same message, and with an address that an upload of another day gave.
    again = uploading.submit("mms-bulk", [{**item, "file_path": [first.url]}])
    assert len(again.duplicates) == 1
    shelf = Pictures(store, "main")
    claim = shelf.claim(picture_of("mms", jpg()), "other", anew=True)
    assert isinstance(claim, PictureClaim)
    shelf.done(claim, PictureFacts("https://other/1.jpg", 1, 16, 12))
    again = uploading.submit("mms-bulk", [{**item, "file_path": ["https://other/1.jpg"]}])
    assert len(again.duplicates) == 1
    # What was stored is not written again.
    assert body_of(store, "k")["file_path"] == [first.url]
    # Another picture is another message, and so is an address that nobody knows.
    picture.write_bytes(jpg(1))
    assert len(uploading.submit("mms-bulk", [item]).conflicts) == 1
    assert len(uploading.submit("mms-bulk", [{**item, "file_path": ["https://x/y"]}]).conflicts) == 1


def test_an_address_in_the_text_is_text(
    uploading: Producer, store: Store, picture: Path, make_item: Any
) -> None:
    url = uploading.upload(picture).url
    item = make_item(1, msg_key="k", msg=f'"file_path":["{url}"]', file_path=[url])
    assert uploading.submit("mms-bulk", [item]).added
    assert body_of(store, "k")["msg"] == item["msg"]
    other = {**item, "msg": '"file_path":["https://x/y"]'}
    assert len(uploading.submit("mms-bulk", [other]).conflicts) == 1


def test_a_message_that_would_go_after_its_picture_is_gone_is_refused(
    uploading: Producer, gateway: Sandbox, picture: Path, make_item: Any
) -> None:
    url = uploading.upload(picture).url
    late = datetime.now(UTC) + timedelta(days=90)
    items = [make_item(1, file_path=[url], send_at=late), make_item(2, file_path=[picture], send_at=late)]
    found = problems(uploading.submit("mms-bulk", items))
    assert [field for field, _ in found] == ["file_path.0", "file_path.0"]
    assert all("is a picture that the gateway deletes at" in reason for _, reason in found)
    # Just before it is deleted.
    soon = datetime.now(UTC) + timedelta(days=87)
    assert uploading.submit("mms-bulk", [make_item(3, file_path=[picture], send_at=soon)]).added
    assert gateway.get_stats().pictures == 1


def test_an_address_of_a_deleted_picture_is_refused(
    uploading: Producer, make_producer: Callable[..., Producer], store: Store, picture: Path, make_item: Any
) -> None:
    url = uploading.upload(picture).url
    key = store.keys.pictures("main")
    for name, value in _client(store).hgetall(key).items():
        if name.startswith((b"p:", b"u:")):
            _client(store).hset(key, name, b"1000 " + value.partition(b" ")[2])
    found = problems(make_producer().submit("mms-bulk", [make_item(1, file_path=[url])]))
    assert found == [
        ("file_path.0", "is a picture that the gateway deleted at 1970-01-01T00:00:01.000+00:00")
    ]


def test_a_picture_that_is_deleted_soon_is_uploaded_anew(
    uploading: Producer, gateway: Sandbox, store: Store, picture: Path
) -> None:
    first = uploading.upload(picture)
    key = store.keys.pictures("main")
    name = f"p:{picture_of('mms', jpg())}"
    soon = int((datetime.now(UTC) + timedelta(days=6)).timestamp() * 1000)
    _client(store).hset(key, name, f"{soon} ".encode() + _client(store).hget(key, name).partition(b" ")[2])
    assert uploading.upload(picture).url != first.url
    assert gateway.get_stats().pictures == 2


def test_files_that_are_no_pictures_are_named_and_their_neighbours_go(
    uploading: Producer, tmp_path: Path, picture: Path, make_item: Any
) -> None:
    (tmp_path / "note.jpg").write_text("not a picture")
    (tmp_path / "large.jpg").write_bytes(jpg(width=2000))
    paths = [tmp_path / "none.jpg", tmp_path, tmp_path / "note.jpg", tmp_path / "large.jpg", picture]
    done = uploading.submit("mms-bulk", [make_item(n, file_path=[path]) for n, path in enumerate(paths)])
    assert [each.index for each in done.added] == [4]
    assert [(each.index, each.problems[0].reason) for each in done.invalid] == [
        (0, f"names a file that does not exist: {tmp_path / 'none.jpg'}"),
        (1, f"is a folder: {tmp_path}"),
        (2, "is not a picture that is known"),
        (3, "is 2000 pixels wide, of which at most 1500 can be sent"),
    ]
    assert [each.msg_key for each in done.invalid] == [None] * 4
    # A message has no option that converts: the remedy names the call that does.
    assert done.invalid[3].problems[0].remedy.startswith("`plexsend upload FILE --fit` (upload(…, fit=True))")


def test_where_pictures_cannot_be_uploaded_nothing_that_shows_them_is_added(
    uploading: Producer, gateway: Sandbox, store: Store, picture: Path, make_item: Any
) -> None:
    uploading._uploader._sleep = lambda _: None
    gateway.add_fault("unavailable")
    with pytest.raises(SubmitInterrupted) as caught:
        uploading.submit("mms-bulk", [make_item(n, file_path=[picture]) for n in range(3)])
    assert isinstance(caught.value.cause, UploadFailed)
    assert len(caught.value.submission.not_added) == 3
    assert not caught.value.submission.in_doubt
    assert not store.client.exists(store.keys.here("main"))


def test_pictures_of_one_chunk_are_uploaded_a_few_at_a_time(
    uploading: Producer, gateway: Sandbox, tmp_path: Path, make_item: Any
) -> None:
    for n in range(12):
        (tmp_path / f"{n}.jpg").write_bytes(jpg(n))
    items = [make_item(n, file_path=[tmp_path / f"{n}.jpg"]) for n in range(12)]
    assert len(uploading.submit("mms-bulk", items).added) == 12
    stats = gateway.get_stats()
    assert stats.pictures == 12
    assert 1 < stats.connections <= 4


def test_known_addresses_cost_no_further_command(uploading: Producer, make_item: Any) -> None:
    assert uploading.submit("mms-bulk", [make_item(1)]).added
    # From here on nobody can be asked.
    uploading._known_addresses("main").shelf = None  # type: ignore[assignment]
    assert uploading.submit("mms-bulk", [make_item(2)]).added


def test_a_time_limit_counts_for_uploads_and_names_them(
    uploading: Producer, gateway: Sandbox, picture: Path, make_item: Any
) -> None:
    gateway.add_fault("delay", ms=10_000)
    with pytest.raises(SubmitInterrupted, match=r"Not all pictures were uploaded within 0\.5 s") as caught:
        uploading.submit("mms-bulk", [make_item(1, file_path=[picture])], timeout_s=0.5)
    assert isinstance(caught.value.cause, UploadFailed)
    assert len(caught.value.submission.not_added) == 1


def rows(*pictures: str) -> str:
    lines = (f"0222345678,0102345{n:04},hello,{each}" for n, each in enumerate(pictures, 1))
    return "\n".join(["sender_number,receiver_number,msg,file_path", *lines, ""])


def test_rows_name_pictures_relative_to_their_file(
    uploading: Producer, gateway: Sandbox, tmp_path: Path
) -> None:
    folder = tmp_path / "list"
    (folder / "img").mkdir(parents=True)
    (folder / "img" / "a b.jpg").write_bytes(jpg())
    (folder / "c.jpg").write_bytes(jpg(1))
    file = folder / "list.csv"
    file.write_text(rows("img/a b.jpg|c.jpg", str(folder / "c.jpg"), "https://x/1.jpg", "none.jpg"))
    report = import_file(uploading, file, "mms-bulk")
    assert (report.added, report.invalid) == (3, 1)
    assert gateway.get_stats().pictures == 2
    rejected = json.loads(Path(f"{file}.rejected.jsonl").read_text().splitlines()[-1])
    # Cells that are mixed up may hold anybody's number: none is shown as a path.
    (problem,) = rejected["errors"]
    assert problem["reason"] == f"names a file that does not exist (looked for from {folder})"
    # Again: nothing is added, nothing uploaded.
    report = import_file(uploading, file, "mms-bulk")
    assert (report.added, report.duplicates) == (0, 3)
    assert gateway.get_stats().pictures == 2


def test_a_picture_that_was_exchanged_sends_no_row_twice(uploading: Producer, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpg())
    file = tmp_path / "list.csv"
    file.write_text(rows("a.jpg"))
    assert import_file(uploading, file, "mms-bulk").added == 1
    (tmp_path / "a.jpg").write_bytes(jpg(1))
    report = import_file(uploading, file, "mms-bulk")
    assert (report.added, report.duplicates) == (0, 1)


def test_rejects_in_another_folder_name_their_pictures_from_the_root(
    uploading: Producer, tmp_path: Path
) -> None:
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "a.jpg").write_bytes(jpg())
    file = tmp_path / "list" / "list.csv"
    file.write_text(rows("a.jpg|https://x/1.jpg").replace(",0102345", ",0101345"))
    elsewhere = tmp_path / "mended.rejected.jsonl"
    assert import_file(uploading, file, "mms-bulk", rejected_path=elsewhere).invalid == 1
    (reject,) = map(json.loads, elsewhere.read_text().splitlines())
    assert reject["row"]["file_path"] == [str(tmp_path / "list" / "a.jpg"), "https://x/1.jpg"]
    elsewhere.write_text(json.dumps(reject | {"row": {**reject["row"], "receiver_number": "01023456789"}}))
    assert import_file(uploading, elsewhere, "mms-bulk").added == 1
    # Beside the file a row stays as it is.
    assert import_file(uploading, file, "mms-bulk").invalid == 1
    (reject,) = map(json.loads, Path(f"{file}.rejected.jsonl").read_text().splitlines())
    assert reject["row"]["file_path"][0] == "a.jpg"


def test_rows_of_rcs_name_files_too(uploading: Producer, store: Store, tmp_path: Path) -> None:
    (tmp_path / "card.jpg").write_bytes(jpg())
    bodies = [{"description": "x", "media": "card.jpg"}, {"description1": "x", "media1": "maapfile://y"}]
    items = [{**RCS, "msg_key": f"r{n}", "msg": {"body": body}} for n, body in enumerate(bodies)]
    file = tmp_path / "list.jsonl"
    file.write_text("".join(json.dumps(item) + "\n" for item in items))
    assert import_file(uploading, file, "rcs-mms-bulk", msg_type="RMM").added == 2
    assert body_of(store, "r0")["msg"]["body"]["media"].startswith("maapfile://sandbox-shop/")
    assert body_of(store, "r1")["msg"]["body"]["media1"] == "maapfile://y"


def test_rows_name_files_of_fallbacks(uploading: Producer, store: Store, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpg())
    file = tmp_path / "rows.jsonl"
    row = {
        **RCS,
        "msg": {"body": {"description": "x"}},
        "fallback": {"service": "mms-bulk", "msg": "x", "file_path": ["a.jpg"]},
    }
    file.write_text("".join(json.dumps({**row, "msg_key": f"k{n}"}) + "\n" for n in range(2)))
    assert import_file(uploading, file, "rcs-mms-bulk", msg_type="RMM").added == 2
    assert instead_of(store, "k1")["file_path"] == [uploading.upload(tmp_path / "a.jpg").url]


def test_a_deleted_picture_is_refused_by_the_gateway(
    uploading: Producer, gateway: Sandbox, store: Store, picture: Path, make_item: Any
) -> None:
    uploading.submit("mms-bulk", [make_item(1, msg_key="k", file_path=[picture])])
    body = json.dumps(body_of(store, "k")).encode()
    with closing(GatewayClient({"mms": gateway.url})) as client:
        post = partial(client.post, get_service("mms-bulk"), "shop;key", ["k"])
        assert isinstance(post([body]), ItemAnswers)
        gateway.change_behaviour(picture_days=0)
        refused = post([body])
        assert isinstance(refused, WholeAnswer)
        assert (refused.meaning, refused.code) == (Meaning.BAD_ITEM, "C400_2")


def test_a_check_judges_pictures_as_an_import_does_whatever_was_uploaded_before(
    uploading: Producer, tmp_path: Path
) -> None:
    for name, content in (
        ("good.jpg", jpg()),
        ("wide.jpg", jpg(width=1600)),
        ("late.jpg", jpg(1, width=1600)),
    ):
        (tmp_path / name).write_bytes(content)
        uploading.upload(content, fit=True)
    in_a_year = f"{datetime.now(UTC) + timedelta(days=365):%Y-%m-%dT%H:%MZ}"
    head, *lines = rows("good.jpg", "wide.jpg", "none.jpg", "good.jpg", "late.jpg").splitlines()
    moments = ["", "", "", in_a_year, in_a_year]
    text = "\n".join([f"{head},send_at", *(f"{line},{at}" for line, at in zip(lines, moments, strict=True))])
    file = tmp_path / "list.csv"
    file.write_text(text)
    said: list[list[tuple[int, list[Problem]]]] = []
    for judge in (check_file, partial(import_file, uploading)):
        rejected: list[Reject] = []
        report = judge(file, "mms-bulk", on_reject=rejected.append)
        assert (report.added, report.invalid) == (1, 4)
        said.append([(each.line, [*each.problems]) for each in rejected])
    assert said[0] == said[1]
    assert [line for line, _ in said[0]] == [3, 4, 5, 6]


def test_a_check_judges_the_pictures_of_rows_and_needs_no_gateway(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpg())
    (tmp_path / "b.jpg").write_bytes(jpg(width=1600))
    file = tmp_path / "list.csv"
    file.write_text(rows("a.jpg", "b.jpg", "c.jpg"))
    refused: list[str] = []
    report = check_file(
        file, "mms-bulk", on_reject=lambda each: refused.extend(p.reason for p in each.problems)
    )
    assert (report.added, report.invalid) == (1, 2)
    assert refused[0] == "is 1600 pixels wide, of which at most 1500 can be sent"


def _client(store: Store) -> Any:
    """redis-py's types name every kind of answer."""
    return store.client
