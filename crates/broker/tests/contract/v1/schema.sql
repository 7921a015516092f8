-- Version 1. Times are whole nanoseconds since 1970, null for never. Sizes are bytes and thousandths
-- of a processor. JSON is text.

CREATE TABLE colonies (
    name TEXT PRIMARY KEY NOT NULL,
    colonyid TEXT NOT NULL
);

CREATE TABLE users (
    colony TEXT NOT NULL,
    name TEXT NOT NULL,
    userid TEXT NOT NULL,
    email TEXT NOT NULL,
    phone TEXT NOT NULL,
    PRIMARY KEY (colony, name)
);
CREATE INDEX users_by_id ON users (colony, userid);

CREATE TABLE executors (
    colony TEXT NOT NULL,
    name TEXT NOT NULL,
    executorid TEXT NOT NULL,
    executortype TEXT NOT NULL,
    state INTEGER NOT NULL,
    requirefuncreg INTEGER NOT NULL,
    commissioned INTEGER,
    heard INTEGER,
    location TEXT NOT NULL,
    capabilities TEXT NOT NULL,
    allocations TEXT NOT NULL,
    PRIMARY KEY (colony, name)
);
CREATE INDEX executors_by_id ON executors (executorid);
CREATE INDEX executors_heard ON executors (heard) WHERE state <> 3;

CREATE TABLE functions (
    functionid TEXT PRIMARY KEY NOT NULL,
    colony TEXT NOT NULL,
    executorname TEXT NOT NULL,
    executortype TEXT NOT NULL,
    funcname TEXT NOT NULL,
    description TEXT NOT NULL,
    args TEXT NOT NULL,
    location TEXT NOT NULL,
    counter INTEGER NOT NULL,
    minwait REAL NOT NULL,
    maxwait REAL NOT NULL,
    minexec REAL NOT NULL,
    maxexec REAL NOT NULL,
    avgwait REAL NOT NULL,
    avgexec REAL NOT NULL
);
CREATE INDEX functions_by_executor ON functions (colony, executorname, funcname);

-- `expires` is when the deadline pass has to look at the process: null for never. `executornames` is
-- a JSON array, null when anyone will do. `target` is the executor's name if exactly one will do, empty
-- when anyone will do, null for several; `needs` is all that an executor must have to get the process.
-- Both are computed when they are read; together with the index below they let a claim look at one
-- process for each different need, however many wait.
CREATE TABLE processes (
    seq INTEGER PRIMARY KEY,
    processid TEXT NOT NULL UNIQUE,
    colony TEXT NOT NULL,
    initiatorid TEXT NOT NULL,
    initiatorname TEXT NOT NULL,
    executorid TEXT NOT NULL DEFAULT '',
    state INTEGER NOT NULL DEFAULT 0,
    prioritytime INTEGER NOT NULL,
    submitted INTEGER NOT NULL,
    started INTEGER,
    ended INTEGER,
    waitdeadline INTEGER,
    execdeadline INTEGER,
    expires INTEGER,
    retries INTEGER NOT NULL DEFAULT 0,
    executortype TEXT NOT NULL,
    executornames TEXT,
    location TEXT NOT NULL,
    cpu INTEGER NOT NULL,
    mem INTEGER NOT NULL,
    storage INTEGER NOT NULL,
    nodes INTEGER NOT NULL,
    processes INTEGER NOT NULL,
    processespernode INTEGER NOT NULL,
    funcname TEXT NOT NULL,
    label TEXT NOT NULL,
    maxwaittime INTEGER NOT NULL,
    maxexectime INTEGER NOT NULL,
    maxretries INTEGER NOT NULL,
    spec TEXT NOT NULL,
    output TEXT NOT NULL DEFAULT '[]',
    errors TEXT NOT NULL DEFAULT '[]',
    target TEXT AS (CASE
        WHEN executornames IS NULL THEN ''
        WHEN json_array_length(executornames) = 1 AND executornames ->> 0 <> ''
        THEN executornames ->> 0 END),
    needs TEXT AS (json_array(
        executornames, location, cpu, mem, storage, nodes, processes, processespernode))
);
CREATE INDEX processes_waiting ON processes (colony, executortype, target, needs, prioritytime)
    WHERE state = 0;
CREATE INDEX processes_queued ON processes (colony, prioritytime) WHERE state = 0;
CREATE INDEX processes_held ON processes (executorid) WHERE state = 1;
CREATE INDEX processes_expiring ON processes (expires) WHERE expires IS NOT NULL;
CREATE INDEX processes_by_state ON processes (colony, state, ended);

CREATE TABLE attributes (
    seq INTEGER PRIMARY KEY,
    attributeid TEXT NOT NULL UNIQUE,
    targetid TEXT NOT NULL,
    targetcolony TEXT NOT NULL,
    attributetype INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL
);
CREATE INDEX attributes_by_target ON attributes (targetid);

-- `processid` is empty in what an executor says about itself.
CREATE TABLE logs (
    seq INTEGER PRIMARY KEY,
    processid TEXT NOT NULL,
    colony TEXT NOT NULL,
    executorname TEXT NOT NULL,
    message TEXT NOT NULL,
    timestamp INTEGER NOT NULL
);
CREATE INDEX logs_by_process ON logs (processid);
CREATE INDEX logs_by_executor ON logs (colony, executorname);
