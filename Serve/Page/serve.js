// Joins the form, the address and the server: the address is the state, the server draws, this shows.
import { wire } from './page.js';
import { attention } from './attention.js';

const $ = id => document.getElementById(id);
const view = document.body.dataset.view, form = $('ask'), result = $('result'), live = $('live'), status = $('status');
const bar = $('progress'), cancel = $('cancel');
let running = null;

// What the address says: lists of texts by name.
const said = (search = location.search) => {
  const values = {};
  for (const [name, value] of new URLSearchParams(search)) if (value) (values[name] ??= []).push(value);
  return values;
};
const query = values => new URLSearchParams(Object.entries(values).flatMap(([name, all]) => all.map(value => [name, value]))).toString();

// What the form says; fields of several values are separated by semicolons.
function filled() {
  const values = {};
  for (const field of form.elements) {
    if (!field.name || field.name === 'data' || (field.type === 'checkbox' && !field.checked) || !field.value) continue;
    const all = 'list' in field.dataset ? field.value.split(/\s*;\s*/).filter(Boolean) : [field.value];
    (values[field.name] ??= []).push(...all);
  }
  return values;
}
function fill(values) {
  for (const field of form.elements) {
    if (!field.name || field.type === 'hidden' || field.name === 'data') continue;
    const all = values[field.name] ?? [];
    if (field.type === 'checkbox') field.checked = all.includes(field.value);
    else if (field.tagName !== 'SELECT' || all.length) field.value = all.join('; ');
  }
}

// Server-sent events of a response: name and data, as they come.
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
      const lines = text.slice(0, end).split('\n');
      yield [lines[0].slice(7), lines.slice(1).map(line => line.slice(6)).join('\n')];
    }
  }
}
const post = (path, values, signal) => fetch(path, { method: 'POST', signal, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(values) });

function refuse(problem) {
  result.replaceChildren(Object.assign(document.createElement('p'), { className: 'warning', textContent: problem.detail }));
  result.firstChild.setAttribute('role', 'alert');
}
function insert(place, html) {
  place.innerHTML = html; // made by this service, with all texts escaped
  for (const one of place.querySelectorAll('[data-style]')) one.style.cssText = one.dataset.style;
  wire(place);
}

async function run(values = said()) {
  running?.abort();
  const own = running = new AbortController();
  const waiting = setTimeout(() => { bar.hidden = cancel.hidden = false; status.textContent = 'computing'; }, 300);
  result.setAttribute('aria-busy', 'true');
  try {
    const response = await post(`/page/${view}`, values, own.signal);
    if (!response.ok) return refuse(await response.json());
    for await (const [name, data] of events(response)) {
      if (name === 'progress') {
        const { what, done, total } = JSON.parse(data);
        bar.value = total ? done / total : 0;
        if (!bar.hidden) status.textContent = `${what} ${done} of ${total}`;
      } else if (name === 'error') return refuse(JSON.parse(data));
      else { insert(result, data); ready(); }
    }
  } catch (problem) {
    if (problem.name !== 'AbortError') refuse({ detail: 'service: cannot be reached; the page asks it again when you press Show.' });
    else if (running === own) status.textContent = 'cancelled';
  } finally {
    clearTimeout(waiting);
    if (running === own) {
      running = null; bar.hidden = cancel.hidden = true; bar.removeAttribute('value'); result.setAttribute('aria-busy', 'false');
      if (status.textContent !== 'cancelled') status.textContent = '';
    }
  }
}
function go(values, replace = false) {
  history[replace ? 'replaceState' : 'pushState'](null, '', '?' + query(values));
  fill(values);
  run(values);
}
const note = (name, value) => {
  const values = said();
  if (value === null) delete values[name]; else values[name] = [String(value)];
  history.replaceState(null, '', '?' + query(values));
};

