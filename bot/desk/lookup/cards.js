// What the tool shows: a procedure with its checklist, two cases side by side, a life event, sums of law.

import { certifiedCopies, holds, registration, times, today } from './figures.js';

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'on') for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
    else if (name in node && typeof value !== 'string') node[name] = value;
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export const day = (iso) => iso.split('-').reverse().join('/');
export const money = (amount) => `${String(amount).replace(/\B(?=(\d{3})+$)/g, '.')} đồng`;
const capital = (text) => text[0].toUpperCase() + text.slice(1);
const STALE_DAYS = 180;

// ---- a procedure

export function costRows(card, province) {
  const now = today();
  return card.costs.filter((row) => holds(row, now) && (!row.province || row.province === province));
}

const costMore = (row) => [row.to && `áp dụng đến hết ${day(row.to)}`, row.note].filter(Boolean).join(', ');
const costText = (row) => [row.amount, costMore(row)].filter(Boolean).join(', ');

function costLabel(row) {
  return capital([row.case, row.via, row.province].filter(Boolean).join('; ') || row.kind);
}

export function cases(card, withFigures = false) {
  const rows = withFigures ? [...card.papers, ...card.costs, ...card.limits] : card.papers;
  return [...new Set(rows.map((row) => row.case).filter(Boolean))];
}

const fits = (row, chosen) => !row.case || !chosen || row.case === chosen;

export function paper(row, place) {
  const id = `giay-${place}`;
  return el('li', {},
    el('input', { type: 'checkbox', id }),
    el('div', {},
      el('label', { for: id }, capital(row.text)),
      row.case && el('p', { class: 'case' }, `Chỉ khi: ${row.case}`),
      row.note && el('p', { class: 'quiet' }, row.note)));
}

function costList(card, province, chosen) {
  const rows = costRows(card, province).filter((row) => fits(row, chosen));
  return [
    rows.length
      ? el('ul', { class: 'rows' }, rows.map((row) => el('li', {}, el('span', {}, costLabel(row)), ' ', row.amount && el('b', {}, row.amount), costMore(row) && el('p', { class: 'quiet' }, capital(costMore(row))))))
      : !card.cost_note && el('p', {}, card.cost_unknown),
    card.cost_note && el('p', { class: 'quiet' }, card.cost_note),
  ];
}

function limitList(card, chosen) {
  const rows = card.limits.filter((row) => fits(row, chosen));
  return [
    rows.length
      ? el('ul', { class: 'rows' }, rows.map((row) => el('li', {}, el('span', {}, capital([row.case, row.via].filter(Boolean).join('; ') || 'Thời hạn')), ' ', el('b', {}, row.text))))
      : !card.limit_note && el('p', {}, 'Chưa rõ thời hạn. Hỏi quầy một cửa nhé.'),
    card.limit_note && el('p', { class: 'quiet' }, card.limit_note),
  ];
}

const TOLD = [['place', 'Nộp ở đâu', true], ['online', 'Làm qua mạng', true], ['eligibility', 'Ai được làm'], ['steps', 'Các bước'], ['form', 'Mẫu đơn'], ['outcome', 'Kết quả'], ['legal_basis', 'Căn cứ pháp lý']];

// The first line only repeats what the heading says.
function told(text) {
  const lines = text.split('\n');
  const body = lines.length > 1 && lines[0].endsWith(':') ? lines.slice(1) : lines;
  return body.map((line) => el('p', {}, ...linked(line)));
}

function linked(line) {
  return line.split(/(https:\/\/[^\s),]+[^\s),.])/).map((part) => (part.startsWith('https://') ? el('a', { href: part, target: '_blank', rel: 'noopener noreferrer' }, part.replace('https://', '')) : part));
}

