ALTER TABLE `media` ADD `origin` text DEFAULT 'received' NOT NULL;--> statement-breakpoint
ALTER TABLE `media` ADD `renewed_meta_id` text;--> statement-breakpoint
ALTER TABLE `media` ADD `meta_expires_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `media` ADD `stored_at` integer;--> statement-breakpoint
ALTER TABLE `media` ADD `error` text;--> statement-breakpoint
CREATE INDEX `media_uploads` ON `media` (`sha256`,`phone_number_id`,`meta_expires_at`) WHERE origin = 'uploaded';--> statement-breakpoint
ALTER TABLE `messages` ADD `media_id` text;--> statement-breakpoint
UPDATE `media` SET `origin` = CASE WHEN `size_bytes` IS NULL THEN 'received' ELSE 'uploaded' END,
  `meta_expires_at` = `created_at` + CASE WHEN `size_bytes` IS NULL THEN 7 ELSE 30 END * 86400000;--> statement-breakpoint
UPDATE `messages` SET `media_id` = 'med_' || substr(`id`, 5)
WHERE 'med_' || substr(`id`, 5) IN (SELECT `id` FROM `media`);
