// Every ready scene, played by clicks and keys.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { openBrowser, shots, url, Window } from "./stage.mjs";

let browser;
before(async () => { browser = await openBrowser(); });
after(async () => { await browser?.close(); });

/** One test in one window; scenes share one workspace, so they are played one after the other. */
const plays = (title, play) => test(title, { timeout: 120_000 }, async () => {
  const window = await Window.open(browser);
  try {
    await play(window, window.page);
  } catch (error) {
    await window.shot(`failed-${title.replaceAll(" ", "-")}`);
    throw error;
  }
  await window.close();
});

plays("a newcomer: an example is at hand, and one key sends it", async (window, page) => {
  await page.getByText("어떻게 시작합니까").waitFor();
  await window.accessible("before anything happened");
  await page.getByRole("button", { name: "예문 넣기" }).click();
  await page.waitForFunction(() => document.title.startsWith("오하라"));
  await page.keyboard.press("Enter");
  await window.openThread();
  await window.sees("긴급 대응을 시작합니다");
  await page.locator("#ringing li", { hasText: "가온별" }).getByRole("button", { name: "1 수락" }).click();
  await window.sees("가온별 님이");
});

plays("night: passed on by a button, taken by a reaction", async (window, page) => {
  await page.getByRole("button", { name: "장면 고르기" }).click();
  await window.shot("scenes");
  await page.getByRole("button", { name: "닫기" }).click();
  await window.begin("한밤 긴급 요청");
  await window.openThread();
  await window.sees("가온별");
  await window.press("22:05까지", "부재");
  await window.sees("다음은 다솜윤 님입니다");
  await window.sees("라온결 님에게 넘어갑니다");
  await page.locator("#cases .ladder .now", { hasText: "다솜윤" }).waitFor();
  await page.locator("#ringing", { hasText: "다솜윤" }).waitFor();
  await window.picture("sandbox");
  await window.become("다솜윤");
  await page.locator("#replies .message.to-me").last().waitFor();
  const rung = window.said("라온결 님에게 넘어갑니다");
  await rung.hover();
  await rung.getByRole("button", { name: ":white_check_mark: 반응" }).click();
  await window.sees("다솜윤 님이 22:00에 수락했습니다 (반응)");
  await page.locator("#cases", { hasText: "열린 사건이 없습니다" }).waitFor();
  await page.locator("#past summary").click();
  await page.locator("#past-calls li", { hasText: "봇이 끊음" }).first().waitFor();
  await window.shot("taken-by-reaction");
});

plays("night: with the keyboard alone, taken by a button", async (window, page) => {
  await window.begin("한밤 긴급 요청", { keys: true });
  await window.become("가온별");
  await page.locator("#messages .replies").press("Enter");
  await page.getByRole("textbox", { name: "답글 보내기" }).waitFor();
  const take = window.said("22:05까지").getByRole("button", { name: "수락", exact: true });
  await take.focus();
  await page.keyboard.press("Enter");
  await window.sees("가온별 님이 22:00에 수락했습니다 (버튼)");
  await page.getByRole("textbox", { name: "답글 보내기" }).focus();
  await page.keyboard.press("Escape");
  await page.locator("#thread").waitFor({ state: "hidden" });
});

plays("night: every way of a telephone", async (window, page) => {
  await window.begin("한밤 긴급 요청");
  await window.openThread();
  await window.phone("가온별", "통화 중");
  await window.sees("가온별 님: 전화 통화 중");
  await window.phone("다솜윤", "음성사서함");
  await window.sees("다솜윤 님: 음성사서함으로 연결");
  await window.phone("라온결", "2 거절");
  await window.sees("라온결 님: 전화로 거절");
  await page.locator("#ringing", { hasText: "마루한" }).waitFor();
  await window.shot("phone");
  await window.turn("+5분");
  await window.sees("마루한 님: 5분 동안 응답 없음");
  await page.locator("#ringing li").getByRole("button", { name: "1 수락" }).click();
  await window.sees("22:05에 수락했습니다 (전화)");
  await page.locator("#past summary").click();
  for (const outcome of ["통화 중", "음성사서함", "거절", "봇이 끊음", "수락"]) {
    await page.locator("#past-calls li", { hasText: outcome }).first().waitFor();
  }
});

