// The judges' app in Bolt for JavaScript: judge_bolt.mjs socket | http PORT, the same as judge_bolt.py; and the Web API by
// @slack/web-api: judge_bolt.mjs web, which asserts by itself and ends.
//
// COC_JUDGES is the folder in which npm installed the clients.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const { COC_JUDGES, SLACK_API_URL, SLACK_APP_TOKEN, SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET } = process.env;
const require = createRequire(join(COC_JUDGES, 'package.json'));
const { App, HTTPReceiver, LogLevel, SocketModeReceiver } = require('@slack/bolt');
const { ErrorCode, WebClient } = require('@slack/web-api');

const [mode, port] = process.argv.slice(2);
const plain = (text) => ({ type: 'plain_text', text });
const button = (text, action, more = {}) => ({ type: 'button', text: plain(text), action_id: action, ...more });

/** The name of the error that a call must end with. */
async function refused(call) {
  try {
    await call();
  } catch (error) {
    return error.data?.error ?? String(error);
  }
  return '아무 오류도 없습니다';
}

function app() {
  const clientOptions = { slackApiUrl: SLACK_API_URL };
  const receiver =
    mode === 'socket'
      ? new SocketModeReceiver({
          appToken: SLACK_APP_TOKEN,
          logLevel: LogLevel.ERROR,
          installerOptions: { clientOptions },
        })
      : new HTTPReceiver({ signingSecret: SLACK_SIGNING_SECRET, logLevel: LogLevel.ERROR });
  const app = new App({ token: SLACK_BOT_TOKEN, receiver, clientOptions, logLevel: LogLevel.ERROR });
  const tell = (text) => app.client.chat.postMessage({ channel: '#general', text });

  const ask = (title) => ({
    type: 'modal',
    callback_id: 'judge_form',
    title: plain(title),
    submit: plain('제출'),
    notify_on_close: true,
    private_metadata: '곁말',
    blocks: [
      {
        type: 'input',
        block_id: 'name',
        label: plain('이름'),
        element: { type: 'plain_text_input', action_id: 'value', initial_value: '처음' },
      },
      {
        type: 'input',
        block_id: 'kind',
        label: plain('종류'),
        element: {
          type: 'static_select',
          action_id: 'value',
          options: [
            { text: plain('하나'), value: '1' },
            { text: plain('둘'), value: '2' },
          ],
        },
      },
      { type: 'input', block_id: 'who', label: plain('누구'), element: { type: 'users_select', action_id: 'value' } },
      { type: 'actions', elements: [button('더', 'judge_more'), button('위', 'judge_over')] },
    ],
  });
  const over = {
    type: 'modal',
    callback_id: 'judge_over_form',
    title: plain('위 양식'),
    submit: plain('모두 닫기'),
    blocks: [{ type: 'section', text: plain('위에 있습니다') }],
  };
  const home = (text) => ({
    type: 'home',
    blocks: [
      { type: 'section', text: plain(text) },
      { type: 'actions', elements: [button('집', 'judge_home')] },
    ],
  });

  app.event('app_mention', async ({ event, say, client }) => {
    await client.reactions.add({ channel: event.channel, timestamp: event.ts, name: 'eyes' });
    await say({
      text: '들었습니다',
      blocks: [
        { type: 'section', text: { type: 'mrkdwn', text: '들었습니다' } },
        {
          type: 'actions',
          elements: [
            button('수락', 'judge_accept', { value: '예' }),
            button('거절', 'judge_refuse', { style: 'danger' }),
          ],
        },
      ],
      thread_ts: event.ts,
      metadata: { event_type: 'judge', event_payload: { of: event.ts } },
    });
  });
  app.message('안녕', ({ say }) => say('안녕하세요'));
  app.event('message', async ({ event }) => {
    if (event.subtype === 'message_changed' && !event.message.bot_id) {
      await tell(`고침: ${event.previous_message.text} → ${event.message.text}`);
    }
    if (event.subtype === 'message_deleted' && !event.previous_message.bot_id) {
      await tell(`지움: ${event.previous_message.text}`);
    }
  });
  app.event('reaction_added', ({ event, say }) =>
    say({ text: `반응: ${event.reaction}`, thread_ts: event.item.ts }),
  );

  app.action('judge_accept', async ({ ack, body, action, client, respond }) => {
    await ack();
    const text = `수락되었습니다: ${action.value}`;
    await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text, blocks: [] });
    await respond('혼자 봅니다');
  });
  app.action('judge_refuse', async ({ ack, respond }) => {
    await ack();
    await respond({ text: '거절되었습니다', replace_original: true });
  });
  app.command('/judge', async ({ ack, command, client, respond }) => {
    if (command.text === '말') return ack('받았습니다');
    await ack();
    const open = () => client.views.open({ trigger_id: command.trigger_id, view: ask('심판') });
    if (command.text === '양식') await open();
    if (command.text === '늦게') {
      await sleep(3300);
      await respond(`오류: ${await refused(open)}`);
    }
  });
  app.action('judge_more', async ({ ack, body, client }) => {
    await ack();
    const { hash, id: view_id, state } = body.view;
    await client.views.update({ view_id, hash, view: ask('바뀐 심판') });
    const error = await refused(() => client.views.update({ view_id, hash, view: ask('심판') }));
    await tell(`오류: ${error}, 적힌 이름: ${state.values.name.value.value}`);
  });
  app.action('judge_over', async ({ ack, body, client }) => {
    await ack();
    await client.views.push({ trigger_id: body.trigger_id, view: over });
  });
  app.view('judge_form', async ({ ack, view }) => {
    const { name, kind, who } = view.state.values;
    if (name.value.value === '틀림') {
      await ack({ response_action: 'errors', errors: { name: '이름이 틀렸습니다' } });
    } else if (name.value.value === '바꿈') {
      await ack({ response_action: 'update', view: ask('또 바뀜') });
    } else {
      await ack();
      await tell(`제출: ${name.value.value}/${kind.value.selected_option.value}/${who.value.selected_user}`);
    }
  });
  app.view('judge_over_form', ({ ack }) => ack({ response_action: 'clear' }));
  app.view({ callback_id: 'judge_form', type: 'view_closed' }, async ({ ack, view }) => {
    await ack();
    await tell(`닫힘: ${view.private_metadata}`);
  });
  app.event('app_home_opened', ({ event, client }) =>
    client.views.publish({ user_id: event.user, view: home('첫 화면') }),
  );
  app.action('judge_home', async ({ ack, body, client }) => {
    await ack();
    await client.views.publish({ user_id: body.user.id, view: home('누른 화면') });
  });
  return mode === 'socket' ? app.start() : app.start({ port: Number(port), host: '127.0.0.1' });
}

