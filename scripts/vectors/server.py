# What a server says, in the order of fields in which this one says it.
from .client import ID, MOST, ROOM
from .encode import both

ANN = {"id": "u1", "name": "Ann"}
TS = 1_760_000_000_000
USER = {"id": "u1", "name": "Ann", "role": "member", "guest": True}
ENTRY = {
    "seq": 5, "id": ID, "ts": TS, "from": ANN, "kind": "message",
    "body": {"text": "hi <@u2>", "reply_to": 3, "mentions": ["u2"], "reply": {"seq": 3, "from": {"id": "u2", "name": "Bo", "type": "guest"}, "text": "hello"}},
    "rev": 11, "edited": True, "edited_ts": TS + 9, "pinned": True,
    "reactions": [{"emoji": "👍", "count": 2, "me": True, "users": ["u2", "u1"]}],
    "thread": {"count": 2, "last": 10, "from": [ANN]},
}
GONE = {"seq": 6, "id": ID, "ts": TS, "from": ANN, "kind": "message", "rev": 9, "deleted": True}
VIEW = {
    "room": ROOM, "name": "일반", "type": "public", "topic": "everything", "role": "owner",
    "head": 11, "read": 4, "unread": 2, "mentions": 1, "members": 3,
}

RANKED = {"room": ROOM, "name": "일반", "active_30m": 3, "online": 2}
LAST = {"seq": 5, "id": ID, "ts": TS, "from": ANN, "kind": "message", "body": {"text": "hi"}, "rev": 5}


def event(kind, seq=12, **more):
    return {"t": "event", "room": ROOM, "seq": seq, "prev": 11, "ts": TS, "id": ID, "from": ANN, "kind": kind, **more}