plays("night: the bot is killed, people go on, it comes back", async (window, page) => {
  await window.begin("한밤 긴급 요청");
  await window.openThread();
  await window.sees("22:05까지");
  await page.getByRole("button", { name: "강제 종료" }).click();
  await page.getByText("COC 연결 안 됨").waitFor();
  await window.turn("+5분");
  await window.press("22:05까지", "부재");
  await page.locator("#toasts", { hasText: "연결되어 있지 않습니다" }).waitFor();
  await window.become("가온별");
  await window.type("제가 봅니다", "답글 보내기");
  await window.sees("제가 봅니다");
  await window.shot("killed");
  await page.getByRole("button", { name: "다시 시작", exact: true }).click();
  await page.getByText("COC 연결됨").waitFor();
  await window.sees("가온별 님이");
  await window.sees("수락했습니다 (답글)");
  assert.equal(await page.locator("#ringing li.none").count(), 1);
});

plays("lunch: help while typing, a form with errors, the call at 13:30", async (window, page) => {
  await window.begin("점심시간 배정");
  await window.sees("티켓 배정", "#messages");
  await page.locator("#cases", { hasText: "13:30" }).first().waitFor();
  const area = page.getByRole("textbox", { name: "메시지 보내기" });
  await area.pressSequentially("/as");
  await page.getByRole("option", { name: "/assign" }).waitFor();
  await area.press("Enter");
  await page.locator(".help", { hasText: "고객사 티켓링크" }).first().waitFor();
  await window.shot("command-help");
  await area.press("Enter");
  const form = page.locator("#form");
  await form.getByRole("heading").waitFor();
  await form.getByRole("button", { name: "배정" }).click();
  await form.locator(".wrong", { hasText: "비어 있습니다" }).first().waitFor();
  await form.locator("input, textarea").nth(0).fill("한빛전지");
  await form.locator("input, textarea").nth(1).fill("티켓 4250");
  await form.getByRole("button", { name: "배정" }).click();
  await form.locator(".wrong", { hasText: "티켓 4250" }).waitFor();
  await window.shot("assign-form");
  await form.locator("input, textarea").nth(0).fill("한빛전자");
  await form.locator("input, textarea").nth(1).fill("https://support.example.com/agent/tickets/4250");
  await form.getByRole("button", { name: "배정" }).click();
  await form.waitFor({ state: "hidden" });
  await window.sees("4250", "#messages");
  for (const [label, clock] of [["+30분", "12:40"], ["+30분", "13:10"], ["+30분", "13:40"]]) {
    await window.turn(label);
    await window.now(clock);
  }
  await page.locator("#ringing li", { hasText: "010-0000-" }).first().waitFor();
  await window.shot("lunch-call");
  await page.locator("#ringing li").first().getByRole("button", { name: "1 수락" }).click();
  await page.locator("#past summary").click();
  await page.locator("#past-calls li", { hasText: "수락" }).first().waitFor();
  await page.locator("#ringing li").first().getByRole("button", { name: "1 수락" }).click();
  await page.locator("#cases", { hasText: "열린 사건이 없습니다" }).waitFor();
});

plays("friday: the call waits for Monday", async (window, page) => {
  await window.begin("금요일 17:40");
  await window.openThread();
  await window.sees("8/11");
  await window.turn("다음 영업일 09시");
  await window.now("2025-08-11 (월) 09:00");
  await page.locator("#ringing li", { hasText: "라온결" }).waitFor();
  await window.become("라온결");
  await window.type("확인했습니다", "답글 보내기");
  await window.sees("라온결 님 확인");
  // the morning's look at AWS Health is all that is left open
  await page.locator("#cases", { hasText: "PHD 확인" }).waitFor();
  await page.locator("#cases", { hasText: "배정" }).waitFor({ state: "detached" });
  await window.shot("friday");
});

