// All heads as small maps, one of them large. Patterns are unpacked when they come into sight, and the last 24 are kept.
// What it returns shows another head.
function attention(root, state = { head: 0, token: -1 }, changed = () => {}) {
  const $ = name => root.querySelector(`[data-part="${name}"]`), A = JSON.parse($('patterns').textContent);
  const { layers, heads, queries, keys, tokens, data, texts } = A, kept = new Map();
  const asks = q => (tokens.length > keys ? tokens[keys + q] : tokens[q]) ?? q; // of cross-attention the queries follow the keys
  const dark = matchMedia('(prefers-color-scheme: dark)').matches, ink = dark ? '#eceef1' : '#191b1f', soft = dark ? '#a2a8b0' : '#5d636b';
  let chosen = Math.min(Math.max(state.head, 0), layers * heads - 1), picked = Math.min(state.token, queries - 1), palette = 'orange', between = '';
  const stops = {
    orange: dark ? [[20, 22, 26], [120, 55, 20], [226, 112, 47]] : [[255, 255, 255], [255, 190, 150], [232, 96, 28]],
    ylgnbu: [[255, 255, 217], [199, 233, 180], [65, 182, 196], [34, 94, 168], [8, 29, 88]],
    grey: dark ? [[20, 22, 26], [236, 238, 241]] : [[255, 255, 255], [25, 27, 31]],
  };
  const colour = a => {
    const s = stops[palette], at = a / 255 * (s.length - 1), i = Math.min(s.length - 2, Math.floor(at)), f = at - i;
    return s[i].map((v, c) => v + (s[i + 1][c] - v) * f);
  };
  async function pattern(n) {
    if (kept.has(n)) { const p = kept.get(n); kept.delete(n); kept.set(n, p); return p; }
    const packed = Uint8Array.from(atob(data[n]), c => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    const p = new Uint8Array(await new Response(stream).arrayBuffer());
    kept.set(n, p);
    if (kept.size > 24) kept.delete(kept.keys().next().value);
    return p;
  }
  // What is not from the chosen text to the chosen text counts 0.
  const filtered = p => !between ? p : p.map((v, i) => texts[Math.floor(i / keys)] === between[0] && texts[i % keys] === between[1] ? v : 0);
  function paint(canvas, p, size) {
    canvas.width = keys; canvas.height = queries;
    const image = new ImageData(keys, queries), table = Array.from({ length: 256 }, (_, a) => colour(a));
    for (let i = 0; i < p.length; i++) { const c = table[p[i]]; image.data[4 * i] = c[0]; image.data[4 * i + 1] = c[1]; image.data[4 * i + 2] = c[2]; image.data[4 * i + 3] = 255; }
    canvas.getContext('2d').putImageData(image, 0, 0);
    canvas.style.cssText = `width:${size}px;height:${Math.round(size * queries / keys)}px;image-rendering:pixelated;border:1px solid ${soft};cursor:pointer`;
  }
  const grid = $('grid'), side = Math.max(36, Math.min(96, Math.floor(900 / heads) - 6));
  grid.style.gridTemplateColumns = `repeat(${heads}, ${side + 2}px)`;
  const seen = new IntersectionObserver(entries => entries.forEach(async e => {
    if (e.isIntersecting) { seen.unobserve(e.target); paint(e.target, filtered(await pattern(+e.target.dataset.head)), side); }
  }), { rootMargin: '200px' });
  for (let n = 0; n < layers * heads; n++) {
    const canvas = document.createElement('canvas');
    canvas.dataset.head = n; canvas.title = `head ${Math.floor(n / heads)}.${n % heads}`;
    canvas.style.cssText = `width:${side}px;height:${side}px;cursor:pointer`;
    canvas.tabIndex = 0; canvas.setAttribute('role', 'button'); canvas.setAttribute('aria-label', canvas.title);
    canvas.onclick = () => { chosen = n; show(); };
    canvas.onkeydown = e => { if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); chosen = n; show(); } };
    grid.append(canvas); seen.observe(canvas);
  }
  async function show() {
    const whole = await pattern(chosen), p = filtered(whole);
    changed(chosen, picked);
    $('name').textContent = `head ${Math.floor(chosen / heads)}.${chosen % heads}`;
    lines(p); map(p); vectors(whole);
    if (picked < 0) return;
    const row = Array.from(p.subarray(picked * keys, (picked + 1) * keys)), best = row.map((_, k) => k).sort((a, b) => row[b] - row[a]).slice(0, 3);
    $('cell').textContent = `query ${picked} “${asks(picked)}” → ${best.map(k => `key ${k} “${tokens[k] ?? ''}” ${(row[k] / 255).toFixed(3)}`).join(', ')}`;
  }
  // Per token the largest magnitude as float32, then its numbers as signed bytes.
  function unpacked(text) {
    const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0)), view = new DataView(bytes.buffer), row = A.d_head + 4;
    return n => Array.from({ length: A.d_head }, (_, i) => view.getInt8(n * row + 4 + i) / 127 * view.getFloat32(n * row, true));
  }
  // One query against all keys: products, keys, their sum, attention.
  function vectors(p) {
    const part = $('neurons');
    if (!A.q || !part) return;
    part.hidden = picked < 0;
    if (picked < 0) return;
    part.querySelector('h2').textContent = `query ${picked} “${asks(picked)}” of ${$('name').textContent}`;
    const d = A.d_head, q = unpacked(A.q[chosen])(picked), key = unpacked(A.k[chosen]), all = Array.from({ length: keys }, (_, k) => key(k));
    const cell = Math.max(2, Math.min(10, Math.floor(300 / d))), row = 16, left = 150, gap = 16, wide = cell * d, width = left + 2 * (wide + gap) + 150;
    const canvas = $('vectors'), ratio = devicePixelRatio || 1, height = Math.min(keys, 2000) * row + 44, g = canvas.getContext('2d');
    canvas.width = width * ratio; canvas.height = Math.min(height * ratio, 32000); canvas.style.cssText = `width:${width}px;height:${height}px`;
    g.scale(ratio, ratio); g.font = '12px system-ui, sans-serif'; g.textBaseline = 'middle';
    const largest = rows => rows.reduce((m, r) => r.reduce((n, v) => Math.max(n, Math.abs(v)), m), 1e-30);
    const product = all.map(k => k.map((v, i) => v * q[i])), mostProduct = largest(product), most = largest([...all, q]);
    const bars = (v, x, y, scale) => v.forEach((a, i) => {
      g.fillStyle = a < 0 ? `rgba(52,134,220,${-a / scale})` : `rgba(232,96,28,${a / scale})`;
      g.fillRect(x + i * cell, y + 1, cell, row - 2);
    });
    g.fillStyle = soft; g.textAlign = 'left';
    g.fillText('query · key', left, 8); g.fillText('key (above: the query)', left + wide + gap, 8); g.fillText('q·k/√d', left + 2 * (wide + gap), 8);
    g.fillText('attention', left + 2 * (wide + gap) + 70, 8);
    bars(q, left + wide + gap, 18, most);
    for (let k = 0; k < Math.min(keys, 2000); k++) {
      const y = 40 + k * row, a = p[picked * keys + k] / 255;
      bars(product[k], left, y, mostProduct); bars(all[k], left + wide + gap, y, most);
      g.fillStyle = ink; g.textAlign = 'right'; g.fillText(tokens[k] ?? k, left - 6, y + row / 2, 140);
      g.textAlign = 'left'; g.fillText((product[k].reduce((s, v) => s + v, 0) / Math.sqrt(d)).toFixed(2), left + 2 * (wide + gap), y + row / 2);
      g.fillText(a.toFixed(3), left + 2 * (wide + gap) + 70, y + row / 2);
    }
  }
  // Queries on the left, keys on the right, a line for every weight of 2 % or more: of one query, or of all.
  function lines(p) {
    const row = 16, width = 460, canvas = $('lines'), ratio = devicePixelRatio || 1, height = Math.min(Math.max(queries, keys), 2000) * row + 8;
    canvas.width = width * ratio; canvas.height = Math.min(height * ratio, 32000); canvas.style.cssText = `width:${width}px;height:${height}px`;
    const g = canvas.getContext('2d'), hue = colour(210);
    g.scale(ratio, ratio); g.font = '12px system-ui, sans-serif'; g.textBaseline = 'middle';
    for (let q = 0; q < queries; q++) {
      if (picked >= 0 && q !== picked) continue;
      for (let k = 0; k < keys; k++) {
        const a = p[q * keys + k];
        if (a < 6 || (picked < 0 && queries > 128 && a < 64)) continue;
        g.strokeStyle = `rgba(${hue.map(Math.round).join(',')},${a / 255})`; g.lineWidth = picked < 0 ? 1.2 : 2.5;
        g.beginPath(); g.moveTo(150, q * row + 12); g.lineTo(310, k * row + 12); g.stroke();
      }
    }
    g.fillStyle = ink; g.textAlign = 'right';
    for (let q = 0; q < queries; q++) { g.globalAlpha = picked < 0 || q === picked ? 1 : 0.65; g.fillText(asks(q), 146, q * row + 12, 140); }
    g.textAlign = 'left';
    for (let k = 0; k < keys; k++) { g.globalAlpha = picked < 0 ? 1 : 0.65 + 0.35 * p[picked * keys + k] / 255; g.fillText(tokens[k] ?? k, 314, k * row + 12, 140); }
    canvas.tabIndex = 0; canvas.setAttribute('role', 'img'); canvas.setAttribute('aria-label', 'Lines from queries to keys; the arrow keys choose a query');
    canvas.onkeydown = e => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
      if (step) { e.preventDefault(); picked = Math.min(Math.max(picked + step, -1), queries - 1); show(); }
    };
    canvas.onclick = e => { const q = Math.floor((e.offsetY - 4) / row); picked = q === picked ? -1 : Math.min(Math.max(q, 0), queries - 1); show(); };
  }
  function map(p) {
    const canvas = $('map');
    paint(canvas, p, Math.max(240, Math.min(720, keys * 12)));
    canvas.onmousemove = e => {
      const k = Math.min(keys - 1, Math.floor(e.offsetX / canvas.clientWidth * keys)), q = Math.min(queries - 1, Math.floor(e.offsetY / canvas.clientHeight * queries));
      $('cell').textContent = `query ${q} “${asks(q)}” → key ${k} “${tokens[k] ?? ''}”: ${(p[q * keys + k] / 255).toFixed(3)}`;
    };
    canvas.onclick = e => { picked = Math.min(queries - 1, Math.floor(e.offsetY / canvas.clientHeight * queries)); show(); };
  }
  const again = () => { for (const canvas of grid.children) seen.observe(canvas); show(); };
  $('palette').onchange = e => { palette = e.target.value; again(); };
  if ($('between')) $('between').onchange = e => { between = e.target.value; again(); };
  show();
  return head => { if (head !== chosen && head < layers * heads) { chosen = head; show(); } };
}
