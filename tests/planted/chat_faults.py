"""Bugs in the chat: what is said, by whom, and who may keep whom from it."""

from typing import Final

from tests.planted.fault import Fault

_ROOM: Final = "tests/features/chat/test_room.py"
_WORDS: Final = (
    "tests/features/chat/test_words.py::test_a_message_passes_or_does_not_for_the_reason_given"
)

FAULTS: Final = (
    Fault(
        name="an answer to any id is taken",
        promise="an answer leads to a message that nobody has ever seen",
        file="liveshop/features/chat/room.py",
        old="        if await self._session.live.chat_get(chat_id) is None:\n",
        new="        if not chat_id:\n",
        tests=(f"{_ROOM}::test_only_a_message_that_is_known_is_answered",),
    ),
    Fault(
        name="an answer takes the place of its sender's role",
        promise="the host's answer is shown as a viewer's",
        file="liveshop/stores/redis/lua/live.lua",
        old="fields[9], fields[10], fields[11], fields[12] = 'role', args[7], 'reply_to', args[10]",
        new="fields[9], fields[10] = 'reply_to', args[10]",
        tests=(
            "tests/stores/redis/test_live.py"
            "::test_an_answer_comes_back_with_the_message_that_it_names_and_with_its_role",
        ),
    ),
    Fault(
        name="a viewer's message has the role of a host",
        promise="anybody poses as the host",
        file="liveshop/core/model.py",
        old="cast(RoleWord, identity.role.word) if identity.role >= Role.MODERATOR else None\n",
        new='cast(RoleWord, "host") if identity.name else None\n',
        tests=(f"{_ROOM}::test_the_role_of_the_staff_is_on_its_messages_and_on_no_other",),
    ),
    Fault(
        name="a message of nothing visible passes",
        promise="empty lines and empty names fill the chat",
        file="liveshop/core/unseen.py",
        old="    if _SEEN not in kinds:\n",
        new="    if not kinds:\n",
        tests=(
            "tests/core/test_unseen.py::test_a_message_that_cannot_be_shown_is_a_bad_request",
            "tests/core/test_unseen.py::test_a_token_with_a_name_that_cannot_be_shown_is_not_valid",
        ),
    ),
    Fault(
        name="a moderator mutes the host",
        promise="nobody hears the host in its own show",
        file="liveshop/features/chat/room.py",
        old='        await self._session.require_below(command.viewer_id, by, "mute")\n',
        new="        assert by.role\n",
        tests=(f"{_ROOM}::test_only_those_below_can_be_muted_wherever_they_are",),
    ),
    Fault(
        name="a mute made before the host joins holds for the host",
        promise="a moderator keeps the host from being heard in its own show",
        file="liveshop/stores/redis/lua/live.lua",
        old="  return holds and (RANKS[role] or 1) < (tonumber(by) or RANKS.host)\n",
        new="  return holds and (RANKS[role] or 1) <= RANKS.admin\n",
        tests=(f"{_ROOM}::test_a_mute_made_before_somebody_joined_reaches_lower_roles_only",),
    ),
    Fault(
        name="one viewer fills the chat through many connections",
        promise="nobody else is heard",
        file="liveshop/stores/redis/lua/live.lua",
        old="  return math.max(0, wait_ms)\nend\n\n-- Say",
        new="  return math.min(0, wait_ms)\nend\n\n-- Say",
        tests=(f"{_ROOM}::test_one_viewer_cannot_use_up_the_chat_through_many_connections",),
    ),
    Fault(
        name="the text of a deleted message stays in the log",
        promise="what a moderator takes away can be read by anybody",
        file="liveshop/features/chat/rules.py",
        old="writes=(ForgetText(id=chat_id),)",
        new="writes=()",
        tests=(f"{_ROOM}::test_the_text_of_a_deleted_message_is_in_the_log_no_longer",),
    ),
    Fault(
        name="a mark of kana is taken for an accent",
        promise="ため is blocked, and だめ is refused",
        file="liveshop/features/chat/spelling.py",
        old="    if marks and _ACCENTS.match(marks[0]) and",
        new="    if marks and",
        tests=(_WORDS,),
    ),
    Fault(
        name="a word that begins like two initials is taken for them",
        promise="f.uck is blocked, and f.u.ck is said",
        file="liveshop/features/chat/words.py",
        old="        if _PAIR.fullmatch(word) and",
        new="        if _PAIR.match(word) and",
        tests=(_WORDS,),
    ),
    Fault(
        name="a mute lifted by a lower role than made it",
        promise="a moderator lets somebody be heard whom a host has muted",
        file="liveshop/stores/redis/lua/live.lua",
        old="  if by and by > tonumber(args[2]) then\n",
        new="  if by and by > 4 then\n",
        tests=(
            "tests/features/chat/test_room.py"
            "::test_a_mute_by_a_host_is_lifted_by_no_moderator_and_neither_shortened",
        ),
    ),
    Fault(
        name="a mute shortened by a lower role than made it",
        promise="a moderator lifts a host's mute by another of a millisecond",
        file="liveshop/stores/redis/lua/live.lua",
        old="  if by > (tonumber(args[3]) or by) then\n",
        new="  if by > 4 then\n",
        tests=(
            "tests/stores/redis/test_live.py"
            "::test_a_mute_is_replaced_and_lifted_only_by_roles_that_are_not_lower",
        ),
    ),
)
