"""Mutations of the archive: each line once, whole or not at all, and no longer than it is to be kept."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

_ARCHIVE = "plexsend/archive"
_DAY_FILE = f"{_ARCHIVE}/day_file.py"
_UNIT = "tests/unit/archive"
_OF_DAY_FILE = f"{_UNIT}/test_day_file.py"
_OF_COMMAND = "tests/integration/cli/test_archive.py"

IN_ARCHIVE = (
    Mutation(
        "archived-twice",
        9,
        "of two archives at once both write what they have in common",
        _DAY_FILE,
        "if first > self._newest.get(label.account, _FIRST) and not self._has_of_others:",
        "if lines:",
        (
            f"{_OF_DAY_FILE}::test_two_processes_with_a_span_in_common_write_it_once",
            f"{_OF_DAY_FILE}::test_killed_behind_an_append_it_is_not_written_again",
        ),
    ),
    Mutation(
        "archived-side-by-side",
        9,
        "an archive writes while another one does",
        _DAY_FILE,
        "        with self._folder.locked():\n            return self._append(label, lines)",
        "        if label:\n            return self._append(label, lines)\n        return 0",
        (f"{_OF_DAY_FILE}::test_an_append_waits_until_another_process_has_written",),
    ),
    Mutation(
        "torn-line-taken",
        9,
        "what an archive that was killed had half written counts as written",
        f"{_ARCHIVE}/members.py",
        "if found and found.end <= end:",
        "if found:",
        (
            f"{_UNIT}/test_members.py::test_a_member_cut_off_at_any_byte_is_torn",
            f"{_OF_DAY_FILE}::test_killed_at_any_byte_of_an_append_nothing_is_lost_and_nothing_doubled",
        ),
    ),
    Mutation(
        "torn-end-left",
        9,
        "bytes that an archive left when it was killed stay behind the next lines",
        _DAY_FILE,
        "        os.ftruncate(fd, gap.start)\n        os.fsync(fd)",
        "        os.fsync(fd)",
        (f"{_OF_DAY_FILE}::test_what_was_cut_off_is_gone_where_less_is_written_in_its_place",),
    ),
    Mutation(
        "archived-before-written",
        9,
        "a span counts as archived before its lines are on the disk",
        f"{_ARCHIVE}/archiver.py",
        "                written = self._write(span, zone)\n                done = span.first\n",
        "                done = span.first\n                self.reader.done(done)\n"
        "                written = self._write(span, zone)\n",
        (f"{_OF_COMMAND}::test_redis_hears_of_it_when_the_disk_has_it",),
    ),
    Mutation(
        "day-kept-too-long",
        8,
        "the file of a day stays a day longer than it is to be kept",
        f"{_ARCHIVE}/folder.py",
        "if day < first and self._is_own(name):",
        "if day.toordinal() + 1 < first.toordinal() and self._is_own(name):",
        (f"{_UNIT}/test_folder.py::test_only_its_own_files_of_days_before_are_removed",),
    ),
)
