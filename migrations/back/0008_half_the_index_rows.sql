CREATE INDEX IF NOT EXISTS `messages_by_id` ON `messages` (`id`);
CREATE INDEX IF NOT EXISTS `messages_by_wamid` ON `messages` (`wamid`,`phone_number_id`) WHERE wamid IS NOT NULL;
CREATE INDEX IF NOT EXISTS `conversations_by_time` ON `conversations` (`last_message_at`,`id`);
CREATE INDEX IF NOT EXISTS `conversations_by_status` ON `conversations` (`status`,`last_message_at`,`id`);
CREATE INDEX IF NOT EXISTS `conversations_unread` ON `conversations` (`last_message_at`,`id`) WHERE unread_count > 0;
CREATE INDEX IF NOT EXISTS `conversations_by_number` ON `conversations` (`phone_number_id`,`last_message_at`,`id`);
