# Logs of a room, and what is read after each event. Every expectation is written by hand, as the fields that change.
from .client import ID, ROOM

TS = 1_760_000_000_000
NAMES = {"ann": "Ann", "bo": "Bo", "cy": "Cy", "di": "Di"}
EMOJI_BOUND = 50


def author(user):
    return {"id": user, "name": NAMES.get(user, user)}


def event(seq, kind, by="ann", **more):
    return {"room": ROOM, "seq": seq, "ts": TS + seq, "id": ID[:-4] + f"{seq:04}", "from": author(by), "kind": kind, **more}


def message(seq, text, by="ann", **more):
    return event(seq, "message", by, body={"text": text, **more})


class Log:
    """A case under construction: the reader's entries, and the steps so far."""

    def __init__(self, name, viewer="ann", begin=()):
        self.name, self.viewer, self.begin = name, viewer, list(begin)
        self.entries = {entry["seq"]: entry for entry in begin}
        self.steps = []

    def stands(self, said, **others):
        """The event begins an entry of its own."""
        own = {name: said[name] for name in ("seq", "id", "ts", "from", "kind", "body", "target") if name in said}
        self.entries[said["seq"]] = {**own, "rev": said["seq"]}
        return self.step(said, [said["seq"]], others)

    def step(self, said, touched=(), others=None, **changes):
        """`changes` maps `e<seq>` to the fields that change; `None` takes a field away."""
        touched = list(touched)
        for name, fields in {**(others or {}), **changes}.items():
            seq = int(name[1:])
            merged = {**self.entries[seq], **fields}
            self.entries[seq] = {key: value for key, value in merged.items() if value is not None}
            touched.append(seq)
        self.steps.append({"event": said, "changed": [self.entries[seq] for seq in sorted(set(touched))]})
        return self

    def case(self):
        entries = [self.entries[seq] for seq in sorted(self.entries)]
        return {"name": self.name, "viewer": self.viewer, "begin": self.begin, "steps": self.steps, "entries": entries}


GONE = {"deleted": True, "body": None, "reactions": None, "pinned": None, "edited": None, "edited_ts": None}


def reaction(emoji, *users, me=False, count=None):
    return {"emoji": emoji, "count": len(users) if count is None else count, "me": me, "users": list(users)[:50]}


def edits():
    log = Log("an edit replaces text and mentions and keeps the place")
    quote = {"seq": 1, "from": author("bo"), "text": "question"}
    log.stands(message(1, "question", "bo"))
    log.stands(message(2, "<@bo> yes", reply_to=1, mentions=["bo"], reply=quote))
    log.step(event(3, "edited", target=2, body={"text": "no"}), e2={"body": {"reply_to": 1, "reply": quote, "text": "no"}, "rev": 3, "edited": True, "edited_ts": TS + 3})
    log.step(event(5, "edited", target=2, body={"text": "<@cy> maybe", "mentions": ["cy"]}), e2={
        "body": {"text": "<@cy> maybe", "reply_to": 1, "mentions": ["cy"], "reply": quote}, "rev": 5, "edited_ts": TS + 5,
    })
    yield log
    log = Log("what comes after the deletion does nothing")
    log.stands(message(1, "oops"))
    log.step(event(2, "reacted", "bo", target=1, emoji="👍"), e1={"reactions": [reaction("👍", "bo")], "rev": 2})
    log.step(event(3, "pinned", "bo", target=1), e1={"pinned": True, "rev": 3})
    log.step(event(4, "edited", target=1, body={"text": "fixed"}), e1={"body": {"text": "fixed"}, "edited": True, "edited_ts": TS + 4, "rev": 4})
    log.step(event(5, "deleted", target=1), e1={**GONE, "rev": 5})
    log.step(event(6, "edited", target=1, body={"text": "back"}))
    log.step(event(7, "reacted", target=1, emoji="👍"))
    log.step(event(8, "pinned", target=1))
    log.step(event(9, "deleted", "bo", target=1))
    yield log
    log = Log("an event at or below rev does nothing", begin=[
        {"seq": 3, "id": ID, "ts": TS, "from": author("ann"), "kind": "message", "body": {"text": "third"}, "rev": 9, "edited": True, "edited_ts": TS + 9},
    ])
    log.step(event(7, "edited", target=3, body={"text": "second"}))
    log.step(event(8, "deleted", target=3))
    log.step(event(9, "reacted", target=3, emoji="👍"))
    log.step(event(10, "reacted", target=3, emoji="👍"), e3={"reactions": [reaction("👍", "ann", me=True)], "rev": 10})
    yield log
    log = Log("changes of what is no message, or not there")
    log.stands(event(1, "created", body={"text": "general"}))
    log.stands(event(2, "joined"))
    log.step(event(3, "edited", target=1, body={"text": "mine"}))
    log.step(event(4, "deleted", target=2))
    log.step(event(5, "reacted", target=2, emoji="👍"))
    log.step(event(6, "pinned", target=2))
    log.step(event(7, "edited", target=99, body={"text": "nothing"}))
    log.step(event(8, "deleted", target=99))
    yield log
    log = Log("what happens in a room stands in its timeline")
    log.stands(event(1, "created", body={"text": "general"})).stands(event(2, "joined")).stands(event(3, "joined", target="bo"))
    log.stands(event(4, "role", target="bo", body={"text": "moderator"})).stands(event(5, "renamed", "bo", body={"text": "lobby"}))
    log.stands(event(6, "topic", "bo", body={"text": "all of it"})).stands(event(7, "left", target="bo")).stands(event(8, "left"))
    yield log


