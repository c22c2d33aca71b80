CREATE TABLE `conversation_addresses` (
	`address` text NOT NULL,
	`phone_number_id` text NOT NULL,
	`conversation_id` text NOT NULL,
	PRIMARY KEY(`address`, `phone_number_id`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `conversation_addresses_by_conversation` ON `conversation_addresses` (`conversation_id`);