/* Looks every few seconds whether the citizen has agreed, changed something or ended it, and shows the page anew. */
'use strict';
(() => {
  const LOOK_MS = 3000;
  const place = document.querySelector('[data-look]');
  if (!place) return;
  const isWriting = () => [...document.querySelectorAll('#text, #number, #phone')].some((box) => box.value.trim());
  async function look() {
    const answer = await fetch(place.dataset.look, { headers: { Accept: 'application/json' } }).catch(() => null);
    if (answer && answer.status === 401) { location.assign('/desk/vao'); return; }
    if (answer && answer.ok) {
      const { now } = await answer.json();
      const isOver = now.startsWith('ended');
      if (now !== place.dataset.now && (isOver || !isWriting())) { location.replace(place.dataset.page); return; }
    }
    setTimeout(look, LOOK_MS);
  }
  setTimeout(look, LOOK_MS);
})();
