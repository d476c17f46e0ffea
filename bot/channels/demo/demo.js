// The demo page's own few lines: the snippet shows this server's address and can be copied.
'use strict';

const snippet = document.getElementById('snippet');
const copied = document.getElementById('copied');
snippet.textContent = `<script src="${window.location.origin}/widget/motcua-widget.js" data-ward="Phường Mẫu" async></script>`;

function selectSnippet() {
  window.getSelection().selectAllChildren(snippet);
  copied.textContent = 'Đã chọn sẵn dòng trên, bạn bấm Ctrl+C để chép.';
}

document.getElementById('copy').addEventListener('click', async () => {
  try {
    await navigator.clipboard.writeText(snippet.textContent); // not there on plain http
    copied.textContent = 'Đã chép.';
  } catch (_) {
    selectSnippet();
  }
});
