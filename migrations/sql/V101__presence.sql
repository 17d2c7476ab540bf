-- What presence needs to survive a restart: what users chose to be, when they were seen, and who was active where.

ALTER TABLE users
    -- online, away, dnd or invisible.
    ADD COLUMN status      text NOT NULL DEFAULT 'online',
    ADD COLUMN status_text text,
    -- When he was last seen online, in milliseconds since 1970 UTC; being invisible is not being seen.
    ADD COLUMN seen_ts     bigint;

-- Who sent or read in a public room, and when last, in minutes since 1970 UTC: half an hour of it makes the ranking.
CREATE TABLE room_activity (
    room    text   NOT NULL,
    user_id text   NOT NULL,
    minute  bigint NOT NULL,
    PRIMARY KEY (room, user_id)
) WITH (fillfactor = 70);
CREATE INDEX room_activity_minute ON room_activity (minute);

-- The read mark that others see: it stands still while the reader is invisible.
ALTER TABLE members ADD COLUMN shown_seq bigint NOT NULL DEFAULT 0;
UPDATE members SET shown_seq = read_seq;