plays("holidays: queued to the first business day", async (window, page) => {
  await window.begin("추석 연휴");
  await page.locator("#cases .due", { hasText: "10-10 (금) 09:00" }).waitFor();
  await page.getByRole("button", { name: "그때로" }).click();
  await window.now("2025-10-10 (금) 09:00");
  await window.sees("[솔빛출판] 티켓 배정", "#messages");
  await page.locator("#cases", { hasText: "09:30" }).waitFor();
  await window.shot("holidays");
  await window.turn("+30분");
  await page.locator("#ringing li").first().getByRole("button", { name: "1 수락" }).click();
  await page.locator("#cases", { hasText: "PHD 확인" }).waitFor();
  await page.locator("#cases", { hasText: "배정" }).waitFor({ state: "detached" });
});

plays("nobody: exhausted, alarmed, begun again", async (window, page) => {
  await window.begin("전원 부재");
  await window.openThread();
  await window.phone("다솜윤", "무응답");
  await window.phone("라온결", "음성사서함");
  await page.locator("#cases", { hasText: "모두 연락되지 않아" }).waitFor();
  await window.sees("모두 연락되지 않았습니다");
  await window.shot("exhausted");
  await window.go("coc-noti");
  await window.sees("모두 연락되지 않았습니다", "#messages");
  await window.press("모두 연락되지 않았습니다", "다시 시작", "#messages");
  await window.phone("다솜윤", "2 거절");
  await window.phone("라온결", "1 수락");
  await page.locator("#cases", { hasText: "열린 사건이 없습니다" }).waitFor();
});

plays("military: behind the others in the MSP order", async (window, page) => {
  await window.begin("병역특례 순서");
  await page.locator("#cases summary").click();
  const names = await page.locator("#cases .ladder b").allTextContents();
  assert.deepEqual(names.slice(0, 5), ["가온별", "다솜윤", "라온결", "나래솔", "마루한"]);
  await window.type("/coc order");
  await window.sees("나에게만 보임", "#messages");
  await window.shot("military");
  await window.openThread();
  for (const who of ["가온별", "다솜윤", "라온결", "나래솔", "마루한"]) {
    await page.locator("#cases .ladder .now", { hasText: who }).waitFor();
    await window.press(`@${who} `, "부재");
    await window.sees(`${who} 님: 부재`);
  }
  await page.locator("#cases .ladder .now", { hasText: "하늘솔" }).waitFor();
  await window.become("하늘솔");
  await window.press("@하늘솔 ", "수락");
  await window.sees("하늘솔 님이 22:00에 수락했습니다 (버튼)");
  await page.locator("#cases", { hasText: "열린 사건이 없습니다" }).waitFor();
});

plays("alarm: the customer first, then the engineers; another one is sent with the keyboard", async (window, page) => {
  await window.begin("한밤 L3 알람 (MSP)");
  await window.press("[은하물류] L3 알람", "연결됨", "#messages");
  await window.press("[은하물류] L3 알람", "추가 조치 필요", "#messages");
  await window.phone("가온별", "1 수락");
  await page.locator("#cases", { hasText: "은하물류" }).waitFor();
  await page.locator("#alarm").getByLabel("고객").selectOption("두레교육");
  await page.locator("#alarm").getByLabel("등급").selectOption("L2");
  const name = page.locator("#alarm").getByLabel("이름");
  await name.fill("lms-1 CPU");
  await name.press("Enter");
  await name.press("Enter");
  await window.sees("[두레교육] L2 알람", "#messages");
  await page.locator("#alarm").getByLabel("고객").focus();
  await window.accessible("an alarm is sent");
  await window.shot("alarm");
  await name.fill(" ");
  await name.press("Enter");
  await page.locator("#toasts", { hasText: "알람 이름" }).waitFor();
});

plays("outage: told, and over", async (window, page) => {
  await window.begin("AWS 서울 장애");
  await window.sees("AP-NORTHEAST-2", "#messages");
  await window.turn("+5분");
  await page.getByRole("button", { name: "서울 장애 해결" }).click();
  await window.openThread();
  await window.sees("22:15");
  await window.shot("outage");
});

