// What the pages do beyond reading: fragments that refetch themselves when the
// server says that something changed, search while typing, and times that stay true.
import htmx from 'htmx.org';

htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0;
window.htmx = htmx;

const root = document.documentElement;
const locale = root.lang === 'en' ? 'en-GB' : 'vi-VN';

// Live: the server sends the names of what changed; at most once a second each
// is passed on as `live:<name>`, and fragments with that trigger refetch.
const waiting = new Set();
let timer = 0;
function announce(name) {
  waiting.add(name);
  timer ||= setTimeout(() => {
    timer = 0;
    for (const each of waiting) htmx.trigger(document.body, `live:${each}`);
    waiting.clear();
  }, 1000);
}

let source;
function listen() {
  if (source || !root.dataset.live) return;
  source = new EventSource(root.dataset.live);
  const show = (on) => root.toggleAttribute('data-connected', on);
  source.onopen = () => show(true);
  source.onerror = () => show(false);
  source.onmessage = (event) => { for (const name of event.data.split(' ')) announce(name); };
  // The state as it was may be long gone: everything is refetched after a break.
  source.addEventListener('all', () => { for (const name of ['network', 'alarms', 'verdicts', 'records', 'logs']) announce(name); });
}
// A browser allows six connections to one server over HTTP/1.1, for all its
// tabs: a tab that nobody sees gives its own back.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    source?.close();
    source = undefined;
  } else listen();
});
listen();

// "12 phút trước" stays true.
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'always' });
const steps = [['year', 31536e6], ['month', 2592e6], ['day', 864e5], ['hour', 36e5], ['minute', 6e4], ['second', 1e3]];
function refreshTimes() {
  const now = Date.now() + skew;
  for (const element of document.querySelectorAll('time[data-ago]')) {
    const span = Date.parse(element.dateTime) - now;
    const [unit, size] = steps.find(([, ms]) => Math.abs(span) >= ms) ?? steps.at(-1);
    element.textContent = relative.format(Math.trunc(span / size), unit);
  }
}
// The reader's clock may be wrong; the server's is what the times are of.
const skew = Number(root.dataset.now) - Date.now();
setInterval(refreshTimes, 20000);

// Keys: / goes to the search box, Escape closes what is open.
document.addEventListener('keydown', (event) => {
  const typing = event.target.closest('input, textarea, select, [contenteditable]');
  if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    const box = document.querySelector('#search');
    box?.focus();
    box?.select();
  }
  if (event.key === 'Escape') {
    for (const menu of document.querySelectorAll('details[data-menu][open]')) {
      menu.open = false;
      menu.querySelector('summary').focus();
    }
    document.querySelector('#found')?.replaceChildren();
  }
  // Arrows walk through what the search found.
  if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && event.target.closest('[data-search]')) {
    const stops = [document.querySelector('#search'), ...document.querySelectorAll('#found a')];
    const next = stops[stops.indexOf(event.target) + (event.key === 'ArrowDown' ? 1 : -1)];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  }
});
document.addEventListener('click', (event) => {
  for (const menu of document.querySelectorAll('details[data-menu][open]')) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  if (!event.target.closest('[data-search]')) document.querySelector('#found')?.replaceChildren();
  const copy = event.target.closest('[data-copy]');
  if (copy) navigator.clipboard?.writeText(copy.dataset.copy).then(() => copy.classList.add('copied'));
});

// A select or a date that says so sends its form at once; without script there is a button.
document.addEventListener('change', (event) => {
  if (event.target.matches('[data-submit]')) event.target.form.requestSubmit();
});

// Nothing is deleted or ended by a slip.
document.addEventListener('submit', (event) => {
  const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (question && !confirm(question)) {
    event.preventDefault();
    return;
  }
  const action = event.target.getAttribute('action');
  if (action === '/sign-out') sessionStorage.removeItem(KEPT);
  else if (action === '/preferences') keep(true);
  else if (who && event.target.matches('main form[method=post]')) keep(false);
});

// A fragment that is fetched again closes nothing that somebody opened, takes no focus away
// and moves no table: all are found again by where they stand and what they say.
function places() {
  const out = new Map();
  const times = new Map();
  for (const element of document.querySelectorAll('main details, main summary, main a[href], main button, main input, main select, main .wide')) {
    const says = element.querySelector('summary')?.textContent ?? element.getAttribute('href') ?? element.name ?? element.textContent;
    const where = element.closest('section')?.querySelector('h2')?.textContent;
    const key = [element.tagName, element.closest('[id]')?.id, where, element.matches('.wide') ? '' : says].join('\n');
    const n = (times.get(key) ?? 0) + 1;
    times.set(key, n);
    out.set(`${key}\n${n}`, element);
  }
  return out;
}
let before = [];
document.addEventListener('htmx:beforeSwap', () => {
  before = [...places()].map(([key, element]) => ({
    key, open: element.open, left: element.scrollLeft, top: element.scrollTop, focused: element === document.activeElement,
  })).filter((each) => each.open || each.left || each.top || each.focused);
});
document.addEventListener('htmx:afterSwap', () => {
  if (before.length === 0) return;
  const now = places();
  for (const { key, open, left, top, focused } of before) {
    const element = now.get(key);
    if (!element) continue;
    if (open) element.open = true;
    if (left || top) element.scrollTo(left, top);
    if (focused && element !== document.activeElement) element.focus({ preventScroll: true });
  }
  before = [];
});
// Where somebody writes, or has written, nothing is fetched again.
const changed = (field) => {
  if (field.matches('[type=checkbox], [type=radio]')) return field.checked !== field.defaultChecked;
  if (field.matches('select')) {
    const first = [...field.options].some((option) => option.defaultSelected);
    return first ? [...field.options].some((o) => o.selected !== o.defaultSelected) : field.selectedIndex > 0;
  }
  return field.matches('[type=file]') ? field.files.length > 0 : field.value !== field.defaultValue;
};
const fields = (within) => [...(within?.querySelectorAll('input:not([type=hidden]), textarea, select') ?? [])];
const written = (within) => fields(within).some(changed);
document.addEventListener('htmx:beforeRequest', (event) => {
  const live = event.detail.requestConfig?.triggeringEvent?.type.startsWith('live:');
  const { target } = event.detail;
  const writing = document.activeElement?.matches('input, textarea, select') && target?.contains(document.activeElement);
  if (live && (writing || written(target))) event.preventDefault();
});

