# Bytes that are not the canonical ones and mean the same: `frames` tells what each stands for.
from .client import ID, ROOM
from .encode import compact, pack

PING = {"t": "ping"}
SEND = {"t": "send", "ref": 1, "room": ROOM, "id": ID, "body": {"text": "x"}}
DETACH = {"t": "detach", "ref": 1, "room": ROOM}


def json_case(name, text, *frames):
    return {"name": name, "encoding": "json", "text": text, "frames": list(frames)}


def pack_case(name, raw, *frames):
    return {"name": name, "encoding": "msgpack", "hex": raw.hex(), "frames": list(frames)}


def str8(text):
    return b"\xd9" + bytes([len(text.encode())]) + text.encode()


def detach(ref):
    """`detach` with `ref` in the bytes given."""
    return b"\x83" + pack("t") + pack("detach") + pack("ref") + ref + pack("room") + pack(ROOM)


def nested(depth):
    """Arrays of this depth."""
    return [nested(depth - 1)] if depth > 1 else []


def cases():
    yield json_case("white space", ' \t\r\n{ "t" : "ping" }\n ', PING)
    yield json_case("escapes in values and keys", '{"\\u0074":"\\u0070ing"}', PING)
    yield json_case("a pair of surrogates", compact(SEND).replace('"x"', '"\\ud83d\\udc4b"'), {**SEND, "body": {"text": "👋"}})
    yield json_case("a whole number as a fraction", compact(DETACH).replace('"ref":1', '"ref":1.0'), DETACH)
    yield json_case("a whole number with an exponent", compact(DETACH).replace('"ref":1', '"ref":1e0'), DETACH)
    yield json_case("fields in another order", compact(dict(reversed(SEND.items()))), SEND)
    yield json_case("nothing", "[]")
    for name, value, *frames in (
        ("null is an absent field", {**DETACH, "t": "attach", "after": None}, {**DETACH, "t": "attach"}),
        ("unknown fields", {**SEND, "x": {"y": [1.5, -3, True, None]}, "body": {"text": "x", "format": "later"}}, SEND),
        ("the server's part of a body", {**SEND, "body": {"text": "x", "mentions": ["u1"], "reply": 7}}, SEND),
        ("where an edit stands is not its to say", {**SEND, "t": "edit", "target": 5, "body": {"text": "x", "thread": 3}}, {**SEND, "t": "edit", "target": 5}),
        ("nested 16 deep", {**PING, "x": nested(15)}, PING),
        ("64 elements", [PING] * 64, *[PING] * 64),
        ("the longest text", {**SEND, "body": {"text": "한" * 2730 + "xx"}}, {**SEND, "body": {"text": "한" * 2730 + "xx"}}),
    ):
        yield json_case(name, compact(value), *frames)
        yield pack_case(name, pack(value), *frames)
    yield pack_case("nothing", b"\x90")
    for name, code, size in (("u8", 0xCC, 1), ("u16", 0xCD, 2), ("u32", 0xCE, 4), ("u64", 0xCF, 8), ("i8", 0xD0, 1), ("i16", 0xD1, 2), ("i32", 0xD2, 4), ("i64", 0xD3, 8)):
        yield pack_case(f"a small integer as {name}", detach(bytes([code]) + (1).to_bytes(size)), DETACH)
    yield pack_case("a short string as str 8", b"\x81" + str8("t") + str8("ping"), PING)
    yield pack_case("a short string as str 16", b"\x81" + pack("t") + b"\xda\x00\x04ping", PING)
    yield pack_case("a short string as str 32", b"\x81" + pack("t") + b"\xdb\x00\x00\x00\x04ping", PING)
    yield pack_case("a small object as map 16", b"\xde\x00\x01" + pack(PING)[1:], PING)
    yield pack_case("a small object as map 32", b"\xdf\x00\x00\x00\x01" + pack(PING)[1:], PING)
    yield pack_case("a small array as array 16", b"\xdc\x00\x01" + pack(PING), PING)
    yield pack_case("a small array as array 32", b"\xdd\x00\x00\x00\x01" + pack(PING), PING)
    yield pack_case("bytes in an unknown field", pack({**PING, "x": b"\x00\xff"}), PING)
