# The canonical form of a frame in both encodings: the shortest of each value, fields in the order given.
import json
import struct


def pack(value):
    """MessagePack of a frame's value."""
    match value:
        case None:
            return b"\xc0"
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int():
            return integer(value)
        case float():
            return b"\xcb" + struct.pack(">d", value)
        case str():
            raw = value.encode()
            return head(len(raw), (0xA0, 32), (0xD9, 0xDA, 0xDB)) + raw
        case bytes():
            return head(len(value), None, (0xC4, 0xC5, 0xC6)) + value
        case list():
            return head(len(value), (0x90, 16), (None, 0xDC, 0xDD)) + b"".join(map(pack, value))
        case dict():
            packed = b"".join(pack(key) + pack(item) for key, item in value.items())
            return head(len(value), (0x80, 16), (None, 0xDE, 0xDF)) + packed
    raise TypeError(value)


def head(length, fix, codes):
    if fix and length < fix[1]:
        return bytes([fix[0] | length])
    for code, size in zip(codes, (1, 2, 4)):
        if code is not None and length < 1 << 8 * size:
            return bytes([code]) + length.to_bytes(size)
    raise ValueError(length)


def integer(value):
    if 0 <= value < 128:
        return bytes([value])
    if -32 <= value < 0:
        return struct.pack(">b", value)
    codes = (0xCC, 0xCD, 0xCE, 0xCF) if value >= 0 else (0xD0, 0xD1, 0xD2, 0xD3)
    for code, size in zip(codes, (1, 2, 4, 8)):
        if (value < 1 << 8 * size) if value >= 0 else (value >= -(1 << 8 * size - 1)):
            return bytes([code]) + value.to_bytes(size, signed=value < 0)
    raise ValueError(value)


def compact(value):
    """JSON without white space."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def both(name, value):
    """A case of one value in both encodings."""
    return {"name": name, "value": value, "json": compact(value), "msgpack": pack(value).hex()}
