// The look-up tool: opens from what is kept, searches at once, and takes over newer data when the line is back.

import * as views from './cards.js';
import { Index, fold } from './search.js';

const ROOT = '/desk/tra-cuu';
const FORMAT = 1;
const OLD_DAYS = 30;
const { el } = views;
const main = document.getElementById('noi-dung');
const status = document.getElementById('status');
const query = document.getElementById('query');

const state = { pack: null, byCode: new Map(), index: null, confirmedAt: null, isFresh: false, extra: new Map(), cases: {}, pairs: {}, province: remembered('tra-cuu-tinh'), asked: 0 };

function remembered(key) { try { return localStorage.getItem(key); } catch { return null; } }
function remember(key, value) { try { localStorage.setItem(key, value); } catch { /* private window: kept for this page only */ } }

// ---- the pack

function take(pack) {
  if (!pack || pack.format !== FORMAT || !Array.isArray(pack.procedures)) return false;
  const isNew = !state.pack || state.pack.version !== pack.version;
  state.pack = pack;
  if (isNew) {
    state.byCode = new Map(pack.procedures.map((card) => [card.code, card]));
    state.index = new Index([
      ...pack.procedures.map((card) => ({ key: card.code, code: card.code, phrases: card.phrases })),
      ...pack.events.map((one) => ({ key: `su-kien/${one.id}`, phrases: one.phrases })),
    ], pack.shorthand);
  }
  return isNew;
}

async function open() {
  const kept = await keptPack();
  if (kept && take(kept)) { state.confirmedAt = remembered('tra-cuu-luc'); tellStatus(); show(); }
  await refresh();
}

async function keptPack() {
  try {
    const answer = window.caches && (await (await caches.open('tra-cuu-goi')).match(`${ROOT}/goi.json`));
    return answer ? await answer.json() : null;
  } catch { return null; }
}

// The worker keeps what it fetches; on the first visit it may not be there yet, so the page keeps its pack itself.
async function keep(answer) {
  if (navigator.serviceWorker?.controller || !window.caches) return;
  try { await (await caches.open('tra-cuu-goi')).put(`${ROOT}/goi.json`, answer); } catch { /* no room: it works with a line */ }
}

let isRefreshing = false;
async function refresh() {
  if (isRefreshing) return;
  isRefreshing = true;
  try {
    const answer = await fetch(`${ROOT}/goi.json`, { cache: 'no-cache' });
    if (!answer.ok) throw new Error(String(answer.status));
    const isKept = answer.headers.get('X-Kept') === '1';
    if (!isKept) await keep(answer.clone());
    const had = Boolean(state.pack);
    const pack = await answer.json();
    if (pack.format !== FORMAT) return location.reload();
    takeOver(pack, !isKept, had);
  } catch {
    state.isFresh = false;
    if (!state.pack) main.replaceChildren(el('p', { class: 'warn' }, 'Chưa có dữ liệu trên máy và chưa nối được mạng. Nối mạng một lần rồi mở lại nhé.'), el('p', {}, el('button', { type: 'button', on: { click: refresh } }, 'Thử lại')));
  } finally { isRefreshing = false; tellStatus(); againLater(); }
}

// "Online" is told before anything answers, so it is tried again, ever more seldom.
let retry = 0;
let waitMs = 3000;
function againLater() {
  clearTimeout(retry);
  if (state.isFresh) { waitMs = 3000; return; }
  retry = setTimeout(() => (navigator.onLine ? refresh() : againLater()), waitMs);
  waitMs = Math.min(waitMs * 2, 120_000);
}

function takeOver(pack, isFresh, had) {
  const isNew = take(pack);
  state.isFresh = isFresh;
  if (isFresh) { state.confirmedAt = new Date().toISOString(); remember('tra-cuu-luc', state.confirmedAt); }
  if (isNew) { if (!had || !isTyping()) show(); if (had) flash('Đã cập nhật dữ liệu mới.'); }
}

function isTyping() { return document.activeElement && document.activeElement.matches('input:not(#query),select') && main.contains(document.activeElement); }

// ---- as of when

function moment(iso) {
  const at = new Date(iso);
  return `${at.toLocaleTimeString('vi-VN', { hour: '2-digit', minute: '2-digit' })} ngày ${at.toLocaleDateString('vi-VN', { day: '2-digit', month: '2-digit', year: 'numeric' })}`;
}

