"""The commands of a node: for whom each is, and in which states of a session."""

from liveshop.core.commands import Command
from liveshop.core.feature import Vocabulary
from liveshop.core.model import Status
from liveshop.core.roles import Scope
from liveshop.edge.http.base_records import Nothing, Output
from liveshop.edge.http.operations import Call, Operation, Reply, Services


class CommandRule(Output, frozen=True, kw_only=True):
    """The lowest role that may send a command, null for anyone, and when that may be carried out.

    In another state of the session it is always refused.
    """

    type: str
    role: str | None
    statuses: list[Status]


class CommandRules(Output, frozen=True, kw_only=True):
    """The rules of all commands."""

    commands: list[CommandRule]


async def list_commands(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """List the commands, with the role that each needs and the states in which it is allowed."""
    return Reply(services[_rules_of])


def rules_of(vocabulary: Vocabulary) -> CommandRules:
    """Return the rules of the commands of a vocabulary, in its order."""
    return CommandRules(commands=[_rule(kind) for kind in vocabulary.commands])


def _rules_of(services: Services) -> CommandRules:
    return rules_of(services.engine.node.vocabulary)


def _rule(kind: type[Command]) -> CommandRule:
    return CommandRule(
        type=str(kind.__struct_config__.tag),
        role=None if kind.needs is None else kind.needs.word,
        statuses=[status for status in Status if status in kind.when],
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/commands",
        handler=list_commands,
        scope=Scope.SESSIONS,
        answers={200: CommandRules},
    ),
)
