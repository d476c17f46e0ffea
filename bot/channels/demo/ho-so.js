// "Hồ sơ của tôi": what the widget's conversation has filed, drawn anew whenever something was said.
'use strict';

(() => {
  const TEXT = {
    todo: 'Cần bạn làm',
    underway: 'Đang giải quyết',
    done: 'Đã xong',
    count: (count) => `Bạn có ${count} hồ sơ.`,
    failed: 'Chưa tải được hồ sơ. Trang sẽ tự thử lại.',
    left: (days, day) => ['Còn ', `${days}`, ` ngày làm việc, hẹn trả ngày ${day}.`],
    today: 'Hẹn trả hôm nay.',
    late: (day) => `Đã quá ngày hẹn trả ${day}.`,
    code: (code) => `Mã hồ sơ: ${code}`,
    progress: (answered, total) => `Đã trả lời ${answered} trên ${total} câu`,
    open: (name) => `Mở: ${name}`,
    prove: 'Kiểm tra kết quả',
    show: 'Ai quét mã này cũng kiểm tra được kết quả là thật.',
    qr: 'Mã QR để kiểm tra kết quả',
  };
  const SHADE = { supplement_requested: 'wait', payment_requested: 'wait', draft: 'wait', refused: 'bad', stopped: 'bad', completed: 'good', returned: 'good' };
  const TODO = ['draft', 'supplement_requested', 'payment_requested', 'refused'];
  const DONE = ['completed', 'returned', 'withdrawn', 'stopped'];
  const AGAIN_MS = 15000;
  const told = document.getElementById('told');
  const place = document.getElementById('dossiers');
  const none = document.getElementById('none');
  let shown = '';
  let timer = 0;

  function el(tag, props, ...children) {
    const node = Object.assign(document.createElement(tag), props || {});
    node.append(...children.filter(Boolean));
    return node;
  }

  const widget = () => document.querySelector('motcua-chat');
  const day = (iso) => iso.split('-').reverse().join('/');
  const isSafe = (url) => /^(https?:\/\/|\/)/.test(url || '');

  function days(one) {
    if (one.is_late) return el('p', { className: 'days late', textContent: TEXT.late(one.promised_on ? day(one.promised_on) : '') });
    if (one.working_days_left === null) return null;
    if (one.working_days_left === 0) return el('p', { className: 'days', textContent: TEXT.today });
    const [before, count, after] = TEXT.left(one.working_days_left, day(one.promised_on));
    return el('p', { className: 'days' }, before, el('b', { textContent: count }), after);
  }

  function acts(one) {
    const links = one.results.filter((result) => isSafe(result.url)).map((result) => el('a', { href: result.url, target: '_blank', rel: 'noopener noreferrer', textContent: TEXT.open(result.name) }));
    const buttons = one.actions.map((action) => el('button', { type: 'button', textContent: action.title, onclick: () => widget().tap(action.title, action.payload) }));
    const all = [...links, ...buttons];
    if (all.length) all[0].classList.add('first');
    return all.length ? el('div', { className: 'acts' }, ...all) : null;
  }

  function proof(one) {
    if (!one.proof_url) return null;
    const page = el('a', { href: one.proof_url, target: '_blank', textContent: TEXT.prove });
    return el('div', { className: 'proof' }, el('img', { src: `${one.proof_url}/qr.png`, alt: TEXT.qr, width: 112, height: 112 }), el('p', {}, TEXT.show, el('br'), page));
  }

  function card(one) {
    const bar = one.total ? el('progress', { max: one.total, value: one.answered, ariaLabel: TEXT.progress(one.answered, one.total) }) : null;
    return el('article', { className: 'dossier' },
      el('span', { className: `state ${SHADE[one.status] || ''}`, textContent: one.status_text }),
      el('h3', { textContent: one.title }),
      one.code && el('p', { className: 'code', textContent: TEXT.code(one.code) }),
      days(one), bar,
      el('p', { className: 'text', textContent: one.text }),
      acts(one), proof(one));
  }

  function group(title, dossiers) {
    return dossiers.length ? el('section', {}, el('h2', { textContent: title }), ...dossiers.map(card)) : null;
  }

  function draw(dossiers) {
    const key = JSON.stringify(dossiers);
    if (key === shown) return; // what is read stays where it is
    shown = key;
    const of = (statuses) => dossiers.filter((one) => statuses.includes(one.status));
    const todo = of(TODO).concat(dossiers.filter((one) => one.is_late));
    const done = of(DONE);
    const underway = dossiers.filter((one) => !todo.includes(one) && !done.includes(one));
    place.replaceChildren(...[group(TEXT.todo, todo), group(TEXT.underway, underway), group(TEXT.done, done)].filter(Boolean));
    none.hidden = dossiers.length > 0;
    told.hidden = !dossiers.length;
    told.textContent = TEXT.count(dossiers.length);
  }

  async function refresh() {
    clearTimeout(timer);
    try {
      draw((await widget().dossiers()) || []);
    } catch (trouble) {
      if (trouble.status === 401) draw([]);
      else Object.assign(told, { hidden: false, textContent: TEXT.failed });
    }
    timer = setTimeout(refresh, AGAIN_MS);
  }

  document.addEventListener('motcua-news', refresh);
  customElements.whenDefined('motcua-chat').then(() => (widget() ? refresh() : setTimeout(refresh, 0)));
})();