// What a result offers once it is there.
function ready() {
  for (const words of result.querySelectorAll('.words')) {
    words.querySelectorAll('section').forEach(section => link(section, words.dataset.numbers?.split(' ') ?? []));
    if ('off' in words.dataset) words.querySelectorAll('section').forEach(switches);
    words.parentElement.querySelectorAll('.words ~ section .numbers tr:not(:first-child)').forEach((line, i) => { line.dataset.word = i; });
  }
  const pick = said().pick?.[0];
  if (pick) result.querySelectorAll('.pick')[pick]?.click();
  result.querySelectorAll('.pick').forEach((one, i) => one.addEventListener('click', () => note('pick', i)));
  const parts = [...result.querySelectorAll('[data-attention]')], values = said(), sides = [];
  parts.forEach((part, n) => {
    const off = part.querySelector('[data-hook]'), href = off.href, heads = +part.dataset.attention;
    sides[n] = attention(part, { head: +(values.head?.[0] ?? 0), token: +(values.token?.[0] ?? -1) }, (head, token) => {
      note('head', head); note('token', token < 0 ? null : token);
      const place = off.dataset.hook.replace('LAYER', Math.floor(head / heads)).replace('HEAD', head % heads);
      off.href = `${href}&changes=${encodeURIComponent('zero ' + place)}`;
      sides.forEach((show, other) => { if (other !== n) show(head); });
    });
  });
  if (result.querySelector('[data-rows]')) table(result.querySelector('[data-rows]'));
}

// A word, its numbers and the same word of other methods are about one thing, and so are a written token and its row of numbers.
function link(section, numbers) {
  const lines = section.querySelectorAll('details .numbers tr:not(:first-child)');
  section.querySelectorAll('.token').forEach((token, i) => {
    token.dataset.word = token.dataset.at ?? i;
    if (lines[i]) lines[i].dataset.word = token.dataset.word;
  });
  for (const row of section.querySelectorAll('.matrix tr')) [...row.cells].slice(1).forEach((cell, i) => { cell.dataset.word = i; });
  if (numbers.length === 1) section.querySelectorAll('.reading > .note, .reading > .text:has(.pick)').forEach(one => { one.hidden = true; });
  numbers.forEach((number, i) => {
    for (const one of [section.querySelectorAll('.pick')[i], section.querySelectorAll('.matrix tbody tr')[i]]) if (one) one.dataset.target = number;
  });
}
// Words of a text are switches.
function switches(section) {
  const off = new Set(said().off ?? []);
  section.querySelectorAll('.token').forEach(token => {
    const at = token.dataset.word;
    token.setAttribute('role', 'button'); token.tabIndex = 0;
    token.setAttribute('aria-pressed', off.has(at)); token.classList.toggle('off', off.has(at));
    const toggle = () => {
      const values = said(), now = new Set(values.off ?? []);
      if (!now.delete(at)) now.add(at);
      values.off = [...now];
      go(values);
    };
    token.addEventListener('click', toggle);
    token.addEventListener('keydown', e => { if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); toggle(); } });
  });
}
function light(target, on) {
  const part = target?.closest?.('.side-by') ?? result;
  for (const name of ['word', 'target']) {
    const at = target?.closest?.(`[data-${name}]`)?.dataset[name];
    if (at !== undefined) part.querySelectorAll(`[data-${name}="${CSS.escape(at)}"]`).forEach(one => one.classList.toggle('lit', on));
  }
}
for (const [over, out] of [['pointerover', 'pointerout'], ['focusin', 'focusout']]) {
  document.addEventListener(over, e => light(e.target, true));
  document.addEventListener(out, e => light(e.target, false));
}

// Rows sort by a column and hide by a filter; both are in the address.
function table(section) {
  const body = section.querySelector('tbody'), rows = [...body.rows], heads = [...section.querySelectorAll('[data-sort]')], filter = $('filter');
  const value = (row, c) => { const cell = row.cells[c], v = cell.dataset.value ?? cell.textContent; return v === '' || isNaN(v) ? v : +v; };
  const sort = (c, down) => {
    heads.forEach((head, i) => head.parentElement.setAttribute('aria-sort', i !== c ? 'none' : down ? 'descending' : 'ascending'));
    rows.sort((a, b) => { const [x, y] = [value(a, c), value(b, c)]; return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1); });
    body.append(...rows);
    note('sort', (down ? '-' : '') + c);
  };
  heads.forEach((head, c) => head.addEventListener('click', () => sort(c, head.parentElement.getAttribute('aria-sort') === 'ascending')));
  filter.addEventListener('input', () => {
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(filter.value.toLowerCase());
    note('filter', filter.value || null);
  });
  const { sort: by, filter: text } = said();
  if (by) sort(Math.abs(+by[0]), by[0].startsWith('-'));
  if (text) { filter.value = text[0]; filter.dispatchEvent(new Event('input')); }
}

