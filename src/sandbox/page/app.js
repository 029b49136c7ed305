"use strict";

// The whole state comes from the server, again and again; this page only draws it and sends what a person does.
let slack = null;          // people, channels, messages, forms
let stage = null;          // clock, telephone, desk
let stageAt = 0;           // when `stage` came, by this machine's clock
let me = null;             // the chosen person's id
let place = null;          // the open channel's id, or "home"
let thread = null;         // the open thread's root
let shownForm = "";        // what the form on screen was drawn from
let lastPick = null;       // the message whose reaction picker is open
let editing = null;        // the message that is being edited
let openMenu = null;       // the overflow menu that is open
let run = null;            // which practice is shown
const hidden = new Set();  // ephemeral messages put away

const ACKS = ["white_check_mark", "heavy_check_mark", "+1", "eyes", "ok_hand", "raised_hands"];
const EMOJI = {
  white_check_mark: "✅", heavy_check_mark: "✔️", "+1": "👍", thumbsup: "👍", eyes: "👀", ok_hand: "👌",
  raised_hands: "🙌", pray: "🙏", "-1": "👎", x: "❌", heart: "❤️", tada: "🎉", fire: "🔥", smile: "😄",
  rotating_light: "🚨", phone: "☎️", telephone: "☎️", telephone_receiver: "📞", warning: "⚠️", no_entry: "⛔",
  alarm_clock: "⏰", black_right_pointing_double_triangle_with_vertical_bar: "⏭️", next_track_button: "⏭️",
  palm_tree: "🌴", military_helmet: "🪖", memo: "📝", calendar: "📅", bell: "🔔", house: "🏠", bus: "🚌",
};
const PICK = [...ACKS, "pray", "-1", "x", "heart", "tada", "fire"];
const COLOURS = ["#2b6cb0", "#2f855a", "#b7791f", "#9b2c2c", "#6b46c1", "#2c7a7b", "#97266d", "#4a5568"];

const $ = (id) => document.getElementById(id);

function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "class") node.className = value;
    else if (key === "value") node.value = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function toast(text) {
  const note = h("div", {}, text);
  $("toasts").append(note);
  setTimeout(() => note.remove(), 6000);
}

async function act(deed) {
  try {
    const answer = await fetch("page/act", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ who: me, ...deed }),
    });
    const said = await answer.json().catch(() => ({ ok: false, error: "요청을 읽지 못했습니다." }));
    if (!said.ok && deed.do !== "submit") toast(said.error);
    return said;
  } catch {
    toast("연습 서버에 연결할 수 없습니다. 서버가 켜져 있는지 확인해 주십시오.");
    return { ok: false };
  }
}

// ---- who, where -------------------------------------------------------------------------------------------------------------

const user = (id) => slack.users.find((one) => one.id === id);
const groupsOf = (id) => slack.groups.filter((group) => group.members.includes(id));
const channel = (id) => slack.channels.find((one) => one.id === id);
const nameOf = (id) => (id === slack.bot.id ? slack.bot.name : user(id)?.name || id);

function readHash() {
  const said = new URLSearchParams(location.hash.slice(1));
  me = slack.users.find((one) => one.handle === said.get("who") || one.id === said.get("who"))?.id || firstPerson();
  const wanted = said.get("in") || "general";
  place = wanted === "home" ? "home" : (slack.channels.find((one) => one.name === wanted || one.id === wanted) || slack.channels[0])?.id;
  const mine = channel(place)?.direct_with;
  if (mine && mine !== me) place = slack.channels.find((one) => !one.direct_with)?.id;
  thread = said.get("thread");
}

/** Whose the page is at first: a CSR's, since the first thing to do is a request. */
const firstPerson = () => slack.groups.find((group) => group.handle === "csr")?.members[0] || slack.users[0]?.id;

function go(change) {
  const said = new URLSearchParams(location.hash.slice(1));
  said.set("who", user(me)?.handle || "");
  for (const [key, value] of Object.entries(change)) value ? said.set(key, value) : said.delete(key);
  location.hash = said.toString();
}

const placeName = (one) => one.name || one.id;

// ---- time -------------------------------------------------------------------------------------------------------------------

const SEOUL = 9 * 3600 * 1000;
const two = (n) => String(n).padStart(2, "0");
function seoul(ms) {
  const at = new Date(ms + SEOUL);
  const days = "일월화수목금토";
  return {
    day: `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())} (${days[at.getUTCDay()]})`,
    clock: `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`,
    seconds: `:${two(at.getUTCSeconds())}`,
  };
}
const ofTs = (ts) => seoul(parseFloat(ts) * 1000);

// ---- text -------------------------------------------------------------------------------------------------------------------

const unescape = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
const emojiOf = (name) => EMOJI[name] || `:${name}:`;
const MARK = /<([^>\n]+)>|```([\s\S]+?)```|`([^`\n]+)`|(?<![\p{L}\p{N}*])\*(\S(?:[^*\n]*\S)?)\*(?![\p{N}*])|(?<![\p{L}\p{N}_])_(\S(?:[^_\n]*\S)?)_(?![\p{L}\p{N}_])|(?<![\p{L}\p{N}~])~(\S(?:[^~\n]*\S)?)~|:([a-z0-9_+'-]+):/gu;

/** Slack's text: lines that begin with > stand in a quote. */
function marked(text) {
  const parts = text.split(/((?:^(?:&gt;|>)[^\n]*\n?)+)/m).filter(Boolean);
  return parts.flatMap((part) => (/^(&gt;|>)/.test(part)
    ? [h("blockquote", {}, inline(part.replace(/^(?:&gt;|>) ?/gm, "").replace(/\n$/, "")))] : inline(part)));
}

function inline(text) {
  const out = [];
  let from = 0;
  for (const found of text.matchAll(MARK)) {
    out.push(unescape(text.slice(from, found.index)));
    from = found.index + found[0].length;
    const [whole, tag, pre, code, bold, italic, strike, emoji] = found;
    if (tag !== undefined) out.push(tagged(tag));
    else if (pre !== undefined) out.push(h("pre", {}, unescape(pre).replace(/^\n|\n$/g, "")));
    else if (code !== undefined) out.push(h("code", {}, unescape(code)));
    else if (bold !== undefined) out.push(h("b", {}, inline(bold)));
    else if (italic !== undefined) out.push(h("i", {}, inline(italic)));
    else if (strike !== undefined) out.push(h("s", {}, inline(strike)));
    else out.push(EMOJI[emoji] || whole);
  }
  out.push(unescape(text.slice(from)));
  return out.filter((piece) => piece !== "");
}

function tagged(tag) {
  const cut = tag.indexOf("|");
  const head = cut < 0 ? tag : tag.slice(0, cut);
  const label = cut < 0 ? "" : unescape(tag.slice(cut + 1));
  if (head.startsWith("@")) {
    const id = head.slice(1);
    return h("span", { class: `mention${id === me ? " me" : ""}` }, `@${nameOf(id)}`);
  }
  if (head.startsWith("!subteam^")) {
    const group = slack.groups.find((one) => one.id === head.slice(9));
    const mine = group?.members.includes(me);
    return h("span", { class: `mention${mine ? " me" : ""}` }, `@${group?.handle || label || head}`);
  }
  if (head.startsWith("#")) return h("span", { class: "mention" }, `#${channel(head.slice(1))?.name || label || head.slice(1)}`);
  if (head.startsWith("!")) return h("span", { class: "mention me" }, label || `@${head.slice(1)}`);
  const url = unescape(head);
  const safe = /^(https?|mailto|tel):/.test(url) ? url : null;
  return h("a", { href: safe, target: "_blank", rel: "noopener noreferrer" }, label || url);
}

/** Slack's text as the person would have typed it, for editing. */
const asTyped = (text) => unescape(text.replace(/<([^>]+)>/g, (_, tag) => {
  const [head, label] = tag.split("|");
  if (head.startsWith("@")) return `@${nameOf(head.slice(1))}`;
  if (head.startsWith("!subteam^")) return `@${slack.groups.find((one) => one.id === head.slice(9))?.handle || label}`;
  if (head.startsWith("!")) return `@${head.slice(1)}`;
  return head.replace(/^mailto:/, "");
}));

