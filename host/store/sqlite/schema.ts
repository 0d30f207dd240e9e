/** Tables, as steps from one schema version to the next; `user_version` counts the steps that were taken. */
import type { DatabaseSync } from "node:sqlite";
import { StoreError } from "../errors.ts";

/**
 * What is looked for is a column; the rest of a record is JSON, so that a new setting needs no step here. Times are REAL
 * as numbers in JavaScript are. Never edit a step that was released: add one.
 */
const STEPS: readonly string[] = [
	`
	CREATE TABLE functions (
		name TEXT NOT NULL PRIMARY KEY,
		-- UTF-16, big-endian: its bytes are in order of code units, which UTF-8's are not.
		sort_key BLOB NOT NULL UNIQUE,
		revision_id TEXT NOT NULL,
		code_size INTEGER NOT NULL,
		record TEXT NOT NULL
	) STRICT;

	CREATE TABLE urls (
		id TEXT NOT NULL PRIMARY KEY,
		function_name TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE,
		qualifier TEXT,
		record TEXT NOT NULL
	) STRICT;
	CREATE UNIQUE INDEX urls_of_function ON urls (function_name, ifnull(qualifier, ''));

	CREATE TABLE event_invoke (
		function_name TEXT NOT NULL PRIMARY KEY REFERENCES functions (name) ON DELETE CASCADE,
		record TEXT NOT NULL
	) STRICT;

	-- No reference: an event may outlive its function by the moment in which it was accepted.
	CREATE TABLE queue (
		seq INTEGER PRIMARY KEY,
		id TEXT NOT NULL UNIQUE,
		function_name TEXT NOT NULL,
		qualifier TEXT,
		client_context TEXT,
		trace_id TEXT,
		accepted_at REAL NOT NULL,
		attempts INTEGER NOT NULL,
		due_at REAL NOT NULL,
		hops INTEGER NOT NULL,
		payload BLOB NOT NULL
	) STRICT;
	CREATE INDEX queue_due ON queue (due_at, seq, id, function_name);
	CREATE INDEX queue_of_function ON queue (function_name);

	CREATE TABLE triggers (
		seq INTEGER PRIMARY KEY,
		id TEXT NOT NULL UNIQUE,
		kind TEXT NOT NULL,
		function_name TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE,
		enabled INTEGER NOT NULL,
		settings TEXT NOT NULL,
		created_at TEXT NOT NULL
	) STRICT;
	CREATE INDEX triggers_of_function ON triggers (function_name);

	CREATE TABLE checkpoints (
		trigger_id TEXT NOT NULL REFERENCES triggers (id) ON DELETE CASCADE,
		key TEXT NOT NULL,
		value TEXT NOT NULL,
		PRIMARY KEY (trigger_id, key)
	) STRICT, WITHOUT ROWID;
	`,
	// Host names are looked up without regard to case.
	"CREATE INDEX functions_by_label ON functions (name COLLATE NOCASE);",
	"ALTER TABLE queue ADD COLUMN tenant_id TEXT;",
	// Versions, aliases, policies and all else that hangs on functions and the account: found by key, listed in order.
	`
	CREATE TABLE records (
		kind TEXT NOT NULL,
		scope TEXT NOT NULL,
		key TEXT NOT NULL,
		sort_key TEXT NOT NULL,
		function_name TEXT REFERENCES functions (name) ON DELETE CASCADE,
		revision_id TEXT,
		code_size INTEGER NOT NULL,
		record TEXT NOT NULL,
		PRIMARY KEY (kind, scope, key)
	) STRICT;
	CREATE INDEX records_in_order ON records (kind, scope, sort_key);
	CREATE INDEX records_of_function ON records (function_name) WHERE function_name IS NOT NULL;
	CREATE INDEX records_with_code ON records (code_size) WHERE code_size > 0;
	`,
	// One a qualifier; what there was is that of `$LATEST`.
	`
	INSERT INTO records (kind, scope, key, sort_key, function_name, revision_id, code_size, record)
		SELECT 'eventInvoke', function_name, '$LATEST', '.$LATEST', function_name, NULL, 0,
			json_set(record, '$.qualifier', '$LATEST') FROM event_invoke;
	DROP TABLE event_invoke;
	`,
];

/** Brings a database to the newest version, each step in one transaction. Throws StoreError for one of a later release. */
export function migrate(connection: DatabaseSync, steps: readonly string[] = STEPS): void {
	const version = Number(connection.prepare("PRAGMA user_version").get()?.user_version);
	if (version > steps.length)
		throw new StoreError(
			`The database ${connection.location()} has schema version ${version}, and this release knows ${steps.length}: use the release that wrote it, or a later one`,
		);
	for (const [index, step] of steps.entries()) {
		if (index < version) continue;
		// A step that fails leaves its transaction open; closing the connection, as the caller does then, rolls it back.
		connection.exec(`BEGIN IMMEDIATE; ${step}; PRAGMA user_version = ${index + 1}; COMMIT;`);
	}
}