form.addEventListener('submit', e => { e.preventDefault(); const values = { ...said(), ...kept(filled()) }; if (view === 'data') data(); else go(values); });
// The form's fields replace those of the address; what the form does not have goes, except places that a user chose.
const kept = values => {
  for (const field of form.elements) if (field.name && !(field.name in values)) values[field.name] = [];
  const before = said(), isSame = name => query({ it: before[name] ?? [] }) === query({ it: values[name] ?? [] });
  if (view === 'explain' && !(isSame('text') && isSame('model'))) {
    values.off = values.pick = [];
    if (isSame('targets') && (!isSame('model') || values.targets.every(one => /^\d+$/.test(one)))) values.targets = []; // of the other text
  }
  return values;
};
cancel.addEventListener('click', () => running?.abort());
addEventListener('popstate', () => { fill(said()); run(); });
form.addEventListener('change', e => { if (e.target.name === 'model' && view === 'explain' && said().text) form.requestSubmit(); });
document.addEventListener('click', e => {
  const link = e.target.closest('a[data-go]'), copy = e.target.closest('[data-copy]'), place = e.target.closest('[data-place]');
  if (link && !e.ctrlKey && !e.metaKey) { e.preventDefault(); go(said(new URL(link.href).search)); }
  if (copy) navigator.clipboard?.writeText(copy.closest('.code').querySelector('code').textContent).then(() => { copy.textContent = 'Copied'; });
  if (place) offer(place);
});
document.addEventListener('keydown', e => {
  if (e.key === 'Enter' && e.target.dataset?.place) offer(e.target);
  if (e.key === 'Escape') running?.abort();
});

// A place of a map, and what can be done with it.
function offer(of) {
  const place = of.dataset.place, door = (of.closest('.side-by') ?? result).querySelector('.place');
  if (!door) return;
  door.hidden = false;
  door.querySelector('h3').textContent = place;
  for (const link of door.querySelectorAll('[data-do]')) {
    link.dataset.base ??= link.getAttribute('href');
    const act = link.dataset.do;
    link.href = link.dataset.base + (act === 'read' ? `&hook=${encodeURIComponent(place)}`
      : `&changes=${encodeURIComponent(act === 'scale' ? `scale ${place}=2` : `${act} ${place}`)}`);
  }
  door.querySelector('a').focus();
}

// The model's answer to the text as it is typed.
if (view === 'explain') {
  let pause, asking;
  form.addEventListener('input', e => {
    if (!['text', 'context'].includes(e.target.name)) return;
    clearTimeout(pause);
    pause = setTimeout(async () => {
      asking?.abort();
      asking = new AbortController();
      try {
        const response = await post('/page/live', filled(), asking.signal);
        if (response.ok) insert(live, await response.text()); else live.replaceChildren();
      } catch { /* a newer text is being asked */ }
    }, 250);
  });
  form.addEventListener('submit', () => { clearTimeout(pause); asking?.abort(); live.replaceChildren(); });
}

// A file that is dropped or chosen stays in this page; its rows go to the service.
let file = null;
async function data() {
  const values = filled();
  history.replaceState(null, '', '?' + query({ ...values, ...(said().sort && { sort: said().sort }) }));
  const pasted = form.elements.data.value;
  if (file) Object.assign(values, { data: [await file.text()], name: [file.name] });
  else if (pasted) values.data = [pasted];
  run(values);
}
if (view === 'data') {
  const drop = $('drop');
  $('file').addEventListener('change', e => { file = e.target.files[0]; data(); });
  drop.addEventListener('dragover', e => { e.preventDefault(); drop.classList.add('over'); });
  drop.addEventListener('dragleave', () => drop.classList.remove('over'));
  drop.addEventListener('drop', e => { e.preventDefault(); drop.classList.remove('over'); file = e.dataTransfer.files[0]; data(); });
}
if (document.body.dataset.asked === 'true') run();
