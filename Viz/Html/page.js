// Numbers under the pointer, and the text coloured for one written token at a time.
const tip = document.getElementById('tip');
const show = target => {
  tip.hidden = !target;
  if (!target) return;
  tip.textContent = target.dataset.tip;
  const at = target.getBoundingClientRect(), own = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(at.left, innerWidth - own.width - 4)) + 'px';
  tip.style.top = (at.top > own.height + 8 ? at.top - own.height - 4 : at.bottom + 4) + 'px';
};
document.addEventListener('pointerover', e => show(e.target.closest?.('[data-tip]')));
document.addEventListener('scroll', () => show(null), true);

// A part of the page, once it is there.
function wire(root) {
  for (const view of root.querySelectorAll('.reading')) {
    const rows = JSON.parse(view.querySelector('script').textContent);
    const tokens = view.querySelectorAll('[data-at]'), picks = view.querySelectorAll('[data-row]');
    const paint = row => {
      const limit = Math.max(...row.map(Math.abs)) || 1;
      tokens.forEach(token => {
        const score = row[token.dataset.at];
        token.classList.toggle('for', score > 0);
        token.classList.toggle('against', score < 0);
        token.style.setProperty('--a', Math.abs(score) / limit * 0.9);
        token.dataset.tip = token.dataset.name + '\n' + score.toPrecision(6);
      });
    };
    const pick = chosen => {
      picks.forEach(p => p.classList.toggle('on', p === chosen));
      paint(rows[chosen.dataset.row]);
    };
    picks.forEach(p => {
      p.addEventListener('click', () => pick(p));
      p.addEventListener('keydown', e => { if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); pick(p); } });
    });
    if (picks.length) pick(picks[0]);
  }

  for (const button of root.querySelectorAll('.by-row')) {
    const section = button.closest('section');
    const rows = JSON.parse(section.querySelector('.reading script').textContent).slice(1);
    const limits = rows.map(row => Math.max(...row.map(Math.abs))), limit = Math.max(...limits);
    button.addEventListener('click', () => {
      const own = section.classList.toggle('by-row-scale');
      button.classList.toggle('on', own);
      section.querySelectorAll('.matrix tbody tr').forEach((tr, t) => tr.querySelectorAll('td').forEach((td, i) =>
        td.style.setProperty('--a', Math.abs(rows[t][i]) / ((own ? limits[t] : limit) || 1))));
    });
  }
}
