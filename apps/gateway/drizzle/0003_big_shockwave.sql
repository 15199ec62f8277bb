CREATE TABLE `published_names` (
	`name` text PRIMARY KEY NOT NULL,
	`publisher` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `publishers` (
	`name` text PRIMARY KEY NOT NULL,
	`uid` integer NOT NULL,
	`hash` text NOT NULL,
	`created_ms` real NOT NULL
);
--> statement-breakpoint
CREATE TABLE `upstreams` (
	`name` text PRIMARY KEY NOT NULL,
	`url` text NOT NULL,
	`api_key` text NOT NULL,
	`models` text,
	`concurrent` integer,
	`created_ms` real NOT NULL
);
