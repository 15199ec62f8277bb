CREATE TABLE `keys` (
	`id` text PRIMARY KEY NOT NULL,
	`member` text NOT NULL,
	`label` text,
	`hash` text NOT NULL,
	`models` text,
	`created_ms` real NOT NULL,
	`expires_ms` real,
	`revoked_ms` real
);
--> statement-breakpoint
CREATE INDEX `keys_member` ON `keys` (`member`);--> statement-breakpoint
CREATE TABLE `members` (
	`name` text PRIMARY KEY NOT NULL,
	`team` text,
	`requests_per_minute` integer,
	`tokens_per_minute` integer,
	`concurrent` integer,
	`created_ms` real NOT NULL
);
--> statement-breakpoint
CREATE TABLE `usage` (
	`request_id` text PRIMARY KEY NOT NULL,
	`at_ms` real NOT NULL,
	`member` text NOT NULL,
	`team` text,
	`key_id` text NOT NULL,
	`model` text NOT NULL,
	`deployment` text,
	`instance_id` text,
	`route` text NOT NULL,
	`outcome` text NOT NULL,
	`status` integer,
	`prompt_tokens` integer NOT NULL,
	`completion_tokens` integer NOT NULL,
	`cached_tokens` integer NOT NULL,
	`estimated` integer NOT NULL,
	`first_byte_ms` real,
	`total_ms` real NOT NULL
);
--> statement-breakpoint
CREATE INDEX `usage_at` ON `usage` (`at_ms`);