package outbox

import (
	"errors"
	"fmt"
)

// schemaVersion is the user_version of a database this program writes. A
// release that changes the schema adds a step to migrations and never edits one.
const schemaVersion = 7

var (
	// ErrNewerSchema says that a newer sendoff has been here.
	ErrNewerSchema = errors.New("the outbox was written by a newer sendoff")
	// ErrOlderSender says that the outbox must be changed for this version, and
	// that a sender is running which would not understand it then.
	ErrOlderSender = errors.New("a sender of an older version is running")
)

// migrations[n] leads from version n to n+1.
//
// Times are microseconds since 1970 in UTC, 0 for none. items.state is a
// roll-up for lists, written in the transaction that changes a recipient, by
// the function derive; recipients.state is the truth. States are stored as the
// numbers of state.go: the literal 6 in the index of due items is StateWaiting.
var migrations = [schemaVersion]string{`
CREATE TABLE files(                -- content files: files/<sha256 in hex>
  sha        TEXT PRIMARY KEY,
  size       INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE items(
  id          INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used again
  state       INTEGER NOT NULL,
  draft       INTEGER NOT NULL DEFAULT 0,
  cancelled   INTEGER NOT NULL DEFAULT 0,
  held        INTEGER NOT NULL DEFAULT 0,
  account     TEXT NOT NULL,
  idem        TEXT,                                -- send --key
  message_id  TEXT NOT NULL DEFAULT '',
  sender      TEXT NOT NULL DEFAULT '',            -- envelope
  from_line   TEXT NOT NULL,                       -- for people, as the next four
  to_list     TEXT NOT NULL,
  cc_list     TEXT NOT NULL,
  bcc_list    TEXT NOT NULL,
  subject     TEXT NOT NULL,
  size        INTEGER NOT NULL DEFAULT 0,
  eight_bit   INTEGER NOT NULL DEFAULT 0,
  utf8        INTEGER NOT NULL DEFAULT 0,
  file        TEXT REFERENCES files(sha),          -- NULL: the bytes are in bodies
  not_before  INTEGER NOT NULL DEFAULT 0,
  undo        INTEGER NOT NULL DEFAULT 0,          -- not_before is an undo window
  next_at     INTEGER NOT NULL DEFAULT 0,
  attempts    INTEGER NOT NULL DEFAULT 0,          -- those that counted
  interrupted INTEGER NOT NULL DEFAULT 0,          -- in a row
  reason      TEXT NOT NULL DEFAULT '',
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX items_idem ON items(idem) WHERE idem IS NOT NULL;
CREATE INDEX items_state ON items(state, id);
CREATE INDEX items_due   ON items(account, next_at, id) WHERE state = 6;
CREATE INDEX items_scheduled ON items(not_before) WHERE state = 6 AND not_before > 0;
CREATE INDEX items_file  ON items(file) WHERE file IS NOT NULL;

CREATE TABLE bodies(
  item_id INTEGER PRIMARY KEY REFERENCES items(id) ON DELETE CASCADE,
  data    BLOB NOT NULL
) STRICT;

CREATE TABLE drafts(
  item_id INTEGER PRIMARY KEY REFERENCES items(id) ON DELETE CASCADE,
  json    TEXT NOT NULL
) STRICT;

CREATE TABLE recipients(
  id       INTEGER PRIMARY KEY,
  item_id  INTEGER NOT NULL REFERENCES items(id) ON DELETE CASCADE,
  address  TEXT NOT NULL,
  state    INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at  INTEGER NOT NULL,
  class    INTEGER NOT NULL DEFAULT 0,
  code     INTEGER NOT NULL DEFAULT 0,
  enhanced TEXT NOT NULL DEFAULT '',
  text     TEXT NOT NULL DEFAULT '',
  at       INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX recipients_item ON recipients(item_id, id);

CREATE TABLE attempts(
  id          INTEGER PRIMARY KEY,
  item_id     INTEGER NOT NULL REFERENCES items(id) ON DELETE CASCADE,
  number      INTEGER NOT NULL,
  account     TEXT NOT NULL,
  server      TEXT NOT NULL DEFAULT '',
  tls         TEXT NOT NULL DEFAULT '',
  started_at  INTEGER NOT NULL,
  marked_at   INTEGER NOT NULL DEFAULT 0,
  finished_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX attempts_item ON attempts(item_id, number);
CREATE INDEX attempts_open ON attempts(item_id) WHERE finished_at = 0;   -- what recovery reads: tiny

CREATE TABLE attempt_results(
  attempt_id   INTEGER NOT NULL REFERENCES attempts(id) ON DELETE CASCADE,
  recipient_id INTEGER NOT NULL REFERENCES recipients(id) ON DELETE CASCADE,
  class    INTEGER NOT NULL,
  code     INTEGER NOT NULL,
  enhanced TEXT NOT NULL,
  text     TEXT NOT NULL,
  PRIMARY KEY(attempt_id, recipient_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_results_recipient ON attempt_results(recipient_id);

CREATE TABLE parks(
  account     TEXT PRIMARY KEY,
  revision    TEXT NOT NULL,       -- of the account's settings: a change lifts the park
  class       INTEGER NOT NULL,
  code        INTEGER NOT NULL,
  enhanced    TEXT NOT NULL,
  text        TEXT NOT NULL,
  since       INTEGER NOT NULL,
  until       INTEGER NOT NULL,    -- 0: until a person or a change lifts it
  tries       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE counts(
  state INTEGER PRIMARY KEY,
  n     INTEGER NOT NULL
) STRICT;
CREATE TRIGGER items_inserted AFTER INSERT ON items BEGIN
  INSERT INTO counts VALUES(new.state, 1) ON CONFLICT(state) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER items_moved AFTER UPDATE OF state ON items WHEN old.state <> new.state BEGIN
  UPDATE counts SET n = n - 1 WHERE state = old.state;
  INSERT INTO counts VALUES(new.state, 1) ON CONFLICT(state) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER items_deleted AFTER DELETE ON items BEGIN
  UPDATE counts SET n = n - 1 WHERE state = old.state;
END;
`, `
ALTER TABLE items ADD COLUMN bulk INTEGER NOT NULL DEFAULT 0;       -- behind all that a person waits for
ALTER TABLE items ADD COLUMN purged_at INTEGER NOT NULL DEFAULT 0;  -- its bytes were removed by age or size
ALTER TABLE items ADD COLUMN digest TEXT NOT NULL DEFAULT '';       -- SHA-256 of the message in hex; '' in what schema 1 wrote
ALTER TABLE items ADD COLUMN replaced_by INTEGER NOT NULL DEFAULT 0; -- it was sent anew as that item
ALTER TABLE items ADD COLUMN seed BLOB;                             -- of its stamp, with message_id and date
ALTER TABLE items ADD COLUMN date INTEGER NOT NULL DEFAULT 0;
DROP INDEX items_due;
CREATE INDEX items_due ON items(account, bulk, next_at, id) WHERE state = 6;
CREATE INDEX items_kept ON items(state, updated_at) WHERE purged_at = 0;   -- what a purge looks through

ALTER TABLE recipients ADD COLUMN waited INTEGER NOT NULL DEFAULT 0;      -- see patience in retry.go
ALTER TABLE recipients ADD COLUMN online_at INTEGER NOT NULL DEFAULT 0;

ALTER TABLE attempts ADD COLUMN next_at INTEGER NOT NULL DEFAULT 0; -- when, if nothing comes of it

ALTER TABLE parks ADD COLUMN limited INTEGER NOT NULL DEFAULT 0;    -- a Limit
ALTER TABLE parks ADD COLUMN secret TEXT NOT NULL DEFAULT '';       -- fingerprint of the one that was refused
ALTER TABLE parks ADD COLUMN asked_at INTEGER NOT NULL DEFAULT 0;   -- when another one was asked for last

CREATE TABLE account_facts(        -- what was learnt of an account, apart from its settings
  account     TEXT PRIMARY KEY,
  offline     INTEGER NOT NULL DEFAULT 0,   -- how long in all it could not be reached
  connections INTEGER NOT NULL DEFAULT 0,   -- the most that its server takes; 0: not known
  learned_at  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE sends(                -- what counts against the limits of an account, for a day
  id         INTEGER PRIMARY KEY,
  attempt_id INTEGER NOT NULL,     -- which it outlives: deleting a message frees no quota
  account    TEXT NOT NULL,
  at         INTEGER NOT NULL,     -- 0 while it goes on
  recipients INTEGER NOT NULL
) STRICT;
CREATE INDEX sends_account ON sends(account, at);
CREATE UNIQUE INDEX sends_open ON sends(attempt_id) WHERE at = 0;
`, `
ALTER TABLE items ADD COLUMN require_tls INTEGER NOT NULL DEFAULT 0; -- it is to go over TLS alone, all the way
ALTER TABLE account_facts ADD COLUMN alone_until INTEGER NOT NULL DEFAULT 0; -- nothing is put behind a dot: see lane.go

ALTER TABLE attempts ADD COLUMN dialogue TEXT; -- what was said; NULL for nothing, and when the content was purged
`, `
ALTER TABLE items ADD COLUMN meant_for TEXT NOT NULL DEFAULT ''; -- the account whose fallback has taken it over

CREATE TABLE sent_copies(          -- what belongs into the Sent folder of its account, and what came of it
  item_id  INTEGER PRIMARY KEY REFERENCES items(id) ON DELETE CASCADE,
  account  TEXT NOT NULL,
  state    INTEGER NOT NULL,                 -- of sentcopy.go
  tries    INTEGER NOT NULL DEFAULT 0,       -- begun
  next_at  INTEGER NOT NULL,
  class    INTEGER NOT NULL DEFAULT 0,       -- of the last try
  text     TEXT NOT NULL DEFAULT '',         -- the folder, or what went wrong
  revision TEXT NOT NULL DEFAULT '',         -- of the account, where that is what went wrong
  secret   TEXT NOT NULL DEFAULT '',         -- fingerprint of the one that was refused
  at       INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX sent_copies_due ON sent_copies(account, next_at) WHERE state = 1;

CREATE INDEX items_message ON items(message_id) WHERE message_id <> '';    -- what a report is about

CREATE TABLE reports(              -- delivery reports that came back by mail, known message or not
  id         INTEGER PRIMARY KEY,
  mail       TEXT NOT NULL UNIQUE,           -- it counts once, from wherever it comes: its Message-ID, or its digest
  account    TEXT NOT NULL,                  -- whose mailbox it came to; '' for none
  at         INTEGER NOT NULL,               -- when it was taken in
  sender     TEXT NOT NULL,                  -- as it says
  subject    TEXT NOT NULL,                  -- of the message that it is about, else its own
  item_id    INTEGER REFERENCES items(id) ON DELETE CASCADE   -- NULL: of no message that is known
) STRICT;
CREATE INDEX reports_item ON reports(item_id) WHERE item_id IS NOT NULL;

CREATE TABLE report_recipients(    -- what a report says of each recipient
  report_id    INTEGER NOT NULL REFERENCES reports(id) ON DELETE CASCADE,
  recipient_id INTEGER REFERENCES recipients(id) ON DELETE CASCADE,  -- NULL: nobody whom the message went to
  address      TEXT NOT NULL,
  kind         INTEGER NOT NULL,             -- of outbox/bounce
  status       TEXT NOT NULL,
  code         INTEGER NOT NULL,
  diagnostic   TEXT NOT NULL,
  reason       TEXT NOT NULL,                -- for people
  counted      INTEGER NOT NULL              -- it has changed the recipient
) STRICT;
CREATE TABLE suppressions(         -- addresses that must not be written to
  address TEXT PRIMARY KEY,                  -- in lower case
  why     INTEGER NOT NULL,                  -- of suppress.go
  note    TEXT NOT NULL,                     -- the server's words, or a person's
  item    INTEGER NOT NULL,                  -- the message that showed it; 0: none
  at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE strikes(              -- failures that may pass, which suppress an address when they add up
  address TEXT NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY(address, at)
) STRICT, WITHOUT ROWID;

CREATE INDEX report_recipients_report ON report_recipients(report_id);
CREATE INDEX report_recipients_recipient ON report_recipients(recipient_id) WHERE recipient_id IS NOT NULL;

CREATE TABLE looks(                -- for reports, into the mailboxes of accounts
  account   TEXT PRIMARY KEY,
  place     TEXT NOT NULL,                   -- whose mailbox: of another one nothing is known
  looked_at INTEGER NOT NULL DEFAULT 0,      -- when it was looked through to the end last
  tried_at  INTEGER NOT NULL DEFAULT 0,      -- when that was begun last
  next_at   INTEGER NOT NULL DEFAULT 0,      -- not before, where something is wrong
  fails     INTEGER NOT NULL DEFAULT 0,      -- in a row, the one that has begun included
  class     INTEGER NOT NULL DEFAULT 0,      -- what went wrong; 0: nothing
  text      TEXT NOT NULL DEFAULT '',
  revision  TEXT NOT NULL DEFAULT '',        -- of the account, where that is what went wrong
  secret    TEXT NOT NULL DEFAULT ''         -- fingerprint of the one that was refused
) STRICT, WITHOUT ROWID;

CREATE TABLE looked_folders(       -- how far a folder of IMAP was looked through
  account  TEXT NOT NULL,
  folder   TEXT NOT NULL,
  validity INTEGER NOT NULL,                 -- UIDVALIDITY
  last     INTEGER NOT NULL,                 -- UID
  PRIMARY KEY(account, folder)
) STRICT, WITHOUT ROWID;

CREATE TABLE looked_mails(         -- the mails of POP3 that were looked at, while the server has them
  account TEXT NOT NULL,
  uidl    TEXT NOT NULL,
  PRIMARY KEY(account, uidl)
) STRICT, WITHOUT ROWID;
`, `
CREATE TABLE undo_steps(           -- what a person did, and may want to undo; for a day
  id     INTEGER PRIMARY KEY AUTOINCREMENT,  -- who has seen one must not undo another
  action INTEGER NOT NULL,                   -- of undo.go
  at     INTEGER NOT NULL
) STRICT;

CREATE TABLE undo_items(           -- to what it was done
  step_id INTEGER NOT NULL REFERENCES undo_steps(id) ON DELETE CASCADE,
  item_id INTEGER NOT NULL,                  -- which may be gone
  draft   TEXT NOT NULL,                     -- of what was deleted; '' for what is there still
  PRIMARY KEY(step_id, item_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE campaigns(
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  name        TEXT NOT NULL UNIQUE,
  state       INTEGER NOT NULL,              -- of campaign.go
  reason      TEXT NOT NULL DEFAULT '',      -- why it is paused, for people
  frozen      BLOB NOT NULL,                 -- what Render makes letters with
  columns     TEXT NOT NULL,                 -- their names, as JSON
  seed        BLOB NOT NULL,                 -- Message-IDs and the order of rows come from it
  not_before  INTEGER NOT NULL DEFAULT 0,    -- schedule
  hours       TEXT NOT NULL DEFAULT '',      -- when its letters leave, as outbox/pace reads it; '': at any time
  canary      INTEGER NOT NULL DEFAULT 0,    -- it pauses when so many rows are through; 0: it does not
  created_at  INTEGER NOT NULL,
  begun_at    INTEGER NOT NULL DEFAULT 0,    -- when the first row became an item
  watched_at  INTEGER NOT NULL DEFAULT 0,    -- what became of recipients before says nothing any more
  finished_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX campaigns_open ON campaigns(state) WHERE state IN (1, 2, 3);

CREATE TABLE campaign_accounts(    -- who sends it
  campaign  INTEGER NOT NULL REFERENCES campaigns(id) ON DELETE CASCADE,
  account   TEXT NOT NULL,
  from_line TEXT NOT NULL,                   -- where the letter names nobody
  PRIMARY KEY(campaign, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE campaign_files(       -- what goes with its letters, as it was at the start
  campaign INTEGER NOT NULL REFERENCES campaigns(id) ON DELETE CASCADE,
  path     TEXT NOT NULL,
  sha      TEXT NOT NULL REFERENCES files(sha),
  PRIMARY KEY(campaign, path)
) STRICT, WITHOUT ROWID;
CREATE INDEX campaign_files_sha ON campaign_files(sha);

CREATE TABLE campaign_rows(
  id       INTEGER PRIMARY KEY,
  campaign INTEGER NOT NULL REFERENCES campaigns(id) ON DELETE CASCADE,
  number   INTEGER NOT NULL,                 -- in the list, from 1
  line     INTEGER NOT NULL,                 -- of its file
  address  TEXT NOT NULL,                    -- as addresses are compared
  copy     INTEGER NOT NULL,                 -- 0, or the number where an address may stand twice
  cells    TEXT NOT NULL,                    -- as JSON, in the order of the columns
  account  TEXT NOT NULL,                    -- that sends it; '': whichever can
  shared   INTEGER NOT NULL,                 -- any account of the campaign may send it
  state    INTEGER NOT NULL,                 -- of campaign.go
  reason   TEXT NOT NULL,                    -- why it is skipped, for people
  position INTEGER NOT NULL,                 -- the order in which rows become items
  item_id  INTEGER REFERENCES items(id) ON DELETE SET NULL
) STRICT;
CREATE UNIQUE INDEX campaign_rows_number ON campaign_rows(campaign, number);
CREATE UNIQUE INDEX campaign_rows_address ON campaign_rows(campaign, address, copy) WHERE state <> 3;
CREATE INDEX campaign_rows_next ON campaign_rows(campaign, account, position) WHERE state = 1;
CREATE INDEX campaign_rows_item ON campaign_rows(item_id) WHERE item_id IS NOT NULL;

ALTER TABLE items ADD COLUMN campaign INTEGER REFERENCES campaigns(id) ON DELETE SET NULL;
ALTER TABLE items ADD COLUMN campaign_row INTEGER NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN rendered INTEGER NOT NULL DEFAULT 0; -- it has no bytes: they are made of its row
ALTER TABLE items ADD COLUMN halted INTEGER NOT NULL DEFAULT 0;   -- it is held since its campaign is paused
CREATE INDEX items_campaign ON items(campaign, state, updated_at) WHERE campaign IS NOT NULL;

CREATE TABLE campaign_counts(
  campaign INTEGER NOT NULL,
  items    INTEGER NOT NULL,                 -- 1: of items by their state, 0: of rows
  state    INTEGER NOT NULL,
  n        INTEGER NOT NULL,
  PRIMARY KEY(campaign, items, state)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER campaign_items_inserted AFTER INSERT ON items WHEN new.campaign IS NOT NULL BEGIN
  INSERT INTO campaign_counts VALUES(new.campaign, 1, new.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER campaign_items_moved AFTER UPDATE OF state ON items WHEN new.campaign IS NOT NULL AND old.state <> new.state BEGIN
  UPDATE campaign_counts SET n = n - 1 WHERE campaign = old.campaign AND items = 1 AND state = old.state;
  INSERT INTO campaign_counts VALUES(new.campaign, 1, new.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER campaign_items_deleted AFTER DELETE ON items WHEN old.campaign IS NOT NULL BEGIN
  UPDATE campaign_counts SET n = n - 1 WHERE campaign = old.campaign AND items = 1 AND state = old.state;
END;
CREATE TRIGGER campaign_rows_inserted AFTER INSERT ON campaign_rows BEGIN
  INSERT INTO campaign_counts VALUES(new.campaign, 0, new.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER campaign_rows_moved AFTER UPDATE OF state ON campaign_rows WHEN old.state <> new.state BEGIN
  UPDATE campaign_counts SET n = n - 1 WHERE campaign = old.campaign AND items = 0 AND state = old.state;
  INSERT INTO campaign_counts VALUES(new.campaign, 0, new.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER campaign_rows_deleted AFTER DELETE ON campaign_rows BEGIN
  UPDATE campaign_counts SET n = n - 1 WHERE campaign = old.campaign AND items = 0 AND state = old.state;
END;
CREATE TRIGGER campaigns_deleted AFTER DELETE ON campaigns BEGIN
  DELETE FROM campaign_counts WHERE campaign = old.id;
END;

CREATE TABLE store(                -- of this database as a whole, one row
  only     INTEGER PRIMARY KEY CHECK(only = 1),
  identity TEXT NOT NULL,                    -- of its file
  senders  INTEGER NOT NULL                  -- how many there have been
) STRICT;

-- What items are found by: every three letters in a row, and no text. What is new
-- comes into it later and by the hundred: see searchindex.go.
CREATE VIRTUAL TABLE sought USING fts5(text, content='', contentless_delete=1, tokenize='trigram', detail=none);
CREATE VIRTUAL TABLE sought_words USING fts5vocab(sought, 'row');
CREATE TABLE sought_range(         -- one row: the items that it has
  low  INTEGER NOT NULL,                     -- from this ID on
  high INTEGER NOT NULL                      -- to below this one
) STRICT;
INSERT INTO sought_range SELECT coalesce(max(id), 0) + 1, coalesce(max(id), 0) + 1 FROM items;
CREATE TRIGGER items_sought AFTER INSERT ON items WHEN new.id < (SELECT high FROM sought_range) AND new.id >= (SELECT low FROM sought_range) BEGIN
  INSERT INTO sought(rowid, text) VALUES(new.id, new.subject || x'0a0a' || new.to_list || x'0a0a' || new.cc_list || x'0a0a' || new.bcc_list || x'0a0a' || new.from_line || x'0a0a');
END;
CREATE TRIGGER items_resought AFTER UPDATE OF subject, to_list, cc_list, bcc_list, from_line ON items
WHEN new.id < (SELECT high FROM sought_range) AND new.id >= (SELECT low FROM sought_range) BEGIN
  DELETE FROM sought WHERE rowid = old.id;
  INSERT INTO sought(rowid, text) VALUES(new.id, new.subject || x'0a0a' || new.to_list || x'0a0a' || new.cc_list || x'0a0a' || new.bcc_list || x'0a0a' || new.from_line || x'0a0a');
END;
CREATE TRIGGER items_unsought AFTER DELETE ON items WHEN old.id < (SELECT high FROM sought_range) AND old.id >= (SELECT low FROM sought_range) BEGIN
  DELETE FROM sought WHERE rowid = old.id;
END;
`, `
ALTER TABLE items ADD COLUMN wishes INTEGER NOT NULL DEFAULT 0;   -- bits of wishes.go
` + wishesOfDrafts + `;
DROP INDEX items_kept;
CREATE INDEX items_kept ON items(state, updated_at) WHERE ` + keptItems + `;

-- An address stands once in a campaign, but for the rows that were skipped from the start, of
-- which each has the number of its row, negative, for a copy. A row that becomes an item, in the order of
-- chance, touches no page of it.
DROP INDEX campaign_rows_address;
UPDATE campaign_rows SET copy = -number WHERE state = 3;
CREATE UNIQUE INDEX campaign_rows_address ON campaign_rows(campaign, address, copy);
`, `
ALTER TABLE attempts ADD COLUMN stopping INTEGER NOT NULL DEFAULT 0;   -- a person wants it broken off: see stop.go
`}