function mentionsMe(message) {
  const mine = [`<@${me}`, ...groupsOf(me).map((group) => `<!subteam^${group.id}`)];
  const said = message.blocks?.[0]?.type === "rich_text" ? message.text : message.text + JSON.stringify(message.blocks || []);
  return message.user !== me && mine.some((one) => said.includes(one));
}

// ---- blocks -----------------------------------------------------------------------------------------------------------------

/** The emoji of somebody's status, with its text to be read. */
function statusOf(id) {
  const one = user(id);
  if (!one?.emoji && !one?.status) return null;
  return h("span", { class: "mark", title: one.status || null, role: "img", "aria-label": `상태: ${one.status || one.emoji}` }, one.emoji ? emojiOf(one.emoji) : "💬");
}

const textOf = (text) => (text?.type === "mrkdwn" ? marked(text.text) : plain(text?.text || ""));
const plain = (text) => text.replace(/:([a-z0-9_+'-]+):/g, (whole, name) => EMOJI[name] || whole);

function drawBlocks(blocks, press) {
  return blocks.map((block) => {
    switch (block.type) {
      case "section":
        return h("div", { class: "block section" },
          h("div", { class: "words" }, block.text ? textOf(block.text) : "",
            block.fields ? h("div", { class: "fields" }, block.fields.map((field) => h("div", {}, textOf(field)))) : null),
          block.accessory ? drawElement(block, block.accessory, press) : null);
      case "header": return h("div", { class: "block header", role: "heading", "aria-level": "3" }, textOf(block.text));
      case "context":
        return h("div", { class: "block context words" }, block.elements.map((one) => [
          one.type === "image" ? h("img", { src: one.image_url, alt: one.alt_text }) : textOf(one), " "]));
      case "divider": return h("hr");
      case "actions":
        return h("div", { class: "block row" }, block.elements.map((one) => drawElement(block, one, press)));
      case "image":
        return h("figure", { class: "block" }, block.title ? h("figcaption", {}, textOf(block.title)) : null,
          h("img", { src: block.image_url || block.slack_file?.url || `/files/${block.slack_file?.id}`, alt: block.alt_text }));
      case "rich_text": return h("div", { class: "block words" }, block.elements.map(drawRich));
      case "markdown": return h("div", { class: "block words" }, block.text);
      default: return h("p", { class: "mark" }, `(여기서는 그리지 못하는 블록입니다: ${block.type})`);
    }
  });
}

function drawRich(part) {
  const inside = () => part.elements.map(drawRichBit);
  switch (part.type) {
    case "rich_text_list":
      return h(part.style === "ordered" ? "ol" : "ul", { class: "rich" }, part.elements.map((one) => h("li", {}, drawRich(one))));
    case "rich_text_quote": return h("blockquote", {}, inside());
    case "rich_text_preformatted": return h("pre", {}, inside());
    default: return h("div", {}, inside());
  }
}

function drawRichBit(bit) {
  const dressed = (node) => ["bold", "italic", "strike", "code"].reduce(
    (inner, style, i) => (bit.style?.[style] ? h(["b", "i", "s", "code"][i], {}, inner) : inner), node);
  switch (bit.type) {
    case "user": return tagged(`@${bit.user_id}`);
    case "usergroup": return tagged(`!subteam^${bit.usergroup_id}`);
    case "channel": return tagged(`#${bit.channel_id}`);
    case "broadcast": return tagged(`!${bit.range}`);
    case "link": return dressed(tagged(bit.text ? `${bit.url}|${bit.text}` : bit.url));
    case "emoji": return emojiOf(bit.name);
    default: return dressed(bit.text || "");
  }
}

/** An element of a message or a form that acts at once. */
function drawElement(block, element, press) {
  const ids = { block_id: block.block_id, action_id: element.action_id };
  const key = `${block.block_id}/${element.action_id}`;
  const label = element.placeholder?.text || "고르기";
  const use = async (node, choice) => {
    // not `disabled`, which would take the focus away
    if (node.ariaDisabled === "true" || (element.confirm && !(await ask(element.confirm)))) return;
    node.ariaDisabled = "true";
    await press({ ...ids, ...(choice === undefined ? {} : { choice }) });
    node.ariaDisabled = null;
  };
  const options = () => element.options || element.option_groups?.flatMap((group) => group.options) || [];
  switch (element.type) {
    case "button":
      return h("button", {
        type: "button", class: element.style || "", "data-k": key,
        onclick: (event) => {
          if (element.url) window.open(element.url, "_blank", "noopener");
          use(event.currentTarget);
        },
      }, plain(element.text.text));
    case "image": return h("img", { class: "accessory", src: element.image_url, alt: element.alt_text });
    case "overflow": {
      const menu = h("ul", { class: "menu", role: "menu", hidden: openMenu !== key }, options().map((one) => h("li", { role: "none" },
        h("button", { type: "button", role: "menuitem", onclick: (event) => { openMenu = null; menu.hidden = true; use(event.currentTarget, one.value); } },
          plain(one.text.text)))));
      const shut = (event) => { if (event.key === "Escape") { openMenu = null; menu.hidden = true; more.focus(); } };
      const more = h("button", {
        type: "button", "aria-haspopup": "menu", "aria-label": "더 보기", "data-k": key,
        onclick: () => { menu.hidden = !menu.hidden; openMenu = menu.hidden ? null : key; if (!menu.hidden) menu.querySelector("button")?.focus(); },
      }, "⋯");
      return h("span", { class: "overflow", onkeydown: shut }, more, menu);
    }
    case "radio_buttons":
      return h("span", { class: "choices", role: "radiogroup" }, options().map((one) => h("label", { class: "choice" },
        h("input", { type: "radio", name: key, checked: element.initial_option?.value === one.value, onchange: (event) => use(event.target, one.value) }),
        " ", textOf(one.text))));
    case "static_select": case "users_select": case "channels_select": case "conversations_select": {
      const all = choicesOf(element);
      const select = h("select", { "aria-label": label, "data-k": key, onchange: () => use(select, select.value) },
        h("option", { value: "" }, label), all.map(([value, text]) => h("option", { value }, text)));
      select.value = element.initial_option?.value || element.initial_user || element.initial_channel || element.initial_conversation || "";
      return select;
    }
    case "checkboxes": case "multi_static_select": case "multi_users_select": case "multi_channels_select": case "multi_conversations_select": {
      const chosen = new Set(initialOf(element));
      const boxes = choicesOf(element).map(([value, text]) => h("label", { class: "choice" }, h("input", {
        type: "checkbox", checked: chosen.has(value),
        onchange: (event) => { event.target.checked ? chosen.add(value) : chosen.delete(value); use(event.target, [...chosen].join(",")); },
      }), " ", text));
      if (element.type === "checkboxes") return h("span", { class: "choices" }, boxes);
      return h("details", { class: "choices" }, h("summary", {}, label), boxes);
    }
    case "datepicker": case "timepicker": case "datetimepicker": {
      const kind = { datepicker: "date", timepicker: "time", datetimepicker: "datetime-local" }[element.type];
      const said = element.initial_date || element.initial_time || (element.initial_date_time ? localOf(element.initial_date_time) : "");
      const input = h("input", { type: kind, "aria-label": label, "data-k": key, value: said,
        onchange: () => use(input, kind === "datetime-local" ? String(Date.parse(`${input.value}:00+09:00`) / 1000) : input.value) });
      return input;
    }
    default: return h("span", { class: "mark" }, `(${element.type})`);
  }
}

/** Seconds since the epoch as a local time of Seoul, for the browser's own field. */
const localOf = (seconds) => new Date(seconds * 1000 + SEOUL).toISOString().slice(0, 16);
/** What is chosen at first where several can be. */
const initialOf = (element) => element.initial_options?.map((one) => one.value) || element.initial_users || element.initial_channels || element.initial_conversations || [];
/** What can be chosen in a menu: value and label. */
function choicesOf(element) {
  if (/users_select$/.test(element.type)) return slack.users.map((one) => [one.id, one.name]);
  if (/(channels|conversations)_select$/.test(element.type)) return slack.channels.filter((one) => !one.direct_with).map((one) => [one.id, `# ${one.name}`]);
  const options = element.options || element.option_groups?.flatMap((group) => group.options) || [];
  return options.map((one) => [one.value, plain(one.text.text)]);
}

/** Slack's question before something that cannot be undone. */
function ask(confirm) {
  const dialog = $("ask");
  return new Promise((answer) => {
    const end = (yes) => { dialog.close(); answer(yes); };
    dialog.oncancel = (event) => { event.preventDefault(); end(false); };
    const yes = h("button", { type: "button", class: confirm.style === "danger" ? "go danger" : "go", onclick: () => end(true) }, plain(confirm.confirm?.text || "예"));
    dialog.replaceChildren(
      h("header", {}, h("h2", { id: "ask-title" }, plain(confirm.title?.text || "확인"))),
      h("div", { class: "note" }, textOf(confirm.text)),
      h("footer", {}, h("button", { type: "button", onclick: () => end(false) }, plain(confirm.deny?.text || "아니요")), yes));
    dialog.showModal();
    yes.focus();
  });
}

// ---- messages ---------------------------------------------------------------------------------------------------------------

function avatar(id) {
  const name = nameOf(id);
  const n = [...id].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) >>> 0;
  const colour = id === slack.bot.id ? "#4a154b" : COLOURS[n % COLOURS.length];
  const node = h("div", { class: "avatar", "aria-hidden": "true" }, id === slack.bot.id ? "C" : name.slice(0, 1));
  node.style.background = colour;
  return node;
}

function drawMessage(message, inThread, compact) {
  const key = message.ts;
  const own = message.user === me && !message.ephemeral && message.subtype !== "tombstone";
  const press = (button) => act({ do: "press", on: message.ephemeral ? "ephemeral" : "message", channel: message.channel, ts: message.ts, ...button });
  const author = message.subtype === "tombstone" ? "" : nameOf(message.user);
  const at = ofTs(message.ts);
  const typed = !message.blocks?.length || message.blocks[0].type === "rich_text";
  const item = h("li", {
    class: `message${mentionsMe(message) ? " to-me" : ""}${message.ephemeral ? " ephemeral" : ""}${compact ? " compact" : ""}`,
    "data-ts": message.ts, "data-k": "message", tabindex: "-1",
    "aria-label": `${author} ${at.clock}`,
  });
  const body = h("div", { class: "body" });
  const face = compact ? h("time", { class: "aside", title: at.day }, at.clock) : message.subtype === "tombstone" ? h("div") : avatar(message.user);
  item.append(face, h("div", {},
    compact ? null : h("div", { class: "head" },
      h("b", {}, author), statusOf(message.user), message.user === slack.bot.id ? h("span", { class: "app" }, "앱") : null,
      h("time", { title: at.day }, at.clock),
      message.edited ? h("span", { class: "mark" }, "(편집됨)") : null,
      message.ephemeral ? h("span", { class: "mark" }, "👁 나에게만 보임") : null),
    body, compact && message.edited ? h("span", { class: "mark" }, "(편집됨)") : null, drawReactions(message), inThread ? null : drawReplyCount(message)));
  if (editing === key) body.append(drawEdit(message));
  else if (message.subtype === "tombstone") body.append(h("i", {}, "삭제된 메시지입니다."));
  else if (typed) body.append(h("div", { class: "words" }, marked(message.text)));
  else body.append(...drawBlocks(message.blocks, press).filter(Boolean));
  if (message.ephemeral) {
    item.append(h("div", { class: "tools" }, tool("✕", "숨기기", () => { hidden.add(key); draw(); })));
  } else if (message.subtype !== "tombstone") {
    item.append(h("div", { class: "tools", role: "group", "aria-label": "메시지 도구" },
      ...ACKS.slice(0, 1).map((name) => tool(emojiOf(name), `:${name}: 반응`, () => toggle(message, name))),
      tool("😀", "반응 고르기", () => { lastPick = lastPick === key ? null : key; draw(); }),
      inThread ? null : tool("💬", "답글", () => openThread(message)),
      own ? tool("✏️", "고치기", () => { editing = key; draw(); item.parentNode?.querySelector(".edit textarea")?.focus(); }) : null,
      own ? tool("🗑", "지우기", () => erase(message)) : null));
    if (lastPick === key) item.append(drawPicker(message));
  }
  return item;
}

async function erase(message) {
  const sure = { title: { text: "메시지 지우기" }, text: { text: "이 메시지를 지웁니다. 되돌릴 수 없습니다." }, confirm: { text: "지우기" }, deny: { text: "취소" }, style: "danger" };
  if (await ask(sure)) act({ do: "delete", channel: message.channel, ts: message.ts });
}

function tool(face, label, run) {
  return h("button", { type: "button", "aria-label": label, title: label, "data-k": label, onclick: run }, face);
}

function drawPicker(message) {
  const close = (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    const item = event.currentTarget.closest(".message");
    item.focus();
    lastPick = null;
    draw();
  };
  const one = (name) => tool(emojiOf(name), `:${name}:`, () => { lastPick = null; toggle(message, name); draw(); });
  const faces = h("div", { class: "faces" }, PICK.map(one));
  const search = h("input", { type: "search", "aria-label": "이모지 찾기", placeholder: "이름: eyes", autocomplete: "off", "data-k": "search" });
  search.addEventListener("input", () => {
    const typed = search.value.replaceAll(":", "").toLowerCase();
    faces.replaceChildren(...(typed ? Object.keys(EMOJI).filter((name) => name.includes(typed)).slice(0, 18) : PICK).map(one));
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); faces.querySelector("button")?.click(); }
  });
  return h("div", { class: "picker", role: "group", "aria-label": "반응", onkeydown: close }, faces, search);
}

