// The intake of an urgent request in Bolt for JavaScript: bolt.mjs PORT DATABASE JOURNAL_MODE. bolt.py is the same for Python.
//
// What it does with a request is what anybody would write who wants to lose none: the receiver checks the signature, a regular expression
// reads it, a small table says who is first, one row is written, and Slack hears of it when the row is on the disk. COC_RIVALS is the
// folder in which npm installed what package.json names.

import { createRequire } from 'node:module';
import { join } from 'node:path';

const { COC_RIVALS, SLACK_SIGNING_SECRET } = process.env;
const require = createRequire(join(COC_RIVALS, 'package.json'));
const { App, HTTPReceiver, LogLevel } = require('@slack/bolt');
const Database = require('better-sqlite3');

const [port, path, journalMode] = process.argv.slice(2);

const database = new Database(path);
const mode = database.pragma(`journal_mode = ${journalMode}`, { simple: true });
if (mode !== journalMode) throw new Error(`journal mode ${mode}`);
// every commit waits for the disk
database.pragma('synchronous = FULL');
database.exec(`
  CREATE TABLE IF NOT EXISTS customers (name TEXT PRIMARY KEY, first TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS requests (
    event_id TEXT PRIMARY KEY, channel TEXT NOT NULL, ts TEXT NOT NULL, by TEXT NOT NULL, customer TEXT NOT NULL, ticket TEXT NOT NULL,
    first TEXT NOT NULL, at INTEGER NOT NULL
  ) WITHOUT ROWID;
`);
const known = database.prepare('INSERT OR IGNORE INTO customers VALUES (?, ?)');
for (const name of ['한빛전자', '가나게임즈', '푸른병원', '두레교육', '새벽마켓', '은하물류']) known.run(name, '가온별');
const whose = database.prepare('SELECT first FROM customers WHERE name = ?').pluck();
// a delivery that came before leaves no second row
const keep = database.prepare('INSERT OR IGNORE INTO requests VALUES (?, ?, ?, ?, ?, ?, ?, ?)');

const REQUEST = /\[긴급티켓배정요청\]\s*고객사:\s*(.+?)\s*\/\s*티켓:\s*<?(https:\/\/[^\s>]+\/tickets\/\d+)>?/u;

const app = new App({
  // what an installed app would have been told by auth.test
  authorize: async () => ({ botToken: 'xoxb-sandbox', botId: 'B0BOT00001', botUserId: 'U0BOT00001' }),
  logLevel: LogLevel.ERROR,
  // without it Slack is answered before anything is kept
  receiver: new HTTPReceiver({
    signingSecret: SLACK_SIGNING_SECRET,
    processBeforeResponse: true,
    logLevel: LogLevel.ERROR,
  }),
});

app.event('app_mention', async ({ event, body }) => {
  const read = REQUEST.exec(event.text);
  const first = read && whose.get(read[1]);
  if (!first) return;
  keep.run(body.event_id, event.channel, event.ts, event.user, read[1], read[2], first, Date.now());
});
// people talking
app.event('message', async () => {});

// whoever measures wants to know that nothing was lost
process.once('SIGTERM', () => {
  console.log(database.prepare('SELECT count(*) FROM requests').pluck().get());
  process.exit(0);
});
await app.start({ port: Number(port), host: '127.0.0.1' });
