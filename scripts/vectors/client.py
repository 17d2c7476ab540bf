# What a client may say.
from .encode import both

ID = "019a0000-0000-7000-8000-000000000001"
ROOM = "general"
MOST = 2**53 - 1


def named(t, ref=1, **fields):
    return {"t": t, "ref": ref, "room": ROOM, **fields}


def cases():
    hello = {"name": "vectors", "version": "1"}
    yield both("hello, the least", {"t": "hello", "token": "a.b.c", "client": hello})
    yield both("hello with everything", {
        "t": "hello", "token": "a.b.c", "client": {**hello, "device": "d-1"},
        "resume": {"general": 7, "Room_2-b": MOST}, "attach": "none", "features": ["later"],
    })
    yield both("hello, recent rooms", {"t": "hello", "token": "a.b.c", "client": hello, "resume": {}, "attach": "recent"})
    yield both("send", named("send", id=ID, body={"text": "hello"}))
    yield both("send, every script", named("send", id=ID, body={"text": "안녕 👋🏽 مرحبا é\n\t\"\\<&>\u2028"}))
    yield both("send, greatest ref", named("send", ref=MOST, id=ID, body={"text": "x"}))
    yield both("send, least ref", named("send", ref=0, id=ID, body={"text": "x"}))
    yield both("reply in a thread, archived", named("send", id=ID, body={"text": "yes", "reply_to": 5, "thread": 3}, ack="archived"))
    yield both("send, no attachments", named("send", id=ID, body={"text": "x", "attachments": []}, ack="stored"))
    yield both("longest room", {"t": "attach", "ref": 1, "room": "r" * 64})
    yield both("edit", named("edit", id=ID, target=5, body={"text": "better"}))
    yield both("delete", named("delete", id=ID, target=5))
    yield both("react", named("react", id=ID, target=5, emoji="👍"))
    yield both("react, the longest", named("react", id=ID, target=5, emoji="e" * 64))
    yield both("react, taken back", named("react", id=ID, target=5, emoji="👍", remove=True))
    yield both("pin", named("pin", id=ID, target=70_000))
    yield both("unpin", named("pin", id=ID, target=70_000, remove=True))
    yield both("attach from the head", named("attach"))
    yield both("attach from the start", named("attach", after=0))
    yield both("attach behind an event", named("attach", after=2**32))
    yield both("detach", named("detach"))
    yield both("history, newest page", named("history"))
    yield both("history before", named("history", before=900, limit=200))
    yield both("history after", named("history", after=900))
    yield both("history around", named("history", around=900))
    yield both("history of a thread", named("history", thread=17, limit=1))
    yield both("history of pins", named("history", pinned=True))
    yield both("events", named("events", after=0, limit=100))
    yield both("typing", {"t": "typing", "room": ROOM, "on": True})
    yield both("read", {"t": "read", "room": ROOM, "seq": 12})
    yield both("read with ref", named("read", seq=12))
    yield both("status", {"t": "status", "state": "dnd", "text": "회의 중"})
    yield both("status, its text taken away", {"t": "status", "state": "online", "text": ""})
    yield both("rooms", {"t": "rooms", "ref": 1, "after": ROOM, "limit": 200})
    yield both("lobby", {"t": "lobby", "ref": 1, "on": True, "limit": 20})
    yield both("lobby, off", {"t": "lobby", "ref": 1, "on": False})
    yield both("refresh", {"t": "refresh", "ref": 1, "token": "d.e.f"})
    yield both("ping", {"t": "ping"})
    yield both("two in one frame", [{"t": "typing", "room": ROOM, "on": False}, named("send", id=ID, body={"text": "x"})])