def reactions():
    log = Log("reactions are a set of target, user and emoji", viewer="bo")
    log.stands(message(1, "hi"))
    log.step(event(2, "reacted", "ann", target=1, emoji="👍"), e1={"reactions": [reaction("👍", "ann")], "rev": 2})
    log.step(event(3, "reacted", "ann", target=1, emoji="👍"))
    log.step(event(4, "reacted", "bo", target=1, emoji="🎉"), e1={"reactions": [reaction("👍", "ann"), reaction("🎉", "bo", me=True)], "rev": 4})
    log.step(event(5, "reacted", "bo", target=1, emoji="👍"), e1={"reactions": [reaction("👍", "ann", "bo", me=True), reaction("🎉", "bo", me=True)], "rev": 5})
    log.step(event(6, "reacted", "cy", target=1, emoji="👍", remove=True))
    log.step(event(7, "reacted", "bo", target=1, emoji="❤️", remove=True))
    log.step(event(8, "reacted", "ann", target=1, emoji="👍", remove=True), e1={"reactions": [reaction("👍", "bo", me=True), reaction("🎉", "bo", me=True)], "rev": 8})
    log.step(event(9, "reacted", "bo", target=1, emoji="👍", remove=True), e1={"reactions": [reaction("🎉", "bo", me=True)], "rev": 9})
    log.step(event(10, "reacted", "bo", target=1, emoji="🎉", remove=True), e1={"reactions": None, "rev": 10})
    log.step(event(11, "edited", target=1, body={"text": "still"}), e1={"body": {"text": "still"}, "edited": True, "edited_ts": TS + 11, "rev": 11})
    yield log
    log = Log("at most 50 emoji a message")
    full = [reaction(f"e{number}", "bo") for number in range(EMOJI_BOUND)]
    log.stands(message(1, "hi"))
    for number in range(EMOJI_BOUND):
        log.step(event(2 + number, "reacted", "bo", target=1, emoji=f"e{number}"), e1={"reactions": full[: number + 1], "rev": 2 + number})
    log.step(event(60, "reacted", "bo", target=1, emoji="e50"))
    log.step(event(61, "reacted", "ann", target=1, emoji="e7"), e1={"reactions": [*full[:7], reaction("e7", "bo", "ann", me=True), *full[8:]], "rev": 61})
    log.step(event(62, "reacted", "bo", target=1, emoji="e0", remove=True), e1={"reactions": [*full[1:7], reaction("e7", "bo", "ann", me=True), *full[8:]], "rev": 62})
    log.step(event(63, "reacted", "bo", target=1, emoji="e50"), e1={
        "reactions": [*full[1:7], reaction("e7", "bo", "ann", me=True), *full[8:], reaction("e50", "bo")], "rev": 63,
    })
    yield log
    log = Log("a reaction names 50 users and counts all")
    users = [f"user{number}" for number in range(51)]
    log.stands(message(1, "hi"))
    for number, user in enumerate(users):
        log.step(event(2 + number, "reacted", user, target=1, emoji="👍"), e1={"reactions": [reaction("👍", *users[: number + 1])], "rev": 2 + number})
    log.step(event(60, "reacted", "ann", target=1, emoji="👍"), e1={"reactions": [reaction("👍", *users, me=True, count=52)], "rev": 60})
    log.step(event(61, "reacted", "ann", target=1, emoji="👍"))
    log.step(event(62, "reacted", "ann", target=1, emoji="👍", remove=True), e1={"reactions": [reaction("👍", *users)], "rev": 62})
    yield log
    log = Log("pins are a set of targets")
    log.stands(message(1, "hi"))
    log.step(event(2, "pinned", target=1, remove=True))
    log.step(event(3, "pinned", target=1), e1={"pinned": True, "rev": 3})
    log.step(event(4, "pinned", "bo", target=1))
    log.step(event(5, "pinned", "bo", target=1, remove=True), e1={"pinned": None, "rev": 5})
    yield log


