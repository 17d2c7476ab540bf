# Bytes that a server refuses: what does not decode closes the socket, what decodes and is wrong is answered, one error an element.
from .accepted import DETACH, PING, SEND, detach, nested
from .client import ID, ROOM
from .encode import compact, pack

OPEN = {"t": "attach", "ref": 1, "room": ROOM}
REACT = {"t": "react", "ref": 1, "room": ROOM, "id": ID, "target": 5, "emoji": "👍"}


def bad_json(name, text=None, raw=None):
    given = {"text": text} if raw is None else {"hex": raw.hex()}
    return {"name": name, "encoding": "json", **given, "code": "bad_frame", "close": 4400}


def bad_pack(name, raw):
    return {"name": name, "encoding": "msgpack", "hex": raw.hex(), "code": "bad_frame", "close": 4400}


def does_not_decode():
    yield bad_json("no bytes", "")
    yield bad_json("half an object", '{"t":"ping"')
    yield bad_json("half a string", '{"t":"pi')
    yield bad_json("bytes behind the value", '{"t":"ping"} x')
    yield bad_json("two values", '{"t":"ping"}{"t":"ping"}')
    yield bad_json("single quotes", "{'t':'ping'}")
    yield bad_json("a bare key", '{t:"ping"}')
    yield bad_json("a number as key", '{"t":"ping",1:2}')
    yield bad_json("a comma at the end", '{"t":"ping",}')
    yield bad_json("a comment", '{"t":"ping"} // hi')
    yield bad_json("no number", '{"t":"ping","x":NaN}')
    yield bad_json("a leading zero", '{"t":"ping","x":01}')
    yield bad_json("a number beyond all", '{"t":"ping","x":1e999}')
    yield bad_json("a line break in a string", '{"t":"ping","x":"a\nb"}')
    yield bad_json("half a pair of surrogates", '{"t":"ping","x":"\\ud800"}')
    yield bad_json("a byte order mark", raw=b"\xef\xbb\xbf" + b'{"t":"ping"}')
    yield bad_json("no UTF-8", raw=b'{"t":"ping","x":"\xff"}')
    yield bad_json("NUL the long way", raw=b'{"t":"ping","x":"\xc0\x80"}')
    yield bad_json("a surrogate in UTF-8", raw=b'{"t":"ping","x":"\xed\xa0\x80"}')
    yield bad_json("a key twice", '{"t":"ping","t":"ping"}')
    yield bad_json("a key twice, once escaped", '{"t":"ping","\\u0074":"ping"}')
    yield bad_json("a key twice, further in", '{"t":"ping","x":[{"a":1,"a":1}]}')
    yield bad_json("a key twice among many", "{" + ",".join(f'"k{number}":0' for number in [*range(30), 7]) + "}")
    yield bad_json("arrays 17 deep", "[" * 17 + "]" * 17)
    yield bad_json("objects 17 deep", '{"x":' * 17 + "0" + "}" * 17)
    yield bad_json("very deep", "[" * 3_000)
    yield bad_pack("no bytes", b"")
    yield bad_pack("a code that is never used", b"\xc1")
    yield bad_pack("half an object", pack(PING)[:-6])
    yield bad_pack("half a string", pack(PING)[:-1])
    yield bad_pack("bytes behind the value", pack(PING) + b"\xc0")
    yield bad_pack("no UTF-8", b"\x81\xa1t\xa1\xff")
    yield bad_pack("NUL the long way", b"\x81\xa1t\xa2\xc0\x80")
    yield bad_pack("a key twice", b"\x82" + pack("t") + pack("ping") + pack("t") + pack("ping"))
    yield bad_pack("a key twice, once as str 8", b"\x82" + pack("t") + pack("ping") + b"\xd9\x01t" + pack("ping"))
    for name, key in (("a number", pack(1)), ("bytes", pack(b"t")), ("nil", pack(None)), ("an array", pack([]))):
        yield bad_pack(f"{name} as key", b"\x82" + pack("t") + pack("ping") + key + pack(1))
    for name, ext in (("fixext 1", b"\xd4\x01\x00"), ("ext 8", b"\xc7\x01\x01\x00"), ("a timestamp", b"\xd6\xff\x00\x00\x00\x00")):
        yield bad_pack(name, b"\x82" + pack("t") + pack("ping") + pack("x") + ext)
    for name, claim in (("str 32", b"\xdb"), ("bin 32", b"\xc6"), ("array 32", b"\xdd"), ("map 32", b"\xdf")):
        yield bad_pack(f"{name} that claims 4 GiB", claim + b"\xff\xff\xff\xff")
    yield bad_pack("an array that claims more than is there", b"\xdc\x03\xe8" + pack(PING) * 3)
    yield bad_pack("arrays 17 deep", b"\x91" * 16 + b"\x90")
    yield bad_pack("objects 17 deep", b"\x81\xa1x" * 16 + b"\x80")
    yield bad_pack("very deep", b"\x91" * 5_000)


def error(code="bad_request", value=None):
    """The error of one element, with what of `ref` and `room` is well formed."""
    value = value if isinstance(value, dict) else {}
    echoed = {name: value[name] for name in ("ref", "room") if name in value}
    return {"code": code, **echoed}


def both(name, value, *answers):
    answers = list(answers) or [error(value=value)]
    yield {"name": name, "encoding": "json", "text": compact(value), "answers": answers}
    yield {"name": name, "encoding": "msgpack", "hex": pack(value).hex(), "answers": answers}


def changed(value, drop=(), **fields):
    return {key: item for key, item in {**value, **fields}.items() if key not in drop}



