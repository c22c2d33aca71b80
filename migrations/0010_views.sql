CREATE TABLE `staff` (
	`name` text PRIMARY KEY NOT NULL,
	`display_name` text,
	`last_seen_at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `conversations` ADD `assignee` text;--> statement-breakpoint
ALTER TABLE `conversations` ADD `waiting_since` integer;--> statement-breakpoint
ALTER TABLE `conversations` ADD `profile_folded` text;--> statement-breakpoint
ALTER TABLE `conversations` ADD `contact_folded` text;--> statement-breakpoint
CREATE INDEX `conversations_by_assignee` ON `conversations` (`assignee`,`phone_number_id`,`status`,unread_count > 0,`last_message_at`,`id`) WHERE assignee IS NOT NULL;--> statement-breakpoint
CREATE INDEX `conversations_waiting` ON `conversations` (`waiting_since`,`id`) WHERE waiting_since IS NOT NULL;--> statement-breakpoint
CREATE INDEX `conversations_unfolded` ON `conversations` (`id`) WHERE (profile_folded IS NULL OR contact_name IS NOT NULL AND contact_folded IS NULL);