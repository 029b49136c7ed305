// The stand-in for Zendesk by node-zendesk, which asserts by itself and ends. tests/zendesk.rs furnishes the account and looks at what
// is in it afterwards.
//
// COC_JUDGES is the folder in which npm installed the client.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { COC_JUDGES, ZENDESK_EMAIL, ZENDESK_TOKEN, ZENDESK_URL } = process.env;
const require = createRequire(join(COC_JUDGES, 'package.json'));
const { createClient } = require('node-zendesk');

const client = (token) =>
  createClient({ username: ZENDESK_EMAIL, token, endpointUri: `${ZENDESK_URL}/api/v2` });
const zendesk = client(ZENDESK_TOKEN);

/** The status that a call must end with. */
async function refused(call) {
  try {
    await call();
  } catch (error) {
    // the client tells it in its message alone
    return Number(/Zendesk Error \((\d+)\)/.exec(error.message)?.[1]) || String(error);
  }
  return 'fine';
}

assert.equal((await zendesk.users.me()).result.role, 'admin');
assert.equal(await refused(() => client('wrong').users.me()), 401);
const agents = await zendesk.users.listWithFilter('role', 'agent');
const dasom = (agents.result ?? agents).find((user) => user.name === '다솜윤');
assert.ok(dasom, JSON.stringify(agents));

const { result: before } = await zendesk.tickets.show(4242);
assert.equal(before.status, 'open');
const { result: after } = await zendesk.tickets.update(4242, {
  ticket: {
    assignee_id: dasom.id,
    comment: { body: 'node', public: false },
    metadata: { judge: 'node' },
    safe_update: true,
    updated_stamp: before.updated_at,
  },
});
assert.equal(after.assignee_id, dasom.id);
const late = { comment: { body: '늦음', public: false }, safe_update: true, updated_stamp: before.updated_at };
assert.equal(await refused(() => zendesk.tickets.update(4242, { ticket: late })), 409);

const audits = await zendesk.tickets.exportAudit(4242);
const last = (audits.audits ?? audits.result ?? audits).at(-1);
assert.deepEqual((last.audits?.at(-1) ?? last).metadata.custom, { judge: 'node' });
const comments = await zendesk.tickets.getComments(4242);
const said = (comments.comments ?? comments.result ?? comments).at(-1);
assert.deepEqual([said.body, said.public], ['node', false]);

const count = await zendesk.search.showResultsCount(`type:ticket status<solved assignee:${dasom.id}`);
assert.equal((count.result ?? count).count, 1);
const found = await zendesk.search.query(`type:ticket status<solved assignee:${dasom.id}`);
assert.equal((found.results ?? found.result ?? found)[0].id, 4242);

assert.equal(await refused(() => zendesk.tickets.show(9999)), 404);
assert.equal(await refused(() => zendesk.tickets.update(4300, { ticket: { status: 'open' } })), 422);
