CREATE TABLE floor_conversations (
  id TEXT PRIMARY KEY,
  unread INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX floor_conversations_by_time ON floor_conversations (at, id);
CREATE TABLE floor_messages (
  id TEXT PRIMARY KEY,
  conversation_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  body TEXT NOT NULL,
  payload TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX floor_messages_by_conversation ON floor_messages (conversation_id, at, id);
CREATE TABLE keys (
  key TEXT PRIMARY KEY,
  message_id TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE listed (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  phone_number_id TEXT NOT NULL,
  phone TEXT,
  wa_id TEXT,
  user_id TEXT,
  username TEXT,
  group_id TEXT,
  profile_name TEXT,
  contact_name TEXT,
  owner TEXT,
  assignee TEXT,
  subject TEXT,
  changed_by TEXT,
  status TEXT NOT NULL,
  unread_count INTEGER NOT NULL,
  read_up_to TEXT,
  last_message_at INTEGER NOT NULL,
  last_customer_message_at INTEGER,
  waiting_since INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX listed_by_time ON listed (last_message_at, id);
WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 999)
INSERT INTO listed
SELECT printf('%064x', n), 'individual', '106540352242922', printf('529%09d', n),
  printf('5219%09d', n), printf('MX.%016d', n), NULL, NULL, 'Ana ' || n, NULL, NULL, NULL, NULL, NULL,
  'pending', 3, NULL, 1767225600000 + n, 1767225600000 + n, 1767225600000, 1767225600000,
  1767225600000 + n
FROM numbers