function asOf() { return state.confirmedAt ? `Dữ liệu lấy lúc ${moment(state.confirmedAt)}.` : ''; }

function tellStatus() {
  if (!state.pack) return;
  const isOff = !navigator.onLine || !state.isFresh;
  const days = state.confirmedAt ? (Date.now() - Date.parse(state.confirmedAt)) / 864e5 : 0;
  const parts = [isOff ? 'Đang xem bản lưu trên máy, không có mạng.' : `${state.pack.procedures.length} thủ tục.`, asOf(),
    days > OLD_DAYS ? 'Bản này đã cũ, hãy nối mạng để cập nhật trước khi dặn người dân.' : ''];
  status.textContent = parts.filter(Boolean).join(' ');
  status.className = `status${isOff || days > OLD_DAYS ? ' off' : ''}`;
}

function flash(text) {
  const note = el('p', { class: 'flash', role: 'status' }, text);
  document.body.append(note);
  setTimeout(() => note.remove(), 4000);
}

// ---- pages

function place() {
  try { return decodeURIComponent(location.hash.slice(1)); } catch { return ''; }
}

function show() {
  if (!state.pack) return;
  const [first, second] = place().split('/');
  for (const tab of document.querySelectorAll('[data-tab]')) {
    const isHere = tab.dataset.tab === (['su-kien', 'tinh-phi'].includes(first) ? first : '');
    if (isHere) tab.setAttribute('aria-current', 'page'); else tab.removeAttribute('aria-current');
  }
  if (first === 'su-kien') showEvent(second);
  else if (first === 'tinh-phi') put(views.calculator(state.pack.figures, state.province, provinces(), keepProvince), 'Tính phí');
  else if (first === 'so-sanh') withCard(second, showComparison);
  else if (/^\d\.\d{6}/.test(first)) withCard(first, showCard);
  else showResults();
}

function put(view, title) {
  main.replaceChildren(view);
  document.title = title ? `${title} · Tra cứu` : 'Tra cứu thủ tục · Một Cửa';
}

function showEvent(id) {
  const found = state.pack.events.find((one) => one.id === id);
  put(found ? views.event(found, state.byCode, navigator.onLine) : views.events(state.pack.events), found ? found.title : 'Việc đời');
}

function showCard(card) {
  const chosen = views.cases(card).includes(state.cases[card.code]) ? state.cases[card.code] : '';
  put(views.procedure(card, {
    province: state.province, hotline: state.pack.hotline, asOf: asOf(), chosen, onCopy: copy,
    address: `${location.origin}${ROOT}#${card.code}`,
    onCase: (value) => { state.cases[card.code] = value; showCard(card); document.getElementById('case').focus(); },
  }), card.name);
}

function showComparison(card) {
  put(views.compare(card, state.pairs[card.code] || [], state.province, (pair) => { state.pairs[card.code] = pair; showComparison(card); }), `So sánh: ${card.name}`);
}

async function withCard(code, act) {
  const known = state.byCode.get(code) || state.extra.get(code);
  if (known) return act(known);
  put(el('p', { class: 'quiet' }, 'Đang mở…'));
  try {
    const answer = await fetch(`${ROOT}/the/${encodeURIComponent(code)}`);
    if (!answer.ok) throw new Error(String(answer.status));
    const card = await answer.json();
    state.extra.set(code, card);
    if (place().split('/').includes(code)) act(card);
  } catch {
    put(el('div', {}, el('p', { class: 'warn' }, 'Không mở được thủ tục này. Nó không có trong bản lưu trên máy, hoặc mã không đúng.'), el('a', { href: '#' }, '‹ Tìm việc khác')));
  }
  return undefined;
}

function provinces() {
  const rows = [...state.pack.figures, ...state.pack.procedures.flatMap((card) => card.costs)];
  return [...new Set(rows.map((row) => row.province).filter(Boolean))].sort((one, other) => one.localeCompare(other, 'vi'));
}

function keepProvince(name) { state.province = name; remember('tra-cuu-tinh', name); }

async function copy(text, button) {
  const said = button.textContent;
  try { await navigator.clipboard.writeText(text); button.textContent = 'Đã chép'; } catch { button.textContent = 'Không chép được'; }
  setTimeout(() => { button.textContent = said; }, 2000);
}

