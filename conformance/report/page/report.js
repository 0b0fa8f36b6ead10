'use strict';
const $ = (s, from = document) => from.querySelector(s), $$ = (s, from = document) => [...from.querySelectorAll(s)];

// Light, dark, or as the system has it.
const root = document.documentElement, system = matchMedia('(prefers-color-scheme: dark)'), themes = ['auto', 'light', 'dark'];
let theme = 'auto';
try { theme = localStorage.getItem('vstp-theme') || theme; } catch { /* files may have no storage */ }
function paint() {
  root.dataset.theme = theme === 'auto' ? (system.matches ? 'dark' : 'light') : theme;
  $('#theme').textContent = `Colours: ${theme}`;
}
system.addEventListener('change', paint);
$('#theme').addEventListener('click', () => {
  theme = themes[(themes.indexOf(theme) + 1) % themes.length];
  try { localStorage.setItem('vstp-theme', theme); } catch { /* it holds for this view */ }
  paint();
});
paint();

// A case is drawn when it is opened for the first time.
function fill(details) {
  const template = $(':scope > template', details);
  if (!template) return;
  details.append(template.content.cloneNode(true));
  template.remove();
  for (const button of $$('button[data-copy]', details)) {
    if (!navigator.clipboard) button.hidden = true;
    button.addEventListener('click', async () => {
      try { await navigator.clipboard.writeText(button.dataset.copy); button.textContent = 'Copied'; } catch { button.textContent = 'Not allowed here'; }
    });
  }
}
document.addEventListener('toggle', (e) => { if (e.target.matches('.case') && e.target.open) fill(e.target); }, true);
function follow() {
  const at = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!at?.matches('.case')) return;
  at.hidden = false;
  at.open = true;
  fill(at);
  at.scrollIntoView();
  $('summary', at).focus();
}
addEventListener('hashchange', follow);

// Filters hold for requirements and cases alike.
const search = $('#search'), level = $('#level'), chips = $$('.chip'), cases = $$('.case'), rows = $$('#rows tr');
function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = chips.filter((c) => c.ariaPressed === 'true').map((c) => c.dataset.verdict);
  const fits = ({ dataset: d }) => (!wanted.length || d.has.split(' ').some((v) => wanted.includes(v))) &&
    (!level.value || d.level === level.value) && words.every((w) => d.text.includes(w));
  for (const e of [...cases, ...rows]) e.hidden = !fits(e);
  const shown = (list) => list.filter((e) => !e.hidden).length;
  $('#shown').textContent = `${shown(rows)} of ${rows.length} requirements, ${shown(cases)} of ${cases.length} ${$('#shown').dataset.cases} shown`;
}
let pending;
search.addEventListener('input', () => { clearTimeout(pending); pending = setTimeout(filter, 80); });
level.addEventListener('change', filter);
for (const c of chips) c.addEventListener('click', () => { c.ariaPressed = c.ariaPressed === 'true' ? 'false' : 'true'; filter(); });
$('#reset').addEventListener('click', () => { search.value = level.value = ''; for (const c of chips) c.ariaPressed = 'false'; filter(); });
for (const b of $$('button[data-find]')) b.addEventListener('click', () => {
  search.value = b.dataset.find.toLowerCase(); filter(); $('#cases').scrollIntoView(); $('#cases').focus();
});

// "/" searches, j and k walk from case to case.
addEventListener('keydown', (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.target.matches('input, select')) return;
  if (e.key === '/') { e.preventDefault(); search.focus(); return; }
  if (e.key !== 'j' && e.key !== 'k') return;
  const visible = cases.filter((c) => !c.hidden);
  const now = visible.indexOf(document.activeElement.closest('.case'));
  const next = visible[e.key === 'j' ? now + 1 : now < 0 ? 0 : now - 1];
  if (next) { $('summary', next).focus(); next.scrollIntoView({ block: 'nearest' }); }
});
filter();
follow();