export function procedure(card, { province, hotline, asOf, onCase, chosen, onCopy, address }) {
  const all = cases(card);
  const shown = card.papers.filter((row) => fits(row, chosen));
  const stale = (Date.parse(today()) - Date.parse(card.checked_on)) / 864e5 > STALE_DAYS;
  const qr = qrPicture(card.qr);
  const qrBox = el('figure', { class: 'qr', hidden: true }, qr, el('figcaption', {}, 'Đưa máy ảnh điện thoại vào đây để mở trang này'));
  return el('article', { class: 'card' },
    el('a', { class: 'back screen', href: '#' }, '‹ Tìm việc khác'),
    el('h1', { tabindex: '-1' }, card.name),
    el('p', { class: 'quiet' }, `${card.official} · Mã ${card.code}`),
    card.partial && el('p', { class: 'warn' }, 'Việc này mới có tên và nơi phụ trách. Xem đầy đủ ở nguồn hoặc hỏi quầy một cửa.'),
    el('div', { class: 'acts screen' },
      el('button', { type: 'button', on: { click: () => window.print() } }, 'In'),
      el('button', { type: 'button', 'aria-expanded': 'false', on: { click: ({ currentTarget }) => { qrBox.hidden = !qrBox.hidden; currentTarget.setAttribute('aria-expanded', String(!qrBox.hidden)); } } }, 'Mã QR'),
      el('button', { type: 'button', on: { click: ({ currentTarget }) => onCopy(asText(card, chosen, province, address, asOf), currentTarget) } }, 'Sao chép'),
      cases(card, true).length > 1 && el('a', { class: 'button', href: `#so-sanh/${card.code}` }, 'So sánh trường hợp')),
    qrBox,
    el('section', {},
      el('h2', {}, 'Giấy tờ'),
      all.length > 0 && el('div', { class: 'field screen' },
        el('label', { for: 'case' }, 'Trường hợp'),
        choose('case', [['', 'Xem tất cả'], ...all.map((one) => [one, capital(one)])], chosen || '', onCase)),
      chosen && el('p', { class: 'print-only' }, `Trường hợp: ${chosen}`),
      shown.length ? el('ul', { class: 'checklist' }, shown.map(paper)) : el('p', {}, 'Chưa có danh sách giấy tờ. Hỏi quầy một cửa nhé.'),
      card.paper_notes.map((note) => el('p', { class: 'quiet' }, note))),
    el('section', {}, el('h2', {}, 'Tiền phải nộp'), costList(card, province, null)),
    el('section', {}, el('h2', {}, 'Thời hạn'), limitList(card, null)),
    TOLD.map(([key, title, isOpen]) => card.told[key] && (isOpen
      ? el('section', {}, el('h2', {}, title), told(card.told[key]))
      : el('details', { class: 'screen' }, el('summary', {}, title), told(card.told[key])))),
    el('footer', {},
      qrPicture(card.qr, 'print-only'),
      el('p', {}, ...card.source.split('\n'), ' ', card.source_url && el('a', { class: 'screen', href: card.source_url, target: '_blank', rel: 'noopener noreferrer' }, 'Mở nguồn')),
      stale && el('p', { class: 'warn' }, `Thông tin lấy từ ngày ${day(card.checked_on)}, có thể đã đổi. Xem lại tại nguồn trước khi nộp.`),
      asOf && el('p', {}, asOf),
      el('p', {}, `Cần hỏi thêm: tổng đài ${hotline}`)));
}

export function asText(card, chosen, province, address, asOf) {
  const papers = card.papers.filter((row) => fits(row, chosen));
  const lines = [card.name.toUpperCase(), chosen && `Trường hợp: ${chosen}`, '', 'Giấy tờ:',
    ...papers.map((row) => `- ${row.text}${row.case && !chosen ? ` (chỉ khi: ${row.case})` : ''}`), '', 'Tiền phải nộp:',
    ...costRows(card, province).map((row) => `- ${costLabel(row)}: ${costText(row)}`), card.cost_note || (costRows(card, province).length ? null : card.cost_unknown), '', 'Thời hạn:',
    ...card.limits.map((row) => `- ${[row.case, row.via].filter(Boolean).join('; ') || 'Thời hạn'}: ${row.text}`), card.limit_note, '', card.source, asOf, address];
  return lines.filter((line) => line !== null && line !== undefined && line !== false).join('\n');
}

