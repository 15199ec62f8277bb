CREATE TABLE `deployments` (
	`name` text PRIMARY KEY NOT NULL,
	`model` text NOT NULL,
	`served_model` text NOT NULL,
	`engine` text NOT NULL,
	`cluster` text NOT NULL,
	`wanted` text NOT NULL,
	`stop_mode` text,
	`created_ms` real NOT NULL,
	`instance_id` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `history` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at_ms` real NOT NULL,
	`deployment` text NOT NULL,
	`instance_id` text NOT NULL,
	`kind` text NOT NULL,
	`message` text NOT NULL,
	`process_id` text,
	`event_id` integer
);
--> statement-breakpoint
CREATE INDEX `history_deployment` ON `history` (`deployment`,`seq`);--> statement-breakpoint
CREATE UNIQUE INDEX `history_source` ON `history` (`instance_id`,`process_id`,`event_id`);--> statement-breakpoint
CREATE TABLE `instances` (
	`id` text PRIMARY KEY NOT NULL,
	`deployment` text NOT NULL,
	`job_dir` text NOT NULL,
	`enrolment_hash` text NOT NULL,
	`job_id` text,
	`life` text NOT NULL,
	`models` text NOT NULL,
	`gpus` text NOT NULL,
	`deadline_ms` real,
	`created_ms` real NOT NULL,
	`updated_ms` real NOT NULL
);
--> statement-breakpoint
CREATE INDEX `instances_deployment` ON `instances` (`deployment`);