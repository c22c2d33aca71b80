CREATE TABLE `changes` (
	`seq` integer PRIMARY KEY NOT NULL,
	`changed` text NOT NULL,
	`at` integer NOT NULL
) STRICT;
