// The citizen's telephone: shows what was said, says and presses. The number of the citizen is drawn once per browser.
"use strict";
const root = document.documentElement.dataset.root;
const name = document.documentElement.dataset.name;
const list = document.getElementById("lines");
const field = document.getElementById("text");
const key = `motcua-sandbox-${name}`;
// ?so=0912345678: the telephone with this number, for messages that go to numbers.
const number = (new URLSearchParams(location.search).get("so") || "").replace(/\D/g, "");
let who = number ? `84${number.slice(1)}` : localStorage.getItem(key) || draw();
let last = 0;
let isLooking = false;

function draw() {
  const drawn = String(100000000 + crypto.getRandomValues(new Uint32Array(1))[0] % 899999999);
  localStorage.setItem(key, drawn);
  return drawn;
}

async function act(kind, text) {
  await fetch(`${root}/chat/${who}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ kind, text: text || "" }) });
  look();
}

async function look() {
  if (isLooking) return;
  isLooking = true;
  try {
    const answer = await fetch(`${root}/chat/${who}?after=${last}`);
    if (answer.ok) (await answer.json()).forEach(show);
  } catch { /* the server is restarting: looked again in a moment */ } finally { isLooking = false; }
}

function show(line) {
  if (line.number <= last) return;
  last = line.number;
  const box = document.createElement("div");
  box.className = `line ${line.is_ours ? "" : "mine"} ${line.kind || ""}`;
  if (line.kind === "template") box.append(tag("span", "kind", "Tin theo mẫu"));
  if (line.kind === "operator") box.append(tag("span", "kind", "Nhân viên trực"));
  box.append(line.text || "");
  if (line.image) { const picture = document.createElement("img"); picture.src = line.image; picture.alt = "Hình được gửi"; box.append(picture); }
  if (line.buttons && line.buttons.length) box.append(buttons(line.buttons));
  list.append(box);
  box.scrollIntoView({ block: "end" });
}

function tag(kind, cls, text) {
  const made = document.createElement(kind);
  made.className = cls;
  made.textContent = text;
  return made;
}

function buttons(given) {
  const box = tag("div", "buttons", "");
  for (const one of given) {
    const made = tag(one.url ? "a" : "button", "", one.title);
    if (one.url) { made.href = one.url; made.target = "_blank"; made.rel = "noopener"; } else made.addEventListener("click", () => act("press", one.payload));
    box.append(made);
  }
  return box;
}

document.getElementById("say").addEventListener("submit", event => {
  event.preventDefault();
  if (field.value.trim()) act("say", field.value);
  field.value = "";
  field.focus();
});
field.addEventListener("keydown", event => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); document.getElementById("say").requestSubmit(); }
});
document.querySelectorAll("[data-deed]").forEach(one => one.addEventListener("click", () => act(one.dataset.deed, field.value)));
document.getElementById("fresh").addEventListener("click", () => { who = draw(); last = 0; list.replaceChildren(); });
const picker = document.getElementById("file");
if (picker) picker.addEventListener("change", async () => {
  const form = new FormData();
  form.append("file", picker.files[0]);
  await fetch(`${root}/chat/${who}/attachments`, { method: "POST", body: form });
  picker.value = "";
  look();
});
look();
setInterval(look, 1000);
