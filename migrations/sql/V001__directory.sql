-- Who may: accounts, logins, rooms, members. Changes of rooms go to the log through the outbox.

CREATE TABLE signing_keys (
    kid        text PRIMARY KEY,
    -- Ed25519 seed, 32 bytes.
    seed       bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE users (
    id         text PRIMARY KEY,
    name       text NOT NULL,
    -- The form in which names are compared.
    folded     text NOT NULL,
    role       text NOT NULL DEFAULT 'member',
    guest      boolean NOT NULL,
    -- Argon2id, PHC string; guests have none.
    password   text,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- Guests' names need not be unique.
CREATE UNIQUE INDEX users_account_name ON users (folded) WHERE NOT guest;

CREATE TABLE logins (
    id         text PRIMARY KEY,
    user_id    text NOT NULL REFERENCES users ON DELETE CASCADE,
    ended      boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX logins_user ON logins (user_id) WHERE NOT ended;

CREATE TABLE refresh_tokens (
    -- SHA-256 of the token.
    hash       bytea PRIMARY KEY,
    login      text NOT NULL REFERENCES logins ON DELETE CASCADE,
    -- The token that was exchanged for this one.
    parent     bytea,
    -- fresh, spent (exchanged) or void (its parent was exchanged again first).
    state      text NOT NULL DEFAULT 'fresh',
    expires_at timestamptz NOT NULL
);
CREATE INDEX refresh_tokens_login ON refresh_tokens (login);
CREATE INDEX refresh_tokens_parent ON refresh_tokens (parent);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

-- Rooms are dealt out to shards in turn.
CREATE SEQUENCE room_deal MINVALUE 0 START 0;

CREATE TABLE rooms (
    id         text PRIMARY KEY,
    type       text NOT NULL,
    name       text NOT NULL,
    topic      text,
    home       text NOT NULL,
    shard      int NOT NULL,
    -- Raised under the row's lock by every change of the room or its members.
    ver        bigint NOT NULL DEFAULT 0,
    members    bigint NOT NULL DEFAULT 0,
    -- The sorted pair of a direct room.
    pair       text UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX rooms_public ON rooms (id) WHERE type = 'public';

CREATE TABLE members (
    room       text NOT NULL REFERENCES rooms ON DELETE CASCADE,
    user_id    text NOT NULL REFERENCES users ON DELETE CASCADE,
    role       text NOT NULL,
    -- The seq of the user's own `joined`, once it is in the log; reading begins there.
    joined_seq bigint NOT NULL DEFAULT 0,
    read_seq   bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (room, user_id)
);
CREATE INDEX members_user ON members (user_id, room);

-- Who was a member once: leaving again is the same, not a stranger's question.
CREATE TABLE former_members (
    room    text NOT NULL REFERENCES rooms ON DELETE CASCADE,
    user_id text NOT NULL,
    PRIMARY KEY (room, user_id)
);

-- Changes on their way into the log, written in the transaction of the change.
CREATE TABLE outbox (
    number     bigserial PRIMARY KEY,
    home       text NOT NULL,
    shard      int NOT NULL,
    room       text NOT NULL,
    ver        bigint NOT NULL,
    -- The event's author and id: its key in the archive.
    author     text NOT NULL,
    event_id   uuid NOT NULL,
    payload    bytea NOT NULL,
    -- Whose `joined` it is.
    joined     text,
    -- The first attempt to publish.
    tried_at   timestamptz,
    UNIQUE (room, ver)
);
CREATE INDEX outbox_shard ON outbox (home, shard, number);
