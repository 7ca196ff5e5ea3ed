-- What the items of both tables and the seals say, as far as they are held against each other.
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE rows (
  network TEXT, id TEXT, recorded_at TEXT, is_marker INTEGER, kind TEXT, of_id TEXT,
  hash TEXT, settled TEXT, problem TEXT, PRIMARY KEY (network, id)) WITHOUT ROWID;
CREATE TABLE concerned (
  network TEXT, id TEXT, membership TEXT, PRIMARY KEY (network, id, membership)) WITHOUT ROWID;
CREATE TABLE markers_due (
  network TEXT, id TEXT, of_id TEXT, recorded_at TEXT, hash TEXT,
  PRIMARY KEY (network, id, of_id)) WITHOUT ROWID;
CREATE TABLE postings (
  network TEXT, membership TEXT, sequence INTEGER, recorded_at TEXT, id TEXT, posted_at TEXT,
  hash TEXT, previous_hash TEXT, activity_hash TEXT, balance_before TEXT, balance_after TEXT,
  problem TEXT, PRIMARY KEY (network, membership, recorded_at, id)) WITHOUT ROWID;
CREATE TABLE outcomes (
  network TEXT, id TEXT, recorded_at TEXT, outcome TEXT, hash TEXT, activity_hash TEXT,
  problem TEXT, PRIMARY KEY (network, id)) WITHOUT ROWID;
CREATE TABLE balances (
  network TEXT, membership TEXT, sequence INTEGER, last_hash TEXT, points TEXT, problem TEXT,
  PRIMARY KEY (network, membership)) WITHOUT ROWID;
CREATE TABLE seals (
  network TEXT, number INTEGER, since TEXT, until TEXT, sealed_at TEXT,
  PRIMARY KEY (network, number)) WITHOUT ROWID;
-- A row was recorded from `since` on and before `until`, as far as its seal says; one that is late was
-- sealed after its window.
CREATE TABLE sealed_rows (
  network TEXT, id TEXT, hash TEXT, seal INTEGER, since TEXT, until TEXT, is_late INTEGER,
  PRIMARY KEY (network, id)) WITHOUT ROWID;
CREATE TABLE sealed_postings (
  network TEXT, membership TEXT, id TEXT, sequence INTEGER, hash TEXT, seal INTEGER,
  PRIMARY KEY (network, membership, id)) WITHOUT ROWID;
CREATE TABLE sealed_outcomes (
  network TEXT, id TEXT, hash TEXT, seal INTEGER, PRIMARY KEY (network, id)) WITHOUT ROWID;
CREATE TABLE waiting (network TEXT, id TEXT, PRIMARY KEY (network, id)) WITHOUT ROWID;
-- Up to when a row of a network must be in a seal; none if seals are missing.
CREATE TABLE sealed_until (network TEXT PRIMARY KEY, moment TEXT) WITHOUT ROWID;
-- Each row with what is wrong with it: changed as it says itself, changed as its seal says, in a seal
-- of another time, or in no seal though it must be in one. A marker is in none.
CREATE VIEW judged_rows AS
SELECT r.*, s.hash AS sealed_hash, s.seal, w.id IS NOT NULL AS waits, u.moment AS sealed_until,
  CASE
    WHEN r.problem != '' THEN 'wrong'
    WHEN s.hash IS NOT NULL AND s.hash != r.hash THEN 'replaced'
    WHEN r.recorded_at < s.since OR r.recorded_at >= s.until THEN 'misdated'
    WHEN s.hash IS NULL AND w.id IS NULL AND NOT r.is_marker AND r.recorded_at < u.moment THEN 'added'
    ELSE '' END AS fault
FROM rows r
LEFT JOIN sealed_rows s ON s.network = r.network AND s.id = r.id
LEFT JOIN waiting w ON w.network = r.network AND w.id = r.id
LEFT JOIN sealed_until u ON u.network = r.network;
