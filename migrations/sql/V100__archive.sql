-- The archive: what was said, copied from the log by one writer per shard. Times are milliseconds since 1970 UTC.

-- Where the writer of a shard stands. Moved in the transaction of the rows: exactly once, fencing and watermark in one.
CREATE TABLE shard_position (
    home     text   NOT NULL,
    shard    int    NOT NULL,
    -- All of the log up to this seq is archived.
    position bigint NOT NULL,
    -- The highest log time so far: partitions follow it, so that it never goes back within a shard.
    ts       bigint NOT NULL,
    PRIMARY KEY (home, shard)
) WITH (fillfactor = 50);

-- Jumps of a position that skip no event: a stream made anew, a lost tail, a replay.
CREATE TABLE shard_break (
    home          text        NOT NULL,
    shard         int         NOT NULL,
    from_position bigint      NOT NULL,
    to_position   bigint      NOT NULL,
    reason        text        NOT NULL,
    at            timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (home, shard, to_position)
);

-- The raw log. Kinds below 10 stand in the timeline; 99 is poison: kept with its error, shown to nobody.
CREATE TABLE events (
    room    text     NOT NULL,
    seq     bigint   NOT NULL,
    -- The log's time made monotonic within the shard: the partition's key.
    ts      bigint   NOT NULL,
    -- The log's own time.
    at      bigint   NOT NULL,
    -- The seq before this one in the room; 0: none.
    prev    bigint   NOT NULL,
    id      uuid     NOT NULL,
    kind    smallint NOT NULL,
    author  text     NOT NULL,
    -- The root of the thread that a message belongs to.
    thread  bigint,
    -- The envelope as it lies in the log.
    payload bytea    NOT NULL,
    error   text,
    PRIMARY KEY (room, seq, ts)
) PARTITION BY RANGE (ts);
-- Slices of 30 days are made ahead by the persister; what no slice takes lies here until one does.
CREATE TABLE events_default PARTITION OF events DEFAULT;

-- Pages of the timeline and counts of what is unread.
CREATE INDEX events_timeline ON events (room, seq) INCLUDE (kind, author) WHERE kind < 10;
CREATE INDEX events_thread ON events (room, thread, seq) WHERE thread IS NOT NULL;
-- The idempotency key (room, author, id): ids are all but unique and rise with time, so that the newest pages of the index serve.
CREATE INDEX events_id ON events (id);

-- Folded state of the entries that later events changed; the others are as their event began them.
CREATE TABLE entries (
    room    text    NOT NULL,
    seq     bigint  NOT NULL,
    deleted boolean NOT NULL,
    pinned  boolean NOT NULL,
    -- MessagePack of the whole entry.
    state   bytea   NOT NULL,
    PRIMARY KEY (room, seq)
) WITH (fillfactor = 80);
CREATE INDEX entries_pinned ON entries (room, seq) WHERE pinned;
CREATE INDEX entries_deleted ON entries (room, seq) WHERE deleted;

-- Who is mentioned where by somebody else, in messages that are not deleted.
CREATE TABLE mentions (
    user_id text   NOT NULL,
    room    text   NOT NULL,
    seq     bigint NOT NULL,
    PRIMARY KEY (user_id, room, seq)
);
CREATE INDEX mentions_message ON mentions (room, seq);

-- The end of each room as of the archive's position.
CREATE TABLE room_state (
    room       text   PRIMARY KEY,
    -- The last event.
    head       bigint NOT NULL,
    -- The last entry of the timeline (0: none), and its log time: the order of room lists.
    last_entry bigint NOT NULL,
    active_ts  bigint NOT NULL
) WITH (fillfactor = 50);
