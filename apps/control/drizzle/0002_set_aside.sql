CREATE TABLE `set_aside` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at_ms` real NOT NULL,
	`table_name` text NOT NULL,
	`record_id` text NOT NULL,
	`why` text NOT NULL,
	`record` text NOT NULL
);