plays("lunch: the whole scene with the keyboard alone, its form and its telephone too", async (window, page) => {
  const { keyboard } = page;
  const open = page.getByRole("button", { name: "장면 고르기" });
  await window.keyTo(open, "F6");
  await keyboard.press("Enter");
  await window.keyTo(page.getByRole("button", { name: "점심시간 배정 시작" }));
  await keyboard.press("Enter");
  await page.locator("#scenes").waitFor({ state: "hidden" });
  await window.keyTo(page.getByRole("button", { name: "멈춤" }));
  await keyboard.press("Enter");
  await page.locator("#speed", { hasText: "멈춤" }).waitFor();

  await window.keyTo(page.getByRole("textbox", { name: "메시지 보내기" }), "F6");
  await keyboard.type("/as");
  await page.getByRole("option", { name: "/assign" }).waitFor();
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  const form = page.locator("#form");
  await window.keyTo(form.locator("input").nth(0));
  await keyboard.type("한빛전지");
  await keyboard.press("Enter");
  await form.locator(".wrong", { hasText: "비어 있습니다" }).waitFor();
  await window.keyTo(form.locator("input").nth(1));
  await keyboard.type("https://support.example.com/agent/tickets/4250");
  await keyboard.press("Enter");
  await form.locator(".wrong", { hasText: "비슷한 이름: 한빛전자" }).waitFor();
  await window.keyTo(form.locator("input").nth(0), "Shift+Tab");
  await keyboard.press("Control+A");
  await keyboard.type("한빛전자");
  await keyboard.press("Enter");
  await form.waitFor({ state: "hidden" });
  await window.sees("4250", "#messages");

  // whose turn it is, confirms by the button
  const second = page.locator("#messages .message", { hasText: "티켓 배정" }).filter({ hasText: "4250" }).last();
  const who = (await second.locator(".mention").first().textContent()).slice(1);
  await window.keyTo(page.locator("#channels button[aria-current]"), "F6");
  await window.keyTo(page.getByLabel("지금 나는"), "Shift+Tab");
  const chosen = () => page.locator("#who option:checked").textContent();
  await keyboard.press("Home");
  for (let step = 0; step < 40 && (await chosen()) !== who; step += 1) await keyboard.press("ArrowDown");
  await page.waitForFunction((name) => document.title.startsWith(name), who);
  await window.keyTo(page.locator("#messages"), "F6");
  await keyboard.press("End");
  await window.keyTo(second, "ArrowUp");
  await window.keyTo(second.getByRole("button", { name: "확인" }));
  await keyboard.press("Enter");
  await second.getByRole("button", { name: "확인" }).waitFor({ state: "detached" });

  // its thread by a key, and back
  await window.keyTo(second, "Shift+Tab");
  await keyboard.press("t");
  await window.sees(`${who} 님 확인`);
  await window.keyTo(page.getByRole("textbox", { name: "답글 보내기" }));
  await keyboard.press("Escape");
  await page.locator("#thread").waitFor({ state: "hidden" });

  // nobody confirms the first: the telephone rings at 13:30
  await window.keyTo(open, "F6");
  await window.keyTo(page.getByRole("button", { name: "+30분" }));
  for (const clock of ["12:40", "13:10", "13:40"]) {
    await keyboard.press("Enter");
    await window.now(clock);
  }
  await page.locator("#ringing li:not(.none)").waitFor();
  await window.keyTo(page.locator("#ringing").getByRole("button", { name: "1 수락" }));
  await keyboard.press("Enter");
  await page.locator("#cases", { hasText: "열린 사건이 없습니다" }).waitFor();
});