def is_wrong():
    for name, value in (("a number", 5), ("a string", "ping"), ("nil", None), ("true", True)):
        yield from both(f"{name} is no frame", value)
    yield from both("no t", {"ref": 4})
    yield from both("t is a number", {"t": 5, "ref": 4})
    yield from both("t is null", {"t": None, "ref": 4})
    yield from both("an unknown t", {"t": "teleport", "ref": 4, "room": ROOM})
    yield from both("NUL in t", {"t": "ping\0"})
    yield from both("an array in an array", [[PING]], error())
    yield from both("good and wrong elements", [PING, 5, PING], {"t": "pong"}, error(), {"t": "pong"})
    yield from both("65 elements", [PING] * 65, error())
    for wrong in (-1, 1.5, "1", 2**53, True, [1]):
        yield from both(f"ref is {wrong!r}", changed(DETACH, ref=wrong), {"code": "bad_request", "room": ROOM})
    yield from both("no ref", changed(DETACH, drop=["ref"]))
    for wrong in ("", "a b", "a.b", "*", ">", "방", "a/b", "r" * 65, "a\0", "a\n", 7, ["a"]):
        yield from both(f"room is {wrong!r}"[:40], changed(DETACH, room=wrong), {"code": "bad_request", "ref": 1})
    yield from both("no room", changed(DETACH, drop=["room"]))
    for wrong in (ID.replace("-", ""), ID.upper(), ID.replace("-7", "-4"), ID.replace("-8000", "-0000"), f"{{{ID}}}", "", 7):
        yield from both(f"id is {wrong!r}", changed(SEND, id=wrong))
    yield from both("no id", changed(SEND, drop=["id"]))
    yield from both("no body", changed(SEND, drop=["body"]))
    for name, body in (
        ("is a string", "x"), ("is empty", {}), ("has an empty text", {"text": ""}), ("has a number as text", {"text": 7}),
        ("has null as text", {"text": None}), ("has NUL in its text", {"text": "a\0b"}), ("has attachments", {"text": "x", "attachments": [{}]}),
        ("has an object as attachments", {"text": "x", "attachments": {}}), ("replies to no number", {"text": "x", "reply_to": "5"}),
        ("has a negative thread", {"text": "x", "thread": -5}),
    ):
        yield from both(f"body {name}", changed(SEND, body=body))
    yield from both("an empty edit", changed(SEND, t="edit", target=5, body={"text": ""}))
    yield from both("a text of a byte too many", changed(SEND, body={"text": "한" * 2730 + "xxx"}), error("too_large", SEND))
    yield from both("an unknown level of ack", changed(SEND, ack="lost"))
    for wrong in ("5", -5, 0.5, None):
        yield from both(f"target is {wrong!r}", changed(REACT, target=wrong))
    for wrong in ("", "e" * 65, "a\0", 5, None):
        yield from both(f"emoji is {wrong!r}"[:40], changed(REACT, emoji=wrong))
    yield from both("remove is a string", changed(REACT, remove="yes"))
    yield from both("after is negative", changed(OPEN, after=-1))
    yield from both("after is a text", changed(OPEN, after="0"))
    yield from both("before and after", changed(OPEN, t="history", before=5, after=1))
    yield from both("around and before", changed(OPEN, t="history", around=5, before=9))
    yield from both("limit is 0", changed(OPEN, t="history", limit=0))
    yield from both("limit is negative", changed(OPEN, t="history", limit=-1))
    yield from both("pinned is a number", changed(OPEN, t="history", pinned=1))
    yield from both("events without after", changed(OPEN, t="events"))
    yield from both("rooms with limit 0", {"t": "rooms", "ref": 1, "limit": 0})
    yield from both("rooms after an ill-formed room", {"t": "rooms", "ref": 1, "after": "a b"})
    yield from both("typing without on", {"t": "typing", "room": ROOM})
    yield from both("read without seq", {"t": "read", "ref": 1, "room": ROOM})
    yield from both("an unknown state", {"t": "status", "state": "asleep"})
    yield from both("a status of 101 characters", {"t": "status", "state": "away", "text": "한" * 101})
    yield from both("refresh without a token", {"t": "refresh", "ref": 1})
    yield from both("hello without a token", {"t": "hello", "client": {"name": "x", "version": "1"}})
    yield from both("hello without a client", {"t": "hello", "token": "a.b.c"})
    yield from both("hello with a cursor that is none", {"t": "hello", "token": "a", "client": {"name": "x", "version": "1"}, "resume": {ROOM: -1}})
    yield from both("hello with an unknown attach", {"t": "hello", "token": "a", "client": {"name": "x", "version": "1"}, "attach": "all"})
    wrong = [error(value={"ref": 1})]
    yield {"name": "bytes as room", "encoding": "msgpack", "hex": pack(changed(DETACH, room=ROOM.encode())).hex(), "answers": wrong}
    wrong = [error(value=SEND)]
    yield {"name": "bytes as text", "encoding": "msgpack", "hex": pack(changed(SEND, body={"text": b"x"})).hex(), "answers": wrong}
    wrong = [error(value={"room": ROOM})]
    yield {"name": "a whole number as a fraction", "encoding": "msgpack", "hex": detach(pack(1.0)).hex(), "answers": wrong}
    yield {"name": "the greatest integer of all", "encoding": "msgpack", "hex": detach(pack(2**64 - 1)).hex(), "answers": wrong}
    yield {"name": "not even a frame", "encoding": "msgpack", "hex": pack(b"ping").hex(), "answers": [error()]}
    yield {"name": "a map in an array in an array", "encoding": "json", "text": compact(nested(3)), "answers": [error()]}


def cases():
    yield from does_not_decode()
    yield from is_wrong()