/** The keys that a message answers to while it has the focus, and that lead from one to the next. */
function listKeys(list, inThread) {
  list.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
    const at = event.target;
    const all = [...list.querySelectorAll(":scope > .message")];
    const own = at.closest(".message");
    if ((at === list || at === own) && ["ArrowUp", "ArrowDown", "Home", "End"].includes(event.key) && all.length) {
      event.preventDefault();
      const now = all.indexOf(own);
      const to = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1
        : now < 0 ? all.length - 1 : Math.min(all.length - 1, Math.max(0, now + (event.key === "ArrowUp" ? -1 : 1)));
      all[to].focus();
      return;
    }
    if (at !== own || !own) return;
    const message = messagesHere(inThread ? thread : null).find((one) => one.ts === own.dataset.ts);
    const click = (label) => own.querySelector(`.tools [data-k="${label}"]`)?.click();
    const key = event.key.toLowerCase();
    if (!inThread && !message?.ephemeral && (key === "enter" || key === "t")) { event.preventDefault(); openThread(message); }
    else if (key === "r") { event.preventDefault(); click("반응 고르기"); list.querySelector(".picker button")?.focus(); }
    else if (key === "e") { event.preventDefault(); click("고치기"); }
    else if (key === "delete" || key === "backspace") { event.preventDefault(); click("지우기"); }
    else if (key === "escape") { event.preventDefault(); $(inThread ? "reply-composer" : "composer").querySelector("textarea").focus(); }
  });
}

function toggle(message, name) {
  const mine = message.reactions?.some((one) => one.name === name && one.users.includes(me));
  return act({ do: mine ? "unreact" : "react", channel: message.channel, ts: message.ts, emoji: name });
}

function drawReactions(message) {
  if (!message.reactions?.length) return null;
  return h("div", { class: "reactions" }, message.reactions.map((one) => {
    const names = one.users.map(nameOf).join(", ");
    return h("button", {
      type: "button", "aria-pressed": String(one.users.includes(me)), title: `${names} :${one.name}:`,
      "aria-label": `:${one.name}: ${one.count}명, ${names}`, "data-k": `r/${one.name}`, onclick: () => toggle(message, one.name),
    }, `${emojiOf(one.name)} ${one.count}`);
  }));
}

