CREATE TABLE `account_events` (
	`id` text PRIMARY KEY NOT NULL,
	`field` text NOT NULL,
	`business_account_id` text,
	`phone_number_id` text,
	`value` text,
	`received_at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `account_events_by_time` ON `account_events` (`received_at`,`id`);--> statement-breakpoint
CREATE INDEX `account_events_by_field` ON `account_events` (`field`,`received_at`,`id`);--> statement-breakpoint
CREATE TABLE `contacts` (
	`address` text PRIMARY KEY NOT NULL,
	`name` text,
	`owner` text,
	`marketing` text,
	`marketing_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `conversations` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`phone_number_id` text NOT NULL,
	`phone` text,
	`wa_id` text,
	`user_id` text,
	`parent_user_id` text,
	`username` text,
	`group_id` text,
	`profile_name` text,
	`contact_name` text,
	`owner` text,
	`subject` text,
	`status` text NOT NULL,
	`unread_count` integer NOT NULL,
	`read_up_to` text,
	`last_message_at` integer NOT NULL,
	`last_customer_message_at` integer,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `conversations_by_time` ON `conversations` (`last_message_at`,`id`);--> statement-breakpoint
CREATE INDEX `conversations_by_status` ON `conversations` (`status`,`last_message_at`,`id`);--> statement-breakpoint
CREATE INDEX `conversations_unread` ON `conversations` (`last_message_at`,`id`) WHERE unread_count > 0;--> statement-breakpoint
CREATE INDEX `conversations_by_owner` ON `conversations` (`owner`,`last_message_at`,`id`) WHERE owner IS NOT NULL;--> statement-breakpoint
CREATE INDEX `conversations_by_number` ON `conversations` (`phone_number_id`,`last_message_at`,`id`);--> statement-breakpoint
CREATE INDEX `conversations_unspoken` ON `conversations` (`created_at`) WHERE version = 0;--> statement-breakpoint
CREATE INDEX `conversations_by_phone` ON `conversations` (`phone`,`last_message_at`,`id`) WHERE phone IS NOT NULL;--> statement-breakpoint
CREATE INDEX `conversations_by_user` ON `conversations` (`user_id`,`last_message_at`,`id`) WHERE user_id IS NOT NULL;--> statement-breakpoint
CREATE TABLE `dead_letters` (
	`id` text PRIMARY KEY NOT NULL,
	`source` text NOT NULL,
	`reason` text NOT NULL,
	`payload` text,
	`created_at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `media` (
	`id` text PRIMARY KEY NOT NULL,
	`phone_number_id` text NOT NULL,
	`meta_id` text NOT NULL,
	`mime_type` text NOT NULL,
	`sha256` text,
	`filename` text,
	`size_bytes` integer,
	`created_at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `media_by_meta_id` ON `media` (`meta_id`);--> statement-breakpoint
CREATE TABLE `merged_conversations` (
	`id` text PRIMARY KEY NOT NULL,
	`into_id` text NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `merged_conversations_by_target` ON `merged_conversations` (`into_id`);--> statement-breakpoint
CREATE TABLE `message_statuses` (
	`wamid` text NOT NULL,
	`status` text NOT NULL,
	`participant` text NOT NULL,
	`phone_number_id` text NOT NULL,
	`message_id` text,
	`at` integer NOT NULL,
	`payload` text NOT NULL,
	`received_at` integer NOT NULL,
	PRIMARY KEY(`wamid`, `status`, `participant`, `phone_number_id`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `message_statuses_orphaned` ON `message_statuses` (`received_at`) WHERE message_id IS NULL;--> statement-breakpoint
CREATE TABLE `messages` (
	`id` text PRIMARY KEY NOT NULL,
	`conversation_id` text NOT NULL,
	`phone_number_id` text NOT NULL,
	`direction` text NOT NULL,
	`type` text NOT NULL,
	`wamid` text,
	`body` text NOT NULL,
	`payload` text NOT NULL,
	`participant` text,
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
	`meta_failed_at` integer
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `messages_by_conversation` ON `messages` (`conversation_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `messages_by_wamid` ON `messages` (`wamid`,`phone_number_id`) WHERE wamid IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `messages_by_idempotency_key` ON `messages` (`sent_by`,`idempotency_key`) WHERE idempotency_key IS NOT NULL;--> statement-breakpoint
CREATE INDEX `messages_unsettled` ON `messages` (`id`) WHERE state IN ('pending', 'unconfirmed');--> statement-breakpoint
CREATE INDEX `messages_by_target` ON `messages` (`target_wamid`,`phone_number_id`,`id`) WHERE target_wamid IS NOT NULL;--> statement-breakpoint
CREATE TABLE `oversized_values` (
	`owner_id` text NOT NULL,
	`part` integer NOT NULL,
	`text` text NOT NULL,
	PRIMARY KEY(`owner_id`, `part`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `templates` (
	`name` text NOT NULL,
	`language` text NOT NULL,
	`meta_id` text,
	`status` text,
	`status_at` integer NOT NULL,
	`category` text,
	`category_at` integer NOT NULL,
	`quality` text,
	`quality_at` integer NOT NULL,
	`reason` text,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`name`, `language`)
) STRICT, WITHOUT ROWID;
