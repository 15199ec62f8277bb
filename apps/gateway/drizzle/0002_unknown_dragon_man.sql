CREATE TABLE `invites` (
	`id` text PRIMARY KEY NOT NULL,
	`member` text NOT NULL,
	`hash` text NOT NULL,
	`created_ms` real NOT NULL,
	`expires_ms` real NOT NULL,
	`used_ms` real,
	`label` text,
	`models` text,
	`key_expires_ms` real
);
--> statement-breakpoint
CREATE INDEX `invites_member` ON `invites` (`member`);