def cases():
    yield both("welcome", {
        "t": "welcome", "session": "s1", "user": USER, "status": {"state": "dnd", "text": "집중"}, "expires_at": TS + 900_000, "ping_s": 30, "server_time": TS,
        "server": {"name": "chatmesh", "version": "0.1.0", "region": "local"}, "features": ["presence", "typing", "status", "lobby"],
        "limits": {"text_bytes": 8192, "frame_bytes": 65536, "per_minute": 300, "history": 200, "replay_events": 500, "rooms": 100},
        "rooms": [{**VIEW, "last": ENTRY}], "more_rooms": False,
    })
    yield both("ok of a send", {"t": "ok", "ref": 1, "room": ROOM, "id": ID, "seq": 12, "ts": TS, "level": "stored"})
    yield both("ok of a retry, traced", {
        "t": "ok", "ref": 1, "room": ROOM, "id": ID, "seq": MOST, "ts": TS, "level": "archived", "dup": True,
        "trace": "4bf92f3577b34da6a3ce929d0e0e4736",
    })
    yield both("ok of attach", {"t": "ok", "ref": 2, "room": ROOM, "head": 0})
    yield both("ok of history", {"t": "ok", "ref": 3, "room": ROOM, "entries": [ENTRY, GONE], "as_of": 12, "older": True, "newer": False})
    yield both("ok of events", {"t": "ok", "ref": 4, "room": ROOM, "events": [dict(list(event("joined").items())[1:])], "more": True})
    yield both("ok of rooms", {"t": "ok", "ref": 5, "rooms": [VIEW], "more": False})
    yield both("ok of lobby", {"t": "ok", "ref": 5, "rooms": [RANKED, {**RANKED, "room": "quiet", "active_30m": 0, "last": LAST}]})
    yield both("ok of lobby, off", {"t": "ok", "ref": 5, "rooms": []})
    yield both("ok of refresh", {"t": "ok", "ref": 6, "expires_at": TS})
    yield both("ok of detach", {"t": "ok", "ref": 7, "room": ROOM})
    yield both("pong", {"t": "pong"})
    yield both("error of the frame", {"t": "error", "code": "bad_frame", "message": "ill-formed syntax", "retryable": False})
    yield both("error of a send", {
        "t": "error", "ref": 8, "room": ROOM, "code": "rate_limited", "message": "too fast", "retryable": True, "retry_after_ms": 200,
    })
    yield both("error of a cursor", {"t": "error", "room": ROOM, "code": "conflict", "message": "above the head", "retryable": False, "head": 9})
    yield both("message", event("message", body={"text": "안녕"}))
    yield both("message, the first one known", {key: value for key, value in event("message", body={"text": "x"}).items() if key != "prev"})
    yield both("edited", event("edited", body={"text": "better", "mentions": ["u2"]}, target=5))
    yield both("deleted", event("deleted", target=5))
    yield both("reacted", event("reacted", target=5, emoji="👍"))
    yield both("reaction taken back", event("reacted", target=5, emoji="👍", remove=True))
    yield both("pinned", event("pinned", target=5))
    yield both("created", {key: value for key, value in event("created", seq=1, body={"text": "일반"}).items() if key != "prev"})
    yield both("left, removed by another", event("left", target="u2"))
    yield both("role", event("role", body={"text": "moderator"}, target="u2"))
    yield both("renamed", event("renamed", body={"text": "general chat"}))
    yield both("from an AI", {**event("message", body={"text": "beep"}), "from": {"id": "ai1", "name": "Helper", "type": "ai"}})
    yield both("skipped", {"t": "skipped", "room": ROOM, "after": 1, "until": 2**40, "entries": [ENTRY]})
    yield both("resumed", {"t": "resumed", "room": ROOM, "after": 1, "head": 12, "count": 11})
    yield both("activity", {"t": "activity", "room": ROOM, "head": 12, "unread": 3, "mentions": 0, "last": ENTRY})
    yield both("activity without counts", {"t": "activity", "room": ROOM, "head": 12})
    yield both("room", {"t": "room", **VIEW})
    yield both("room_gone", {"t": "room_gone", "room": ROOM, "reason": "left"})
    yield both("read", {"t": "read", "room": ROOM, "user": "u2", "seq": 12})
    yield both("me", {"t": "me", "user": {**USER, "role": "admin", "guest": False}})
    yield both("me, another status", {"t": "me", "user": USER, "status": {"state": "invisible"}})
    yield both("goaway", {"t": "goaway", "retry_after_ms": 0, "spread_ms": 10_000, "reason": "restart"})
    yield both("two in one frame", [event("message", body={"text": "a"}), event("message", seq=13, body={"text": "b"})])
    yield both("typing", {"t": "typing", "room": ROOM, "users": ["u2"], "count": 1})
    yield both("typing of many", {"t": "typing", "room": ROOM, "users": ["u2", "u3", "u4", "u5", "u6"], "count": 12})
    yield both("typing, its end", {"t": "typing", "room": ROOM, "users": [], "count": 0})
    yield both("presence", {
        "t": "presence", "room": ROOM, "full": True, "joins": [{"id": "u2", "name": "Bo", "state": "away"}], "leaves": [], "set": [], "count": 2,
    })
    yield both("presence, changes", {
        "t": "presence", "room": ROOM, "joins": [{"id": "u3", "name": "한지우", "state": "online", "text": "점심"}], "leaves": ["u4"],
        "set": [{"user": "u2", "state": "dnd", "text": "focus"}, {"user": "u1", "state": "online"}], "count": 312,
    })
    yield both("delta", {"t": "delta", "room": ROOM, "id": ID, "from": {"id": "ai1", "name": "Helper", "type": "ai"}, "n": 0, "text": "be"})
    yield both("lobby", {"t": "lobby", "put": [RANKED], "drop": ["old"]})
    yield both("lobby, more than are counted", {"t": "lobby", "put": [{**RANKED, "active_30m": 100_001, "last": LAST}], "drop": []})
    yield both("a type of a later version", {"t": "signal", "room": ROOM, "data": {"x": [1, None, -5]}})