async function web() {
  const options = { slackApiUrl: SLACK_API_URL, logLevel: LogLevel.ERROR };
  const client = new WebClient(SLACK_BOT_TOKEN, options);
  const me = await client.auth.test();
  assert.ok(me.ok && me.user_id.startsWith('U') && me.bot_id.startsWith('B'));

  const people = [];
  for await (const page of client.paginate('users.list', { limit: 2 })) people.push(...page.members);
  assert.ok(people.length > 3 && new Set(people.map(({ id }) => id)).size === people.length);
  const { channels } = await client.conversations.list({ types: 'public_channel', exclude_archived: true });
  const channel = channels.find(({ name }) => name === 'general').id;
  const { usergroups } = await client.usergroups.list({ include_users: true });
  assert.ok(usergroups[0].users.length > 0);

  const metadata = { event_type: 'judge', event_payload: { effect: 'e1' } };
  const { ts } = await client.chat.postMessage({ channel, text: '하나', metadata });
  await client.chat.postMessage({ channel, text: '답글', thread_ts: ts, blocks: [{ type: 'divider' }] });
  await client.reactions.add({ channel, timestamp: ts, name: 'eyes' });
  const thread = await client.conversations.replies({ channel, ts, include_all_metadata: true });
  assert.deepEqual(thread.messages[0].metadata, metadata);
  assert.equal(thread.messages[0].reactions[0].name, 'eyes');
  assert.equal(thread.messages[1].blocks[0].type, 'divider');
  const newest = await client.conversations.history({ channel, limit: 1 });
  assert.equal(newest.messages[0].ts, ts);
  assert.equal((await client.chat.update({ channel, ts, text: '바뀜' })).text, '바뀜');
  assert.equal((await client.chat.delete({ channel, ts: thread.messages[1].ts })).ok, true);

  const errors = {
    channel_not_found: () => client.chat.postMessage({ channel: 'C404', text: 'x' }),
    invalid_auth: () => new WebClient('xoxb-other', options).auth.test(),
    invalid_blocks: () => client.chat.postMessage({ channel, text: 'x', blocks: [{ type: 'judge' }] }),
    invalid_trigger_id: () =>
      client.views.open({ trigger_id: 'x', view: { type: 'modal', title: plain('x'), blocks: [] } }),
    message_not_found: () => client.chat.update({ channel, ts: '1700000000.000100', text: 'x' }),
    not_allowed_token_type: () => client.apps.connections.open(),
    unknown_method: () => client.apiCall('judge.nothing'),
    user_not_found: () => client.users.info({ user: 'U404' }),
  };
  for (const [name, call] of Object.entries(errors)) assert.equal(await refused(call), name);

  // The next call of each of these is refused, for a second.
  const hasty = new WebClient(SLACK_BOT_TOKEN, { ...options, rejectRateLimitedCalls: true });
  await assert.rejects(hasty.dnd.info({ user: me.user_id }), {
    code: ErrorCode.RateLimitedError,
    retryAfter: 1,
  });
  const began = Date.now();
  assert.equal((await client.users.getPresence({ user: people.at(-1).id })).presence, 'active');
  assert.ok(Date.now() - began >= 1000, 'it came back when it was told to');
}

await (mode === 'web' ? web() : app());
