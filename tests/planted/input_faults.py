"""Faults in how long what strangers send may keep a node busy."""

from typing import Final

from tests.planted.fault import Fault

FAULTS: Final = (
    Fault(
        name="bullets looked for after any blanks",
        promise="P7: a description of 60 KB holds everyone's node for 23 s",
        file="liveshop/features/catalogue_import/prose.py",
        old='_COMMENT_END: Final = re.compile(r"--!?>")',
        new='_COMMENT_END: Final = re.compile(r"--!?>")\n_BULLET = re.compile(r"\\s*<li>")',
        tests=(
            "tests/architecture/test_patterns.py"
            "::test_a_search_for_a_pattern_of_ours_takes_no_longer_than_its_input",
        ),
    ),
    Fault(
        name="a blank before a bullet taken off again and again",
        promise="P7: each bullet of a description costs as much as all before it",
        file="liveshop/features/catalogue_import/prose.py",
        old="        while len(written) > self._text_from:\n"
        "            if kept := written.pop().rstrip(_SOURCE_BLANKS):\n"
        "                written.append(kept)\n"
        "                break\n",
        new="        for at in range(self._text_from):\n"
        "            written[at] = written[at].rstrip(_SOURCE_BLANKS)\n",
        tests=(
            "tests/features/catalogue_import/test_prose.py"
            "::test_twice_as_much_markup_is_twice_the_work",
        ),
    ),
    Fault(
        name="the time of a whole product counted as that of one chunk",
        promise="a spreadsheet with many empty rows is refused as one that hangs",
        file="liveshop/features/catalogue_import/store_process.py",
        old="    for chunk in chunks:\n        signal.setitimer(",
        new="    signal.setitimer(signal.ITIMER_VIRTUAL, cpu_ms / 1000)\n"
        "    for chunk in chunks:\n        (lambda *_: None)(",
        tests=(
            "tests/features/catalogue_import/test_reader.py"
            "::test_a_spreadsheets_empty_rows_are_not_taken_for_one_that_takes_too_long",
        ),
    ),
    Fault(
        name="the process that reads a file imports all features",
        promise="P7: each file takes 0.4 s of the processor that viewers and buyers need",
        file="liveshop/stores/child_program.py",
        old="    use_bare_packages(_module)\n",
        new="",
        tests=(
            "tests/features/catalogue_import/test_reader.py"
            "::test_the_process_imports_no_store_no_edge_and_no_other_feature",
        ),
    ),
    Fault(
        name="a node copied for each file",
        promise="P7: nobody is written to while the node's page tables are copied for an import",
        file="liveshop/stores/child.py",
        old="            start_new_session=True,\n",
        new="            preexec_fn=os.setsid,\n",
        tests=(
            "tests/features/catalogue_import/test_reader.py"
            "::test_a_process_is_started_without_a_copy_of_the_node",
        ),
    ),
    Fault(
        name="an import begins as soon as there is a turn",
        promise="P7: one process after the other is started for small files, without a pause",
        file="liveshop/features/catalogue_import/store_pace.py",
        old="        await self._sleep(begins_s - now_s)\n",
        new="        await self._sleep(0)\n",
        tests=("tests/features/catalogue_import/test_pace.py::test_files_begin_a_second_apart",),
    ),
    Fault(
        name="the portions of a file are written without a rest",
        promise="P7: PostgreSQL and the loop have little time for others as long as a file comes",
        file="liveshop/features/catalogue_import/store.py",
        old="                    portion=self._pace.portion,\n",
        new="",
        tests=(
            "tests/features/catalogue_import/test_importer.py"
            "::test_the_imports_of_a_node_keep_one_pace",
        ),
    ),
    Fault(
        name="any number of imports wait",
        promise="P7: a host fills a node's memory with the beginnings of files",
        file="liveshop/stores/fair_turns.py",
        old="        if len(self._waiting) >= self._waiting_max:\n",
        new="        if len(self._waiting) < 0:\n",
        tests=(
            "tests/features/catalogue_import/test_importer.py"
            "::test_an_import_behind_as_many_as_may_wait_is_busy_at_once",
        ),
    ),
    Fault(
        name="any number of imports at once",
        promise="P7: a host's files take the processor from everyone's shows",
        file="liveshop/stores/fair_turns.py",
        old="        return own < self._of_shop_max and free > own\n",
        new="        return own < 1_000 * free\n",
        tests=(
            "tests/features/catalogue_import/test_importer.py"
            "::test_more_imports_than_a_shop_has_at_once_are_busy",
        ),
    ),
    Fault(
        name="each request is the first of its feature",
        promise="P7: any number of imports and rehearsals take the processor from everyone's shows",
        file="liveshop/edge/http/operations.py",
        old="        if made is None:\n            made = self._made[make] = make(self)\n",
        new="        made = made or make(self)\n",
        tests=(
            "tests/features/rehearsal/test_http.py"
            "::test_a_caller_has_two_steps_under_way_and_others_have_their_own",
        ),
    ),
    Fault(
        name="each long step of a rehearsal makes its records again",
        promise="P7: a process that decides them grows with each until the machine is full",
        file="liveshop/core/feature.py",
        old="        return isinstance(other, Vocabulary) and self._types == other._types\n",
        new="        return self is other\n",
        tests=(
            "tests/features/rehearsal/test_parts.py"
            "::test_a_process_makes_its_records_once_however_many_steps_it_is_sent",
        ),
    ),
    Fault(
        name="a feature forgets what it keeps for a rehearsal",
        promise="a viewer that is muted in a rehearsal is heard at the next step",
        file="liveshop/features/rehearsal/rules.py",
        old="for name, value in part.kept().items()}",
        new="for name, value in part.kept().items() if not value}",
        tests=(
            "tests/features/rehearsal/test_parts.py"
            "::test_a_feature_is_rehearsed_by_what_it_brings_and_by_nothing_else",
            "tests/features/chat/test_rehearsal.py"
            "::test_the_chat_of_a_rehearsal_reads_back_as_what_it_was_written_from",
        ),
    ),
    Fault(
        name="a rehearsed feature decides without its facts",
        promise="a message that is said in a rehearsal cannot be taken away or kept on top",
        file="liveshop/features/rehearsal/rules.py",
        old="            if name == command.feature or isinstance(command, EndSession):\n",
        new="            if isinstance(command, EndSession):\n",
        tests=(
            "tests/features/chat/test_rehearsal.py"
            "::test_a_message_is_pinned_once_and_not_after_it_was_deleted",
        ),
    ),
    Fault(
        name="a body that trickles is waited for",
        promise="P7: a client keeps an import's turn with a byte every nine seconds",
        file="liveshop/edge/http/bodies.py",
        old="        if waited_s > BODY_MS_MAX / 1000 + received / BODY_BYTES_PER_S_MIN:",
        new="        if waited_s < 0:",
        tests=(
            "tests/edge/http/test_bodies.py"
            "::test_a_body_that_trickles_is_refused_after_the_time_that_any_body_has",
        ),
    ),
)