function drawReplyCount(message) {
  const mine = myEphemerals().filter((one) => one.thread_ts === message.ts).length;
  const count = (message.reply_count || 0) + mine;
  if (!count) return null;
  const last = message.latest_reply ? ` · 마지막 ${ofTs(message.latest_reply).clock}` : "";
  const here = channel(message.channel);
  const beforeMe = thread === message.ts && document.hasFocus();
  const fresh = here && !beforeMe ? freshUnder(here, message.ts) : [];
  const forMe = fresh.filter(mentionsMe).length;
  const writers = [...new Set(here?.messages.filter((one) => one.thread_ts === message.ts && one.ts !== message.ts).map((one) => one.user))];
  return h("button", { type: "button", class: `replies${fresh.length ? " fresh" : ""}`, "data-k": "replies", onclick: () => openThread(message) },
    h("span", { class: "writers", "aria-hidden": "true" }, writers.slice(0, 4).map(avatar)), `답글 ${count}개${last}`, fresh.length ? h("span", { class: forMe ? "badge" : "new" }, forMe ? `나를 부름 ${forMe}` : `새 답글 ${fresh.length}`) : null);
}

function drawEdit(message) {
  const area = h("textarea", { "aria-label": "고칠 내용", value: asTyped(message.text) });
  const leave = () => {
    const item = area.closest(".message");
    editing = null;
    item?.focus();
    draw();
  };
  const save = async () => {
    const said = await act({ do: "edit", channel: message.channel, ts: message.ts, text: area.value });
    if (said.ok) leave();
  };
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { event.preventDefault(); leave(); }
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); save(); }
  });
  return h("div", { class: "edit" }, area, h("div", { class: "row" },
    h("button", { type: "button", onclick: save }, "저장"), h("button", { type: "button", onclick: leave }, "취소")));
}

function openThread(message) {
  pane("talk");
  go({ thread: message.thread_ts || message.ts });
  setTimeout(() => $("reply-composer").querySelector("textarea").focus(), 60);
}

/** Which part is shown where the window holds one only. */
function pane(name) {
  document.body.dataset.pane = name;
  document.querySelectorAll("#panes button").forEach((one) => (one.dataset.pane === name ? one.setAttribute("aria-current", "true") : one.removeAttribute("aria-current")));
}

const myEphemerals = () => slack.ephemerals.filter((one) => one.to === me && one.channel === place && !hidden.has(one.ts));

function messagesHere(root) {
  const here = channel(place);
  if (!here) return [];
  const fits = root
    ? (one) => one.ts === root || one.thread_ts === root
    : (one) => !one.thread_ts || one.thread_ts === one.ts;
  const alone = myEphemerals()
    .filter((one) => (root ? one.thread_ts === root : !one.thread_ts))
    .map((one) => ({ ...one, user: slack.bot.id, ephemeral: true }));
  const all = [...here.messages.filter(fits).map((one) => ({ ...one, channel: here.id })), ...alone];
  return all.sort((a, b) => (a.ts < b.ts ? -1 : 1));
}

/** Draws a list in place: what did not change keeps its nodes, and with them the focus. */
function fill(list, messages, inThread) {
  if (list.placeKey && list.placeKey !== `${run} ${me} ${place} ${inThread ? thread : ""}`) $(`${list.id}-jump`).hidden = true;
  const low = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const before = list.lastKey;
  const wanted = [];
  let day = "";
  const key = `${run} ${me} ${place} ${inThread ? thread : ""}`;
  if (list.placeKey !== key || !document.hasFocus()) {
    // what was new when the person came stays marked while the person is there
    if (list.placeKey !== key || !list.newFrom) list.newFrom = messages.find((one) => foreign(one) && !one.ephemeral && one.ts > read(inThread ? thread : place))?.ts;
    list.placeKey = key;
  }
  let above = null;
  for (const message of messages) {
    const isNew = message.ts === list.newFrom && message !== messages[0];
    const at = ofTs(message.ts).day;
    if (!inThread && at !== day) wanted.push({ key: `day ${at}`, made: at, draw: () => h("li", { class: "day" }, at) });
    const first = inThread && above && isRoot(above);
    if (first) wanted.push({ key: "count", made: String(messages.length), draw: () => h("li", { class: "day count" }, `답글 ${messages.length - 1}개`) });
    if (isNew) wanted.push({ key: "new", made: "new", draw: () => h("li", { class: "day new" }, "새 메시지") });
    const compact = !isNew && at === day && !first && continues(above, message);
    day = at;
    above = message;
    const extra = `${me}${lastPick === message.ts}${editing === message.ts}${inThread}${compact}${drawReplyCount(message)?.textContent}${statusOf(message.user)?.outerHTML}`;
    wanted.push({ key: message.ts, made: JSON.stringify(message) + extra, draw: () => drawMessage(message, inThread, compact) });
  }
  if (!messages.length) wanted.push(untouched() ? { key: "start", made: place, draw: drawStart } : { key: "empty", made: place, draw: () => h("li", { class: "empty" }, "아직 메시지가 없습니다.") });
  const old = new Map([...list.children].map((node) => [node.key, node]));
  let cursor = list.firstElementChild;
  for (const one of wanted) {
    let node = old.get(one.key);
    if (node && node.made !== one.made) {
      const focused = node.contains(document.activeElement) ? CSS.escape(document.activeElement.dataset.k || "message") : null;
      const fresh = one.draw();
      if (node === cursor) cursor = fresh;
      node.replaceWith(fresh);
      node = fresh;
      if (focused) (node.querySelector(`[data-k="${focused}"]`) || node).focus();
    }
    const came = !node;
    node ||= one.draw();
    if (came && before === key && !low && node.classList.contains("message")) $(`${list.id}-jump`).hidden = false;
    node.key = one.key;
    node.made = one.made;
    old.delete(one.key);
    if (node === cursor) cursor = cursor.nextElementSibling;
    else list.insertBefore(node, cursor);
  }
  old.forEach((node) => node.remove());
  list.lastKey = key;
  if (low || before !== list.lastKey) list.scrollTop = list.scrollHeight;
}

/** Whether a message is drawn without its head: the same person goes on within five minutes, as in Slack. */
const continues = (above, message) => !!above && above.user === message.user && above.subtype !== "tombstone" && message.subtype !== "tombstone"
  && !above.ephemeral && !message.ephemeral && parseFloat(message.ts) - parseFloat(above.ts) < 300;

/** Nothing has been said yet in this practice. */
const untouched = () => !slack.practice.scene && slack.channels.every((one) => !one.messages.length);
const EXAMPLE = "@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: https://support.example.com/agent/tickets/4242";
/** What a newcomer sees: two ways to begin. */
function drawStart() {
  const write = () => {
    me = firstPerson();
    go({ in: "general", thread: "" });
    draw();
    const area = $("composer").querySelector("textarea");
    area.value = EXAMPLE;
    area.dispatchEvent(new Event("input"));
    area.focus();
  };
  return h("li", { class: "empty" }, h("h3", {}, "어떻게 시작합니까"),
    h("ol", { class: "rich" },
      h("li", {}, "준비된 장면을 하나 골라 시작합니다. ", h("button", { type: "button", class: "go", onclick: () => $("scenes-open").click() }, "장면 보기")),
      h("li", {}, "또는 CSR이 되어 긴급 요청을 직접 올립니다. ", h("button", { type: "button", onclick: write }, "예문 넣기"), " 그다음 Enter를 누르십시오.")),
    h("p", {}, "누구로 볼지는 ‘지금 나는’에서, 시각은 ‘시계’에서 바꿉니다. 전화는 ‘전화’에서 울립니다."));
}

// ---- left -------------------------------------------------------------------------------------------------------------------

