(() => {
  const root = document.documentElement, theme = document.getElementById('theme'), copy = document.getElementById('copy');
  const keep = (value) => { try { localStorage.setItem('wavetank-theme', value); } catch { /* a page on disk may have none */ } };
  const kept = () => { try { return localStorage.getItem('wavetank-theme'); } catch { return null; } };
  const show = (value) => { root.dataset.theme = value; theme.textContent = theme.dataset[value]; };
  show(['light', 'dark'].includes(kept()) ? kept() : 'auto');
  theme.hidden = copy.hidden = false;
  theme.addEventListener('click', () => {
    const next = { auto: 'light', light: 'dark', dark: 'auto' }[root.dataset.theme];
    show(next); keep(next);
  });
  copy.addEventListener('click', async () => {
    const command = document.getElementById('command');
    getSelection().selectAllChildren(command);
    try { await navigator.clipboard.writeText(command.textContent); } catch { document.execCommand('copy'); }
    const before = copy.textContent;
    copy.textContent = copy.dataset.done;
    setTimeout(() => { copy.textContent = before; }, 1500);
  });
  addEventListener('beforeprint', () => document.querySelectorAll('details').forEach((it) => { it.open = true; }));
})();
