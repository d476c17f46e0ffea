/* The desk's live parts: lists that follow the server, a conversation, words that are kept until they are stored. */
'use strict';
(() => {
  const FORM_TOKEN = document.querySelector('meta[name="form-token"]')?.content || '';
  const RETRY_MS = 3000;
  const ownTitle = document.title;

  const el = (name, props = {}, ...children) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(props)) key === 'text' ? (node.textContent = value) : node.setAttribute(key, value);
    node.append(...children);
    return node;
  };
  const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

  async function ask(address, body) {
    const headers = { 'X-Form-Token': FORM_TOKEN, Accept: 'application/json' };
    const options = body === undefined ? { headers } : { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
    const answer = await fetch(address, options);
    if (answer.status === 401) location.assign('/desk/vao');
    return answer;
  }

  // ---- the lists

  function followQueue(place) {
    let known = count(place);
    const source = new EventSource(place.dataset.live);
    source.addEventListener('queue', async () => {
      const answer = await fetch(place.dataset.part, { headers: { 'X-Form-Token': FORM_TOKEN } }).catch(() => null);
      if (answer && answer.status === 401) { source.close(); location.assign('/desk/vao'); return; }
      if (!answer || !answer.ok) return;
      const html = await answer.text();
      if (html === place.dataset.html) return;
      const focused = document.activeElement && document.activeElement.getAttribute('href');
      place.dataset.html = html;
      place.innerHTML = html;
      if (focused) place.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
      const now = count(place);
      if (now > known && document.hidden) document.title = `(${now}) ${ownTitle}`;
      known = now;
    });
    document.addEventListener('visibilitychange', () => { if (!document.hidden) document.title = ownTitle; });
  }
  const count = (place) => Number(place.querySelector('[data-waiting]')?.dataset.waiting || 0);

  // ---- a conversation

  function followTalk(lines) {
    const toEnd = () => { lines.scrollTop = lines.scrollHeight; };
    toEnd();
    window.addEventListener('load', toEnd);
    const source = new EventSource(lines.dataset.live);
    source.addEventListener('message', (event) => {
      const isAtEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 80;
      const seq = event.lastEventId;
      if (lines.querySelector(`li[data-seq="${Number(seq)}"]`)) return;
      lines.querySelectorAll(`li.sending[data-mine="${Number(seq)}"]`).forEach((one) => one.remove());
      const holder = el('template');
      holder.innerHTML = JSON.parse(event.data);
      const firstSending = lines.querySelector('li.sending');
      lines.insertBefore(holder.content, firstSending);
      if (isAtEnd) toEnd();
      if (document.hidden) document.title = `• ${ownTitle}`;
    });
    for (const kind of ['changed', 'over']) source.addEventListener(kind, () => { if (!isWriting()) location.reload(); else source.close(); });
    document.addEventListener('visibilitychange', () => { if (!document.hidden) document.title = ownTitle; });
  }
  const isWriting = () => [...document.querySelectorAll('textarea')].some((box) => box.value.trim());

  /** What was typed is kept in this browser until the server has stored it, and sent in the order it was typed. */
  class Mail {
    constructor(form, lines) {
      this.form = form; this.lines = lines;
      this.box = form.querySelector('textarea');
      this.key = `motcua-desk:${form.dataset.to}`;
      this.waiting = JSON.parse(sessionStorage.getItem(this.key) || '[]');
      this.waiting.forEach((one) => this.show(one));
      form.addEventListener('submit', (event) => { event.preventDefault(); this.put(); });
      this.box.addEventListener('keydown', (event) => {
        if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && matchMedia('(min-width: 900px)').matches) { event.preventDefault(); this.put(); }
      });
      this.send();
    }
    put() {
      const text = this.box.value.trim();
      if (!text) return;
      this.box.value = '';
      this.add({ to: this.form.dataset.to, body: { message_id: newId(), text }, shown: text });
    }
    insert(code, facet, name) {
      this.add({ to: this.form.dataset.insert, body: { message_id: newId(), code, facet }, shown: name });
    }
    add(one) {
      this.waiting.push(one);
      this.keep();
      this.show(one);
      this.send();
    }
    keep() { sessionStorage.setItem(this.key, JSON.stringify(this.waiting)); }
    show(one) {
      one.id = one.body.message_id;
      const line = el('li', { class: 'person sending', id: `mail-${one.id}` }, el('span', { class: 'who', text: 'Đang gửi…' }), el('p', { text: one.shown }));
      this.lines.append(line);
      this.lines.scrollTop = this.lines.scrollHeight;
    }
    async send() {
      if (this.isSending || !this.waiting.length) return;
      this.isSending = true;
      const one = this.waiting[0];
      const answer = await ask(one.to, one.body).catch(() => null);
      this.isSending = false;
      if (!answer || answer.status >= 500 || answer.status === 429) { setTimeout(() => this.send(), RETRY_MS); return; }
      this.waiting.shift();
      this.keep();
      const line = document.getElementById(`mail-${one.id}`);
      if (answer.ok) {
        const { seq } = await answer.json();
        if (line && this.lines.querySelector(`li[data-seq="${Number(seq)}"]`)) line.remove();
        else if (line) line.dataset.mine = seq;
        this.tell('');
      } else {
        line?.remove();
        if (one.body.text) this.box.value = [one.body.text, this.box.value].filter(Boolean).join('\n');
        const told = await answer.json().catch(() => ({}));
        this.tell(told.detail || 'Chưa gửi được. Anh, chị tải lại trang rồi thử lại.');
      }
      this.send();
    }
    tell(text) {
      const place = document.getElementById('trouble');
      place.textContent = text;
      place.hidden = !text;
    }
  }

  // ---- what is known, while talking

  function searchWhileTalking(place, mail) {
    const input = place.querySelector('input'), facet = place.querySelector('select'), found = place.querySelector('#found');
    let timer, asked = 0;
    input.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(look, 250); });
    async function look() {
      const mine = ++asked, words = input.value.trim();
      if (!words) { found.replaceChildren(); return; }
      const answer = await ask(`${place.dataset.search}?q=${encodeURIComponent(words)}`).catch(() => null);
      if (!answer || !answer.ok || mine !== asked) return;
      const hits = await answer.json();
      found.replaceChildren(...(hits.length ? hits.map(row) : [el('li', { text: 'Không tìm thấy.' })]));
    }
    function row({ code, name }) {
      const button = el('button', { type: 'button', text: 'Gửi' });
      button.setAttribute('aria-label', `Gửi ${name}`);
      button.addEventListener('click', () => {
        mail.insert(code, facet.value, `${name} · ${facet.selectedOptions[0].textContent}`);
        button.disabled = true;
      });
      return el('li', {}, el('span', { text: name }), button);
    }
  }

  function offerDrafts(form, mail) {
    const place = document.getElementById('drafts'), button = document.getElementById('suggest');
    button.addEventListener('click', async () => {
      if (!place.hidden) { place.hidden = true; return; }
      button.disabled = true;
      const answer = await ask(form.dataset.drafts).catch(() => null);
      button.disabled = false;
      const drafts = answer && answer.ok ? await answer.json() : [];
      place.replaceChildren(...(drafts.length ? drafts.map(draft) : [el('p', { class: 'hint', text: 'Chưa có gợi ý cho lời này.' })]));
      place.hidden = false;
    });
    function draft({ title, text }) {
      const choice = el('button', { type: 'button' }, el('b', { text: title }), el('span', { text }));
      choice.addEventListener('click', () => { mail.box.value = text; place.hidden = true; mail.box.focus(); });
      return choice;
    }
  }

  // ---- the menu, which opens and closes without us too

  const menu = document.querySelector('details.menu');
  if (menu) {
    document.addEventListener('click', (event) => { if (!menu.contains(event.target)) menu.open = false; });
    menu.addEventListener('keydown', (event) => { if (event.key === 'Escape') { menu.open = false; menu.querySelector('summary').focus(); } });
  }

  const queue = document.getElementById('queue'), lines = document.getElementById('lines'), say = document.getElementById('say');
  if (queue) followQueue(queue);
  if (lines) followTalk(lines);
  if (say && lines) {
    const mail = new Mail(say, lines);
    offerDrafts(say, mail);
    searchWhileTalking(document.getElementById('find'), mail);
  }
})();
