-- The journal's records: their bytes exactly as they were sealed, and under which lease they were written.
CREATE TABLE coc_record (
    seq bigint PRIMARY KEY CHECK (seq > 0),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    body bytea NOT NULL,
    fence bigint NOT NULL
);

-- States as they were after a record; only ever a short cut.
CREATE TABLE coc_snapshot (
    seq bigint PRIMARY KEY,
    body bytea NOT NULL
);

-- One row: who leads, under which fencing number, and until when unless it is renewed. By the database's clock.
CREATE TABLE coc_lease (
    id smallint PRIMARY KEY CHECK (id = 1),
    holder text NOT NULL,
    fence bigint NOT NULL,
    until timestamptz NOT NULL
);

-- One row: the newest sign of life.
CREATE TABLE coc_alive (
    id smallint PRIMARY KEY CHECK (id = 1),
    body bytea NOT NULL
);
