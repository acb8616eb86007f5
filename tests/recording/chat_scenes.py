"""The show: the chat, its moderation, likes and product views."""

from tests.recording.hosting_scenes import WATCHERS
from tests.recording.stage import RecordingStage

_NO_RID = "00000000-0000-4000-8000-000000000000"
_ALL = (*WATCHERS, "host", "mod")


async def chat(stage: RecordingStage) -> None:
    """Say things, pin them and take them away."""
    async with stage.scene("the chat", "drop"):
        said = {}
        for name, text in (
            *(("ada", "does it run small?"), ("bo", "hello ⭐"), ("host", "welcome")),
            *(("mod", "please be kind"), ("bo", "rude")),
        ):
            said[text] = (await stage.ask(name, "say", text=text))["id"]
            await stage.all_read(text, *_ALL)
        for name, kind, an_id in (
            *(("ada", "chat.pin", said["rude"]), ("mod", "chat.pin", "1-1")),
            *(("mod", "chat.pin", said[text]) for text in ("please be kind", "welcome")),
            *(("mod", "chat.pin", said[text]) for text in ("welcome", "rude", "hello ⭐")),
            *(("host", "chat.delete", said["rude"]), ("host", "chat.delete", said["rude"])),
            *(("mod", "chat.unpin", said["welcome"]), ("mod", "chat.unpin", said["welcome"])),
            ("guest", "chat.delete", said["welcome"]),
        ):
            await stage.ask(name, kind, id=an_id)
        await stage.call("GET", "/api/sessions/{drop}")


async def moderate(stage: RecordingStage) -> None:
    """Slow the chat down, block words, and mute a viewer."""
    host, moderator = stage.token("host", "host"), stage.token("mod", "moderator")
    async with stage.scene("moderation", "drop"):
        await stage.ask("mod", "chat.block", words=["scam", "follow me"])
        await stage.ask("mod", "chat.block", words=["x" * 41])
        await stage.ask("ada", "chat.block", words=[])
        for by in (moderator, stage.token("ada"), None):
            await stage.call("GET", "/api/sessions/{drop}/words", by=by)
        await stage.ask("bo", "say", text="a SCAM, I say")
        await stage.ask("host", "say", text="it is no scam")
        await stage.all_read("it is no scam", *_ALL)
        await stage.ask("mod", "viewer.mute", viewer_id="bo", duration_ms=600_000)
        await stage.ask("mod", "viewer.mute", viewer_id="bo", duration_ms=0)
        await stage.ask("ada", "viewer.mute", viewer_id="bo")
        for name in ("mod", "host"):
            await stage.hear(name, "viewer.muted", viewer_id="bo")
        await stage.ask("bo", "say", text="nobody hears me")
        await stage.all_read("nobody hears me", "bo")
        await stage.ask("mod", "viewer.unmute", viewer_id="bo")
        body = {"type": "viewer.mute", "viewer_id": "cem"}
        await stage.call("POST", "/api/sessions/{drop}/commands", body, by=host)
        for name in ("mod", "host"):
            await stage.hear(name, "viewer.muted", viewer_id="cem")
        await stage.ask("mod", "viewer.ban", viewer_id="nobody", duration_ms=600_000)
        await stage.ask("mod", "viewer.ban", viewer_id="nobody", everywhere=True)
        await stage.ask("mod", "viewer.ban", viewer_id="mod")
        await stage.ask("ada", "viewer.ban", viewer_id="bo")
        for name in ("mod", "host"):
            await stage.hear(name, "viewer.banned", viewer_id="nobody")
        for _ in range(2):
            await stage.ask("mod", "viewer.unban", viewer_id="nobody")
        await stage.ask("host", "hold.release", viewer_id="nobody", rid=_NO_RID)
        await stage.ask("bo", "say", text="and now?")
        await stage.all_read("and now?", *_ALL)
        for interval_ms in (60_000, 60_000, -1):
            await stage.ask("mod", "chat.slow", interval_ms=interval_ms)
        await stage.ask("ada", "say", text="slowly")
        await stage.ask("ada", "say", text="too soon")
        await stage.ask("mod", "say", text="not for moderators")
        await stage.all_read("not for moderators", *_ALL)


async def like(stage: RecordingStage) -> None:
    """Like the show and look at products."""
    async with stage.scene("likes and looks", "drop"):
        for name, count in (("guest", 3), ("ada", 20), ("host", 1)):
            await stage.send(name, "like", count=count)
        for name, product_id in (("guest", "shirt"), ("ada", "shirt"), ("bo", "mug")):
            await stage.send(name, "look", product_id=product_id)
        await stage.ask("guest", "look", product_id="none")
        await stage.all_see("drop", likes=24)