plays("call: from the ring to the memo with the keyboard alone, within a minute", async (window, page) => {
  const { keyboard } = page;
  await window.keyTo(page.getByRole("button", { name: "장면 고르기" }), "F6");
  await keyboard.press("Enter");
  await window.keyTo(page.getByRole("button", { name: "전화 응대 시작" }));
  await keyboard.press("Enter");
  await page.locator("#scenes").waitFor({ state: "hidden" });
  const rang = Date.now();
  await window.keyTo(page.getByRole("textbox", { name: "메시지 보내기" }), "F6");
  await keyboard.type("/call", { delay: 80 });
  await keyboard.press("Escape");
  await keyboard.press("Enter");
  const form = page.locator("#form");
  await form.getByText("고객사 명과 전화 주신 분 성함을 여쭙겠습니다").waitFor();
  await window.accessible("the form of a call");
  await window.shot("call-form");
  // the kind stands first and has the focus
  const kind = form.getByLabel("종류");
  await window.keyTo(kind);
  const chosen = () => kind.locator("option:checked").textContent();
  for (let step = 0; step < 6 && (await chosen()) !== "AWS 기술 외"; step += 1) await keyboard.press("ArrowDown");
  assert.equal(await chosen(), "AWS 기술 외");
  const into = async (label, text) => {
    await window.keyTo(form.getByLabel(label, { exact: false }).first());
    await keyboard.type(text, { delay: 80 });
  };
  await into("문의자 (", "한별");
  await into("연락처", "01000002001");
  await keyboard.press("Enter");
  // what is missing is said at its field, which has the focus; the rest stays
  await form.locator(".wrong", { hasText: "전화 메모에 필요합니다" }).waitFor();
  await window.shot("call-error");
  await window.keyTo(form.getByLabel("문의자 소속"));
  assert.equal(await form.getByLabel("연락처").inputValue(), "01000002001");
  await keyboard.type("처음전자", { delay: 80 });
  await into("내용", "청구서 주소 변경");
  await window.keyTo(form.getByRole("button", { name: "기록" }));
  await keyboard.press("Enter");
  await form.waitFor({ state: "hidden" });
  await window.sees("[문의자: 한별 / 문의자 소속: 처음전자 / 연락처: 010-0000-2001 / 내용: 청구서 주소 변경]", "#messages");
  assert.ok(Date.now() - rang < 60_000, `${(Date.now() - rang) / 1000} s`);
  await window.sees("담당자가 연락드린다고 말씀해 주십시오", "#messages");
  await window.shot("call-memo");
  // and what the telephone brings else: a customer by four digits, called for at once
  await window.type("/call");
  await kind.selectOption("장애");
  await form.getByLabel("연락처").fill("010-0000-2002");
  await form.getByLabel("계정 마지막 4자리").fill("4321");
  await form.getByRole("button", { name: "기록" }).click();
  await form.waitFor({ state: "hidden" });
  await window.sees("15분 이내에 연락이 가지 않으면", "#messages");
  await page.locator("#ringing li", { hasText: "자람우" }).waitFor();
  await window.go("coc-noti");
  await window.sees("[가나게임즈] 장애 전화", "#messages");
  await window.shot("call-outage");
});

plays("accessible: the scenes, the main view, an open thread, help while typing, a form with errors", async (window, page) => {
  await page.getByRole("button", { name: "장면 고르기" }).click();
  await window.accessible("the scenes");
  await page.keyboard.press("Escape");
  await window.begin("한밤 긴급 요청");
  await page.locator("#ringing li:not(.none)").waitFor();
  await window.accessible("the main view");
  await window.openThread();
  await window.sees("22:05까지");
  await window.accessible("an open thread");
  const rung = window.said("22:05까지");
  await rung.hover();
  await rung.getByRole("button", { name: "반응 고르기" }).click();
  await page.locator(".picker").waitFor();
  await window.accessible("the reactions");
  await page.keyboard.press("Escape");
  const area = page.getByRole("textbox", { name: "메시지 보내기" });
  await area.fill("/");
  await page.locator(".offers").getByRole("option").first().waitFor();
  await window.accessible("help while typing");
  await area.fill("/leave");
  await area.press("Enter");
  const form = page.locator("#form");
  await form.getByRole("heading").waitFor();
  await window.accessible("a form");
  await form.getByRole("button", { name: "등록" }).click();
  await form.locator(".wrong", { hasText: "비어 있습니다" }).first().waitFor();
  await window.accessible("a form with errors");
  await page.keyboard.press("Escape");
  await form.waitFor({ state: "hidden" });
  await page.setViewportSize({ width: 400, height: 780 });
  await window.accessible("a narrow window");
});

plays("a narrow window shows one part at a time", async (window, page) => {
  await window.begin("한밤 긴급 요청");
  await page.setViewportSize({ width: 400, height: 780 });
  const pane = (name) => page.locator("#panes").getByRole("button", { name });
  await page.locator("#messages").waitFor();
  await page.locator("#backstage").waitFor({ state: "hidden" });
  await window.openThread();
  await page.locator("#messages").waitFor({ state: "hidden" });
  await pane("무대 뒤").click();
  await window.phone("가온별", "통화 중");
  await pane("대화").click();
  await window.sees("가온별 님: 전화 통화 중");
  await window.shot("narrow");
  await pane("채널").click();
  await window.go("coc-noti");
  await page.locator("#messages").waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 400, `${wide} px wide`);
});

