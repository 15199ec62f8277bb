CREATE TABLE `audit` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at_ms` real NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`subject` text NOT NULL,
	`detail` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `teams` (
	`name` text PRIMARY KEY NOT NULL,
	`weight` integer NOT NULL,
	`requests_per_minute` integer,
	`tokens_per_minute` integer,
	`tokens_per_day` integer,
	`tokens_per_month` integer,
	`concurrent` integer,
	`max_tokens` integer,
	`created_ms` real NOT NULL
);
--> statement-breakpoint
ALTER TABLE `keys` ADD `requests_per_minute` integer;--> statement-breakpoint
ALTER TABLE `keys` ADD `tokens_per_minute` integer;--> statement-breakpoint
ALTER TABLE `keys` ADD `tokens_per_day` integer;--> statement-breakpoint
ALTER TABLE `keys` ADD `tokens_per_month` integer;--> statement-breakpoint
ALTER TABLE `keys` ADD `concurrent` integer;--> statement-breakpoint
ALTER TABLE `keys` ADD `max_tokens` integer;--> statement-breakpoint
ALTER TABLE `members` ADD `tokens_per_day` integer;--> statement-breakpoint
ALTER TABLE `members` ADD `tokens_per_month` integer;--> statement-breakpoint
ALTER TABLE `members` ADD `max_tokens` integer;--> statement-breakpoint
ALTER TABLE `usage` ADD `queued_ms` real DEFAULT 0 NOT NULL;