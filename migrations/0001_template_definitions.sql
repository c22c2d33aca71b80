CREATE TABLE `template_syncs` (
	`business_account_id` text PRIMARY KEY NOT NULL,
	`synced_at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `templates` ADD `business_account_id` text;--> statement-breakpoint
ALTER TABLE `templates` ADD `components` text;--> statement-breakpoint
ALTER TABLE `templates` ADD `components_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `templates` ADD `components_whole` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `templates` ADD `parameter_format` text;--> statement-breakpoint
ALTER TABLE `templates` ADD `created_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `templates_by_time` ON `templates` (`created_at`,`name`,`language`);