ALTER TABLE `instances` ADD `role` text DEFAULT 'current' NOT NULL;--> statement-breakpoint
ALTER TABLE `instances` ADD `replica` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `instances` ADD `former` integer DEFAULT false NOT NULL;--> statement-breakpoint
UPDATE `instances` SET `former` = 1 WHERE `id` NOT IN (SELECT `instance_id` FROM `deployments`);--> statement-breakpoint
ALTER TABLE `instances` RENAME COLUMN `models` TO `served_models`;--> statement-breakpoint
ALTER TABLE `instances` RENAME COLUMN `gpus` TO `nodes`;--> statement-breakpoint
UPDATE `instances` SET `nodes` = '[]';--> statement-breakpoint
ALTER TABLE `deployments` DROP COLUMN `instance_id`;