const readKey = () => `coc-read-${run}-${me}`;
let reading = {};
/** Up to which stamp the present person read: channels by id, threads by their root's stamp. */
function loadReading() {
  reading = JSON.parse(sessionStorage.getItem(readKey()) || "{}");
}
const read = (what) => reading[what] || "0";
function markRead(what, ts) {
  if (ts > read(what)) { reading[what] = ts; sessionStorage.setItem(readKey(), JSON.stringify(reading)); }
}
const isRoot = (one) => !one.thread_ts || one.thread_ts === one.ts;
const foreign = (one) => one.user !== me && one.subtype !== "tombstone";
/** New messages of a channel, replies left out. */
const freshIn = (one) => one.messages.filter((message) => isRoot(message) && foreign(message) && message.ts > read(one.id));
/** New replies of a thread. */
const freshUnder = (one, root) => one.messages.filter((message) => message.thread_ts === root && message.ts !== root && foreign(message) && message.ts > read(root));
/** New mentions of the present person, wherever they stand in a channel. */
const mentionsIn = (one) => one.messages.filter((message) =>
  foreign(message) && mentionsMe(message) && message.ts > read(isRoot(message) ? one.id : message.thread_ts));

function drawSide() {
  const kinds = [["csr", "CSR"], ["coc", "COC"], ["sa", "SA"]];
  const kindOf = (one) => kinds.find(([handle]) => slack.groups.some((group) => group.handle === handle && group.members.includes(one.id)))?.[1] || "엔지니어";
  const select = $("who");
  const made = JSON.stringify(slack.users.map((one) => [one.id, one.name, kindOf(one)]));
  if (select.made !== made) {
    select.made = made;
    select.replaceChildren(...[...kinds.map(([, label]) => label), "엔지니어"].map((label) => {
      const members = slack.users.filter((one) => kindOf(one) === label);
      return members.length ? h("optgroup", { label }, members.map((one) => h("option", { value: one.id }, one.name))) : null;
    }).filter(Boolean));
  }
  select.value = me;

  const mine = user(me);
  $("mine-now").textContent = mine ? `${mine.active ? "🟢" : "⚪"}${mine.dnd ? "🔕" : ""} ${mine.emoji ? emojiOf(mine.emoji) : ""} ${mine.status}` : "";
  $("mine-active").checked = mine?.active || false;
  $("mine-dnd").checked = mine?.dnd || false;

  const here = channel(place);
  if (here && document.hasFocus()) {
    markRead(here.id, here.messages.filter(isRoot).at(-1)?.ts || "0");
    if (thread) markRead(thread, here.messages.filter((one) => one.thread_ts === thread).at(-1)?.ts || "0");
  }
  const items = slack.channels.filter((one) => !one.direct_with && one.members.includes(me)).map((one) =>
    sideItem(`# ${one.name}`, one.id, placeName(one), freshIn(one).length, mentionsIn(one).length));
  fillSide($("channels"), items);
  const direct = slack.channels.find((one) => one.direct_with === me);
  const fresh = direct ? freshIn(direct).length : 0;
  const forMe = slack.channels.filter((one) => one.members.includes(me)).reduce((sum, one) => sum + mentionsIn(one).length, 0);
  document.title = `${user(me)?.name || ""}${forMe ? ` (${forMe})` : ""} · COC 연습`;
  $("pane-mentions").hidden = !forMe;
  $("pane-mentions").textContent = String(forMe);
  fillSide($("apps"), [
    direct ? sideItem(`${slack.bot.name} (DM)`, direct.id, placeName(direct), fresh, fresh) : null,
    sideItem(`${slack.bot.name} 홈`, "home", "home", 0, 0),
  ].filter(Boolean));

  const { sockets, waiting } = slack.app;
  $("link").className = `link${sockets ? "" : " off"}`;
  $("link").textContent = sockets ? `${slack.bot.name} 연결됨` : `${slack.bot.name} 연결 안 됨 · 대기 ${waiting}건`;
}

function sideItem(label, id, hashName, fresh, mentions) {
  return { made: `${label}${fresh}/${mentions}/${place === id}`, draw: () => h("li", {}, h("button", {
    type: "button", class: fresh || mentions ? "unread" : "", "aria-current": place === id ? "page" : null,
    "data-k": id,
    onclick: () => { if (id === "home") act({ do: "home" }); pane("talk"); go({ in: hashName, thread: "" }); },
  }, h("span", {}, label), mentions ? [h("span", { class: "unseen" }, "나를 부름"), h("span", { class: "badge" }, String(mentions))]
    : fresh ? [h("span", { class: "unseen" }, `읽지 않음 ${fresh}`), h("span", { class: "dot" })] : null)) };
}

function fillSide(list, items) {
  const made = items.map((one) => one.made).join("|");
  if (list.made === made) return;
  list.made = made;
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.k : null;
  list.replaceChildren(...items.map((one) => one.draw()));
  if (focused) list.querySelector(`[data-k="${CSS.escape(focused)}"]`)?.focus();
}

// ---- composer ---------------------------------------------------------------------------------------------------------------

let composers = 0;
function composer(slot, label, where) {
  const id = `offers-${(composers += 1)}`;
  const area = h("textarea", { rows: "1", "aria-label": label, placeholder: label, "aria-controls": id, "aria-autocomplete": "list" });
  const offers = h("ul", { class: "offers", id, role: "listbox", "aria-label": "고를 것", hidden: true });
  const help = h("div", { class: "help", role: "status", hidden: true });
  let list = [];
  let at = 0;

  const show = () => {
    offers.hidden = !list.length;
    offers.replaceChildren(...list.map((one, i) => h("li", {
      role: "option", id: `${id}-${i}`, "aria-selected": String(i === at),
      onmousedown: (event) => { event.preventDefault(); at = i; take(); },
    }, one.show, h("small", {}, one.note))));
    offers.children[at]?.scrollIntoView({ block: "nearest" });
    list.length ? area.setAttribute("aria-activedescendant", `${id}-${at}`) : area.removeAttribute("aria-activedescendant");
  };
  const offer = () => {
    const before = area.value.slice(0, area.selectionStart);
    const name = before.match(/(?:^|[\s([])@([^\s@]*)$/u);
    const command = !where().thread && before.match(/^\/\S*$/);
    const emoji = before.match(/(?:^|\s):([a-z0-9_+-]{2,})$/);
    const room = before.match(/(?:^|[\s([])#([^\s#]*)$/u);
    at = 0;
    if (name) list = people(name[1]).slice(0, 12).map((one) => ({ ...one, from: before.length - name[1].length - 1 }));
    else if (command) list = slack.commands.filter((one) => one.name.startsWith(before)).map((one) => ({ show: one.name, note: one.usage, put: `${one.name} `, from: 0 }));
    else if (emoji) list = Object.keys(EMOJI).filter((name) => name.startsWith(emoji[1])).slice(0, 8).map((name) => ({ show: `${EMOJI[name]} :${name}:`, note: "", put: `:${name}: `, from: before.length - emoji[1].length - 1 }));
    else if (room) list = slack.channels.filter((one) => !one.direct_with && one.name.startsWith(room[1])).map((one) => ({ show: `#${one.name}`, note: one.purpose || "", put: `#${one.name} `, from: before.length - room[1].length - 1 }));
    else list = [];
    const typed = !where().thread && area.value.match(/^(\/\S+)\s/);
    const known = typed && slack.commands.find((one) => one.name === typed[1]);
    help.hidden = !known;
    help.textContent = known ? `${known.name} ${known.usage}` : "";
    show();
  };
  const take = () => {
    const one = list[at];
    const rest = area.value.slice(area.selectionStart);
    area.value = area.value.slice(0, one.from) + one.put + rest;
    area.selectionStart = area.selectionEnd = one.from + one.put.length;
    area.focus();
    offer();
  };
  const send = async () => {
    const text = area.value;
    if (!text.trim()) return;
    const { channel: to, thread: root } = where();
    const command = text.match(/^\/([^\s/]+)\s*([\s\S]*)$/);
    if (command && root) return toast("슬래시 명령은 스레드에서 쓸 수 없습니다. 채널 입력란에 적어 주십시오.");
    if (command && slack.commands.length && !slack.commands.some((one) => one.name === `/${command[1]}`)) {
      return toast(`/${command[1]}: 없는 명령입니다. /를 입력하면 쓸 수 있는 명령이 보입니다.`);
    }
    const deed = command
      ? { do: "slash", channel: to, command: `/${command[1]}`, text: command[2] }
      : { do: "say", channel: to, thread: root || undefined, text };
    const said = await act(deed);
    if (said.ok) { area.value = ""; help.hidden = true; grow(); }
  };
  const grow = () => { area.style.height = "auto"; area.style.height = `${Math.min(area.scrollHeight, 200)}px`; };
  area.addEventListener("input", () => { offer(); grow(); });
  area.addEventListener("blur", () => { list = []; show(); });
  area.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (list.length) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        at = (at + (event.key === "ArrowDown" ? 1 : list.length - 1)) % list.length;
        return show();
      }
      if (event.key === "Escape") { event.preventDefault(); list = []; return show(); }
      // what is typed in full already is sent
      const whole = event.key === "Enter" && area.value === list[at].put.trim();
      if (event.key === "Tab" || (event.key === "Enter" && !whole)) { event.preventDefault(); return take(); }
    }
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); send(); }
    if (event.key === "ArrowUp" && !area.value) {
      const root = where().thread;
      const last = messagesHere(root).findLast((one) => one.user === me && !one.ephemeral && one.subtype !== "tombstone");
      if (!last) return;
      event.preventDefault();
      editing = last.ts;
      draw();
      $(root ? "replies" : "messages").querySelector(".edit textarea")?.focus();
    }
  });
  slot.append(h("div", { class: "composer" }, offers, help, area, h("button", { type: "button", class: "send", onclick: send }, "보내기")));
  return area;
}