// ---- search

function showResults() {
  const typed = query.value.trim();
  const keys = typed ? state.index.find(typed) : [];
  const box = el('div', {});
  put(el('div', {}, typed ? heading(keys.length) : welcome(), list(keys), box));
  if (typed.length >= 3 && navigator.onLine) askServer(typed, new Set(keys), box);
}

const heading = (count) => el('p', { class: 'quiet', role: 'status' }, count ? `${count} kết quả` : 'Chưa thấy việc này trong bản lưu. Thử gõ cách khác, ít chữ hơn.');

function welcome() {
  const groups = new Map();
  for (const card of state.pack.procedures) groups.set(card.sector || 'Khác', [...(groups.get(card.sector || 'Khác') || []), card]);
  const sorted = [...groups].sort(([one], [other]) => one.localeCompare(other, 'vi'));
  return el('div', {}, el('h1', {}, 'Tất cả việc'), sorted.map(([sector, cards]) => el('details', { class: 'group' }, el('summary', {}, `${sector} (${cards.length})`), list(cards.map((card) => card.code)))));
}

function list(keys) {
  return el('ul', { class: 'results' }, keys.map((key) => {
    const card = state.byCode.get(key);
    const title = card ? card.name : state.pack.events.find((one) => `su-kien/${one.id}` === key)?.title;
    return title && el('li', {}, el('a', { href: `#${key}` }, el('b', {}, title), el('span', {}, card ? `${card.sector || ''} · ${card.code}` : 'Việc đời: nhiều thủ tục một lượt')));
  }));
}

let timer = 0;
function askServer(typed, shown, box) {
  clearTimeout(timer);
  const turn = (state.asked += 1);
  timer = setTimeout(async () => {
    try {
      const answer = await fetch(`/api/v1/procedures/search?limit=8&q=${encodeURIComponent(typed)}`);
      if (!answer.ok || turn !== state.asked) return;
      const found = (await answer.json()).results.filter(({ code }) => !shown.has(code));
      if (turn === state.asked && found.length) box.replaceChildren(el('h2', {}, 'Tìm thêm trên máy chủ'), el('ul', { class: 'results' }, found.map(({ code, name }) => el('li', {}, el('a', { href: `#${code}` }, el('b', {}, state.byCode.get(code)?.name || name), el('span', {}, state.byCode.has(code) ? code : `${code} · chỉ xem khi có mạng`))))));
    } catch { /* no line: what the pack has found stays */ }
  }, 450);
}

let lastTyped = '';
query.addEventListener('input', () => {
  if (fold(query.value.trim()) === lastTyped && !place()) return;
  lastTyped = fold(query.value.trim());
  if (place()) history.pushState(null, '', `${location.pathname}`);
  show();
});
document.getElementById('ask').addEventListener('submit', (event) => {
  event.preventDefault();
  const first = main.querySelector('.results a');
  if (first && query.value.trim()) first.click();
  query.blur();
});

// ---- the page as an app

function go() {
  show();
  window.scrollTo(0, 0);
  if (place()) main.querySelector('h1')?.focus({ preventScroll: true });
}
window.addEventListener('hashchange', go);
window.addEventListener('popstate', () => { if (!place()) show(); });
window.addEventListener('online', () => { waitMs = 3000; refresh(); });
window.addEventListener('offline', () => { state.isFresh = false; tellStatus(); });
document.addEventListener('visibilitychange', () => { if (!document.hidden && Date.now() - Date.parse(state.confirmedAt || 0) > 36e5) refresh(); });

let installing = null;
const installButton = document.getElementById('install');
window.addEventListener('beforeinstallprompt', (event) => { event.preventDefault(); installing = event; installButton.hidden = false; });
installButton.addEventListener('click', async () => { installButton.hidden = true; if (installing) await installing.prompt(); });

if ('serviceWorker' in navigator) {
  navigator.serviceWorker.register(`${ROOT}/sw.js`, { scope: ROOT }).catch(() => {});
  navigator.serviceWorker.addEventListener('message', async ({ data }) => {
    const pack = data === 'pack' && await keptPack();
    if (pack) { takeOver(pack, true, Boolean(state.pack)); tellStatus(); }
  });
}

open();
