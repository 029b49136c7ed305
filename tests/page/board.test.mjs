// The board, as the screen in the control room and a telephone show it; the app's home beside it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { openBrowser, shots, url, Window } from "./stage.mjs";

const modules = process.env.COC_PAGE_MODULES || new URL("./node_modules", import.meta.url).pathname;
const axe = readFileSync(createRequire(join(modules, "here.js")).resolve("axe-core/axe.min.js"), "utf8");
const at = (path) => new URL(path, url).href;

let browser;
before(async () => { browser = await openBrowser(); });
after(async () => { await browser?.close(); });

async function act(who, deed) {
  const answer = await fetch(at("page/act"), {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ who, ...deed }),
  });
  const said = await answer.json();
  assert.equal(said.ok, true, JSON.stringify({ deed, said }));
}

async function until(what, look) {
  for (let tries = 0; tries < 150; tries += 1) {
    const seen = await look();
    if (seen) return seen;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return assert.fail(what);
}

/** What `/coc board` answers this person alone. */
async function link(who) {
  const told = async () => {
    const { ephemerals } = await (await fetch(at("page/state"))).json();
    return ephemerals.flatMap((one) => one.text.match(/http\S+\/board\/in\/[\w-]+/g) || []);
  };
  const before = await told();
  await act(who, { do: "slash", channel: "coc-noti", command: "/coc", text: "board" });
  return until("no link came", async () => (await told()).find((one) => !before.includes(one)));
}

async function begin(scene) {
  await act("", { do: "scene", scene });
  await act("", { do: "clock", turn: { speed: 0 } });
}

/** A window of the board; what goes wrong in it is kept. A page that may not be seen, and a bot that is away, are answers. */
async function screen(size = { width: 1920, height: 1080 }, options = {}) {
  const context = await browser.newContext({ viewport: size, locale: "ko-KR", timezoneId: "America/New_York", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.troubles = [];
  page.on("console", (said) => {
    if (["error", "warning"].includes(said.type()) && !/status of (401|503)/.test(said.text())) page.troubles.push(said.text());
  });
  page.on("pageerror", (error) => page.troubles.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:")) page.troubles.push(`asks for ${request.url()}`);
  });
  return page;
}

async function leave(page) {
  assert.deepEqual(page.troubles, []);
  await page.context().close();
}

async function live(page) {
  await page.locator("#line", { hasText: "실시간 연결됨" }).waitFor();
}

async function accessible(page, what) {
  // by the debugger, for the page's own policy lets no script in
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(" ")}`), [], what);
}

const shot = (page, name) => page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
const plays = (title, play) => test(title, { timeout: 120_000 }, play);

plays("a link of /coc board opens once, and nothing is shown without", async () => {
  const page = await screen();
  await page.goto(at("board"));
  await page.getByRole("heading", { name: "로그인이 필요합니다" }).waitFor();
  await accessible(page, "not let in");
  await shot(page, "board-401");
  const door = await link("고윤슬");
  await page.goto(door);
  assert.equal(page.url(), at("board"));
  await live(page);
  const other = await screen();
  await other.goto(door);
  await other.getByRole("heading", { name: "이 링크는 더 쓸 수 없습니다" }).waitFor();
  await page.getByRole("button", { name: "로그아웃" }).click();
  await page.getByRole("heading", { name: "로그아웃했습니다" }).waitFor();
  await page.getByRole("link", { name: "관제 화면으로" }).click();
  await page.getByRole("heading", { name: "로그인이 필요합니다" }).waitFor();
  await leave(other);
  await leave(page);
});

plays("five widths, light and dark", async () => {
  await begin("night");
  await act("", { do: "alarm", customer: "두레교육", level: "L3", name: "prod-lms-1 CPU" });
  await act("", { do: "clock", turn: { advance: 400 } });
  await act("", { do: "status", says: "impact" });
  const page = await screen();
  await page.goto(await link("고윤슬"));
  await live(page);
  await page.locator("#aws", { hasText: "서비스에 영향이 있습니다" }).waitFor();
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const width of [320, 390, 768, 1366, 1920]) {
      await page.setViewportSize({ width, height: width < 700 ? 844 : 1080 });
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= width, `nothing stands beyond ${width}`);
      await accessible(page, `${width} ${colorScheme}`);
      await shot(page, `board-${width}-${colorScheme}`);
    }
  }
  const size = await page.locator(".case h3").first().evaluate((node) => parseFloat(getComputedStyle(node).fontSize));
  assert.ok(size >= 28, `read from across a room: ${size}px`);
  await leave(page);
});

plays("it follows a chain, and the bot's restart", async () => {
  await begin("night");
  const page = await screen();
  await page.goto(await link("고윤슬"));
  await live(page);
  await page.evaluate(() => { window.stayed = true; });
  const now = (who) => page.locator("#cases .people .now", { hasText: who }).waitFor();
  await now("가온별");
  await page.locator("#cases .left", { hasText: "남음" }).first().waitFor();
  await act("", { do: "clock", turn: { advance: 300 } });
  await now("다솜윤");
  await page.locator("#clock", { hasText: "22:05" }).waitFor();
  const story = await page.context().newPage();
  await story.goto(at("board/case/1"));
  await story.locator("#story", { hasText: "다솜윤 — General 목록 3번" }).waitFor();
  await live(story);
  await accessible(story, "a case");
  await shot(story, "board-case");

  await act("", { do: "bot", turn: "kill" });
  await page.locator("#line.trouble", { hasText: "연결이 끊겼습니다" }).waitFor();
  await shot(page, "board-cut");
  await accessible(page, "while the bot is away");
  await act("", { do: "bot", turn: "start" });
  await live(page);
  await act("", { do: "clock", turn: { advance: 300 } });
  await now("라온결");
  await story.locator("#story", { hasText: "라온결 — General 목록 4번" }).waitFor();
  assert.equal(await page.evaluate(() => window.stayed), true, "the page itself was never left");
  await story.close();
  await leave(page);
});

plays("by keys alone, and as bright as somebody wants it", async () => {
  await begin("night");
  const page = await screen({ width: 1366, height: 900 });
  await page.goto(await link("가온별"));
  await live(page);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "light");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await page.reload();
  await page.getByRole("button", { name: "밝기: 어둡게" }).waitFor();
  await live(page);
  // whoever stands on a link goes on standing on it while the board changes
  await page.locator("#cases h3 a").first().focus();
  await act("", { do: "clock", turn: { advance: 300 } });
  await page.locator("#cases .people .now", { hasText: "다솜윤" }).waitFor();
  assert.match(await page.evaluate(() => document.activeElement.getAttribute("href")), /^\/board\/case\//);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "누가 왜" }).waitFor();
  await page.getByRole("link", { name: "← 관제 화면" }).press("Enter");
  await page.getByRole("heading", { name: "진행 중인 사건" }).waitFor();
  await leave(page);
});

plays("the app's home: own turns, and an absence entered there", async () => {
  const window = await Window.open(browser);
  const { page } = window;
  await window.begin("한밤 긴급 요청");
  await window.become("다솜윤");
  await page.locator("#apps").getByRole("button", { name: /홈/ }).click();
  await page.locator("#messages", { hasText: "긴급 호출:" }).waitFor();
  await window.accessible("an engineer's home");
  await window.shot("home-engineer");
  await page.locator("#messages").getByRole("button", { name: "부재 등록" }).click();
  const form = page.locator("#form");
  await form.getByLabel("시작").fill("2025-08-05");
  await form.getByLabel("사유").fill("병원");
  await form.getByRole("button", { name: "등록" }).click();
  await page.locator("#messages", { hasText: "8/5 병원 — 지금" }).waitFor();
  await window.become("고윤슬");
  await page.locator("#apps").getByRole("button", { name: /홈/ }).click();
  await page.locator("#messages", { hasText: "진행 중인 사건 1건" }).waitFor();
  await page.locator("#messages").getByRole("button", { name: "새로 고침" }).click();
  await window.shot("home-coc");
  await window.close();
});