function people(typed) {
  const low = typed.toLowerCase();
  const all = [
    { show: `@${slack.bot.name}`, note: "앱", put: `@${slack.bot.name} `, names: [slack.bot.name] },
    ...slack.groups.map((one) => ({ show: `@${one.handle}`, note: `그룹 · ${one.members.length}명`, put: `@${one.handle} `, names: [one.handle, one.name] })),
    ...slack.users.map((one) => ({ show: `@${one.name}`, note: one.handle, put: `@${one.name} `, names: [one.name, one.handle] })),
  ];
  return all.filter((one) => one.names.some((name) => name.toLowerCase().startsWith(low)));
}

// ---- forms ------------------------------------------------------------------------------------------------------------------

function drawForm() {
  const dialog = $("form");
  const view = slack.forms[me];
  if (!view) {
    shownForm = "";
    if (dialog.open) dialog.close();
    return;
  }
  const made = JSON.stringify([me, view.id, view.hash, view.errors]);
  if (made === shownForm) return;
  shownForm = made;
  const typed = {};
  dialog.querySelectorAll("[data-block]").forEach((input) => { typed[input.dataset.block] = input.value; });
  const same = dialog.dataset.view === view.id;
  dialog.dataset.view = view.id;
  const body = view.body;
  const press = (button) => act({ do: "press", on: "form", ...button });
  const parts = body.blocks.map((block) => {
    if (block.type !== "input") return drawBlocks([block], press)[0];
    const was = same && block.block_id in typed ? typed[block.block_id] : view.answers[block.block_id];
    return drawField(block, was, view.errors[block.block_id]);
  });
  const leave = () => act({ do: "close_view" });
  const go = h("button", { type: "submit", class: "go" }, body.submit?.text || "보내기");
  const form = h("form", {
    novalidate: true,
    onsubmit: async (event) => {
      event.preventDefault();
      const fields = {};
      dialog.querySelectorAll("[data-block]").forEach((input) => { fields[input.dataset.block] = input.value; });
      go.disabled = true;
      const said = await act({ do: "submit", fields });
      go.disabled = false;
      if (!said.ok) wrong(said);
    },
  },
  h("header", {}, h("h2", { id: "form-title" }, body.title?.text || ""), h("button", { type: "button", "aria-label": "닫기", onclick: leave }, "✕")),
  h("div", { class: "fields-list" }, h("p", { class: "trouble", role: "alert", hidden: !view.errors[""] }, view.errors[""] || ""), parts),
  h("footer", {}, h("button", { type: "button", onclick: leave }, body.close?.text || "취소"), body.submit ? go : null));
  dialog.replaceChildren(form);
  if (!dialog.open) dialog.showModal();
  const first = dialog.querySelector(".bad [data-block]") || dialog.querySelector("[data-block]");
  first?.focus();
}

function wrong(said) {
  const dialog = $("form");
  const trouble = dialog.querySelector(".trouble");
  const marks = Object.entries(said.fields || {});
  if (trouble && !marks.length) { trouble.hidden = false; trouble.textContent = said.error || ""; }
  dialog.querySelectorAll(".field").forEach((field) => {
    const input = field.querySelector("[data-block]");
    const text = said.fields?.[input.dataset.block];
    field.classList.toggle("bad", !!text);
    field.querySelector(".wrong").textContent = text || "";
    input.setAttribute("aria-invalid", String(!!text));
  });
  dialog.querySelector(".bad [data-block]")?.focus();
}

function drawField(block, was, error) {
  const element = block.element;
  const id = `field-${block.block_id}`;
  const props = { id, "data-block": block.block_id, "aria-describedby": `${id}-hint ${id}-wrong`, "aria-invalid": String(!!error), "aria-required": String(!block.optional) };
  const blank = h("option", { value: "" }, element.placeholder?.text || "선택");
  const initial = (key) => (was !== undefined ? was : element[key] || "");
  let input;
  switch (element.type) {
    case "radio_buttons": case "checkboxes": case "multi_static_select": case "multi_users_select": case "multi_channels_select": case "multi_conversations_select":
      return drawChoices(block, was, error);
    case "static_select": case "users_select": case "channels_select": case "conversations_select":
      input = h("select", props, blank, choicesOf(element).map(([value, text]) => h("option", { value }, text)));
      input.value = was !== undefined ? was : element.initial_option?.value || element.initial_user || element.initial_channel || element.initial_conversation || "";
      break;
    case "datepicker": input = h("input", { ...props, type: "date", value: initial("initial_date") }); break;
    case "timepicker": input = h("input", { ...props, type: "time", value: initial("initial_time") }); break;
    case "number_input": input = h("input", { ...props, inputmode: "decimal", value: initial("initial_value") }); break;
    default:
      input = element.multiline
        ? h("textarea", { ...props, placeholder: element.placeholder?.text, value: initial("initial_value") })
        : h("input", { ...props, autocomplete: "off", placeholder: element.placeholder?.text, value: initial("initial_value") });
  }
  return h("div", { class: `field${error ? " bad" : ""}` },
    h("label", { for: id }, block.label.text, block.optional ? h("small", {}, " (선택)") : null), input,
    h("p", { class: "hint", id: `${id}-hint` }, block.hint?.text || ""),
    h("p", { class: "wrong", id: `${id}-wrong`, role: "alert" }, error || ""));
}

/** Radio buttons and checkboxes: what is chosen lies in a hidden field, several values between commas. */
function drawChoices(block, was, error) {
  const { element } = block;
  const id = `field-${block.block_id}`;
  const many = element.type !== "radio_buttons";
  const initial = many ? initialOf(element).join(",") : element.initial_option?.value || "";
  const about = (value) => element.options?.find((one) => one.value === value)?.description?.text;
  const held = h("input", { type: "hidden", "data-block": block.block_id, value: was !== undefined ? was : initial });
  const chosen = new Set(held.value.split(",").filter(Boolean));
  const choose = (value, on) => {
    if (!many) chosen.clear();
    on ? chosen.add(value) : chosen.delete(value);
    held.value = [...chosen].join(",");
  };
  return h("fieldset", { class: `field${error ? " bad" : ""}`, "aria-describedby": `${id}-hint ${id}-wrong` },
    h("legend", {}, block.label.text, block.optional ? h("small", {}, " (선택)") : null), held,
    choicesOf(element).map(([value, text]) => h("label", { class: "choice" },
      h("input", { type: many ? "checkbox" : "radio", name: id, checked: chosen.has(value), onchange: (event) => choose(value, event.target.checked) }),
      " ", text, about(value) ? h("small", {}, ` ${about(value)}`) : null)),
    h("p", { class: "hint", id: `${id}-hint` }, block.hint?.text || ""),
    h("p", { class: "wrong", id: `${id}-wrong`, role: "alert" }, error || ""));
}

