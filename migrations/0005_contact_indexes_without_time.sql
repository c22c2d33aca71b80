DROP INDEX `conversations_by_phone`;--> statement-breakpoint
DROP INDEX `conversations_by_user`;--> statement-breakpoint
CREATE INDEX `conversations_by_phone` ON `conversations` (`phone`) WHERE phone IS NOT NULL;--> statement-breakpoint
CREATE INDEX `conversations_by_user` ON `conversations` (`user_id`) WHERE user_id IS NOT NULL;