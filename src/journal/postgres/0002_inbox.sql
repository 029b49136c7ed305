-- What reached a node that stands by, on its way to the one that leads. The journal keeps what came of it.
CREATE TABLE coc_inbox (
    id bigserial PRIMARY KEY,
    put_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    body bytea NOT NULL,
    answer bytea
);

CREATE INDEX coc_inbox_waiting ON coc_inbox (id) WHERE answer IS NULL;