// What was typed survives an expired session and a change of language: it is kept in this tab
// when a form is sent, and given back to the same account on the same page after signing in.
// Passwords and files are never kept, and signing out forgets everything.
const KEPT = 'kept';
// Which of a page's forms it is: several may post to one address and differ in what is hidden
// in them (whose question is answered). A record's version is none of it, nor
// the id that a new one gets.
const which = (form) => JSON.stringify([form.getAttribute('action') ?? '', ...[...form.querySelectorAll('input[type=hidden]')].filter((each) => !['version', 'once'].includes(each.name)).map((each) => [each.name, each.value])]);
const who = root.dataset.who;
const here = () => location.pathname + location.search;
function keep(again) {
  const forms = [...document.querySelectorAll('main form[method=post]')].map((form) => ({
    form: which(form),
    fields: fields(form)
      .filter((field) => field.name && changed(field) && !field.matches('[type=password], [type=file], [autocomplete=one-time-code]'))
      .map((field) => ({ name: field.name, value: field.value, on: field.checked })),
  })).filter((form) => form.fields.length > 0);
  if (forms.length > 0) sessionStorage.setItem(KEPT, JSON.stringify({ who, page: here(), forms, again }));
}
function giveBack() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
  if (!kept) return;
  if (!who) {
    // The page that asks who one is: what is kept waits behind it.
    if (location.pathname.startsWith('/sign-in')) sessionStorage.setItem(KEPT, JSON.stringify({ ...kept, again: true }));
    else if (!kept.again) sessionStorage.removeItem(KEPT);
    return;
  }
  // A form that was refused by a page of its own leads back to what was typed.
  const back = document.querySelector('[data-return]');
  if (back && kept.who === who) {
    sessionStorage.setItem(KEPT, JSON.stringify({ ...kept, again: true }));
    back.href = kept.page;
    back.hidden = false;
    return;
  }
  // Steps of signing in are passed by.
  if (kept.again && kept.who === who && kept.page !== here() && location.pathname.startsWith('/me/')) return;
  sessionStorage.removeItem(KEPT);
  if (!kept.again || kept.who !== who || kept.page !== here()) return;
  for (const { form: one, fields: typed } of kept.forms) {
    const form = [...document.querySelectorAll('main form[method=post]')].find((each) => which(each) === one);
    if (!form) continue;
    for (const { name, value, on } of typed) {
      for (const field of fields(form).filter((each) => each.name === name)) {
        if (!field.matches('[type=checkbox], [type=radio]')) field.value = value;
        else if (field.value === value) field.checked = on;
      }
    }
    const note = Object.assign(document.createElement('p'), { className: 'done', textContent: root.dataset.back });
    note.setAttribute('role', 'status');
    form.prepend(note);
  }
}
giveBack();

// A fragment that could not be fetched leaves what is there and says so.
document.addEventListener('htmx:responseError', (event) => {
  // Who is signed out is led to the form, unless that would take away what was typed.
  if (event.detail.xhr.status === 401 && !written(document.querySelector('main'))) location.reload();
  root.removeAttribute('data-connected');
});

// The map: pointing at a site or walking to it with the keyboard shows what the
// list beside the map says about it.
function tip(event) {
  const site = event.target.closest?.('[data-tip]');
  const box = document.querySelector('#tip');
  if (!box) return;
  box.hidden = !site;
  if (!site) return;
  const [name, ...lines] = site.getAttribute('aria-label').split('\n');
  const strong = document.createElement('strong');
  strong.textContent = name;
  box.replaceChildren(strong, ...lines.map((line) => Object.assign(document.createElement('span'), { textContent: line })));
  const around = box.offsetParent.getBoundingClientRect();
  const at = site.getBoundingClientRect();
  const x = at.left + at.width / 2 - around.left;
  const half = box.offsetWidth / 2 + 4;
  box.style.left = `${Math.min(Math.max(x, half), around.width - half)}px`;
  const above = at.top - around.top - box.offsetHeight - 8;
  box.style.top = `${above > 0 ? above : at.bottom - around.top + 8}px`;
}
document.addEventListener('pointerover', tip);
document.addEventListener('focusin', tip);
