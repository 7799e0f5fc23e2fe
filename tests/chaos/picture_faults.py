"""Uploads that die, and pictures that grow old."""

from __future__ import annotations

import json
import signal
import time
from dataclasses import replace
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

from redis import Redis

from tests.chaos.fault import Fault, Proof
from tests.chaos.load import ACCOUNTS
from tests.chaos.pictures import Aged
from tests.chaos.process_faults import send_often

if TYPE_CHECKING:
    from tests.chaos.fault import Span
    from tests.chaos.world import World

_SLOW_S = 0.8
_AGED_S = (4.0, 12.0)
_PICTURES = 4
_AGE = """
local value = redis.call('HGET', KEYS[1], ARGV[1])
if not value then return nil end
local expires, facts = string.match(value, '^(%d+) (.*)$')
local picture = string.sub(ARGV[1], 3)
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. facts)
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if redis.call('HGET', KEYS[1], field) == expires .. ' ' .. picture then
    redis.call('HSET', KEYS[1], field, ARGV[2] .. ' ' .. picture)
  end
end
return facts
"""
"""A picture and its addresses get another end, as if they had been uploaded three months before."""


def _kill(world: World, span: Span) -> Proof:
    before = world.gateway.stats()["uploads"]["faults"]["slow_start"]
    world.gateway.set_of_uploads("slow_start", delay_s=_SLOW_S, seconds=span.seconds)
    proof = send_often(lambda w: w.uploaders.processes, signal.SIGKILL)(world, span)
    slow = world.gateway.stats()["uploads"]["faults"]["slow_start"] - before
    return Proof(proof.count, f"{proof.words}, {slow} uploads under way")


def _fail(world: World, span: Span) -> Proof:
    before = sum(world.gateway.stats()["uploads"]["faults"].values())
    ways: tuple[tuple[str, float, dict[str, Any]], ...] = (
        ("http_503", 0.2, {}),
        ("http_500", 0.2, {"accepted": True}),
        ("reset_after", 0.2, {}),
        ("reset_during", 0.2, {}),
        ("cut_answer", 0.2, {}),
    )
    for kind, share, options in ways:
        world.gateway.set_of_uploads(kind, share=share, seconds=span.seconds, **options)
    span.rest()
    hits = sum(world.gateway.stats()["uploads"]["faults"].values()) - before
    return Proof(hits, f"{hits} uploads")


def _age(world: World, span: Span) -> Proof:
    aged = [_age_one(world, span, account) for account in ACCOUNTS for _ in range(_PICTURES)]
    # What a process knows of an address it does not ask again: an end is never another one.
    for uploader in world.uploaders.processes:
        uploader.send(signal.SIGKILL)
    found = [each for each in aged if each is not None]
    world.uploaders.aged += [replace(each, answered_at=time.time()) for each in found]
    span.rest()
    return Proof(len(found), f"{len(found)} pictures made old")


def _age_one(world: World, span: Span, account: str) -> Aged | None:
    name = world.key(account, "pictures")
    fields: Any = partial(Redis.hkeys, name=name)
    known = [field for field in world.valkey.patiently(fields) if field.startswith(b"p:mms:")]
    if not known:
        return None
    asked_at = time.time()
    expires_at = asked_at + span.chance.uniform(*_AGED_S)
    field = span.chance.choice(known)
    facts: Any = world.valkey.patiently(
        lambda client: client.eval(_AGE, 1, name, field, str(round(expires_at * 1000)))
    )
    if facts is None:
        return None
    return Aged(account, json.loads(facts)["url"], asked_at, inf, expires_at)


PICTURE_FAULTS = (
    Fault("uploader_kill", "SIGKILL of processes in the middle of an upload", _kill, "uploads", (6.0, 10.0)),
    Fault("uploads_fail", "uploads refused, reset, answered in part", _fail, "uploads", (6.0, 10.0)),
    Fault("pictures_age", "pictures that the gateway deletes soon", _age, "pictures", (6.0, 10.0)),
)