export function choose(id, options, value, act) {
  const select = el('select', { id, on: { change: () => act(select.value) } }, options.map(([key, title]) => el('option', { value: key }, title)));
  select.value = value;
  return select;
}

// ---- two cases side by side

export function compare(card, picked, province, onPick) {
  const all = cases(card, true);
  const told = [...new Set([...cases(card), ...all])]; // those with papers of their own first
  const pair = [0, 1].map((place) => (all.includes(picked[place]) ? picked[place] : told[place]));
  const only = (rows, one) => rows.filter((row) => row.case === one);
  const list = (rows, text) => (rows.length ? el('ul', {}, rows.map((row) => el('li', {}, text(row)))) : el('p', { class: 'quiet' }, 'Không ghi riêng'));
  const costs = costRows(card, province);
  const line = (title, rows, text) => [
    el('tr', {}, el('th', { colspan: '2', scope: 'colgroup' }, title)),
    el('tr', {}, pair.map((one) => el('td', {}, list(only(rows, one), text)))),
  ];
  const shared = (title, rows, text) => rows.length > 0 && el('section', {}, el('h2', {}, title), el('ul', {}, rows.map((row) => el('li', {}, text(row)))));
  const everybody = (rows) => rows.filter((row) => !row.case);
  const costLine = (row) => `${row.via ? `${capital(row.via)}: ` : ''}${costText(row)}`;
  return el('article', { class: 'card' },
    el('a', { class: 'back screen', href: `#${card.code}` }, `‹ ${card.name}`),
    el('h1', { tabindex: '-1' }, 'So sánh trường hợp'),
    el('table', { class: 'compare' },
      el('thead', {}, el('tr', {}, pair.map((one, place) => el('th', { scope: 'col' },
        el('label', { class: 'hidden', for: `pick-${place}` }, place ? 'Trường hợp thứ hai' : 'Trường hợp thứ nhất'),
        choose(`pick-${place}`, all.map((each) => [each, capital(each)]), one, (value) => onPick(place ? [pair[0], value] : [value, pair[1]])),
        el('span', { class: 'print-only' }, capital(one)))))),
      el('tbody', {}, line('Giấy tờ riêng', card.papers, (row) => row.text), line('Tiền riêng', costs, costLine), line('Thời hạn riêng', card.limits, (row) => row.text))),
    shared('Giấy tờ ai cũng cần', everybody(card.papers), (row) => row.text),
    shared('Tiền chung', everybody(costs), (row) => `${costLabel(row)}: ${costText(row)}`),
    shared('Thời hạn chung', everybody(card.limits), (row) => row.text),
    card.cost_note && el('p', { class: 'quiet' }, card.cost_note),
    el('footer', {}, el('p', {}, card.source)));
}

// ---- life events

export function events(list) {
  return el('article', {}, el('h1', { tabindex: '-1' }, 'Việc đời'), el('p', { class: 'quiet' }, 'Chọn việc vừa xảy ra để xem cần làm những gì, theo thứ tự.'),
    el('ul', { class: 'tiles' }, list.map((one) => el('li', {}, el('a', { href: `#su-kien/${one.id}` }, one.title)))));
}

