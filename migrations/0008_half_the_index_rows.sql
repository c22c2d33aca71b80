DROP INDEX `conversations_by_time`;--> statement-breakpoint
DROP INDEX `conversations_by_status`;--> statement-breakpoint
DROP INDEX `conversations_unread`;--> statement-breakpoint
DROP INDEX `conversations_by_number`;--> statement-breakpoint
ALTER TABLE `conversations` ADD `messages_from` text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX `conversations_in_lists` ON `conversations` (`phone_number_id`,`status`,unread_count > 0,`last_message_at`,`id`);--> statement-breakpoint
CREATE TABLE `__new_messages` (
	`id` text NOT NULL,
	`conversation_id` text NOT NULL,
	`phone_number_id` text NOT NULL,
	`direction` text NOT NULL,
	`type` text NOT NULL,
	`wamid` text,
	`body` text NOT NULL,
	`payload` text NOT NULL,
	`participant` text,
	`media_id` text,
	`target_wamid` text,
	`reactions` text DEFAULT '[]' NOT NULL,
	`edited_body` text,
	`revoked_at` integer,
	`metadata` text,
	`biz_opaque_callback_data` text,
	`sent_by` text,
	`idempotency_key` text,
	`request_hash` text,
	`send_options` text,
	`state` text NOT NULL,
	`state_revision` integer DEFAULT 0 NOT NULL,
	`meta_status` text,
	`error` text,
	`meta_error` text,
	`pricing` text,
	`resend_of` text,
	`fallback_of` text,
	`send_at` integer,
	`expires_at` integer,
	`created_at` integer NOT NULL,
	`received_at` integer,
	`sent_at` integer,
	`delivered_at` integer,
	`read_at` integer,
	`failed_at` integer,
	`meta_failed_at` integer,
	PRIMARY KEY(`conversation_id`, `id`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `__new_messages`("id", "conversation_id", "phone_number_id", "direction", "type", "wamid", "body", "payload", "participant", "media_id", "target_wamid", "reactions", "edited_body", "revoked_at", "metadata", "biz_opaque_callback_data", "sent_by", "idempotency_key", "request_hash", "send_options", "state", "state_revision", "meta_status", "error", "meta_error", "pricing", "resend_of", "fallback_of", "send_at", "expires_at", "created_at", "received_at", "sent_at", "delivered_at", "read_at", "failed_at", "meta_failed_at") SELECT "id", "conversation_id", "phone_number_id", "direction", "type", "wamid", "body", "payload", "participant", "media_id", "target_wamid", "reactions", "edited_body", "revoked_at", "metadata", "biz_opaque_callback_data", "sent_by", "idempotency_key", "request_hash", "send_options", "state", "state_revision", "meta_status", "error", "meta_error", "pricing", "resend_of", "fallback_of", "send_at", "expires_at", "created_at", "received_at", "sent_at", "delivered_at", "read_at", "failed_at", "meta_failed_at" FROM `messages` ORDER BY `conversation_id`, `id`;--> statement-breakpoint
DROP TABLE `messages`;--> statement-breakpoint
ALTER TABLE `__new_messages` RENAME TO `messages`;--> statement-breakpoint
CREATE UNIQUE INDEX `messages_by_tail` ON `messages` (substr(`id`, 21));--> statement-breakpoint
CREATE UNIQUE INDEX `messages_sent_by_wamid` ON `messages` (`wamid`,`phone_number_id`) WHERE direction = 'outbound' AND wamid IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `messages_by_idempotency_key` ON `messages` (`sent_by`,`idempotency_key`) WHERE idempotency_key IS NOT NULL;--> statement-breakpoint
CREATE INDEX `messages_unsettled` ON `messages` (`id`) WHERE state IN ('pending', 'unconfirmed');--> statement-breakpoint
CREATE INDEX `messages_refused` ON `messages` (`id`) WHERE state = 'queued' AND error IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `messages_by_fallback` ON `messages` (`fallback_of`) WHERE fallback_of IS NOT NULL;--> statement-breakpoint
CREATE INDEX `messages_by_target` ON `messages` (`target_wamid`,`phone_number_id`,`id`) WHERE target_wamid IS NOT NULL;--> statement-breakpoint
CREATE INDEX `messages_by_media` ON `messages` (`media_id`) WHERE media_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `messages_of_participants` ON `messages` (`participant`) WHERE participant IS NOT NULL;--> statement-breakpoint
UPDATE `conversations` SET `messages_from` = coalesce(
  (SELECT min(`id`) FROM `messages` WHERE `conversation_id` = `conversations`.`id`), '');--> statement-breakpoint
CREATE INDEX `conversations_by_oldest` ON `conversations` (`messages_from`,`id`);