// ---- backstage --------------------------------------------------------------------------------------------------------------

const TURNS = [["+5분", { advance: 300 }], ["+30분", { advance: 1800 }], ["다음 영업일 09시", "next_business_day"]];
const SPEEDS = [["멈춤", 0], ["×1", 1], ["×10", 10], ["×60", 60]];
const OUTCOMES = {
  accepted: "수락", rejected: "거절", "no-answer": "무응답", busy: "통화 중", voicemail: "음성사서함", answered: "받았으나 무응답", failed: "발신 실패",
};
const ANSWERS = [["1 수락", "accepted"], ["2 거절", "rejected"], ["무응답", "no-answer"], ["통화 중", "busy"], ["음성사서함", "voicemail"], ["받고 침묵", "answered"], ["발신 실패", "failed"]];

function tick() {
  if (!stage) return;
  const at = seoul(stageNow());
  $("now").textContent = `${at.day} ${at.clock}${at.seconds}`;
  $("speed").textContent = stage.speed === 0 ? "멈춤" : stage.speed === 1 ? "" : `${stage.speed}배속`;
  document.querySelectorAll("[data-due]").forEach((node) => { node.textContent = leftUntil(node.dataset.due); });
}

const stageNow = () => Date.parse(stage.now) + (Date.now() - stageAt) * stage.speed;
/** How long it is until then, in words. */
function leftUntil(due) {
  const seconds = Math.max(0, Math.ceil((Date.parse(due) - stageNow()) / 1000));
  if (seconds < 60) return `${seconds}초 뒤`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}분 ${seconds % 60}초 뒤`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}시간 ${Math.floor(seconds / 60) % 60}분 뒤`;
  return `${Math.floor(seconds / 86400)}일 ${Math.floor(seconds / 3600) % 24}시간 뒤`;
}
const shortTime = (text) => {
  const at = seoul(Date.parse(text));
  return at.day === seoul(stageNow()).day ? at.clock : `${at.day.slice(5)} ${at.clock}`;
};

function drawCase(one) {
  const reached = one.ladder.filter((step) => step.is === "over" || step.is === "now");
  const ahead = one.ladder.filter((step) => step.is === "next" || step.is === "away");
  const step = (it) => h("li", { class: `step ${it.is}` }, h("b", {}, it.who), " ", h("small", {}, it.note));
  const due = one.next_at;
  return h("li", {},
    h("button", { type: "button", class: "link-like", "data-k": one.id, disabled: !one.at, onclick: () => { pane("talk"); go({ in: placeName(channel(one.at.channel)), thread: one.at.ts }); } }, `${one.id} ${one.title}`),
    h("p", {}, one.state),
    due ? h("p", { class: "due" }, `⏰ ${shortTime(due)} ${one.next_why} · `, h("span", { "data-due": due }, leftUntil(due)), " ",
      h("button", {
        type: "button", "data-k": `${one.id}/due`, title: "시계를 그 시각으로 옮깁니다",
        onclick: () => act({ do: "clock", turn: { advance: Math.max(1, Math.ceil((Date.parse(due) - stageNow()) / 1000)) } }),
      }, "그때로")) : null,
    reached.length ? h("ol", { class: "ladder", "aria-label": "연락한 사람" }, reached.map(step)) : null,
    ahead.length ? h("details", { class: "more", open: openLadders.has(one.id), ontoggle: (event) => { event.target.open ? openLadders.add(one.id) : openLadders.delete(one.id); } },
      h("summary", {}, aheadOf(ahead)),
      h("ol", { class: "ladder" }, ahead.map(step))) : null);
}
const openLadders = new Set();
function aheadOf(people) {
  const next = people.filter((it) => it.is === "next");
  const away = people.length - next.length;
  const more = next.length > 1 ? ` 외 ${next.length - 1}명` : "";
  return [next.length ? `다음: ${next[0].who}${more}` : "다음 사람 없음", away ? `부재 ${away}명` : ""].filter(Boolean).join(" · ");
}

function drawStage() {
  tick();
  document.querySelectorAll("#speeds button").forEach((node) => node.setAttribute("aria-pressed", String(Number(node.dataset.speed) === stage.speed)));
  const past = stage.past_calls;
  $("past").hidden = !past.length;
  $("past-count").textContent = past.length ? `${past.length}` : "";
  fillSide($("past-calls"), past.map((call) => ({
    made: JSON.stringify(call), draw: () => h("li", {}, h("b", {}, call.to), ` ${call.number} `,
      h("small", {}, `${seoul(Date.parse(call.since)).clock}–${seoul(Date.parse(call.until)).clock} · ${call.event ? OUTCOMES[call.event] || call.event : "봇이 끊음"}`)),
  })));
  const outside = stage.outside;
  $("outside").hidden = !outside.length;
  $("outside-count").textContent = outside.length ? `${outside.length}` : "";
  fillSide($("outside-list"), outside.map((one) => ({
    made: JSON.stringify(one), draw: () => h("li", {}, h("details", { class: "more" },
      h("summary", {}, h("b", {}, one.title), ` ${seoul(Date.parse(one.at)).clock}`), h("p", { class: "words" }, one.text))),
  })));
  const calls = stage.ringing;
  $("ringing-count").hidden = !calls.length;
  $("ringing-count").textContent = String(calls.length);
  $("pane-ringing").hidden = !calls.length;
  $("pane-ringing").textContent = String(calls.length);
  fillSide($("ringing"), calls.length ? calls.map((call) => ({
    made: JSON.stringify(call), draw: () => h("li", {}, h("b", {}, `📞 ${call.to} · ${call.number}`), h("p", {}, call.about),
      h("div", { class: "row" }, ANSWERS.map(([label, event]) => h("button", {
        type: "button", "data-k": `${call.id}/${event}`, onclick: () => act({ do: "phone", call: call.id, event }),
      }, label)))),
  })) : [{ made: "none", draw: () => h("li", { class: "none" }, "울리는 전화가 없습니다.") }]);
  $("bot-state").textContent = stage.bot_runs ? "동작 중" : "꺼져 있음";
  $("bot-kill").disabled = !stage.bot_runs;
  $("bot-start").disabled = stage.bot_runs;
  $("case-count").textContent = stage.cases.length ? `${stage.cases.length}` : "";
  fillSide($("cases"), stage.cases.length ? stage.cases.map((one) => ({
    made: JSON.stringify(one), draw: () => drawCase(one),
  })) : [{ made: "none", draw: () => h("li", { class: "none" }, "열린 사건이 없습니다.") }]);
}

function drawScene() {
  const scene = slack.practice.scene;
  const key = `${slack.practice.run}`;
  const panel = $("scene-tries");
  if (panel.made !== key) {
    panel.made = key;
    $("scene-name").textContent = scene ? scene.title : "자유 연습";
    $("scene-more").hidden = !scene;
    panel.replaceChildren(...(scene?.tries || []).map((one) => h("li", {}, one)));
  }
  const list = $("scene-list");
  if (!list.children.length) list.append(...slack.scenes.map((one) => h("li", {},
    h("div", {}, h("h3", {}, one.title), one.story.map((line) => h("p", {}, line))),
    h("button", { type: "button", class: "go", "data-scene": one.id, "aria-label": `${one.title} 시작`, onclick: (event) => begin(event.currentTarget, one.id) }, "시작"))));
}