// keptItems is the condition of the index items_kept, which what is to be found by it
// repeats in these words. What waits and is sent for the first time is nothing that it is
// for, and to be in it with each of its two states was a fiftieth of what a long queue
// takes.
const keptItems = "purged_at = 0 AND (state NOT IN (5, 6) OR attempts > 0)"

// version is the schema the database has; ErrNewerSchema if we do not know it.
func (t *tx) version() (version int, err error) {
	err = t.queryRow("PRAGMA user_version").Scan(&version)
	if err == nil {
		err = checkVersion(version)
	}
	return version, err
}

// lastSchema is more than there will ever be: a version above it was not
// written by anybody.
const lastSchema = 1000

func checkVersion(version int) error {
	switch {
	case version < 0 || version > lastSchema:
		return fmt.Errorf("%w: there is no schema %d", ErrCorrupt, version)
	case version > schemaVersion:
		return fmt.Errorf("schema %d: %w", version, ErrNewerSchema)
	}
	return nil
}

// migrate brings the database to schemaVersion, in the caller's transaction.
func (t *tx) migrate() error {
	version, err := t.version()
	if err != nil {
		return err
	}
	for ; version < schemaVersion; version++ {
		if err := t.execScript(migrations[version]); err != nil {
			return fmt.Errorf("to schema %d: %w", version+1, err)
		}
		if err := t.execScript(fmt.Sprintf("PRAGMA user_version = %d", version+1)); err != nil {
			return err
		}
	}
	return nil
}
