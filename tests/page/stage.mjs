// The page in a browser: how a person finds things on it.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const need = (name) => {
  const value = process.env[name];
  assert.ok(value, `${name} is not set`);
  return value;
};
/** Where the packages are installed, where the page is, where screenshots go, where the manual's pictures go. */
const modules = process.env.COC_PAGE_MODULES || new URL("./node_modules", import.meta.url).pathname;
export const url = need("COC_PAGE_URL");
export const shots = need("COC_PAGE_SHOTS");
const pictures = process.env.COC_PAGE_PICTURES || shots;

const require = createRequire(join(modules, "here.js"));
const { chromium } = require("playwright-core");
const UPNG = require("upng-js");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const SOON = 15_000;

export async function openBrowser() {
  return chromium.launch({
    executablePath: process.env.COC_CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
}

/** One window, and the person who sits before it. */
export class Window {
  static async open(browser, size = { width: 1500, height: 860 }) {
    const context = await browser.newContext({ viewport: size, locale: "ko-KR", timezoneId: "America/New_York", acceptDownloads: true });
    return Window.beside(context);
  }

  static async beside(context) {
    const page = await context.newPage();
    const troubles = [];
    page.on("console", (said) => { if (["error", "warning"].includes(said.type())) troubles.push(`${said.text()} ${said.location().url}`); });
    page.on("pageerror", (error) => troubles.push(String(error)));
    page.setDefaultTimeout(SOON);
    await page.goto(url);
    await page.locator("#link", { hasText: "COC" }).waitFor({ state: "attached" });
    return new Window(page, troubles);
  }

  constructor(page, troubles) {
    this.page = page;
    this.troubles = troubles;
    this.context = page.context();
  }

  /** Chooses a ready scene as a person does, and stops the clock. */
  async begin(title, { keys = false } = {}) {
    const choose = this.page.getByRole("button", { name: "장면 고르기" });
    const start = this.page.getByRole("button", { name: `${title} 시작` });
    if (keys) {
      await choose.press("Enter");
      await start.press("Enter");
    } else {
      await choose.click();
      await start.click();
    }
    await this.page.locator("#scene-name", { hasText: title }).waitFor();
    await this.page.locator("#scenes").waitFor({ state: "hidden" });
    await this.page.getByRole("button", { name: "멈춤" }).click();
    await this.page.locator("#speed", { hasText: "멈춤" }).waitFor();
  }

  async become(name) {
    await this.page.getByLabel("지금 나는").selectOption({ label: name });
    await this.page.waitForFunction((who) => document.title.startsWith(who), name);
  }

  async go(channel) {
    await this.page.locator("#channels").getByRole("button", { name: new RegExp(`# ${channel}`) }).click();
    await this.page.locator("#place", { hasText: channel }).waitFor();
  }

  /** Opens the newest thread of the channel. */
  async openThread() {
    await this.page.locator("#messages .replies").last().click();
    await this.page.locator("#thread").waitFor();
  }

  /** The newest message that says this, in the thread or else in the channel. */
  said(text, list = "#replies") {
    return this.page.locator(`${list} .message`, { hasText: text }).last();
  }

  async sees(text, list = "#replies") {
    await this.said(text, list).waitFor();
  }

  async press(text, label, list = "#replies") {
    await this.said(text, list).getByRole("button", { name: label, exact: true }).click();
  }

  async type(text, where = "메시지 보내기") {
    const area = this.page.getByRole("textbox", { name: where });
    await area.fill(text);
    await area.press("Enter");
  }

  async phone(who, does) {
    await this.page.locator("#ringing li", { hasText: who }).getByRole("button", { name: does }).click();
  }

  async turn(label) {
    await this.page.locator("#turns").getByRole("button", { name: label }).click();
  }

  async now(text) {
    await this.page.locator("#now", { hasText: text }).waitFor();
  }

  async shot(name) {
    await this.page.screenshot({ path: join(shots, `${name}.png`) });
  }

  /** A picture for the manual: a part of the page, in few colours. */
  async picture(name, part = this.page.locator("body")) {
    await this.page.mouse.move(0, 0);
    await this.page.evaluate(() => document.activeElement.blur());
    const { width, height, ...image } = UPNG.decode(await part.screenshot());
    const [pixels] = UPNG.toRGBA8({ width, height, ...image });
    writeFileSync(join(pictures, `${name}.png`), Buffer.from(UPNG.encode([pixels], width, height, 48)));
  }

  /** No serious or critical finding of axe in what is shown now. */
  async accessible(what) {
    await this.page.evaluate(axe);
    const { violations } = await this.page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    const grave = violations.filter((one) => ["serious", "critical"].includes(one.impact));
    const said = grave.map((one) => `${one.impact} ${one.id}: ${one.nodes.map((node) => `${node.target} ${node.failureSummary}`).join("; ")}`);
    assert.deepEqual(said, [], what);
  }

  /** Goes on with one key until something has the focus; keys only, as a person without a mouse. */
  async keyTo(target, key = "Tab", most = 60) {
    for (let pressed = 0; pressed < most; pressed += 1) {
      if (await target.evaluate((node) => node === document.activeElement || (node.matches("ol") && node.contains(document.activeElement)))) return;
      await this.page.keyboard.press(key);
    }
    const focused = await this.page.evaluate(() => document.activeElement.outerHTML.slice(0, 200));
    assert.fail(`${key} does not lead to ${target}; it stands on ${focused}`);
  }

  /** Nothing went wrong in the page itself. A refused act is an answer 409, which Chromium reports by itself. */
  quiet() {
    assert.deepEqual(this.troubles.filter((one) => !/status of 409/.test(one)), []);
  }

  async close() {
    this.quiet();
    await this.context.close();
  }
}
