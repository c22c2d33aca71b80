ALTER TABLE `contacts` ADD `changed_by` text;--> statement-breakpoint
ALTER TABLE `conversations` ADD `changed_by` text;--> statement-breakpoint
CREATE INDEX `messages_refused` ON `messages` (`id`) WHERE state = 'queued' AND error IS NOT NULL;