/** Whose alarms can be sent; it changes with the data folder alone. */
function drawAlarm() {
  const list = $("alarm-customer");
  $("alarm-panel").hidden = !slack.monitored.length;
  if (!list.children.length) list.append(...slack.monitored.map((one) => h("option", { value: one.name }, one.name)));
}

async function begin(button, id) {
  const all = document.querySelectorAll("#scene-list button");
  all.forEach((one) => { one.disabled = true; });
  button.textContent = "준비 중…";
  const said = await act({ do: "scene", scene: id });
  all.forEach((one) => { one.disabled = false; });
  button.textContent = "시작";
  if (!said.ok) return;
  $("scenes").close();
  pane("talk");
  me = slack.users.find((one) => one.name === said.who)?.id || me;
  go({ in: said.place, thread: "" });
  draw();
}

// ---- all of it --------------------------------------------------------------------------------------------------------------

function drawHome() {
  const view = slack.homes[me];
  const list = $("messages");
  const press = (button) => act({ do: "press", on: "home", ...button });
  list.replaceChildren(h("li", { class: "empty home" }, view ? drawBlocks(view.body.blocks, press).filter(Boolean) : "앱 홈이 아직 비어 있습니다."));
}

function draw() {
  if (!slack) return;
  readHash();
  loadReading();
  drawScene();
  drawAlarm();
  const here = channel(place);
  const home = place === "home";
  // lists first: they look at what was read before, the side marks what is read now
  const open = !home && thread && messagesHere(thread).length > 0;
  $("thread").hidden = !open;
  document.body.classList.toggle("threaded", !!open);
  if (home) drawHome();
  else fill($("messages"), messagesHere(null), false);
  if (open) fill($("replies"), messagesHere(thread), true);
  drawSide();
  $("place").textContent = home ? `${slack.bot.name} 홈` : here?.direct_with ? `${slack.bot.name} (DM)` : `# ${here?.name || ""}`;
  $("purpose").textContent = here?.purpose || "";
  $("composer").hidden = home || !!here?.direct_with;
  $("thread-place").textContent = here ? `# ${here.name || slack.bot.name}` : "";
  drawForm();
}

/** F6 leads from one part of the page to the next, as in Slack. */
function toNextZone(step) {
  const zones = [
    [".side", "#channels [aria-current], #apps [aria-current]"], ["#messages", null], ["#composer", "textarea"],
    ["#replies", null], ["#reply-composer", "textarea"], ["#backstage", "button, a"],
  ].map(([zone, first]) => [document.querySelector(zone), first]).filter(([zone]) => zone.checkVisibility());
  const now = zones.findIndex(([zone]) => zone.contains(document.activeElement));
  const [zone, first] = zones[(now + step + zones.length) % zones.length] || zones[0];
  (first ? zone.querySelector(first) : [...zone.querySelectorAll(":scope > .message")].at(-1) || zone)?.focus();
}

function start() {
  const main = composer($("composer"), "메시지 보내기", () => ({ channel: place, thread: null }));
  composer($("reply-composer"), "답글 보내기", () => ({ channel: place, thread }));
  $("scenes-open").addEventListener("click", () => { $("scenes").showModal(); $("scene-list").querySelector("button")?.focus(); });
  $("scenes-close").addEventListener("click", () => $("scenes").close());
  $("beside").addEventListener("click", () => {
    const other = slack.users.find((one) => one.id !== me && !groupsOf(one.id).length) || slack.users[0];
    const said = new URLSearchParams(location.hash.slice(1));
    said.set("who", other.handle);
    window.open(`#${said}`, "_blank", "noopener");
  });
  $("speeds").append(...SPEEDS.map(([label, speed]) => h("button", { type: "button", "data-speed": speed, "aria-pressed": "false", onclick: () => act({ do: "clock", turn: { speed } }) }, label)));
  $("turns").append(...TURNS.map(([label, turn]) => h("button", { type: "button", onclick: () => act({ do: "clock", turn }) }, label)));
  $("alarm").addEventListener("submit", async (event) => {
    event.preventDefault();
    const send = event.submitter;
    if (send) send.disabled = true;
    await act({ do: "alarm", customer: $("alarm-customer").value, level: $("alarm-level").value, name: $("alarm-name").value });
    if (send) send.disabled = false;
  });
  $("status-turns").append(
    h("button", { type: "button", title: "AWS 상태 피드에 서울 리전 장애가 올라옵니다", onclick: () => act({ do: "status", says: "impact" }) }, "서울 장애 시작"),
    h("button", { type: "button", title: "AWS 상태 피드에 해결되었다고 올라옵니다", onclick: () => act({ do: "status", says: "resolved" }) }, "서울 장애 해결"),
  );
  $("bot-turns").append(
    h("button", { type: "button", id: "bot-kill", title: "신호 9로 죽은 것처럼 바로 사라집니다", onclick: () => act({ do: "bot", turn: "kill" }) }, "강제 종료"),
    h("button", { type: "button", id: "bot-start", onclick: () => act({ do: "bot", turn: "start" }) }, "다시 시작"),
  );
  $("who").addEventListener("change", (event) => { me = event.target.value; go({}); });
  $("thread-close").addEventListener("click", () => { go({ thread: "" }); main.focus(); });
  $("mine-active").addEventListener("change", (event) => act({ do: "presence", active: event.target.checked }));
  $("mine-dnd").addEventListener("change", (event) => act({ do: "presence", dnd: event.target.checked }));
  document.querySelector(".mine").addEventListener("toggle", () => {
    $("mine-text").value = user(me)?.status || "";
    $("mine-emoji").value = user(me)?.emoji.replaceAll(":", "") || "";
  });
  $("mine-status").addEventListener("submit", (event) => {
    event.preventDefault();
    act({ do: "presence", status: $("mine-text").value, emoji: $("mine-emoji").value });
  });
  $("form").addEventListener("cancel", (event) => { event.preventDefault(); act({ do: "close_view" }); });
  $("thread").addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && !editing && !lastPick) { go({ thread: "" }); main.focus(); }
  });
  addEventListener("click", (event) => {
    if (lastPick && !event.target.closest(".picker, .tools")) { lastPick = null; draw(); }
    if (openMenu && !event.target.closest(".overflow")) {
      openMenu = null;
      document.querySelectorAll(".menu").forEach((menu) => { menu.hidden = true; });
    }
  });
  for (const [list, inThread] of [[$("messages"), false], [$("replies"), true]]) {
    listKeys(list, inThread);
    const jump = $(`${list.id}-jump`);
    jump.addEventListener("click", () => { list.scrollTop = list.scrollHeight; jump.hidden = true; list.focus(); });
    list.addEventListener("scroll", () => {
      list.atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
      if (list.atEnd) jump.hidden = true;
    });
    // a picture that has come makes the list longer
    list.addEventListener("load", () => { if (list.atEnd !== false) list.scrollTop = list.scrollHeight; }, true);
  }
  document.querySelectorAll("#panes button").forEach((one) => one.addEventListener("click", () => pane(one.dataset.pane)));
  addEventListener("keydown", (event) => {
    if (event.key !== "F6" || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    toNextZone(event.shiftKey ? -1 : 1);
  });
  addEventListener("hashchange", () => { lastPick = null; editing = null; draw(); });
  addEventListener("focus", draw);
  setInterval(tick, 250);

  const stream = new EventSource("page/stream");
  stream.addEventListener("workspace", (event) => {
    slack = JSON.parse(event.data);
    if (run !== slack.practice.run) {
      // another practice: nothing that was kept about messages holds any more
      run = slack.practice.run;
      hidden.clear();
      openLadders.clear();
      lastPick = editing = openMenu = null;
    }
    draw();
  });
  stream.addEventListener("panels", (event) => {
    stage = JSON.parse(event.data);
    stageAt = Date.now();
    if (slack) drawStage();
  });
  stream.addEventListener("error", () => { $("link").className = "link off"; $("link").textContent = "연습 서버와 끊겼습니다. 다시 연결하는 중입니다."; });
}

start();
