// The board follows the desk: what changed comes as finished parts, the time comes each second. Nothing is decided here.

const $ = (id) => document.getElementById(id);
const body = document.body;

// ---- light and dark: by the machine, or as somebody chose on this screen

const THEMES = { auto: "자동", light: "밝게", dark: "어둡게" };
const ORDER = Object.keys(THEMES);

function stored() {
  try {
    const theme = localStorage.getItem("coc-theme");
    return ORDER.includes(theme) ? theme : "auto";
  } catch {
    return "auto"; // a browser that keeps nothing follows the machine
  }
}

function wear(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  const button = $("theme");
  if (button) {
    button.hidden = false;
    button.textContent = `밝기: ${THEMES[theme]}`;
  }
}

wear(stored());
$("theme")?.addEventListener("click", () => {
  const theme = ORDER[(ORDER.indexOf(stored()) + 1) % ORDER.length];
  try {
    localStorage.setItem("coc-theme", theme);
  } catch {
    // it holds until the page is left
  }
  wear(theme);
});

// ---- the time, and how long it is until something falls due

const SEOUL = new Intl.DateTimeFormat("ko-KR", {
  timeZone: "Asia/Seoul", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});
let now = Number(body.dataset.now || 0);

function length(milliseconds) {
  const seconds = Math.round(Math.abs(milliseconds) / 1000);
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  const two = (more, unit, less, smaller) => (less > 0 ? `${more}${unit} ${less}${smaller}` : `${more}${unit}`);
  if (days > 0) return two(days, "일", hours, "시간");
  if (hours > 0) return two(hours, "시간", minutes, "분");
  if (minutes > 0) return two(minutes, "분", seconds % 60, "초");
  return `${seconds % 60}초`;
}

function reckon() {
  if (!now) return;
  const clock = $("clock");
  if (clock) {
    clock.dateTime = new Date(now).toISOString();
    clock.textContent = SEOUL.format(now);
  }
  for (const left of document.querySelectorAll("[data-due]")) {
    const ahead = Number(left.dataset.due) - now;
    left.textContent = ahead >= 0 ? `${length(ahead)} 남음` : `${length(ahead)} 지남`;
    left.classList.toggle("soon", ahead < 120_000);
    left.classList.toggle("late", ahead < 0);
  }
}

// ---- what changed

function put(id, html) {
  const place = $(id);
  if (!place || place.dataset.shown === html) return;
  // whoever stands on a link goes on standing on it
  const focused = place.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  place.innerHTML = html;
  place.dataset.shown = html;
  if (focused) [...place.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
}

let said = null;

function show({ parts, say }) {
  for (const [id, html] of Object.entries(parts)) put(id, html);
  // the first is what the page said anyhow
  if (said !== null && said !== say) $("say").textContent = say;
  said = say;
  reckon();
}

// ---- the line to the bot

const SILENT_AFTER = 6_000; // a tick comes each second
const AGAIN_AFTER = 2_000;
let source = null;
let heard = 0;
let cut = false;

function line(text, trouble) {
  const place = $("line");
  if (place.textContent !== text) place.textContent = text;
  place.classList.toggle("trouble", trouble);
  body.classList.toggle("stale", trouble);
}

function lost() {
  if (cut) return;
  cut = true;
  line(`연결이 끊겼습니다 (${now ? SEOUL.format(now) : "시작할 때"}부터). 다시 연결하고 있습니다.`, true);
}

function follow() {
  source?.close();
  source = new EventSource(body.dataset.follow);
  heard = Date.now();
  source.addEventListener("hello", () => {
    cut = false;
    line("실시간 연결됨", false);
  });
  source.addEventListener("tick", (event) => {
    heard = Date.now();
    now = Number(event.data);
    reckon();
  });
  source.addEventListener("board", (event) => {
    heard = Date.now();
    show(JSON.parse(event.data));
  });
  source.addEventListener("out", () => location.reload());
  source.addEventListener("error", () => {
    lost();
    if (source.readyState === EventSource.CLOSED) setTimeout(knock, AGAIN_AFTER);
  });
}

/** The stream was refused: whether it is the bot that is away, or the reader who may look no more, the page itself tells. */
async function knock() {
  try {
    const answer = await fetch(location.pathname, { cache: "no-store" });
    if (answer.status === 401) return location.reload();
    if (answer.ok) return follow();
  } catch {
    // still away
  }
  setTimeout(knock, AGAIN_AFTER);
}

if (body.dataset.follow) {
  reckon();
  follow();
  setInterval(() => {
    if (Date.now() - heard > SILENT_AFTER && source.readyState !== EventSource.CLOSED) {
      lost();
      follow();
    }
  }, 1_000);
}