plays("what a Slack user has in the fingers", async (window, page) => {
  await window.begin("한밤 긴급 요청");
  await window.become("오하라");
  const area = page.getByRole("textbox", { name: "메시지 보내기" });
  await window.type("/nonsense 하나");
  await page.locator("#toasts", { hasText: "/nonsense: 없는 명령입니다" }).waitFor();
  assert.equal(await area.inputValue(), "/nonsense 하나", "what was typed is kept");
  await area.fill("");
  await area.pressSequentially("고맙습니다 :pra");
  await page.getByRole("option", { name: ":pray:" }).waitFor();
  await area.press("Enter");
  await area.press("Enter");
  await window.sees("고맙습니다 🙏", "#messages");
  await area.pressSequentially("#coc");
  await page.getByRole("option", { name: "#coc-noti" }).waitFor();
  await area.press("Tab");
  assert.equal(await area.inputValue(), "#coc-noti ");
  await area.fill("");
  await area.press("ArrowUp");
  const edit = page.getByRole("textbox", { name: "고칠 내용" });
  await edit.fill("감사합니다");
  await edit.press("Enter");
  await window.sees("감사합니다", "#messages");
  const mine = window.said("감사합니다", "#messages");
  assert.match(await mine.textContent(), /편집됨/);
  await mine.focus();
  await page.keyboard.press("r");
  await page.getByRole("searchbox", { name: "이모지 찾기" }).fill("palm");
  await page.keyboard.press("Enter");
  await mine.locator(".reactions", { hasText: "🌴 1" }).waitFor();
  await mine.focus();
  await page.keyboard.press("Delete");
  await page.locator("#ask").getByRole("button", { name: "취소" }).click();
  await mine.focus();
  await page.keyboard.press("Delete");
  await page.locator("#ask").getByRole("button", { name: "지우기" }).click();
  await mine.waitFor({ state: "detached" });
});

/** The app's own face of the workspace. */
async function api(method, body) {
  const answer = await fetch(`${url}api/${method}`, {
    method: "POST", headers: { authorization: "Bearer xoxb-sandbox", "content-type": "application/json" }, body: JSON.stringify(body),
  });
  const said = await answer.json();
  assert.equal(said.ok, true, JSON.stringify(said));
  return said;
}

plays("what comes while one reads further up is marked, and reached by a press", async (window, page) => {
  await window.begin("한밤 긴급 요청");
  const { channels } = await api("conversations.list", {});
  const channel = channels.find((one) => one.name === "general").id;
  for (let nth = 1; nth <= 30; nth += 1) await api("chat.postMessage", { channel, text: `알림 ${nth}` });
  await window.sees("알림 30", "#messages");
  const list = page.locator("#messages");
  const left = () => list.evaluate((node) => node.scrollHeight - node.scrollTop - node.clientHeight);
  assert.ok((await left()) < 80, "the newest is in view");
  await list.evaluate((node) => { node.scrollTop = 0; });
  await api("chat.postMessage", { channel, text: "방금 온 알림" });
  const jump = page.getByRole("button", { name: "새 메시지" });
  await jump.waitFor();
  assert.equal(await list.evaluate((node) => node.scrollTop), 0, "what is read stays where it is");
  await jump.click();
  await jump.waitFor({ state: "hidden" });
  assert.ok((await left()) < 80);
});

