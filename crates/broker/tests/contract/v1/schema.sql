-- Version 1. Times are whole nanoseconds since 1970, null for never. Sizes are bytes and thousandths
-- of a processor. JSON is text.

CREATE TABLE colonies (
    name TEXT PRIMARY KEY NOT NULL,
    colonyid TEXT NOT NULL
);

-- Colonies whose work is held back. A name stays here when its colony goes.
CREATE TABLE pauses (
    colony TEXT PRIMARY KEY NOT NULL
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
    blueprintid TEXT NOT NULL,
    blueprintgen INTEGER NOT NULL,
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
-- a JSON array, null when anyone will do; `channels` is one, null when there are none: it stands apart from
-- `spec` and before it, so that nobody who says something has to wait for a long spec. Of a node of a graph: `waits` counts the parents that have
-- not succeeded, `input` is what the parents put out. `target` is the executor's name if exactly one will do, empty
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
    channels TEXT,
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
    graphid TEXT NOT NULL DEFAULT '',
    waits INTEGER NOT NULL DEFAULT 0,
    input TEXT NOT NULL DEFAULT '[]',
    target TEXT AS (CASE
        WHEN executornames IS NULL THEN ''
        WHEN json_array_length(executornames) = 1 AND executornames ->> 0 <> ''
        THEN executornames ->> 0 END),
    needs TEXT AS (json_array(
        executornames, location, cpu, mem, storage, nodes, processes, processespernode))
);
CREATE INDEX processes_waiting ON processes (colony, executortype, target, needs, prioritytime)
    WHERE state = 0 AND waits = 0;
CREATE INDEX processes_queued ON processes (colony, prioritytime) WHERE state = 0;
CREATE INDEX processes_held ON processes (executorid) WHERE state = 1;
CREATE INDEX processes_expiring ON processes (expires) WHERE expires IS NOT NULL;
CREATE INDEX processes_by_state ON processes (colony, state, ended);
-- Used only by queries that say `graphid <> ''` too.
CREATE INDEX processes_by_graph ON processes (graphid, state) WHERE graphid <> '';

-- Workflows. What one consists of is in `processes`.
CREATE TABLE graphs (
    seq INTEGER PRIMARY KEY,
    graphid TEXT NOT NULL UNIQUE,
    colony TEXT NOT NULL,
    initiatorid TEXT NOT NULL,
    initiatorname TEXT NOT NULL,
    state INTEGER NOT NULL,
    submitted INTEGER NOT NULL,
    started INTEGER,
    ended INTEGER
);
CREATE INDEX graphs_by_state ON graphs (colony, state);

-- Which node of a graph waits for which, in the order of the parents of a child, and of the children
-- of a parent. Not in the nodes' rows: thousands may wait for one node, and one for thousands.
CREATE TABLE links (
    seq INTEGER PRIMARY KEY,
    parent TEXT NOT NULL,
    child TEXT NOT NULL
);
CREATE INDEX links_by_parent ON links (parent);
CREATE INDEX links_by_child ON links (child);

-- A graph's state follows from its nodes', whatever changes them: failed if one failed, else cancelled
-- if one was, else successful if all are, else running if one has begun, else waiting.
CREATE TRIGGER graph_state AFTER UPDATE OF state ON processes
WHEN NEW.graphid <> '' AND NEW.state <> OLD.state
BEGIN
    UPDATE graphs SET started = coalesce(started, NEW.started), state = CASE
        WHEN EXISTS (SELECT 1 FROM processes
            WHERE graphid <> '' AND graphid = NEW.graphid AND state = 3) THEN 3
        WHEN EXISTS (SELECT 1 FROM processes
            WHERE graphid <> '' AND graphid = NEW.graphid AND state = 4) THEN 4
        WHEN NOT EXISTS (SELECT 1 FROM processes
            WHERE graphid <> '' AND graphid = NEW.graphid AND state IN (0, 1)) THEN 2
        WHEN EXISTS (SELECT 1 FROM processes
            WHERE graphid <> '' AND graphid = NEW.graphid AND state IN (1, 2)) THEN 1
        ELSE 0 END
    WHERE graphid = NEW.graphid;
    UPDATE graphs SET ended = coalesce(ended, NEW.ended)
    WHERE graphid = NEW.graphid AND state IN (2, 3, 4);
END;

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

CREATE TABLE definitions (
    definitionid TEXT PRIMARY KEY NOT NULL,
    colony TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    UNIQUE (colony, name)
);

CREATE TABLE blueprints (
    blueprintid TEXT PRIMARY KEY NOT NULL,
    colony TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    location TEXT NOT NULL,
    content TEXT NOT NULL,
    UNIQUE (colony, name)
);

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
CREATE INDEX logs_by_time ON logs (colony, timestamp);
