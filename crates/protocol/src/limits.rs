//! The fixed sizes of the protocol; what an operator may set is in the gateway's configuration.

/// Deepest nesting of a frame that is decoded.
pub const DEPTH: usize = 16;
/// Most elements of an array of frames.
pub const BATCH: usize = 64;
/// Largest integer of the wire, 2^53 − 1.
pub const MAX_INTEGER: u64 = (1 << 53) - 1;
/// Most cursors in `hello.resume`.
pub const RESUME: usize = 200;
/// Most rooms that one socket may have attached.
pub const ATTACHED: usize = 1_000;
/// Sends that wait for each (socket, room).
pub const LANE: usize = 64;
/// Most mentions that the server makes of one text.
pub const MENTIONS: usize = 50;
/// Most different emoji on one message.
pub const EMOJI_PER_MESSAGE: usize = 50;
/// Characters of a status text.
pub const STATUS_CHARS: usize = 100;
/// Bytes of one emoji.
pub const EMOJI_BYTES: usize = 64;
/// Users that an entry's reaction names.
pub const REACTION_USERS: usize = 50;
/// Authors that a thread's footer names.
pub const THREAD_AUTHORS: usize = 3;
/// Characters of the quote in a reply, and of `last`.
pub const QUOTE_CHARS: usize = 120;
/// Bytes at which a page of history or events may end early.
pub const PAGE_BYTES: usize = 256 * 1024;
/// Entries of a page when the client names no limit.
pub const PAGE_DEFAULT: usize = 50;
/// Entries that `skipped` carries.
pub const SKIPPED_ENTRIES: usize = 50;
/// Counts of unread and mentions stop here: it says "more than 999".
pub const UNREAD_CAP: u64 = 1_000;
/// Oldest id that may still be sent, in milliseconds.
pub const ID_PAST_MS: u64 = 7 * 24 * 3_600_000;
/// How far an id may lie in the future, in milliseconds.
pub const ID_FUTURE_MS: u64 = 120_000;
/// A send whose id is older than this goes the late way, in milliseconds.
pub const LATE_MS: u64 = 120_000;
/// Members up to which everybody may pin, and sees `read`.
pub const SMALL_ROOM: u64 = 50;
