// Search in the pack: blind to diacritics, shorthand written out, one wrong letter forgiven.

export function fold(text) {
  return text.toLowerCase().replace(/đ/g, 'd').normalize('NFD').replace(/[\u0300-\u036f]/g, '').normalize('NFC');
}

// kí is ký, lí is lý
const oneWay = (word) => (/^[klmth]i$/.test(word) ? `${word[0]}y` : word);

export function words(text, shorthand = {}) {
  const plain = (fold(text).match(/[a-z0-9]+/g) || []).slice(0, 40);
  const out = [];
  for (let place = 0; place < plain.length;) {
    let taken = 1;
    let meant = shorthand[plain[place]];
    for (let length = Math.min(4, plain.length - place); length > 1; length -= 1) {
      const phrase = shorthand[plain.slice(place, place + length).join(' ')];
      if (phrase) { meant = phrase; taken = length; break; }
    }
    out.push(...(meant || plain[place]).split(' ').map(oneWay));
    place += taken;
  }
  return out;
}

// Words that stand in every question and tell nothing about the procedure.
const EMPTY = new Set('lam xin can cho toi minh em anh chi giay to gi nao the duoc khong thi la o dau bao nhieu tien phai muon nhu ra va voi co bi moi thu tuc viec nhung a oi di cua'.split(' '));

export class Index {
  constructor(entries, shorthand) {
    this.shorthand = shorthand || {};
    this.entries = entries.map(({ key, phrases, code }) => {
      const lists = phrases.map((phrase) => phrase.split(' ').map(oneWay));
      return { key, code, lists, bag: new Set(lists.flat()) };
    });
    this.counts = new Map();
    for (const { bag } of this.entries) for (const word of bag) this.counts.set(word, (this.counts.get(word) || 0) + 1);
    this.vocabulary = [...this.counts.keys()];
  }

  weight(word) {
    const rare = Math.log(1 + this.entries.length / (1 + (this.counts.get(word) || 0)));
    return EMPTY.has(word) ? rare * 0.25 : rare;
  }

  // Each word typed, as the words of the pack it may be: [word, how sure].
  meant(word, isLast) {
    if (this.counts.has(word)) return [[word, 1]];
    const near = [];
    for (const known of this.vocabulary) {
      if (isLast && known.startsWith(word)) near.push([known, 0.8]);
      else if (word.length >= 3 && known.length >= 3 && isOneOff(word, known)) near.push([known, word.length >= 5 ? 0.7 : 0.45]);
    }
    return near;
  }

  find(text, most = 20) {
    const exact = text.trim().match(/^\d\.\d{6}/);
    if (exact) return this.entries.filter(({ code }) => code && code.startsWith(exact[0])).map(({ key }) => key).slice(0, most);
    const typed = words(text, this.shorthand);
    if (!typed.length) return [];
    const asked = typed.map((word, place) => this.meant(word, place === typed.length - 1 && word.length > 1));
    const whole = asked.reduce((sum, list, place) => sum + Math.max(this.weight(typed[place]), ...list.map(([word]) => this.weight(word))), 0);
    const telling = new Set(asked.flat().map(([word]) => word).filter((word) => !EMPTY.has(word)));
    const tells = (word) => telling.size === 0 || telling.has(word);
    const scored = [];
    for (const entry of this.entries) {
      let best = 0;
      for (const list of entry.lists) if (list.some(tells)) best = Math.max(best, this.score(asked, list, typed));
      let loose = 0;
      for (const list of asked) loose += Math.max(0, ...list.map(([word, sure]) => (entry.bag.has(word) ? sure * this.weight(word) : 0)));
      const score = ((best + 0.5 * loose) / (1.5 * whole)) * (entry.code ? 1 : 0.98); // of equals the procedure
      if (score > 0.3) scored.push([score, entry.key]);
    }
    scored.sort((one, other) => other[0] - one[0]);
    const floor = scored.length ? scored[0][0] * 0.45 : 0;
    return scored.filter(([score]) => score >= floor).slice(0, most).map(([, key]) => key);
  }

  // One name against what was typed: words in common by their rarity, neighbours kept together, little left over.
  score(asked, list, typed) {
    let sum = 0;
    let together = 0;
    let before = -9;
    const used = new Set();
    for (let place = 0; place < asked.length; place += 1) {
      let gained = 0;
      let at = -9;
      for (const [word, sure] of asked[place]) {
        const found = list.indexOf(word);
        if (found >= 0 && sure * this.weight(word) > gained) { gained = sure * this.weight(word); at = found; }
      }
      if (gained) { used.add(list[at]); if (at === before + 1) together += Math.min(gained, this.weight(typed[place]) || gained); }
      sum += gained;
      before = at;
    }
    const all = list.reduce((total, word) => total + this.weight(word), 0);
    const kept = [...used].reduce((total, word) => total + this.weight(word), 0);
    return (sum + 0.35 * together) * (0.6 + 0.4 * (kept / all));
  }
}

// Whether one letter added, lost, changed or swapped with its neighbour turns one word into the other.
export function isOneOff(one, other) {
  if (one === other || Math.abs(one.length - other.length) > 1 || one[0] !== other[0]) return false;
  let start = 0;
  while (start < one.length && one[start] === other[start]) start += 1;
  let ends = [one.length, other.length];
  while (ends[0] > start && ends[1] > start && one[ends[0] - 1] === other[ends[1] - 1]) ends = [ends[0] - 1, ends[1] - 1];
  const left = one.slice(start, ends[0]);
  const right = other.slice(start, ends[1]);
  return left.length + right.length <= 1 || (left.length === 1 && right.length === 1)
    || (left.length === 2 && left === right[1] + right[0]);
}
