CREATE TABLE `erasures` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`erased_at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `erasures_by_time` ON `erasures` (`erased_at`);--> statement-breakpoint
CREATE INDEX `message_statuses_of_participants` ON `message_statuses` (`participant`) WHERE participant <> '';--> statement-breakpoint
CREATE INDEX `messages_by_media` ON `messages` (`media_id`) WHERE media_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `messages_of_participants` ON `messages` (`participant`) WHERE participant IS NOT NULL;