export function event(found, known, isOnline) {
  return el('article', { class: 'card' },
    el('a', { class: 'back screen', href: '#su-kien' }, '‹ Việc đời'),
    el('h1', { tabindex: '-1' }, found.title),
    el('p', {}, found.lead),
    el('div', { class: 'acts screen' },
      el('button', { type: 'button', on: { click: () => window.print() } }, 'In'),
      isOnline && el('a', { class: 'button', href: `/viec-doi/${found.id}` }, 'Tính hạn theo ngày')),
    found.together.map((part) => el('p', { class: 'good' }, el('b', {}, part.title), `. ${part.note}`, part.code && known.has(part.code) ? [' ', el('a', { href: `#${part.code}` }, 'Xem giấy tờ')] : null)),
    el('ol', { class: 'steps' }, found.steps.map((step) => el('li', {},
      el('h2', {}, step.code && known.has(step.code) ? el('a', { href: `#${step.code}` }, step.title) : step.title),
      step.only_if && el('p', { class: 'case' }, step.only_if),
      el('p', {}, step.why),
      step.deadline && el('p', { class: 'limit' }, step.deadline)))),
    found.tips.length > 0 && el('section', {}, el('h2', {}, 'Nên biết'), el('ul', {}, found.tips.map((tip) => el('li', {}, tip)))),
    el('footer', {}, el('p', {}, `Kiểm tra ngày ${day(found.checked_on)}`)));
}

// ---- sums of law

const SUMS = [
  ['copies', 'Chứng thực bản sao', [['pages', 'Số trang của bản chính', 1, 5000], ['count', 'Số bản', 1, 1000]]],
  ['signature', 'Chứng thực chữ ký', [['count', 'Số giấy', 1, 1000]]],
  ['contract', 'Chứng thực hợp đồng ở xã', [['count', 'Số hợp đồng', 1, 1000]]],
  ['land', 'Lệ phí trước bạ nhà, đất', [['price', 'Giá tính lệ phí (đồng)', 0, 1e13]]],
  ['motorcycle', 'Lệ phí trước bạ xe máy', [['price', 'Giá tính lệ phí (đồng)', 0, 1e12]]],
  ['car', 'Lệ phí trước bạ ô tô dưới 10 chỗ', [['price', 'Giá tính lệ phí (đồng)', 0, 1e12]]],
  ['electric_car', 'Lệ phí trước bạ ô tô điện', [['price', 'Giá tính lệ phí (đồng)', 0, 1e12]]],
];

export function sum(figures, kind, told, province) {
  const now = today();
  if (kind === 'copies') return certifiedCopies(figures, now, told.pages, told.count);
  if (kind === 'signature' || kind === 'contract') return times(figures, now, `certified_${kind}`, told.count);
  return registration(figures, now, kind, told.price, { isFirst: told.isFirst, isReduced: told.isReduced, province });
}

export function calculator(figures, province, provinces, onProvince) {
  const box = el('div', { 'aria-live': 'polite' });
  const fields = el('div', {});
  const kind = choose('sum', SUMS.map(([key, title]) => [key, title]), 'copies', draw);
  function draw() {
    const [key, , asked] = SUMS.find(([one]) => one === kind.value);
    const isVehicle = ['motorcycle', 'car', 'electric_car'].includes(key);
    const inputs = asked.map(([name, title]) => field(title, el('input', { id: `in-${name}`, name, inputmode: 'numeric', autocomplete: 'off', maxlength: '18', on: { input: tell } })));
    fields.replaceChildren(...inputs,
      ...(isVehicle ? [check('in-next', 'Xe đã đăng ký trước đây (xe cũ, sang tên)')] : []),
      ...(key === 'land' || isVehicle ? [check('in-reduced', 'Mua và nộp qua mạng, có VNeID mức 2')] : []),
      ...(key === 'car' && provinces.length ? [field('Tỉnh, thành phố', choose('in-province', [['', 'Nơi khác'], ...provinces.map((one) => [one, one])], province || '', (value) => { onProvince(value); province = value; tell(); }))] : []));
    tell();
  }
  const field = (title, input) => el('div', { class: 'field' }, el('label', { for: input.id }, title), input);
  const check = (id, title) => el('div', { class: 'tick' }, el('input', { type: 'checkbox', id, on: { change: tell } }), el('label', { for: id }, title));
  function tell() {
    const [key, , asked] = SUMS.find(([one]) => one === kind.value);
    const told = { isFirst: !fields.querySelector('#in-next')?.checked, isReduced: Boolean(fields.querySelector('#in-reduced')?.checked) };
    for (const [name, , least, most] of asked) {
      const text = fields.querySelector(`#in-${name}`).value.replace(/[.\s,]/g, '');
      told[name] = /^\d{1,15}$/.test(text) ? Number(text) : null;
      if (told[name] !== null && (told[name] < least || told[name] > most)) told[name] = NaN;
    }
    const values = asked.map(([name]) => told[name]);
    if (values.includes(null)) box.replaceChildren(el('p', { class: 'quiet' }, 'Điền số vào ô trống, kết quả hiện ở đây.'));
    else if (values.some(Number.isNaN)) box.replaceChildren(el('p', { class: 'warn' }, 'Số này chưa hợp lý, bạn xem lại nhé.'));
    else box.replaceChildren(...result(sum(figures, key, told, province), key));
  }
  draw();
  return el('article', { class: 'card' }, el('h1', { tabindex: '-1' }, 'Tính phí'),
    el('div', { class: 'field' }, el('label', { for: 'sum' }, 'Việc cần tính'), kind), fields, box);
}

