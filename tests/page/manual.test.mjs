// What docs/운영안내.md shows: a shift where COC phones by hand. Takes the manual's pictures on the way.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openBrowser, Window } from "./stage.mjs";

let browser;
before(async () => { browser = await openBrowser(); });
after(async () => { await browser?.close(); });

const shows = (title, play) => test(title, { timeout: 60_000 }, async () => {
  const window = await Window.open(browser, { width: 1300, height: 760 });
  await play(window, window.page);
  await window.close();
});

shows("an urgent request: the order, the call that COC is asked for, why", async (window, page) => {
  await window.begin("한밤 긴급 요청");
  await window.openThread();
  await window.sees("COC는 전화해 주십시오: 010-0000-1001");
  await page.setViewportSize({ width: 1300, height: 620 });
  await window.picture("urgent", page.locator("#thread"));
  await page.setViewportSize({ width: 1300, height: 760 });
  await window.press("22:05까지", "부재");
  await window.sees("다음은 다솜윤 님입니다");
  await window.turn("+5분");
  await window.sees("다솜윤 님: 5분 동안 응답 없음");
  await page.getByRole("button", { name: "스레드 닫기" }).click();
  await window.type("/coc why 1");
  const why = window.said("사건 #1 긴급", "#messages");
  await why.waitFor();
  assert.match(await why.textContent(), /건너뛴 사람:.*나래솔/s);
  await window.picture("why", why);
});

shows("a request that lacks something", async (window, page) => {
  await window.begin("한밤 긴급 요청");
  await window.become("오하라");
  await window.type("@COC [긴급티켓배정요청] 고객사: 한빛전지 / 티켓: https://support.example.com/agent/tickets/4251");
  await page.locator("#cases", { hasText: "보완" }).waitFor();
  await window.openThread();
  await window.sees("비슷한 이름: 한빛전자");
  await window.become("고윤슬");
  await window.picture("missing", window.said("비슷한 이름: 한빛전자"));
});

shows("nobody is left", async (window, page) => {
  await window.begin("전원 부재");
  await window.turn("+5분");
  await window.turn("+5분");
  await page.locator("#cases", { hasText: "모두 연락되지 않아" }).waitFor();
  await window.go("coc-noti");
  await window.sees("모두 연락되지 않았습니다", "#messages");
  await window.picture("exhausted", window.said("모두 연락되지 않았습니다", "#messages"));
});

shows("an assignment that nobody confirms", async (window, page) => {
  await window.begin("점심시간 배정");
  await window.sees("티켓 배정", "#messages");
  for (const clock of ["12:40", "13:10", "13:40"]) {
    await window.turn("+30분");
    await window.now(clock);
  }
  await window.openThread();
  await window.sees("전화가 필요합니다");
  await window.picture("call", window.said("전화가 필요합니다"));
  await page.getByRole("button", { name: "스레드 닫기" }).click();
  await window.type("/leave");
  const form = page.locator("#form");
  await form.getByRole("heading", { name: "부재 등록" }).waitFor();
  await window.picture("leave", form);
});

shows("a changed guide", async (window) => {
  const file = join(process.env.COC_PAGE_DATA, "guide.txt");
  const before = readFileSync(file, "utf8");
  const changed = before.replace("8월 6일(수), 7일(목) 전일 휴가", "8월 6일(수), 7일(목), 8일(금) 전일 휴가");
  assert.notEqual(changed, before);
  await window.begin("점심시간 배정");
  writeFileSync(file, changed);
  await window.type("/coc guide");
  await window.sees("업무가이드가 바뀌었습니다", "#messages");
  await window.picture("guide", window.said("업무가이드가 바뀌었습니다", "#messages"));
  await window.press("업무가이드가 바뀌었습니다", "적용", "#messages");
  await window.sees("업무가이드를 적용했습니다", "#messages");
});
