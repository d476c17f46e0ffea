// Sums of law over the dated figures of the pack, as knowledge/costs.py does them; a test holds both against each other.

export function today() {
  return new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Ho_Chi_Minh' }).format(new Date());
}

export function holds(row, day) {
  return (!row.from || row.from <= day) && (!row.to || day <= row.to);
}

export function figureOn(figures, day, name, province) {
  const held = figures.filter((one) => one.name === name && holds(one, day));
  return held.find((one) => one.province && one.province === province) || held.find((one) => !one.province) || null;
}

export function certifiedCopies(figures, day, pages, copies) {
  const [first, further, most] = ['first_pages', 'further_pages', 'most'].map((part) => figureOn(figures, day, `certified_copy_${part}`));
  if (!first || !further || !most) return null;
  const each = Math.min(first.amount * Math.min(pages, 2) + further.amount * Math.max(pages - 2, 0), most.amount);
  return { total: each * copies, each, lines: [first] };
}

export function times(figures, day, name, count) {
  const found = figureOn(figures, day, name);
  return found && { total: found.amount * count, each: found.amount, lines: [found] };
}

// `kind` land, motorcycle, car, electric_car; `isFirst` only of vehicles; `isReduced` filed online with VNeID level 2.
export function registration(figures, day, kind, price, { isFirst = true, province = null, isReduced = false } = {}) {
  const isLand = kind === 'land';
  const of = kind === 'electric_car' && !isFirst ? 'car' : kind;
  const rate = figureOn(figures, day, isLand ? 'registration_land' : `registration_${of}_${isFirst ? 'first' : 'next'}`, province);
  const most = isLand || kind === 'motorcycle' ? figureOn(figures, day, 'registration_most') : undefined;
  if (!rate || most === null) return null;
  const full = share(price, rate.percent);
  const fee = most ? Math.min(full, most.amount) : full;
  const lines = most && full > most.amount ? [rate, most] : [rate];
  const off = isReduced && (isLand || !isFirst) ? reduction(figures, day, isLand ? 'reduction_land' : `reduction_${of}_next`, fee) : null;
  return { total: fee - (off ? off.amount : 0), fee, off, percent: rate.percent, lines: off ? [...lines, off.line] : lines };
}

function reduction(figures, day, name, fee) {
  const rate = figureOn(figures, day, name);
  const most = figureOn(figures, day, 'reduction_most_base_salaries');
  return rate && most && { amount: Math.min(share(fee, rate.percent), most.amount), percent: rate.percent, line: rate };
}

// Percent as exact hundredths, so that no half đồng is lost to binary fractions.
function share(amount, percent) {
  const [whole, part = ''] = percent.split('.');
  const scale = 10n ** BigInt(part.length);
  const numerator = BigInt(amount) * BigInt(whole + part);
  const divisor = 100n * scale;
  return Number((numerator * 2n + divisor) / (divisor * 2n));
}
