/* The chat widget a portal embeds with one script tag: <script src="…/widget/motcua-widget.js" async></script>
 *
 * One custom element, <motcua-chat>, no framework, no build step. Attributes (on the element, or data-… on the script):
 *   api          where the gateway is; default: where this script came from
 *   ward         name shown under the title
 *   attachments  present: a button to send photos and PDF files
 *   kiosk        present: nothing is remembered once the tab is closed (shared computers)
 *   theme        light | dark; default: what the citizen's device prefers
 *   position     left | right (default)
 * In the page: an element with data-motcua-ask="…" opens the widget and asks that; so does element.ask("…").
 * element.tap("title", "payload") opens it and presses a button; element.dossiers() promises the citizen's own dossiers
 * (null: no conversation yet); the event "motcua-news" says that something was said.
 *
 * What was said comes from data and is only ever put in as text, never as HTML.
 */
(() => {
  'use strict';
  if (window.customElements.get('motcua-chat')) return;

  // ---- every sentence a citizen reads

  const TEXT = {
    launcher: 'Hỏi thủ tục',
    unread: (count) => `${count} tin mới`,
    title: 'Trợ lý Một Cửa',
    subtitle: 'Hỏi đáp thủ tục hành chính',
    close: 'Đóng cửa sổ trò chuyện',
    smaller: 'Chữ nhỏ hơn',
    larger: 'Chữ to hơn',
    size: (percent) => `Cỡ chữ ${percent}%`,
    options: 'Tùy chọn',
    contrast: 'Tương phản cao',
    helper: 'Gặp người hỗ trợ',
    mine: 'Hồ sơ của tôi',
    askMine: 'Hồ sơ của tôi tới đâu rồi?',
    erase: 'Xóa cuộc trò chuyện',
    eraseAsk: 'Xóa toàn bộ cuộc trò chuyện này? Xóa rồi thì không lấy lại được.',
    eraseYes: 'Xóa',
    eraseNo: 'Giữ lại',
    erasing: 'Đang xóa…',
    erased: 'Đã xóa cuộc trò chuyện.',
    eraseFailed: 'Chưa xóa được vì đường truyền kém. Bạn thử lại nhé.',
    log: 'Nội dung trò chuyện',
    you: 'Bạn',
    assistant: 'Trợ lý',
    person: (name) => `${name} · người hỗ trợ`,
    welcome: 'Chào bạn! Mình giúp bạn tìm giấy tờ cần có, lệ phí, thời hạn và nơi làm thủ tục.',
    welcomeHow: 'Bạn cứ viết như nói chuyện hằng ngày, hoặc bấm một việc dưới đây:',
    suggestions: ['Làm giấy khai sinh', 'Đăng ký tạm trú', 'Sao y giấy tờ', 'Mở hộ kinh doanh'],
    input: 'Viết câu hỏi của bạn',
    placeholder: 'Viết câu hỏi…',
    example: (example) => `Ví dụ: ${example}`,
    send: 'Gửi',
    attach: 'Gửi ảnh hoặc tệp PDF',
    uploading: (name) => `Đang tải lên: ${name}`,
    question: 'Câu hỏi đang chờ',
    progress: (number, total) => `Câu ${number}/${total}`,
    camera: 'Chụp ảnh',
    choose: 'Chọn tệp',
    letters: 'Bàn phím chữ',
    figures: 'Bàn phím số',
    skip: 'Bỏ qua',
    file: (name) => `Tệp: ${name}`,
    files: (count) => `Đã gửi ${count} tệp`,
    uploadFailed: 'Chưa gửi được tệp. Bạn thử lại nhé.',
    speak: 'Nói thay vì gõ',
    speakStop: 'Dừng nghe',
    listening: 'Đang nghe… Bạn nói đi nhé.',
    speechFailed: 'Chưa nghe rõ. Bạn nói lại hoặc gõ chữ nhé.',
    privacy: 'Đừng gửi mã OTP hay mật khẩu cho bất cứ ai.',
    left: (count) => `Còn ${count} ký tự`,
    over: (count) => `Dài quá ${count} ký tự, bạn viết ngắn lại nhé`,
    typing: 'Đang trả lời…',
    sending: 'Đang gửi…',
    sent: 'Đã gửi',
    waiting: 'Chưa gửi được, đang thử lại…',
    failed: 'Chưa gửi được',
    retry: 'Thử lại',
    edit: 'Sửa lại',
    offline: 'Mất mạng, tin sẽ được gửi khi có mạng lại.',
    expired: 'Cuộc trò chuyện trước đã hết hạn. Bạn hỏi tiếp ở đây nhé.',
    renewed: 'Cuộc trò chuyện trước đã hết hạn, mình mở cuộc mới và gửi lại tin của bạn.',
    pressed: 'Đã chọn',
    picked: 'đã chọn',
    newer: 'Tin mới',
    openSource: 'Mở trang nguồn',
    source: (title, day) => `Nguồn: ${title}${day ? `, kiểm tra ngày ${day}` : ''}`,
    newTab: 'mở trong thẻ mới',
    download: 'Tải tệp',
    picture: 'Hình ảnh kèm theo',
    ticked: (done, all) => `Đã có ${done}/${all}`,
    print: 'In danh sách',
    printNow: 'In trang này',
    printBlocked: 'Trình duyệt chặn cửa sổ in. Bạn cho phép mở cửa sổ rồi bấm lại nhé.',
    printedOn: (day) => `In ngày ${day} từ Trợ lý Một Cửa. Danh sách để chuẩn bị, cán bộ một cửa sẽ kiểm tra khi nhận hồ sơ.`,
  };

  // ---- figures

  const MOST_CHARS = 2000;
  const COUNT_FROM_CHARS = 1800;
  const REQUEST_MS = 45000; // an answer may be slow; the same message sent again is never answered twice
  const UPLOAD_MS = 180000;
  const FIRST_WAIT_MS = 1000;
  const LONGEST_WAIT_MS = 30000;
  const TRIES_BEFORE_FAILED = 4; // from then on it says so and offers a button, and still tries by itself
  const POLL_MS = 5000;
  const DOUBLE_TAP_MS = 400;
  const SILENT_STREAM_MS = 60000; // the server speaks every 20 s
  const FIRST_BYTE_MS = 10000; // a proxy that holds events back is noticed by this
  const HIDDEN_MS = 30000; // a hidden tab lets its connection go: browsers allow six per host
  const FRESH_MS = 24 * 3600 * 1000; // a conversation this young is listened to with the panel closed
  const SIZES_PX = [16, 18, 20, 24];
  const PHONE = '(max-width: 599px)';
  const TOUCH = window.matchMedia('(pointer: coarse)');
  const FILE_TYPES = 'image/*,application/pdf';
  const MOST_FILES = 20; // of one message
  // The keyboard a phone opens for an answer of this kind.
  const KEYBOARDS = { date: 'numeric', number: 'numeric', money: 'numeric', citizen_id: 'numeric', organisation_code: 'numeric', phone: 'tel', email: 'email' };

  // ---- small tools

  /** An element; `text` goes in as text, `on` are listeners, everything else attributes. */
  function el(tag, props, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(props || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name === 'text') node.textContent = value;
      else if (name === 'on') for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
      else node.setAttribute(name, value === true ? '' : value);
    }
    node.append(...children.filter(Boolean));
    return node;
  }

  const ICONS = {
    chat: 'M4 5h16v11H9.5L5 20v-4H4zM8 9.2h8M8 12.3h5',
    close: 'M6 6l12 12M18 6L6 18',
    more: 'M12 5.5v.01M12 12v.01M12 18.5v.01',
    send: 'M5 12h13M12.5 6l6 6-6 6',
    camera: 'M4 8h3.5L9 5.5h6L16.5 8H20v11H4zM12 10.2a3.3 3.3 0 1 1 0 6.6 3.3 3.3 0 0 1 0-6.6',
    clip: 'M17.5 11l-6 6a3.6 3.6 0 0 1-5-5l7-7a2.4 2.4 0 0 1 3.4 3.4l-7 7a1.1 1.1 0 0 1-1.6-1.6l6-6',
    mic: 'M12 4a2.5 2.5 0 0 1 2.5 2.5v5a2.5 2.5 0 0 1-5 0v-5A2.5 2.5 0 0 1 12 4zM6.5 11.5a5.5 5.5 0 0 0 11 0M12 17v3',
    print: 'M7.5 9V4.5h9V9M7.5 17H5V9h14v8h-2.5M7.5 14h9v5.5h-9z',
    folder: 'M4 6.5h5.5l2 2.5H20v9.5H4z',
    person: 'M12 5a3.2 3.2 0 1 1 0 6.4A3.2 3.2 0 0 1 12 5zM5.5 19.5c.6-3.6 3.2-5.4 6.5-5.4s5.9 1.8 6.5 5.4',
    bin: 'M5 7.5h14M9.5 7.5V5h5v2.5M7 7.5l.8 12h8.4l.8-12M10.5 11v5M13.5 11v5',
    contrast: 'M12 4.5a7.5 7.5 0 1 0 0 15zM12 4.5a7.5 7.5 0 0 1 0 15',
    down: 'M12 5v13M6 12.5l6 6 6-6',
  };

  function icon(name) {
    const NS = 'http://www.w3.org/2000/svg';
    const svg = document.createElementNS(NS, 'svg');
    for (const [key, value] of [['viewBox', '0 0 24 24'], ['aria-hidden', 'true'], ['focusable', 'false'], ['class', `icon icon-${name}`]]) svg.setAttribute(key, value);
    const path = document.createElementNS(NS, 'path');
    path.setAttribute('d', ICONS[name]);
    svg.append(path);
    return svg;
  }

  /** An address we may link to or load, absolute; null for anything but http and https. */
  function safeUrl(address, base) {
    try {
      const url = new URL(address, base);
      return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
    } catch (_) {
      return null;
    }
  }

  function link(href, text, label) {
    return el('a', { href, target: '_blank', rel: 'noopener noreferrer', referrerpolicy: 'no-referrer', text, 'aria-label': label });
  }

  /** Text as nodes: line breaks and web addresses are recognised, everything else stays text. */
  function textNodes(text) {
    const nodes = [];
    const address = /https?:\/\/[^\s<>"'“”]+/gi;
    let place = 0;
    for (let found; (found = address.exec(text)); ) {
      const shown = found[0].replace(/[.,;:!?)\]}…]+$/, '');
      const href = safeUrl(shown);
      if (!href) continue;
      nodes.push(text.slice(place, found.index), link(href, shown));
      place = found.index + shown.length;
    }
    nodes.push(text.slice(place));
    return nodes.filter((node) => node !== ''); // line breaks show by white-space: pre-line
  }

  function newId() {
    if (window.crypto.randomUUID) return window.crypto.randomUUID();
    const bytes = window.crypto.getRandomValues(new Uint8Array(16)); // no randomUUID on plain http
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }

  function hash(text) {
    let sum = 5381;
    for (let at = 0; at < text.length; at += 1) sum = ((sum * 33) ^ text.charCodeAt(at)) >>> 0;
    return sum.toString(36);
  }

  function sleep(ms, signal) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      if (signal) signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
    });
  }

  function inVietnam(at, shape) {
    const date = at ? new Date(at) : new Date();
    return Number.isNaN(date.getTime()) ? '' : new Intl.DateTimeFormat('vi-VN', { timeZone: 'Asia/Ho_Chi_Minh', ...shape }).format(date);
  }
  const clockOf = (at) => inVietnam(at, { hour: '2-digit', minute: '2-digit' });
  const dayOf = (at) => inVietnam(at, { day: '2-digit', month: '2-digit', year: 'numeric' });

  /** Styles without a <style> element where possible: a portal's content security policy may forbid those. */
  function dress(root, css, view = window) {
    try {
      const sheet = new view.CSSStyleSheet();
      sheet.replaceSync(css);
      root.adoptedStyleSheets = [sheet];
    } catch (_) {
      const style = (root.ownerDocument || root).createElement('style');
      style.textContent = css;
      (root.head || root).append(style);
    }
  }

  // ---- what this browser remembers

  class Memory {
    constructor(api, isKiosk) {
      this.prefix = `motcua ${api} `;
      this.fallback = new Map();
      try {
        this.storage = isKiosk ? window.sessionStorage : window.localStorage;
        this.storage.setItem(`${this.prefix}probe`, '1');
        this.storage.removeItem(`${this.prefix}probe`);
      } catch (_) {
        this.storage = null; // forbidden or full: this page remembers until it is closed
      }
    }

    read(name, otherwise) {
      try {
        const kept = this.storage ? this.storage.getItem(this.prefix + name) : null;
        const text = kept === null ? this.fallback.get(name) : kept;
        return text === undefined ? otherwise : JSON.parse(text);
      } catch (_) {
        return otherwise;
      }
    }

    write(name, value) {
      const text = JSON.stringify(value);
      this.fallback.delete(name);
      try {
        this.storage.setItem(this.prefix + name, text);
      } catch (_) {
        this.fallback.set(name, text);
        this.forgetStored(name); // or the older value would be read instead
      }
    }

    forget(name) {
      this.fallback.delete(name);
      this.forgetStored(name);
    }

    forgetStored(name) {
      try {
        this.storage.removeItem(this.prefix + name);
      } catch (_) {
        /* nothing is stored then */
      }
    }
  }

  // ---- the gateway's HTTP contract

  /** What went wrong: `status` 0 when no answer of the gateway came at all. */
  class Trouble extends Error {
    constructor(status, detail, waitSeconds) {
      super(detail || `status ${status}`);
      this.status = status;
      this.detail = detail;
      this.waitMs = Math.min(600, Number(waitSeconds) || 0) * 1000;
    }
    get isGone() {
      return this.status === 401 || this.status === 403 || this.status === 404;
    }
    get isRefusal() {
      return this.status >= 400 && this.status < 500 && !this.isGone && ![408, 425, 429].includes(this.status);
    }
  }

  class Gateway {
    constructor(api) {
      this.base = `${api}/api/v1/conversations`;
    }

    async start() {
      const made = await this.call('POST', this.base);
      if (!made || !made.conversation_id || !made.token) throw new Trouble(0);
      return { id: String(made.conversation_id), token: String(made.token), at: Date.now() };
    }

    async send(conversation, body, signal) {
      const answer = await this.call('POST', this.at(conversation, 'messages'), { conversation, body: JSON.stringify(body), type: 'application/json', signal });
      if (!answer || !Array.isArray(answer.replies)) throw new Trouble(0); // some proxy's page, not the gateway
      return answer;
    }

    async history(conversation, after) {
      const page = await this.call('GET', `${this.at(conversation, 'messages')}?after=${after}`, { conversation });
      if (!page || !Array.isArray(page.messages)) throw new Trouble(0);
      return page.messages;
    }

    async dossiers(conversation) {
      const page = await this.call('GET', this.at(conversation, 'dossiers'), { conversation });
      if (!page || !Array.isArray(page.dossiers)) throw new Trouble(0);
      return page.dossiers;
    }

    erase(conversation) {
      return this.call('DELETE', this.at(conversation), { conversation });
    }

    async upload(conversation, file) {
      const body = new FormData();
      body.append('file', file, file.name);
      const made = await this.call('POST', this.at(conversation, 'attachments'), { conversation, body, ms: UPLOAD_MS });
      if (!made || !made.attachment_id) throw new Trouble(0);
      return made.attachment_id;
    }

    at(conversation, door) {
      return `${this.base}/${encodeURIComponent(conversation.id)}${door ? `/${door}` : ''}`;
    }

    async call(method, url, { conversation, body, type, signal, ms = REQUEST_MS } = {}) {
      const headers = {};
      if (type) headers['Content-Type'] = type;
      if (conversation) headers.Authorization = `Bearer ${conversation.token}`;
      const stop = new AbortController();
      const timer = setTimeout(() => stop.abort(), ms);
      if (signal) signal.addEventListener('abort', () => stop.abort(), { once: true });
      try {
        const response = await fetch(url, { method, headers, body, signal: stop.signal, credentials: 'omit', cache: 'no-store' });
        const said = response.status === 204 ? null : await response.json().catch(() => null);
        if (!response.ok) throw new Trouble(response.status, said && typeof said.detail === 'string' ? said.detail : '', response.headers.get('Retry-After'));
        return said;
      } catch (error) {
        throw error instanceof Trouble ? error : new Trouble(0);
      } finally {
        clearTimeout(timer);
      }
    }

    /** Server-sent events, read by fetch: so the token travels in a header and stays out of every log. */
    async events(conversation, after, signal, onEvent) {
      const stop = new AbortController();
      signal.addEventListener('abort', () => stop.abort(), { once: true });
      let watchdog = setTimeout(() => stop.abort(), FIRST_BYTE_MS);
      const heard = () => (clearTimeout(watchdog), (watchdog = setTimeout(() => stop.abort(), SILENT_STREAM_MS)));
      try {
        const headers = { Authorization: `Bearer ${conversation.token}`, Accept: 'text/event-stream' };
        const response = await fetch(`${this.at(conversation, 'events')}?after=${after}`, { headers, signal: stop.signal, credentials: 'omit', cache: 'no-store' });
        if (!response.ok || !response.body) throw new Trouble(response.ok ? 501 : response.status);
        const reader = response.body.getReader();
        const decoder = new TextDecoder();
        let rest = '';
        for (let part = await reader.read(); !part.done; part = await reader.read()) {
          heard();
          rest += decoder.decode(part.value, { stream: true }).replace(/\r/g, '');
          const blocks = rest.split('\n\n');
          rest = blocks.pop();
          onEvent(null);
          blocks.map(readEvent).forEach((event) => event && onEvent(event));
        }
      } finally {
        clearTimeout(watchdog);
      }
    }
  }

  function readEvent(block) {
    const event = { type: 'message', data: '' };
    for (const line of block.split('\n')) {
      if (line.startsWith('event:')) event.type = line.slice(6).trim();
      else if (line.startsWith('data:')) event.data += line.slice(5).trim();
    }
    try {
      return event.type === 'typing' ? event : event.data ? { ...event, line: JSON.parse(event.data) } : null;
    } catch (_) {
      return null; // cut off in the middle: it comes again from the history
    }
  }

  // ---- messages on their way out

  /** Keeps what the citizen said until the gateway has it: in order, one at a time, always under the same id. */
  class Mailbox {
    constructor(memory, deliver, tell) {
      this.memory = memory;
      this.deliver = deliver;
      this.tell = tell; // (message, state, trouble or answer); states: sending, waiting, failed, refused, answered
      this.isBusy = false;
      this.tries = 0;
      this.timer = 0;
    }

    get waiting() {
      const queue = this.memory.read('queue', []);
      return Array.isArray(queue) ? queue.filter((message) => message && message.message_id) : [];
    }

    put(message) {
      this.memory.write('queue', [...this.waiting, message]);
      this.tell(message, this.tries >= TRIES_BEFORE_FAILED ? 'failed' : 'sending');
      this.flush();
    }

    take(message) {
      this.memory.write('queue', this.waiting.filter((other) => other.message_id !== message.message_id));
    }

    clear() {
      clearTimeout(this.timer);
      if (this.stop) this.stop.abort();
      this.tries = 0;
      this.memory.forget('queue');
    }

    /** Tries at once, whatever the waiting time was; a request that hangs on a dead line is given up for a new one. */
    hurry() {
      clearTimeout(this.timer);
      if (this.isBusy && this.stop) this.stop.abort();
      this.tries = Math.min(this.tries, 1);
      this.flush();
    }

    async flush() {
      if (this.isBusy) return;
      clearTimeout(this.timer);
      this.isBusy = true;
      try {
        for (let message = this.waiting[0]; message && (await this.attempt(message)); message = this.waiting[0]);
      } finally {
        this.isBusy = false;
      }
    }

    /** One try of one message; true when the next may be sent. */
    async attempt(message) {
      this.stop = new AbortController();
      if (this.tries < TRIES_BEFORE_FAILED) this.tell(message, this.tries ? 'waiting' : 'sending');
      const { signal } = this.stop;
      try {
        const answer = await this.deliver(message, signal);
        if (signal.aborted) return true; // cleared, or to be tried anew: the queue says which
        this.tries = 0;
        this.take(message);
        this.tell(message, 'answered', answer);
        return true;
      } catch (trouble) {
        return signal.aborted || this.onTrouble(message, trouble);
      }
    }

    onTrouble(message, trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      if (trouble.isRefusal) {
        this.take(message);
        this.tell(message, 'refused', trouble);
        return true;
      }
      this.tries += 1;
      this.tell(message, this.tries >= TRIES_BEFORE_FAILED ? 'failed' : 'waiting', trouble);
      const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.tries - 1)) * (0.75 + Math.random() / 2);
      this.timer = setTimeout(() => this.flush(), Math.max(wait, trouble.waitMs));
      return false;
    }
  }

  // ---- cards

  /** The lines of a reply its card does not tell again: other channels need them all, here they would stand twice. */
  function textBesideCard(text, card) {
    if (!card) return text;
    const told = card.items.map((item) => item.text.replace(/\s+/g, ' '));
    const footer = (card.footer || '').split('\n');
    const cases = card.items.map((item) => item.case).filter(Boolean);
    let dropped = false;
    const kept = text.split('\n').filter((line) => {
      const row = /^\s*(?:\d+[.)]|[•\-–])\s+(.*)$/.exec(line);
      const bare = row && row[1].replace(/\s+\([^()]*\)$/, '').replace(/…$/, '').replace(/\s+/g, ' ').trim();
      const isTold = row
        ? told.some((item) => item.startsWith(bare) || item.startsWith(row[1].trim()))
        : footer.includes(line) && line !== '' || cases.some((name) => line.includes(name)) || (dropped && /^\(.*\)$/.test(line.trim()));
      dropped = dropped || (isTold && Boolean(row));
      return !isTold;
    });
    return kept.join('\n').replace(/\n{3,}/g, '\n\n').trim();
  }

  /** Choices are told as numbered lines for channels without buttons; here the buttons say them. */
  function textBesideButtons(text, buttons) {
    const titles = new Set((buttons || []).map((button) => button && String(button.title)));
    return text.split('\n').filter((line) => !titles.has(line.replace(/^\d+\.\s+/, ''))).join('\n').trim();
  }

  /** Which papers of a card the citizen has; remembered here only, by the words of the paper. */
  class Ticks {
    constructor(memory) {
      this.memory = memory;
    }
    of(card) {
      return new Set(this.memory.read('ticks', {})[hash(card.title)] || []);
    }
    set(card, item, isTicked) {
      const all = this.memory.read('ticks', {});
      const ticked = this.of(card);
      ticked[isTicked ? 'add' : 'delete'](hash(item.text));
      delete all[hash(card.title)];
      all[hash(card.title)] = [...ticked];
      for (const old of Object.keys(all).slice(0, -50)) delete all[old];
      this.memory.write('ticks', all);
    }
  }

  function cleanCard(card) {
    if (!card || typeof card !== 'object' || !Array.isArray(card.items) || !card.items.length) return null;
    const items = card.items.filter((item) => item && item.text).map((item) => ({ text: String(item.text), note: item.note ? String(item.note) : '', case: item.case ? String(item.case) : '' }));
    return { title: String(card.title || ''), kind: String(card.kind || 'list'), items, footer: card.footer ? String(card.footer) : '' };
  }

  /** Items with a heading before each new case; `draw(item, number)` makes one line. */
  function itemRows(card, draw, heading) {
    let current = '';
    return card.items.reduce((rows, item, at) => {
      if (item.case && item.case !== current) rows.push(heading(item.case));
      current = item.case;
      return [...rows, draw(item, at + 1)];
    }, []);
  }

  function drawCard(card, ticks, onPrint) {
    const isChecklist = card.kind === 'checklist';
    const ticked = ticks.of(card);
    const progress = el('span', { class: 'progress', 'aria-live': 'off' });
    const count = () => (progress.textContent = isChecklist ? TEXT.ticked(card.items.filter((item) => ticks.of(card).has(hash(item.text))).length, card.items.length) : '');
    const draw = (item, number) => {
      const words = [el('span', { class: 'what' }, ...textNodes(item.text)), item.note && el('span', { class: 'note' }, ...textNodes(item.note))];
      if (!isChecklist) return el('li', null, card.kind === 'steps' && el('span', { class: 'number', 'aria-hidden': 'true', text: String(number) }), el('span', { class: 'words' }, ...words));
      const box = el('input', { type: 'checkbox' });
      box.checked = ticked.has(hash(item.text));
      box.addEventListener('change', () => (ticks.set(card, item, box.checked), count()));
      return el('li', null, el('label', null, box, el('span', { class: 'words' }, ...words)));
    };
    count();
    return el('section', { class: `card ${card.kind}`, 'aria-label': card.title },
      el('h3', { text: card.title }),
      el(card.kind === 'steps' ? 'ol' : 'ul', { role: 'list' }, ...itemRows(card, draw, (name) => el('li', { class: 'case', text: name }))),
      card.footer && el('p', { class: 'footer' }, ...textNodes(card.footer)),
      el('div', { class: 'tools' }, progress, el('button', { type: 'button', class: 'quiet print', on: { click: onPrint } }, icon('print'), TEXT.print)));
  }

  const PRINT_CSS = `
    body{font:16px/1.55 "Noto Sans",Arial,sans-serif;color:#000;background:#fff;max-width:44rem;margin:1.5rem auto;padding:0 1rem}
    h1{font-size:1.35rem;line-height:1.35;margin:0 0 .25rem}h2{font-size:1rem;margin:1.1rem 0 .3rem}
    ul{list-style:none;margin:0;padding:0}li{display:flex;gap:.7rem;padding:.5rem 0;border-bottom:1px solid #bbb;break-inside:avoid}
    .box{flex:none;width:1.05rem;height:1.05rem;border:1.5px solid #000;margin-top:.25rem;text-align:center;line-height:1rem;font-weight:700}
    .number{flex:none;min-width:1.6rem;font-weight:700}.note{display:block;color:#333;font-size:.92rem}
    .what,.note,footer{white-space:pre-line;overflow-wrap:anywhere}footer{margin-top:1.2rem;font-size:.9rem}footer p{margin:.3rem 0}
    button{font:inherit;min-height:44px;padding:.4rem 1rem;margin:.8rem 0;cursor:pointer}
    @media print{button{display:none}body{margin:0;max-width:none}}`;

  /** A source on paper: its address too, and its name unless the card's own last line tells it. */
  function sourceLine(card, source) {
    const name = TEXT.source(source.title, source.checked_on && dayOf(source.checked_on));
    const parts = [source.title && card.footer.includes(source.title) ? '' : name, source.url].filter(Boolean);
    return parts.length ? el('p', { text: parts.join(': ') }) : null;
  }

  /** A clean page with the list alone, in a window of its own; false when the browser would not open one. */
  function printCard(card, ticked, sources) {
    const view = window.open('', '_blank');
    if (!view) return false;
    view.opener = null;
    const page = view.document;
    page.documentElement.lang = 'vi';
    page.title = card.title;
    dress(page, PRINT_CSS, view);
    const mark = (item, number) => (card.kind === 'checklist' ? el('span', { class: 'box', text: ticked.has(hash(item.text)) ? '✓' : '' }) : el('span', { class: 'number', text: card.kind === 'steps' ? `${number}.` : '•' }));
    const draw = (item, number) => el('li', null, mark(item, number), el('span', null, el('span', { class: 'what', text: item.text }), item.note && el('span', { class: 'note', text: item.note })));
    page.body.append(page.adoptNode(el('main', null,
      el('h1', { text: card.title }),
      el('button', { type: 'button', text: TEXT.printNow, on: { click: () => view.print() } }),
      el('ul', null, ...itemRows(card, draw, (name) => el('li', null, el('strong', { text: name })))),
      el('footer', null,
        card.footer && el('p', { text: card.footer }),
        ...sources.map((source) => sourceLine(card, source)),
        el('p', { text: TEXT.printedOn(dayOf()) })))));
    view.setTimeout(() => view.print(), 200);
    return true;
  }

  // ---- style

  const CSS = `
    :host{all:initial;--accent:#9c1c1f;--accent-ink:#fff;--accent-text:#9c1c1f;--soft:#fbeceb;--ground:#f6f4f1;--surface:#fff;--ink:#211c1a;--faint:#5f5753;--line:#ddd6d0;--edge:#8b7f78;--warn:#8a4b00;--warn-ground:#fff3dc;--person:#0b5a45;--person-ground:#e6f4ee;--shadow:0 10px 36px rgba(40,20,15,.24);--width:1px;color-scheme:light}
    @media (prefers-color-scheme:dark){:host(:not([theme=light])){--accent:#b8312f;--accent-text:#ff9f97;--soft:#43282a;--ground:#17181b;--surface:#222429;--ink:#f2efec;--faint:#b9b2ac;--line:#3a3d44;--edge:#8d8f96;--warn:#ffcf87;--warn-ground:#3b2e18;--person:#86dcbd;--person-ground:#1c3a31;--shadow:0 10px 36px rgba(0,0,0,.6);color-scheme:dark}}
    :host([theme=dark]){--accent:#b8312f;--accent-text:#ff9f97;--soft:#43282a;--ground:#17181b;--surface:#222429;--ink:#f2efec;--faint:#b9b2ac;--line:#3a3d44;--edge:#8d8f96;--warn:#ffcf87;--warn-ground:#3b2e18;--person:#86dcbd;--person-ground:#1c3a31;--shadow:0 10px 36px rgba(0,0,0,.6);color-scheme:dark}
    @media (prefers-contrast:more){:host(:not([high-contrast])){--faint:var(--ink);--line:var(--ink);--edge:var(--ink)}}
    :host([high-contrast]){--accent:#ffe14d;--accent-ink:#000;--accent-text:#ffe14d;--soft:#000;--ground:#000;--surface:#000;--ink:#fff;--faint:#fff;--line:#fff;--edge:#fff;--warn:#ffe14d;--warn-ground:#000;--person:#7dffcf;--person-ground:#000;--width:2px;color-scheme:dark}
    *,*::before,*::after{box-sizing:border-box}
    [hidden]{display:none!important}
    .unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
    button,textarea{font:inherit;color:inherit}
    button{cursor:pointer;-webkit-tap-highlight-color:transparent}
    :focus{outline:none}
    :focus-visible{outline:3px solid var(--accent-text);outline-offset:2px;border-radius:8px}
    header :focus-visible{outline-color:var(--accent-ink);outline-offset:-3px}
    .icon{width:24px;height:24px;flex:none;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
    .icon-more{stroke-width:3.6}
    .launcher,.panel{font:400 16px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Helvetica Neue",Arial,sans-serif;position:fixed;z-index:2147483000;-webkit-text-size-adjust:100%;text-size-adjust:100%}
    .launcher{right:16px;right:max(16px,env(safe-area-inset-right));bottom:16px;bottom:max(16px,env(safe-area-inset-bottom));display:flex;align-items:center;gap:10px;min-height:56px;padding:0 22px 0 18px;border:2px solid var(--surface);border-radius:28px;background:var(--accent);color:var(--accent-ink);font-size:17px;font-weight:600;box-shadow:var(--shadow)}
    :host([position=left]) .launcher{right:auto;left:16px}
    .launcher:hover{filter:brightness(1.08)}
    .launcher:focus-visible{border-radius:28px}
    .badge{min-width:26px;height:26px;padding:0 7px;border-radius:13px;background:#fff;color:#9c1c1f;font-size:15px;line-height:26px;text-align:center}
    .panel{top:0;right:0;bottom:0;left:0;height:100vh;height:100dvh;display:flex;flex-direction:column;background:var(--ground);color:var(--ink);font-size:var(--motcua-size,18px);overflow:hidden}
    header{display:flex;align-items:center;gap:0;padding:6px 6px 6px 16px;padding-top:max(6px,env(safe-area-inset-top));background:var(--accent);color:var(--accent-ink);flex:none}
    .names{flex:1;min-width:0}
    h2{font-size:18px;line-height:1.3;margin:0;font-weight:650;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
    .names p{font-size:14px;line-height:1.35;margin:0;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
    .round{flex:none;width:44px;height:44px;display:grid;place-items:center;padding:0;border:0;border-radius:10px;background:none}
    header .round:hover{background:rgba(255,255,255,.16)}
    .letter{font-size:16px;font-weight:650}.letter.big{font-size:20px}
    .menu,.confirm{flex:none;background:var(--surface);border-bottom:var(--width) solid var(--line);padding:6px 8px}
    .menu button{display:flex;align-items:center;gap:12px;width:100%;min-height:48px;padding:4px 12px;border:0;border-radius:10px;background:none;text-align:left;font-size:17px}
    .menu button:hover{background:var(--soft)}
    .menu [aria-pressed=true]{font-weight:650;color:var(--accent-text)}.menu [aria-pressed=true]::after{content:"✓";margin-left:auto}
    .confirm{padding:14px 16px}.confirm p{margin:0 0 10px}.confirm div{display:flex;gap:10px;justify-content:flex-end}
    .quiet,.danger{min-height:44px;padding:6px 16px;border:var(--width) solid var(--edge);border-radius:10px;background:var(--surface);display:inline-flex;align-items:center;gap:8px;font-size:.9em}
    .danger{background:var(--accent);border-color:var(--accent);color:var(--accent-ink);font-weight:600}
    .banner,.announcer{flex:none;margin:0;padding:8px 16px;background:var(--warn-ground);color:var(--warn);font-size:.9em;border-bottom:var(--width) solid var(--line)}
    .announcer{border-top:var(--width) solid var(--line)}
    .middle{flex:1;min-height:0;position:relative;display:flex}
    .log{flex:1;min-width:0;overflow-y:auto;overscroll-behavior:contain;padding:16px 12px 8px;position:relative;display:flex;flex-direction:column;gap:14px}
    .log:focus-visible{outline-offset:-3px}
    .turn{display:flex;flex-direction:column;gap:8px;align-items:flex-start;flex:none;max-width:100%}
    .mine{align-items:flex-end}
    .bubble{max-width:92%;padding:10px 14px;border-radius:16px;border:var(--width) solid var(--line);background:var(--surface);white-space:pre-line;overflow-wrap:anywhere}
    .theirs .bubble{border-bottom-left-radius:4px}
    .mine .bubble{max-width:85%;background:var(--soft);border-color:var(--soft);border-bottom-right-radius:4px}
    :host([high-contrast]) .bubble{border-color:var(--ink)}
    .mine.failed .bubble,.mine.refused .bubble{border:2px dashed var(--warn)}
    .mine.sending .bubble,.mine.waiting .bubble{opacity:.8}
    .person .bubble{background:var(--person-ground);border-color:var(--person)}
    .who{display:flex;align-items:center;gap:6px;color:var(--person);font-weight:600;font-size:.88em}
    .meta{font-size:.78em;color:var(--faint);display:flex;flex-wrap:wrap;gap:2px 12px;align-items:center;line-height:1.5;padding:0 4px}
    .mine .meta{justify-content:flex-end}
    .failed .meta,.refused .meta{color:var(--warn);font-size:.88em}
    .meta a{display:inline-block;padding:10px 0}
    a{color:var(--accent-text);text-decoration:underline;text-underline-offset:3px;overflow-wrap:anywhere}
    .event{margin:0;text-align:center;color:var(--faint);font-size:.86em;flex:none}
    img{display:block;max-width:100%;height:auto;border-radius:10px;margin-top:8px}.file{display:block;margin-top:6px}
    .chips{display:flex;flex-wrap:wrap;gap:8px;max-width:100%}
    .chip{min-height:44px;padding:8px 16px;border-radius:22px;border:var(--width) solid var(--edge);background:var(--surface);color:var(--ink);text-align:left;line-height:1.35;overflow-wrap:anywhere}
    .latest .chip{border-color:var(--accent-text);color:var(--accent-text);font-weight:550}
    .chip:hover:enabled{background:var(--soft)}
    .chip:focus-visible{border-radius:22px}
    .chip:disabled{cursor:default;background:var(--soft);border-color:transparent;color:var(--faint);font-weight:400}
    .chip:disabled::before{content:"✓ "}
    :host([high-contrast]) .chip:disabled{border:2px dashed var(--ink)}
    .card{width:100%;background:var(--surface);border:var(--width) solid var(--line);border-radius:14px;overflow:hidden}
    h3{margin:0;padding:12px 14px 10px;font-size:1em;line-height:1.4;font-weight:650;border-bottom:var(--width) solid var(--line);overflow-wrap:anywhere}
    ul,ol{list-style:none;margin:0;padding:0}
    li+li{border-top:var(--width) solid var(--line)}
    li,label{display:flex;gap:12px}
    li{padding:10px 14px}
    .checklist li{padding:0}.checklist label{flex:1;padding:10px 14px;min-height:44px;cursor:pointer}.checklist .case{padding:10px 14px 6px}
    .case{background:var(--ground);font-weight:600;font-size:.92em}
    input[type=checkbox]{flex:none;width:24px;height:24px;margin:2px 0 0;accent-color:var(--accent)}
    .words{min-width:0;display:flex;flex-direction:column}.what,.note{white-space:pre-line;overflow-wrap:anywhere}.note{color:var(--faint);font-size:.88em}
    .number{flex:none;width:28px;height:28px;border-radius:14px;background:var(--soft);color:var(--accent-text);font-weight:650;font-size:16px;line-height:28px;text-align:center}
    :host([high-contrast]) .number{border:2px solid var(--accent-text);line-height:24px}
    .footer{margin:0;padding:10px 14px;border-top:var(--width) solid var(--line);font-size:.82em;color:var(--faint);white-space:pre-line;overflow-wrap:anywhere}
    .tools{display:flex;align-items:center;justify-content:space-between;gap:8px;padding:8px 14px 12px}.progress{font-size:.88em;color:var(--faint)}.tools .quiet{margin-left:auto}
    .typing{flex:none;margin:0;padding:2px 16px 6px;color:var(--faint);font-size:.88em;display:flex;align-items:center;gap:10px}
    .dots{display:flex;gap:4px}.dots i{width:8px;height:8px;border-radius:4px;background:var(--accent-text);animation:beat 1.2s infinite}.dots i:nth-child(2){animation-delay:.15s}.dots i:nth-child(3){animation-delay:.3s}
    @keyframes beat{0%,60%,100%{opacity:.3}30%{opacity:1}}
    .newer{position:absolute;bottom:8px;left:50%;transform:translateX(-50%);min-height:44px;padding:4px 16px 4px 12px;display:flex;align-items:center;gap:6px;border-radius:22px;border:0;background:var(--accent);color:var(--accent-ink);box-shadow:var(--shadow);font-size:16px}
    .ask{flex:none;display:flex;flex-wrap:wrap;align-items:center;gap:8px;padding:8px 12px;background:var(--surface);border-top:var(--width) solid var(--line)}
    .ask:not([hidden])+form{border-top:0;padding-top:0}
    .ask .at{margin-right:auto;font-size:.86em;color:var(--faint)}
    .ask .quiet{padding:6px 10px;gap:6px;font-size:.85em;border-color:var(--accent-text);color:var(--accent-text);font-weight:550}
    form{flex:none;margin:0;background:var(--surface);border-top:var(--width) solid var(--line);padding:8px 10px;padding-bottom:max(8px,env(safe-area-inset-bottom))}
    .row{display:flex;align-items:flex-end;gap:8px}
    .box{flex:1;min-width:0;display:flex;align-items:flex-end;border:max(1.5px,var(--width)) solid var(--edge);border-radius:24px;background:var(--surface)}
    .box:focus-within{border-color:var(--accent-text);box-shadow:0 0 0 1.5px var(--accent-text)}
    textarea{flex:1;min-width:0;border:0;background:none;resize:none;padding:9px 4px 9px 16px;line-height:1.45;max-height:8.5em;min-height:46px;overflow-y:auto;font-size:1em}
    textarea:focus-visible{outline:none}
    textarea::placeholder{color:var(--faint);opacity:1}
    .send{flex:none;width:48px;height:48px;border:0;border-radius:24px;background:var(--accent);color:var(--accent-ink);display:grid;place-items:center}
    .send:disabled{background:var(--line);color:var(--faint);cursor:default}
    .send:focus-visible{border-radius:24px}
    :host([high-contrast]) .send:disabled{background:#000;border:2px solid #fff;color:#fff}
    .box .round[aria-pressed=true]{background:var(--accent);color:var(--accent-ink);border-radius:22px}
    .count,.privacy{margin:0;padding:6px 6px 0;font-size:13.5px;line-height:1.4;color:var(--faint)}.count{padding:0 6px 6px;text-align:right;font-size:15px}.count.over{color:var(--warn);font-weight:600}
    .privacy{text-align:center}
    @media (max-width:359px){h2{font-size:16px}header{padding-left:12px}}
    @media (min-width:600px){
      .panel{top:auto;left:auto;right:24px;bottom:24px;width:432px;height:700px;max-height:calc(100vh - 48px);border-radius:18px;border:1px solid var(--line);box-shadow:var(--shadow)}
      :host([position=left]) .panel{right:auto;left:24px}
      :host([high-contrast]) .panel{border:2px solid #fff}
      .launcher{right:24px;bottom:24px}:host([position=left]) .launcher{left:24px}
    }
    @media (prefers-reduced-motion:no-preference){.panel{animation:rise .18s ease-out}@keyframes rise{from{transform:translateY(16px);opacity:0}}}
    @media (prefers-reduced-motion:reduce){.dots i{animation:none}}
    @media (forced-colors:active){.chip,.send,.launcher,.bubble{border:1px solid}}
    @media print{:host{display:none}}`;

  // ---- what stands in the log

  class Timeline {
    constructor(log, ticks, does) {
      this.log = log;
      this.ticks = ticks;
      this.does = does; // press(button), retry(), edit(message), print(card, sources)
      this.mine = new Map(); // message id → its place
      this.titles = new Map(); // payload → title of the button last seen with it
      log.addEventListener('scroll', () => this.isAtEnd && this.does.sawEnd(), { passive: true });
    }

    get isAtEnd() {
      return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80;
    }

    clear() {
      this.log.replaceChildren();
      this.mine.clear();
      this.titles.clear();
    }

    toEnd() {
      this.log.scrollTop = this.log.scrollHeight;
    }

    /** What the citizen said; a message already shown is not shown again. */
    addMine(message, at) {
      if (this.mine.has(message.message_id)) return;
      const files = (message.attachment_ids || []).length;
      const words = message.text || message.title || (message.payload && (this.titles.get(message.payload) || TEXT.pressed)) || message.name || TEXT.files(files);
      const bubble = el('div', { class: `bubble${message.text ? '' : ' choice'}` }, el('span', { class: 'unseen', text: `${TEXT.you}: ` }), ...textNodes(words));
      const meta = el('div', { class: 'meta', 'aria-live': 'off' });
      const place = el('div', { class: 'turn mine' }, bubble, meta);
      this.mine.set(message.message_id, { place, meta, message, at: at || Date.now() });
      this.log.append(place);
      if (message.payload) this.markPressed(message.payload, place);
    }

    markPressed(payload, before) {
      const chips = [...this.log.querySelectorAll('button.chip')].filter((chip) => chip.payload === payload && chip.compareDocumentPosition(before) & Node.DOCUMENT_POSITION_FOLLOWING);
      const chip = chips.pop();
      if (!chip || chip.disabled) return;
      chip.disabled = true;
      chip.append(el('span', { class: 'unseen', text: ` (${TEXT.picked})` }));
    }

    mark(messageId, state, detail) {
      const mine = this.mine.get(messageId);
      if (!mine || (mine.state === 'sent' && state !== 'refused')) return;
      mine.state = state;
      const isBad = state === 'failed' || state === 'refused';
      const wasAtEnd = this.isAtEnd;
      const words = { sending: detail || TEXT.sending, waiting: TEXT.waiting, sent: `${TEXT.sent} · ${clockOf(mine.at)}` }[state] || detail || TEXT.failed;
      mine.place.className = `turn mine ${state}`;
      mine.meta.setAttribute('aria-live', isBad ? 'assertive' : 'off');
      mine.meta.replaceChildren(el('span', { text: words }));
      if (state === 'failed') mine.meta.append(this.tool(TEXT.retry, () => this.does.retry(mine.message)));
      if (state === 'refused') mine.meta.append(mine.message.files ? this.tool(TEXT.retry, () => this.does.retry(mine.message)) : mine.message.text ? this.tool(TEXT.edit, () => this.does.edit(mine.message)) : '');
      if (isBad && wasAtEnd) this.toEnd();
    }

    tool(title, act) {
      return el('button', { type: 'button', class: 'quiet', text: title, on: { click: act } });
    }

    remove(messageId) {
      const mine = this.mine.get(messageId);
      if (mine) mine.place.remove();
      this.mine.delete(messageId);
    }

    /** Words still waiting stay at the end: an answer goes before them, as the history will have it. */
    append(node) {
      const waiting = [...this.mine.values()].find((mine) => mine.place.isConnected && mine.state && mine.state !== 'sent' && mine.state !== 'refused');
      this.log.insertBefore(node, waiting ? waiting.place : null);
    }

    addReplies(replies, sources, at) {
      const wasAtEnd = this.isAtEnd;
      const shown = replies.filter((reply) => reply && typeof reply === 'object').map((reply) => this.reply(reply, sources));
      if (!shown.length) return;
      this.log.querySelectorAll('.chips.latest').forEach((chips) => chips.classList.remove('latest'));
      shown.forEach((place) => this.append(place));
      const last = shown[shown.length - 1];
      last.append(el('div', { class: 'meta' }, ...this.sourceLinks(replies, sources), el('span', { text: clockOf(at) })));
      if (wasAtEnd) this.reveal(shown[0]);
      else this.does.missedEnd();
    }

    /** A long answer is read from its beginning, so its first line comes into view and not its last. */
    reveal(first) {
      const question = first.previousElementSibling;
      const start = question && question.classList.contains('mine') ? question : first;
      this.log.scrollTop = Math.min(this.log.scrollHeight, start.offsetTop - 12);
    }

    reply(reply, sources) {
      const card = cleanCard(reply.card);
      const text = textBesideButtons(textBesideCard(typeof reply.text === 'string' ? reply.text : '', card), reply.buttons);
      const who = reply.from_person ? TEXT.person(String(reply.from_person)) : null;
      const picture = reply.image_url && safeUrl(reply.image_url, this.does.base);
      const file = reply.file_url && safeUrl(reply.file_url, this.does.base);
      return el('div', { class: `turn theirs${who ? ' person' : ''}` },
        who && el('div', { class: 'who' }, icon('person'), who),
        (text || picture || file) && el('div', { class: 'bubble' },
          el('span', { class: 'unseen', text: `${who || TEXT.assistant}: ` }),
          ...textNodes(text),
          picture && el('img', { src: picture, alt: TEXT.picture, loading: 'lazy', referrerpolicy: 'no-referrer' }),
          file && el('span', { class: 'file' }, link(file, TEXT.download))),
        card && drawCard(card, this.ticks, () => this.does.print(card, sources)),
        this.chips(reply.buttons));
    }

    chips(buttons) {
      const usable = (Array.isArray(buttons) ? buttons : []).filter((button) => button && button.title && button.payload);
      if (!usable.length) return null;
      return el('div', { class: 'chips latest', role: 'group' }, ...usable.map((button) => this.chip(String(button.title), String(button.payload))));
    }

    chip(title, payload) {
      const chip = el('button', { type: 'button', class: 'chip', text: title });
      chip.payload = payload;
      chip.addEventListener('click', () => this.does.press(title, payload));
      this.titles.set(payload, title);
      return chip;
    }

    sourceLinks(replies, sources) {
      const text = replies.map((reply) => (reply && reply.text) || '').join('\n');
      return sources.filter((source) => source.url && !text.includes(source.url)).map((source) => {
        const isNamed = source.title && text.includes(source.title);
        const label = TEXT.source(source.title, source.checked_on && dayOf(source.checked_on));
        return link(source.url, isNamed ? TEXT.openSource : label, `${isNamed ? `${TEXT.openSource}: ${source.title}` : label} (${TEXT.newTab})`);
      });
    }

    note(text) {
      this.append(el('p', { class: 'event', text }));
      if (this.isAtEnd) this.toEnd();
    }
  }

  function cleanSources(turn) {
    const sources = turn && Array.isArray(turn.sources) ? turn.sources : [];
    return sources.filter(Boolean).map((source) => ({ title: String(source.title || ''), url: source.url ? safeUrl(source.url) : null, checked_on: source.checked_on || null }));
  }

  /** The question of the turn as it may be used; null when none waits. */
  function cleanQuestion(turn) {
    const { question, progress } = turn;
    if (!question || typeof question !== 'object' || !question.id) return null;
    const choices = (Array.isArray(question.choices) ? question.choices : []).filter((choice) => choice && choice.label).map((choice) => ({ label: String(choice.label) }));
    const place = progress && progress.number > 0 && progress.total >= progress.number ? { number: Number(progress.number), total: Number(progress.total) } : null;
    return { id: String(question.id), kind: String(question.kind || ''), example: question.example ? String(question.example) : '', choices, optional: Boolean(question.optional), progress: place };
  }

  // ---- the element

  class MotcuaChat extends HTMLElement {
    connectedCallback() {
      if (this.ends) return;
      this.ends = new AbortController();
      const api = (this.getAttribute('api') || HOME || window.location.origin).replace(/\/+$/, '');
      this.memory = new Memory(api, this.hasAttribute('kiosk'));
      this.gateway = new Gateway(api);
      this.mailbox = new Mailbox(this.memory, (message, signal) => this.deliver(message, signal), (...news) => this.onMail(...news));
      if (!this.shadowRoot) this.attachShadow({ mode: 'open' });
      this.draw();
      this.timeline = new Timeline(this.parts.log, new Ticks(this.memory), this.doings(api));
      this.startOver();
      this.applyTaste();
      this.watchThePage();
      this.resume();
    }

    disconnectedCallback() {
      this.close();
      this.ends.abort();
      this.ends = null;
      this.stopListening();
      clearTimeout(this.mailbox.timer);
      this.shadowRoot.replaceChildren();
    }

    doings(base) {
      return {
        base,
        press: (title, payload) => this.press(title, payload),
        retry: (message) => (message.files ? this.sendFiles(message) : this.mailbox.hurry()),
        edit: (message) => this.editAgain(message),
        print: (card, sources) => printCard(card, this.timeline.ticks.of(card), sources) || this.announce(TEXT.printBlocked),
        sawEnd: () => (this.parts.newer.hidden = true),
        missedEnd: () => (this.parts.newer.hidden = false),
      };
    }

    // -- drawing

    draw() {
      const button = (name, label, act, more) => el('button', { type: 'button', class: 'round', 'aria-label': label, title: label, on: { click: act }, ...more }, icon(name));
      const parts = (this.parts = {});
      parts.badge = el('span', { class: 'badge', hidden: true });
      parts.launcher = el('button', { type: 'button', class: 'launcher', 'aria-haspopup': 'dialog', 'aria-expanded': 'false', on: { click: () => this.open() } }, icon('chat'), el('span', { text: TEXT.launcher }), parts.badge);
      parts.title = el('h2', { id: 'title', tabindex: '-1', text: TEXT.title });
      parts.options = el('button', { type: 'button', class: 'round', 'aria-label': TEXT.options, title: TEXT.options, 'aria-expanded': 'false', 'aria-controls': 'menu', on: { click: () => this.toggleMenu() } }, icon('more'));
      parts.menu = this.drawMenu();
      parts.confirm = this.drawConfirm();
      parts.banner = el('p', { class: 'banner', role: 'status', hidden: true });
      parts.log = el('div', { class: 'log', role: 'log', 'aria-live': 'polite', 'aria-relevant': 'additions', 'aria-label': TEXT.log, tabindex: '0' });
      parts.newer = el('button', { type: 'button', class: 'newer', hidden: true, on: { click: () => this.timeline.toEnd() } }, icon('down'), TEXT.newer);
      parts.typing = el('p', { class: 'typing', role: 'status', hidden: true });
      parts.announcer = el('p', { class: 'announcer', role: 'alert', hidden: true });
      parts.ask = el('div', { class: 'ask', role: 'group', 'aria-label': TEXT.question, hidden: true });
      parts.panel = el('div', { class: 'panel', role: 'dialog', 'aria-modal': 'true', 'aria-labelledby': 'title', lang: 'vi', hidden: true, on: { keydown: (event) => this.onKey(event), keyup: (event) => event.stopPropagation(), keypress: (event) => event.stopPropagation() } },
        el('header', null,
          el('div', { class: 'names' }, parts.title, el('p', { text: this.getAttribute('ward') || TEXT.subtitle })),
          el('button', { type: 'button', class: 'round letter', 'aria-label': TEXT.smaller, title: TEXT.smaller, text: 'A−', on: { click: () => this.resize(-1) } }),
          el('button', { type: 'button', class: 'round letter big', 'aria-label': TEXT.larger, title: TEXT.larger, text: 'A+', on: { click: () => this.resize(1) } }),
          parts.options,
          button('close', TEXT.close, () => this.close())),
        parts.menu, parts.confirm, parts.banner,
        el('div', { class: 'middle' }, parts.log, parts.newer),
        parts.typing, parts.announcer, parts.ask, this.drawComposer(button));
      this.shadowRoot.append(parts.launcher, parts.panel);
      dress(this.shadowRoot, CSS);
    }

    drawMenu() {
      this.parts.contrast = el('button', { type: 'button', 'aria-pressed': 'false', on: { click: () => this.toggleContrast() } }, icon('contrast'), TEXT.contrast);
      return el('div', { class: 'menu', id: 'menu', role: 'group', 'aria-label': TEXT.options, hidden: true },
        this.parts.contrast,
        el('button', { type: 'button', on: { click: () => (this.toggleMenu(false), this.say({ text: TEXT.askMine })) } }, icon('folder'), TEXT.mine),
        el('button', { type: 'button', on: { click: () => (this.toggleMenu(false), this.say({ payload: 'h:', title: TEXT.helper })) } }, icon('person'), TEXT.helper),
        el('button', { type: 'button', on: { click: () => this.askErase() } }, icon('bin'), TEXT.erase));
    }

    drawConfirm() {
      const parts = this.parts;
      parts.eraseNo = el('button', { type: 'button', class: 'quiet', text: TEXT.eraseNo, on: { click: () => this.endErase() } });
      parts.eraseYes = el('button', { type: 'button', class: 'danger', text: TEXT.eraseYes, on: { click: () => this.erase() } });
      parts.eraseWords = el('p', { id: 'erase-words', text: TEXT.eraseAsk });
      return el('div', { class: 'confirm', role: 'alertdialog', 'aria-labelledby': 'erase-words', hidden: true }, parts.eraseWords, el('div', null, parts.eraseNo, parts.eraseYes));
    }

    drawComposer(button) {
      const parts = this.parts;
      parts.input = el('textarea', { id: 'words', rows: '1', placeholder: TEXT.placeholder, 'aria-label': TEXT.input, 'aria-describedby': 'count privacy', autocomplete: 'off', enterkeyhint: 'send', on: { input: (event) => this.onTyping(event) } });
      parts.count = el('p', { class: 'count', id: 'count', 'aria-live': 'polite', hidden: true });
      parts.send = el('button', { type: 'submit', class: 'send', 'aria-label': TEXT.send, title: TEXT.send, disabled: true }, icon('send'));
      parts.mic = Recognition ? button('mic', TEXT.speak, () => this.toggleSpeech(), { 'aria-pressed': 'false' }) : null;
      const picker = (more) => el('input', { type: 'file', hidden: true, ...more, on: { change: (event) => this.onFiles(event.target) } });
      parts.picker = picker({ accept: FILE_TYPES, multiple: true });
      parts.camera = picker({ accept: 'image/*', capture: 'environment' });
      parts.clip = this.hasAttribute('attachments') ? button('clip', TEXT.attach, () => parts.picker.click()) : null;
      return el('form', { on: { submit: (event) => (event.preventDefault(), this.submit()) } },
        parts.count,
        el('div', { class: 'row' }, parts.clip, parts.picker, parts.camera, el('div', { class: 'box' }, parts.input, parts.mic), parts.send),
        el('p', { class: 'privacy', id: 'privacy', text: TEXT.privacy }));
    }

    drawWelcome() {
      const ask = (text) => el('button', { type: 'button', class: 'chip', text, on: { click: () => this.say({ text }) } });
      this.parts.welcome = el('div', { class: 'turn theirs welcome' },
        el('div', { class: 'bubble' }, el('span', { class: 'unseen', text: `${TEXT.assistant}: ` }), `${TEXT.welcome}\n${TEXT.welcomeHow}`),
        el('div', { class: 'chips latest', role: 'group' }, ...TEXT.suggestions.map(ask)));
      this.parts.log.append(this.parts.welcome);
    }

    // -- opening and closing

    get isOpen() {
      return !this.parts.panel.hidden;
    }

    get isPhone() {
      return window.matchMedia(PHONE).matches;
    }

    open() {
      if (this.isOpen) return;
      const { panel, launcher } = this.parts;
      this.before = document.activeElement === this ? null : document.activeElement;
      panel.hidden = false;
      launcher.hidden = true;
      launcher.setAttribute('aria-expanded', 'true');
      if (this.isPhone) {
        this.pageOverflow = document.documentElement.style.overflow;
        document.documentElement.style.overflow = 'hidden';
      }
      this.fitKeyboard();
      this.timeline.toEnd();
      this.markRead();
      // On a phone the keyboard would cover the suggestions, so it waits until it is wanted.
      (this.isPhone ? this.parts.title : this.parts.input).focus({ preventScroll: true });
      this.memorySession(true);
      this.listen();
    }

    close() {
      if (!this.isOpen) return;
      this.stopSpeech();
      this.toggleMenu(false);
      this.endErase();
      this.parts.panel.hidden = true;
      this.parts.launcher.hidden = false;
      this.parts.launcher.setAttribute('aria-expanded', 'false');
      if (this.pageOverflow !== undefined) document.documentElement.style.overflow = this.pageOverflow;
      this.pageOverflow = undefined;
      const back = this.before && this.before.isConnected && this.before !== document.body ? this.before : this.parts.launcher;
      back.focus({ preventScroll: true });
      this.memorySession(false);
    }

    /** The panel stays open from page to page of a portal, except on a phone, where it would hide the page. */
    memorySession(isOpen) {
      try {
        window.sessionStorage.setItem('motcua open', isOpen ? '1' : '');
      } catch (_) {
        /* then it starts closed */
      }
    }

    get wasOpen() {
      try {
        return window.sessionStorage.getItem('motcua open') === '1';
      } catch (_) {
        return false;
      }
    }

    fitKeyboard() {
      const view = window.visualViewport;
      const isNarrow = this.isOpen && this.isPhone && view && view.scale === 1;
      this.parts.panel.style.height = isNarrow ? `${view.height}px` : '';
      this.parts.panel.style.top = isNarrow ? `${view.offsetTop}px` : '';
    }

    watchThePage() {
      const { signal } = this.ends;
      const on = (target, type, act) => target && target.addEventListener(type, act, { signal });
      on(window, 'online', () => (this.showBanner(), this.mailbox.hurry(), this.listen(true)));
      on(window, 'offline', () => this.showBanner());
      on(window, 'storage', (event) => this.onOtherTab(event));
      on(window, 'pageshow', (event) => event.persisted && this.listen(true));
      on(document, 'visibilitychange', () => this.onVisible());
      on(document, 'click', (event) => this.onPageClick(event));
      on(window.visualViewport, 'resize', () => this.fitKeyboard());
      on(window.visualViewport, 'scroll', () => this.fitKeyboard());
      this.showBanner();
    }

    onPageClick(event) {
      const asker = event.target instanceof Element && event.target.closest('[data-motcua-ask]');
      if (!asker) return;
      event.preventDefault();
      this.before = asker;
      this.ask(asker.getAttribute('data-motcua-ask'));
      this.before = asker;
    }

    onVisible() {
      clearTimeout(this.hiddenTimer);
      if (document.hidden) this.hiddenTimer = setTimeout(() => this.stopListening(), HIDDEN_MS);
      else if (!this.listening && this.wantsNews) this.listen();
    }

    onOtherTab(event) {
      if (event.key !== `${this.memory.prefix}conversation`) return;
      const now = this.conversation;
      if ((now && now.id) === this.shownId) return;
      this.startOver();
      if (this.wantsNews) this.listen(true);
    }

    showBanner() {
      const { banner } = this.parts;
      banner.hidden = navigator.onLine !== false;
      banner.textContent = banner.hidden ? '' : TEXT.offline;
    }

    announce(text) {
      const { announcer } = this.parts;
      announcer.hidden = !text;
      announcer.textContent = text || '';
      clearTimeout(this.announceTimer);
      if (text) this.announceTimer = setTimeout(() => this.announce(''), 8000);
    }

    // -- keys

    onKey(event) {
      event.stopPropagation(); // the portal's own shortcuts are not meant
      if (event.key === 'Escape') this.onEscape(event);
      else if (event.key === 'Tab') this.keepFocus(event);
      else if (event.key === 'Enter' && event.target === this.parts.input) this.onEnter(event);
    }

    onEscape(event) {
      if (event.isComposing) return;
      event.preventDefault();
      if (!this.parts.confirm.hidden) this.endErase();
      else if (!this.parts.menu.hidden) this.toggleMenu(false);
      else this.close();
    }

    onEnter(event) {
      // Telex and VNI are input methods: Enter may only end a syllable.
      if (event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.submit();
    }

    keepFocus(event) {
      const scope = this.parts.confirm.hidden ? this.parts.panel : this.parts.confirm;
      const stops = [...scope.querySelectorAll('button, a[href], input, textarea, [tabindex="0"]')].filter((node) => !node.disabled && node.offsetParent !== null);
      const first = stops[0];
      const last = stops[stops.length - 1];
      const now = this.shadowRoot.activeElement;
      const isOutside = !stops.includes(now);
      if (event.shiftKey ? now === first || isOutside : now === last) {
        event.preventDefault();
        (event.shiftKey ? last : first).focus();
      }
    }

    // -- writing

    onTyping(event) {
      const { input, send, count } = this.parts;
      this.strokeDate(event);
      input.style.height = 'auto';
      input.style.height = `${input.scrollHeight + 2}px`;
      const length = input.value.trim().length;
      send.disabled = length === 0 || length > MOST_CHARS;
      count.hidden = length < COUNT_FROM_CHARS;
      count.classList.toggle('over', length > MOST_CHARS);
      count.textContent = count.hidden ? '' : length > MOST_CHARS ? TEXT.over(length - MOST_CHARS) : TEXT.left(MOST_CHARS - length);
    }

    submit() {
      const text = this.parts.input.value.trim();
      if (!text || text.length > MOST_CHARS) return;
      this.stopSpeech();
      this.fill('');
      this.say({ text });
    }

    fill(text) {
      this.parts.input.value = text;
      this.onTyping();
    }

    editAgain(message) {
      this.timeline.remove(message.message_id);
      this.fill(message.text);
      this.parts.input.focus();
    }

    ask(text) {
      this.open();
      if (text && text.trim()) this.say({ text: text.trim().slice(0, MOST_CHARS) });
    }

    tap(title, payload) {
      this.open();
      this.say({ payload, title });
    }

    /** The token stays in here: the page gets what it opens. */
    async dossiers() {
      return this.conversation ? this.gateway.dossiers(this.conversation) : null;
    }

    say(what) {
      const message = { message_id: newId(), at: Date.now(), ...this.answering(what), ...what };
      this.showMine(message);
      this.timeline.toEnd();
      this.mailbox.put(message);
    }

    /** Which question the words were written under: by the time they arrive another may wait. */
    answering(what) {
      return this.question && !what.payload ? { question_id: this.question.id } : {};
    }

    /** The second tap of a double tap falls on whatever has moved there: it is not meant. */
    press(title, payload) {
      if (Date.now() - (this.pressedAt || 0) < DOUBLE_TAP_MS) return;
      this.pressedAt = Date.now();
      this.say({ payload, title });
    }

    showMine(message, at) {
      this.hideWelcomeChips();
      this.timeline.addMine(message, at || message.at);
    }

    hideWelcomeChips() {
      const chips = this.parts.welcome.querySelector('.chips');
      if (chips) chips.remove();
    }

    onMail(message, state, news) {
      this.showMine(message);
      this.timeline.mark(message.message_id, state === 'answered' ? 'sent' : state, news instanceof Trouble ? news.detail : '');
      this.showTyping(state === 'sending');
      if (state !== 'answered') return;
      this.showAnswer(message.message_id, news.replies, news.turn);
      this.showTyping(this.mailbox.waiting.length > 0);
    }

    showAnswer(messageId, replies, turn, at) {
      if (messageId && this.answered.has(messageId)) return;
      if (messageId) this.answered.add(messageId);
      this.timeline.addReplies(replies, cleanSources(turn), at);
      if (turn) this.showQuestion(cleanQuestion(turn), replies);
      this.dispatchEvent(new CustomEvent('motcua-news', { bubbles: true }));
    }

    // -- the question of a journey that waits

    /** What the citizen writes next answers it: the keyboard, the example and the buttons are those of its kind. */
    showQuestion(question, replies = []) {
      this.question = question;
      this.hasLetters = false;
      const { input, ask } = this.parts;
      input.placeholder = question && question.example ? TEXT.example(question.example) : TEXT.placeholder;
      const tools = question ? [...this.fileTools(question), ...this.missingChips(question, replies), this.keyboardTool(question)].filter(Boolean) : [];
      const at = question && question.progress && el('span', { class: 'at', text: TEXT.progress(question.progress.number, question.progress.total) });
      ask.replaceChildren(...[at, ...tools].filter(Boolean));
      ask.hidden = !ask.childNodes.length;
      if (this.parts.clip) this.parts.clip.hidden = Boolean(question && question.kind === 'file'); // its own stands above
      this.setKeyboard();
      this.onTyping(); // an example may be longer than the one before
    }

    fileTools(question) {
      if (question.kind !== 'file') return [];
      const tool = (name, title, picker) => el('button', { type: 'button', class: 'quiet', on: { click: () => picker.click() } }, icon(name), title);
      return [tool('camera', TEXT.camera, this.parts.camera), tool('clip', TEXT.choose, this.parts.picker)];
    }

    /** Choices that no button of the replies stands for, and leaving out what is optional. */
    missingChips(question, replies) {
      const titles = new Set(replies.flatMap((reply) => (reply && reply.buttons) || []).map((button) => button.title));
      const words = question.choices.map((choice) => choice.label);
      if (question.optional) words.push(TEXT.skip);
      return words.filter((word) => !titles.has(word)).map((word) => el('button', { type: 'button', class: 'quiet', text: word, on: { click: () => this.say({ text: word }) } }));
    }

    /** Figures are easier on a keyboard of figures; words stay one tap away. */
    keyboardTool(question) {
      if (!KEYBOARDS[question.kind] || question.kind === 'email' || !TOUCH.matches) return null;
      const toggle = el('button', { type: 'button', class: 'quiet', text: TEXT.letters });
      toggle.addEventListener('click', () => {
        this.hasLetters = !this.hasLetters;
        toggle.textContent = this.hasLetters ? TEXT.figures : TEXT.letters;
        this.setKeyboard();
        this.parts.input.blur(); // a phone changes its keyboard with the focus
        this.parts.input.focus();
      });
      return toggle;
    }

    setKeyboard() {
      const kind = this.question ? this.question.kind : '';
      const { input } = this.parts;
      const keyboard = this.hasLetters ? '' : KEYBOARDS[kind];
      if (keyboard) input.setAttribute('inputmode', keyboard);
      else input.removeAttribute('inputmode');
      input.setAttribute('autocapitalize', kind === 'person_name' ? 'words' : 'sentences');
    }

    /** Day and month are set apart while figures are typed: their keyboard has no stroke on many phones. */
    strokeDate(event) {
      const { input } = this.parts;
      if (!this.question || this.question.kind !== 'date' || this.hasLetters || !event || event.inputType !== 'insertText') return;
      if (/^\d{2}(\/\d{2})?$/.test(input.value)) input.value += '/';
      else input.value = input.value.replace(/\/{2,}/g, '/');
    }

    showTyping(isTyping, forMs) {
      clearTimeout(this.typingTimer);
      const { typing } = this.parts;
      if (typing.hidden === isTyping) {
        typing.hidden = !isTyping;
        typing.replaceChildren(...(isTyping ? [el('span', { class: 'dots', 'aria-hidden': 'true' }, el('i'), el('i'), el('i')), TEXT.typing] : []));
      }
      if (forMs) this.typingTimer = setTimeout(() => this.showTyping(false), forMs);
    }

    // -- files

    onFiles(picker) {
      const files = [...picker.files].slice(0, MOST_FILES);
      if (!files.length) return;
      const name = files.length === 1 ? TEXT.file(files[0].name) : TEXT.files(files.length);
      const message = { message_id: newId(), at: Date.now(), ...this.answering({}), name, files, ids: [] };
      picker.value = '';
      this.showMine(message);
      this.timeline.toEnd();
      this.sendFiles(message);
    }

    /** What is up already stays up: trying again goes on with the next. */
    async sendFiles(message) {
      this.timeline.mark(message.message_id, 'sending', TEXT.uploading(message.name));
      try {
        while (message.ids.length < message.files.length) {
          message.ids.push(await this.gateway.upload(await this.ensure(), message.files[message.ids.length]));
        }
        const { files, ids, ...rest } = message;
        this.mailbox.put({ ...rest, attachment_ids: ids });
      } catch (trouble) {
        if (trouble.isGone) this.renew(this.conversation, TEXT.expired);
        if (trouble.isGone) message.ids = [];
        this.timeline.mark(message.message_id, 'refused', trouble.detail || TEXT.uploadFailed);
      }
    }

    // -- the conversation

    get conversation() {
      const kept = this.memory.read('conversation', null);
      return kept && kept.id && kept.token ? kept : null;
    }

    /** Worth a connection: the panel is open, or there is a young conversation a helper may write into. */
    get wantsNews() {
      const conversation = this.conversation;
      return Boolean(conversation) && (this.isOpen || Date.now() - (conversation.at || 0) < FRESH_MS);
    }

    startOver() {
      this.stopListening();
      this.lastSeq = 0;
      this.idBySeq = new Map();
      this.answered = new Set();
      this.unread = 0;
      this.shownId = this.conversation && this.conversation.id;
      this.isResumed = Boolean(this.shownId);
      this.showQuestion(null);
      this.timeline.clear();
      this.drawWelcome();
      this.showUnread();
    }

    resume() {
      const waiting = this.mailbox.waiting;
      if (this.wasOpen && !this.isPhone) this.open();
      else if (this.wantsNews) this.listen();
      if (!waiting.length) return;
      // The history first, so that what was said before stands before what still waits.
      (this.firstSync || Promise.resolve()).then(() => {
        waiting.forEach((message) => this.showMine(message));
        this.timeline.toEnd();
        this.mailbox.flush();
      });
    }

    /** The conversation, begun when there is something to say; one request however many ask. */
    ensure() {
      if (this.conversation) return Promise.resolve(this.conversation);
      this.starting = this.starting || this.begin().finally(() => (this.starting = null));
      return this.starting;
    }

    async begin() {
      const made = await this.gateway.start();
      const other = this.conversation; // another tab was faster
      if (!other) this.memory.write('conversation', made);
      this.shownId = (other || made).id;
      this.isResumed = Boolean(other);
      this.listen();
      return other || made;
    }

    async deliver(message, signal) {
      const body = { message_id: message.message_id };
      for (const name of ['text', 'payload', 'attachment_ids', 'question_id']) if (message[name]) body[name] = message[name];
      const conversation = await this.ensure();
      try {
        const answer = await this.gateway.send(conversation, body, signal);
        if (!signal.aborted && this.shownId === conversation.id) this.memory.write('conversation', { ...conversation, at: Date.now() });
        return answer;
      } catch (trouble) {
        if (!trouble.isGone || this.renewedFor === message.message_id || signal.aborted) throw trouble;
        this.renewedFor = message.message_id; // once for each message: a gateway that refuses all is not besieged
        this.renew(conversation, TEXT.renewed);
        return this.gateway.send(await this.ensure(), body, signal);
      }
    }

    /** The old conversation is over: what it said stays in view, what comes belongs to a new one. */
    renew(old, words) {
      if (!old || !this.conversation || this.conversation.id !== old.id) return;
      this.stopListening();
      this.memory.forget('conversation');
      this.memory.forget('read');
      this.shownId = null;
      this.lastSeq = 0;
      this.idBySeq.clear();
      this.showQuestion(null);
      this.timeline.note(words);
    }

    // -- news

    listen(again = false) {
      if (again) this.stopListening();
      if (this.listening || !this.conversation) return;
      this.listening = new AbortController();
      const { signal } = this.listening;
      this.firstSync = this.sync().catch((trouble) => this.onListenTrouble(trouble));
      this.firstSync.then(() => this.keepListening(signal));
    }

    stopListening() {
      if (this.listening) this.listening.abort();
      this.listening = null;
    }

    /** Events while they come; where they do not get through, it asks every few seconds instead. */
    async keepListening(signal) {
      for (let failures = 0; !signal.aborted; failures += 1) {
        const conversation = this.conversation;
        if (!conversation) return;
        const onEvent = (event) => ((failures = 0), event && this.onEvent(event));
        const asksOnly = failures >= 3 && failures % 10 !== 0;
        try {
          await (asksOnly ? this.sync() : this.gateway.events(conversation, this.lastSeq, signal, onEvent));
        } catch (trouble) {
          this.onListenTrouble(trouble);
        }
        if (!signal.aborted) await sleep(failures < 3 ? FIRST_WAIT_MS * 2 ** failures : POLL_MS, signal);
      }
    }

    onListenTrouble(trouble) {
      if (trouble instanceof Trouble && trouble.isGone && this.conversation) this.renew(this.conversation, TEXT.expired);
    }

    onEvent(event) {
      if (event.type === 'typing') this.showTyping(true, 6000);
      else this.take(event.line);
    }

    /** Everything said since `lastSeq`. */
    async sync() {
      const conversation = this.conversation;
      const isOld = this.isResumed && this.lastSeq === 0;
      if (isOld) this.parts.log.setAttribute('aria-live', 'off'); // it is not read out again
      try {
        for (let before = -1; conversation && before !== this.lastSeq; ) {
          before = this.lastSeq;
          const lines = await this.gateway.history(conversation, before);
          if (this.shownId !== conversation.id) return;
          lines.forEach((line) => this.take(line));
        }
      } finally {
        if (isOld) this.timeline.toEnd();
        if (isOld) setTimeout(() => this.parts.log.setAttribute('aria-live', 'polite'), 500);
      }
    }

    /** One line of the history, from wherever it comes; a second copy changes nothing. */
    take(line) {
      if (!line || !(line.seq > this.lastSeq)) return;
      this.lastSeq = line.seq;
      if (line.direction === 'in') this.takeMine(line);
      else this.takeTheirs(line);
      this.markRead();
    }

    takeMine(line) {
      const message = { message_id: line.message_id || `seq ${line.seq}`, text: line.text, payload: line.payload, attachment_ids: line.attachment_ids };
      this.idBySeq.set(line.seq, message.message_id);
      this.showMine(message, line.at);
      this.timeline.mark(message.message_id, 'sent');
    }

    takeTheirs(line) {
      const replies = Array.isArray(line.replies) ? line.replies : [line];
      const wasShown = line.reply_to && this.answered.has(this.idBySeq.get(line.reply_to));
      this.showAnswer(this.idBySeq.get(line.reply_to), replies, line.turn, line.at);
      this.hideWelcomeChips();
      if (!line.reply_to || !this.mailbox.waiting.length) this.showTyping(false);
      if (!this.isOpen && !wasShown && line.seq > this.memory.read('read', 0)) this.unread += 1;
      this.showUnread();
    }

    markRead() {
      if (!this.isOpen || document.hidden) return;
      this.unread = 0;
      if (this.lastSeq) this.memory.write('read', this.lastSeq);
      this.showUnread();
    }

    showUnread() {
      const { badge, launcher } = this.parts;
      badge.hidden = !this.unread;
      badge.textContent = this.unread ? String(this.unread) : '';
      if (this.unread) launcher.setAttribute('aria-label', `${TEXT.launcher}, ${TEXT.unread(this.unread)}`);
      else launcher.removeAttribute('aria-label');
    }

    // -- options

    toggleMenu(isOpen = this.parts.menu.hidden) {
      this.parts.menu.hidden = !isOpen;
      this.parts.options.setAttribute('aria-expanded', String(isOpen));
      if (isOpen) this.parts.contrast.focus();
      else if (this.isOpen && this.parts.menu.contains(this.shadowRoot.activeElement)) this.parts.options.focus();
    }

    applyTaste() {
      const { size = 1, isHighContrast = false } = this.memory.read('taste', {});
      this.style.setProperty('--motcua-size', `${SIZES_PX[size] || SIZES_PX[1]}px`);
      this.toggleAttribute('high-contrast', isHighContrast);
      this.parts.contrast.setAttribute('aria-pressed', String(isHighContrast));
    }

    resize(step) {
      const taste = this.memory.read('taste', {});
      const size = Math.max(0, Math.min(SIZES_PX.length - 1, (taste.size === undefined ? 1 : taste.size) + step));
      this.memory.write('taste', { ...taste, size });
      this.applyTaste();
      this.onTyping();
      this.announce(TEXT.size(Math.round((SIZES_PX[size] / SIZES_PX[1]) * 100)));
    }

    toggleContrast() {
      const taste = this.memory.read('taste', {});
      this.memory.write('taste', { ...taste, isHighContrast: !taste.isHighContrast });
      this.applyTaste();
    }

    askErase() {
      this.toggleMenu(false);
      this.parts.eraseWords.textContent = TEXT.eraseAsk;
      this.parts.confirm.hidden = false;
      this.parts.eraseNo.focus();
    }

    endErase() {
      if (this.parts.confirm.hidden) return;
      this.parts.confirm.hidden = true;
      this.parts.options.focus();
    }

    async erase() {
      const conversation = this.conversation;
      const { eraseWords, eraseYes } = this.parts;
      eraseWords.textContent = TEXT.erasing;
      eraseYes.disabled = true;
      this.mailbox.clear(); // what still waits is not sent after all
      try {
        if (conversation) await this.gateway.erase(conversation);
        this.forgetAll();
      } catch (trouble) {
        if (trouble.isGone) this.forgetAll();
        else eraseWords.textContent = TEXT.eraseFailed;
      } finally {
        eraseYes.disabled = false;
      }
    }

    forgetAll() {
      ['conversation', 'read', 'ticks', 'queue'].forEach((name) => this.memory.forget(name));
      this.endErase();
      this.startOver();
      this.showTyping(false);
      this.timeline.note(TEXT.erased);
      this.dispatchEvent(new CustomEvent('motcua-news', { bubbles: true }));
    }

    // -- speech

    toggleSpeech() {
      if (this.speech) return this.stopSpeech();
      const speech = (this.speech = new Recognition());
      const before = this.parts.input.value ? `${this.parts.input.value.trim()} ` : '';
      speech.lang = 'vi-VN';
      speech.interimResults = true;
      speech.onresult = (event) => this.fill(before + [...event.results].map((result) => result[0].transcript).join(' '));
      speech.onerror = () => this.announce(TEXT.speechFailed);
      speech.onend = () => this.stopSpeech();
      this.showSpeech(true);
      try {
        speech.start();
      } catch (_) {
        this.stopSpeech();
      }
      return undefined;
    }

    stopSpeech() {
      const { speech } = this;
      this.speech = null;
      if (!speech) return;
      speech.onend = speech.onresult = null;
      speech.stop();
      this.showSpeech(false);
      this.parts.input.focus();
    }

    showSpeech(isListening) {
      const { mic, input } = this.parts;
      mic.setAttribute('aria-pressed', String(isListening));
      mic.setAttribute('aria-label', isListening ? TEXT.speakStop : TEXT.speak);
      const example = this.question && this.question.example;
      input.placeholder = isListening ? TEXT.listening : example ? TEXT.example(example) : TEXT.placeholder;
    }
  }

  // ---- start

  const Recognition = window.SpeechRecognition || window.webkitSpeechRecognition;
  const script = document.currentScript;
  const HOME = script && script.src ? new URL('..', script.src).href.replace(/\/$/, '') : '';
  window.customElements.define('motcua-chat', MotcuaChat);

  /** The element by itself, unless the page placed one. */
  function place() {
    if (document.querySelector('motcua-chat')) return;
    const given = script ? script.dataset : {};
    const names = ['api', 'ward', 'attachments', 'kiosk', 'theme', 'position'];
    document.body.append(el('motcua-chat', Object.fromEntries(names.filter((name) => name in given).map((name) => [name, given[name]]))));
  }
  if (document.body) place();
  else document.addEventListener('DOMContentLoaded', place);
})();