def threads():
    def footer(count, last, *users):
        return {"thread": {"count": count, "last": last, "from": [author(user) for user in users]}}

    log = Log("a thread counts the replies that are not deleted, without raising rev")
    log.stands(message(1, "root"))
    log.stands(message(2, "a", "bo", thread=1), e1=footer(1, 2, "bo"))
    log.stands(message(3, "b", "ann", thread=1), e1=footer(2, 3, "bo", "ann"))
    log.stands(message(4, "c", "bo", thread=1), e1=footer(3, 4, "bo", "ann"))
    log.stands(message(5, "beside"))
    log.stands(message(6, "d", "cy", thread=1), e1=footer(4, 6, "bo", "ann", "cy"))
    log.stands(message(7, "e", "di", thread=1), e1=footer(5, 7, "bo", "ann", "cy"))
    log.step(event(8, "deleted", "di", target=7), e7={**GONE, "rev": 8}, e1=footer(4, 6, "bo", "ann", "cy"))
    log.step(event(9, "deleted", "di", target=7))
    log.step(event(10, "deleted", "ann", target=3), e3={**GONE, "rev": 10}, e1=footer(3, 6, "bo", "cy"))
    log.step(event(11, "deleted", "ann", target=1), e1={**GONE, "rev": 11})
    log.step(event(12, "deleted", "bo", target=2), e2={**GONE, "rev": 12}, e1=footer(2, 6, "bo", "cy"))
    log.step(event(13, "deleted", "cy", target=6), e6={**GONE, "rev": 13}, e1=footer(1, 4, "bo"))
    log.step(event(14, "deleted", "bo", target=4), e4={**GONE, "rev": 14}, e1={"thread": None})
    log.stands(message(15, "f", "cy", thread=1), e1=footer(1, 15, "cy"))
    yield log
    log = Log("replies to a root that is not in the window", begin=[
        {"seq": 5, "id": ID, "ts": TS, "from": author("bo"), "kind": "message", "body": {"text": "a", "thread": 1}, "rev": 5},
    ])
    log.stands(message(6, "b", thread=1))
    log.step(event(7, "deleted", target=5), e5={**GONE, "rev": 7})
    yield log
    quote = {"seq": 1, "from": author("bo"), "text": "secret"}
    reply = {"seq": 5, "id": ID, "ts": TS, "from": author("ann"), "kind": "message", "body": {"text": "ok", "reply_to": 1, "reply": quote}, "rev": 5}
    log = Log("what is quoted is not in the window", begin=[reply])
    log.step(event(6, "edited", "bo", target=1, body={"text": "none"}))
    log.step(event(7, "deleted", "bo", target=1), e5={"body": {**reply["body"], "reply": {"seq": 1, "from": author("bo")}}})
    yield log
    log = Log("a quote of a deleted message carries no text")
    quote = {"seq": 1, "from": author("ann"), "text": "secret"}
    log.stands(message(1, "secret"))
    log.stands(message(2, "really?", "bo", reply_to=1, reply=quote))
    log.stands(message(3, "and?", "cy", reply_to=2, reply={"seq": 2, "from": author("bo"), "text": "really?"}))
    log.step(event(4, "edited", target=1, body={"text": "nothing"}), e1={"body": {"text": "nothing"}, "edited": True, "edited_ts": TS + 4, "rev": 4})
    bare = {"text": "really?", "reply_to": 1, "reply": {"seq": 1, "from": author("ann")}}
    log.step(event(5, "deleted", target=1), e1={**GONE, "rev": 5}, e2={"body": bare})
    log.step(event(6, "edited", "bo", target=2, body={"text": "oh"}), e2={
        "body": {"text": "oh", "reply_to": 1, "reply": {"seq": 1, "from": author("ann")}}, "rev": 6, "edited": True, "edited_ts": TS + 6,
    })
    yield log


def cases():
    for part in (edits, reactions, threads):
        for log in part():
            yield log.case()