function result(found, key) {
  if (!found) return [el('p', { class: 'warn' }, 'Hôm nay chưa có mức thu chắc chắn nên không tính được. Hỏi cơ quan thuế hoặc quầy một cửa nhé.')];
  const sources = [...new Set(found.lines.map((line) => `Nguồn: ${line.source}. Kiểm tra ngày ${day(line.checked_on)}.`))];
  const last = found.lines.map((line) => line.to).filter(Boolean).sort()[0];
  return [
    el('p', { class: 'total' }, money(found.total)),
    found.percent && el('p', {}, `Mức ${found.percent.replace('.', ',')} %: ${money(found.fee)}`),
    found.off && el('p', {}, `Được giảm ${money(found.off.amount)}`),
    found.each !== undefined && found.each !== found.total && el('p', {}, `Mỗi ${key === 'copies' ? 'bản' : 'giấy'}: ${money(found.each)}`),
    last && el('p', {}, `Mức này áp dụng đến hết ${day(last)}.`),
    found.fee !== undefined && el('p', { class: 'quiet' }, 'Giá tính lệ phí do cơ quan thuế xác định, có thể khác giá mua.'),
    key === 'car' && !found.lines.some((line) => line.province) && el('p', { class: 'quiet' }, 'Xe mới: tỉnh, thành phố có thể thu cao hơn, tới 15 %. Hỏi cơ quan thuế nơi đăng ký.'),
    found.lines.some((line) => !line.certain) && el('p', { class: 'warn' }, 'Con số này lấy từ báo và trang của cơ quan. Hỏi lại cơ quan thuế trước khi nộp.'),
    ...sources.map((one) => el('p', { class: 'quiet' }, one)),
  ].filter(Boolean);
}

// ---- QR

export function qrPicture(packed, name = '') {
  const bytes = Uint8Array.from(atob(packed), (char) => char.charCodeAt(0));
  const width = bytes[0];
  let path = '';
  for (let place = 0; place < width * width; place += 1) {
    if ((bytes[1 + (place >> 3)] >> (7 - (place & 7))) & 1) path += `M${4 + (place % width)} ${4 + Math.floor(place / width)}h1v1h-1z`;
  }
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  for (const [key, value] of [['viewBox', `0 0 ${width + 8} ${width + 8}`], ['role', 'img'], ['aria-label', 'Mã QR của trang này'], ['shape-rendering', 'crispEdges'], ['class', `qr-code ${name}`]]) svg.setAttribute(key, value);
  for (const [tag, fill, d] of [['rect', '#fff'], ['path', '#000', path]]) {
    const part = document.createElementNS(space, tag);
    part.setAttribute('fill', fill);
    if (d) part.setAttribute('d', d); else { part.setAttribute('width', '100%'); part.setAttribute('height', '100%'); }
    svg.append(part);
  }
  return svg;
}
