// Search over all pages: every word must be there; a title counts more than a text.
const up = document.body.dataset.up, box = document.getElementById("search"), found = document.getElementById("found");
let index;
box.addEventListener("input", async () => {
  index ??= await (await fetch(up + "search.json")).json();
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  const hits = words.length === 0 ? [] : index.map(page => {
    const title = page.title.toLowerCase(), text = page.text.toLowerCase();
    const all = words.every(word => title.includes(word) || text.includes(word));
    const score = words.reduce((sum, word) => sum + (title.includes(word) ? 100 : 0) + text.split(word).length - 1, 0);
    return { page, score: all ? score : 0, at: text.indexOf(words[0]) };
  }).filter(hit => hit.score > 0).sort((a, b) => b.score - a.score).slice(0, 12);
  found.replaceChildren(...hits.map(({ page, at }) => {
    const link = document.createElement("a"), small = document.createElement("small");
    link.href = up + page.path;
    link.textContent = page.title;
    small.textContent = page.text.slice(Math.max(0, at - 40), at + 80);
    link.append(small);
    return link;
  }));
});