plays("Block Kit as Slack draws it", async (window, page) => {
  await window.begin("한밤 긴급 요청");
  const { channels } = await api("conversations.list", {});
  const text = (said) => ({ type: "plain_text", text: said });
  const options = ["하나", "둘"].map((said) => ({ text: text(said), value: said }));
  await api("chat.postMessage", { channel: channels.find((one) => one.name === "general").id, text: "견본", blocks: [
    { type: "header", text: text("견본 :bell:") },
    { type: "section", text: { type: "mrkdwn", text: "*굵게* `코드` :+1:\n> 인용" }, accessory: { type: "overflow", action_id: "more", options } },
    { type: "section", fields: [{ type: "mrkdwn", text: "*고객사*\n한빛전자" }, { type: "mrkdwn", text: "*등급*\n일반" }] },
    { type: "section", text: text("여럿"), accessory: { type: "multi_users_select", action_id: "people", placeholder: text("사람들") } },
    { type: "context", elements: [{ type: "mrkdwn", text: "덧붙임" }] },
    { type: "actions", elements: [
      { type: "button", action_id: "go", style: "danger", text: text("해지"), confirm: { title: text("확인"), text: text("되돌릴 수 없습니다."), confirm: text("예"), deny: text("아니요") } },
      { type: "checkboxes", action_id: "boxes", options }, { type: "radio_buttons", action_id: "radios", options }, { type: "datetimepicker", action_id: "when" },
    ] },
  ] });
  const shown = window.said("견본", "#messages");
  await shown.getByRole("heading", { name: "견본 🔔" }).waitFor();
  await shown.locator("blockquote", { hasText: "인용" }).waitFor();
  assert.equal(await shown.locator(".fields > div").count(), 2);
  await shown.getByRole("button", { name: "더 보기" }).click();
  await page.getByRole("menuitem", { name: "둘" }).waitFor();
  await page.keyboard.press("Escape");
  await shown.locator("summary", { hasText: "사람들" }).click();
  await shown.getByRole("checkbox", { name: "오하라" }).check();
  await shown.getByRole("checkbox", { name: "하나" }).check();
  await shown.getByRole("radio", { name: "둘" }).check();
  await shown.getByRole("button", { name: "해지" }).click();
  await page.locator("#ask").getByRole("button", { name: "아니요" }).click();
  await window.accessible("blocks");
  await window.shot("blocks");
});

plays("several people in two windows, live, with marks for what is new", async (window, page) => {
  await window.begin("한밤 긴급 요청");
  const other = await Window.beside(window.context);
  await other.become("라온결");
  await other.go("coc-noti");
  await page.bringToFront();
  await window.become("오하라");
  await window.type("@라온결 한빛전자 건을 알고 계십니까");
  await other.page.bringToFront();
  await other.page.locator("#channels .badge", { hasText: "1" }).waitFor();
  await other.shot("unread");
  await other.go("general");
  await other.page.locator("#messages .to-me", { hasText: "알고 계십니까" }).waitFor();
  await other.page.locator("#messages .day.new").waitFor();
  await other.page.locator("#channels .badge").waitFor({ state: "detached" });
  await other.said("알고 계십니까", "#messages").hover();
  await other.said("알고 계십니까", "#messages").getByRole("button", { name: "반응 고르기" }).click();
  await other.page.locator(".picker").getByRole("button", { name: ":pray:" }).click();
  await page.locator("#messages .reactions", { hasText: "🙏" }).waitFor();
  await page.bringToFront();
  const mine = window.said("알고 계십니까", "#messages");
  await mine.hover();
  await mine.getByRole("button", { name: "고치기" }).click();
  await page.getByRole("textbox", { name: "고칠 내용" }).fill("@라온결 확인 부탁드립니다");
  await page.getByRole("textbox", { name: "고칠 내용" }).press("Enter");
  await other.page.locator("#messages", { hasText: "확인 부탁드립니다" }).waitFor();
  other.quiet();
});

plays("the speed of the clock", async (window, page) => {
  await window.begin("한밤 긴급 요청");
  await page.getByRole("button", { name: "×60" }).click();
  await page.locator("#speed", { hasText: "60배속" }).waitFor();
  await window.now("22:01");
  await page.getByRole("button", { name: "×1", exact: true }).click();
});

plays("a recording is saved as a scenario file", async (window, page) => {
  await window.begin("한밤 긴급 요청");
  await window.openThread();
  await window.press("22:05까지", "부재");
  await window.sees("라온결 님에게 넘어갑니다");
  await window.turn("+5분");
  await window.become("라온결");
  await window.press("22:10까지", "수락");
  await window.sees("라온결 님이 22:05에 수락했습니다");
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "기록 저장" }).click()]);
  assert.match(file.suggestedFilename(), /^practice-20250805-2200\.yaml$/);
  await file.saveAs(join(shots, "recorded.yaml"));
});
