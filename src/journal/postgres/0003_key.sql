-- One row: the key under which the board's sessions are signed, so that a session opened at one node holds at the others.
CREATE TABLE coc_key (
    id smallint PRIMARY KEY CHECK (id = 1),
    board bytea NOT NULL CHECK (octet_length(board) = 32)
);
