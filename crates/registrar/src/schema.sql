-- Version 1. Times are whole milliseconds since 1970, null for never. A secret is its SHA-256, 32
-- bytes. An empty `invite` stands for none: whoever came so was on this machine.

CREATE TABLE invites (
    id TEXT PRIMARY KEY NOT NULL,
    secret BLOB NOT NULL,
    label TEXT NOT NULL,
    colony TEXT NOT NULL,
    executortype TEXT NOT NULL,
    nameprefix TEXT NOT NULL,
    uses INTEGER,
    atonce INTEGER NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER,
    revoked INTEGER
);
-- Not the whole secret: that is compared in constant time.
CREATE INDEX invites_by_secret ON invites (substr(secret, 1, 8));

-- Each use of an invite.
CREATE TABLE visits (
    invite TEXT NOT NULL,
    visit BLOB NOT NULL,
    began INTEGER NOT NULL,
    PRIMARY KEY (invite, visit)
) WITHOUT ROWID;

-- Visits that may not come again, by whatever invite.
CREATE TABLE bans (
    visit BLOB PRIMARY KEY NOT NULL,
    banned INTEGER NOT NULL
) WITHOUT ROWID;

-- Executors and users that are, or may be, in a colony because they were let in here.
-- `role`: 0 executor, 1 visitor. `state`: 0 joining, 1 joined, 2 leaving.
CREATE TABLE members (
    id TEXT PRIMARY KEY NOT NULL,
    colony TEXT NOT NULL,
    role INTEGER NOT NULL,
    name TEXT NOT NULL,
    executortype TEXT NOT NULL,
    state INTEGER NOT NULL,
    invite TEXT NOT NULL,
    visit BLOB NOT NULL,
    enlisted INTEGER NOT NULL,
    heard INTEGER NOT NULL,
    holds TEXT,
    heldsince INTEGER,
    done INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    givenback INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX members_by_name ON members (colony, role, name);
CREATE INDEX members_by_invite ON members (invite, colony);
CREATE INDEX members_by_visit ON members (visit);

-- The keys of members that have gone: none of them opens a door again.
CREATE TABLE former (
    id TEXT PRIMARY KEY NOT NULL,
    colony TEXT NOT NULL
) WITHOUT ROWID;

-- What became of the processes of members that have gone.
CREATE TABLE totals (
    invite TEXT PRIMARY KEY NOT NULL,
    done INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    givenback INTEGER NOT NULL
) WITHOUT ROWID;
