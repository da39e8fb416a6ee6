/* Keeps an open queue up to date, and lets single keys move through it. Without it the page is read and reloaded. */
"use strict";

(() => {
  const POLL_EVERY = 20_000;
  const AGES_EVERY = 60_000;
  const LISTEN_AGAIN = 300_000;
  const KEYS = "launch-review-queue-keys";

  const list = () => document.getElementById("list");
  const live = document.getElementById("live");
  const dialog = document.getElementById("keys");
  if (!list() || !live || !dialog) return;

  /* The list, fetched anew whenever the queue changed, and once a minute because time goes on. */

  let fetching = false;
  let again = false;
  let fetchedAt = Date.now();

  // Said aloud by programs that read the page, so only what is new.
  const say = (words) => { if (live.textContent !== words) live.textContent = words; };

  const isBusy = () => dialog.open || document.hidden || document.querySelector("#list details[open]") !== null;

  function replace(fresh) {
    const old = list();
    const chosen = new Set([...old.querySelectorAll("input[name=row]:checked")].map((box) => box.value.split(".")[0]));
    const active = document.activeElement;
    const row = active && old.contains(active) ? active.closest("tr") : null;
    const kind = active && active.matches("input, button, summary") ? active.localName : "a";
    old.replaceWith(fresh);
    for (const box of fresh.querySelectorAll("input[name=row]")) {
      box.checked = chosen.has(box.value.split(".")[0]);
    }
    const same = row && document.getElementById(row.id);
    if (same) (same.querySelector(kind) || same.querySelector("a")).focus({ preventScroll: true });
  }

  async function refresh() {
    if (isBusy()) { again = true; return; }
    if (fetching) { again = true; return; }
    fetching = true;
    again = false;
    try {
      const answer = await fetch(list().dataset.address, { credentials: "same-origin" });
      if (answer.redirected || answer.status === 401) { say("You are signed out. Reload the page."); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("list");
      if (fresh) replace(document.adoptNode(fresh));
      fetchedAt = Date.now();
      say("Up to date by itself.");
    } catch {
      say("The desk does not answer; what is shown may be old.");
    } finally {
      fetching = false;
    }
  }

  function heard(version) {
    if (version !== list().dataset.version) refresh();
    else say("Up to date by itself.");
  }

  setInterval(() => {
    if (again || Date.now() - fetchedAt > AGES_EVERY) refresh();
  }, 2_000);

  /* Told by the desk; where no stream comes about, asked for. */

  let polling = 0;

  async function poll() {
    if (document.hidden) return;
    try {
      const answer = await fetch("/queue/version", { credentials: "same-origin" });
      if (answer.redirected || answer.status === 401) { say("You are signed out. Reload the page."); return; }
      if (answer.ok) heard((await answer.json()).version);
    } catch {
      say("The desk does not answer; what is shown may be old.");
    }
  }

  function listen() {
    if (!("EventSource" in window)) { polling ||= setInterval(poll, POLL_EVERY); return; }
    const stream = new EventSource("/queue/changes");
    stream.addEventListener("open", () => { clearInterval(polling); polling = 0; });
    stream.addEventListener("version", (event) => heard(event.data));
    stream.addEventListener("error", () => {
      polling ||= setInterval(poll, POLL_EVERY);
      if (stream.readyState === EventSource.CLOSED) setTimeout(listen, LISTEN_AGAIN);
    });
  }

  listen();

  /* Single keys, unless somebody writes, chooses, or switched them off. */

  const open = document.getElementById("keys-open");
  const on = document.getElementById("keys-on");
  const stored = (() => { try { return localStorage; } catch { return null; } })();

  on.checked = stored?.getItem(KEYS) !== "off";
  on.addEventListener("change", () => stored?.setItem(KEYS, on.checked ? "on" : "off"));
  open.hidden = false;
  open.addEventListener("click", () => dialog.showModal());
  document.getElementById("keys-close").addEventListener("click", () => dialog.close());

  const rows = () => [...document.querySelectorAll("#list tbody tr")];
  const here = () => document.activeElement?.closest?.("#list tbody tr") ?? null;

  function move(by) {
    const all = rows();
    const at = all.indexOf(here());
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
    next?.querySelector("th a")?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  function take() {
    const row = here();
    const why = row?.querySelector("details.grey");
    if (why) { why.open = true; why.querySelector("summary").focus(); }
    else row?.querySelector("button.take")?.click();
  }

  const DOES = {
    j: () => move(1),
    k: () => move(-1),
    o: () => here()?.querySelector("th a")?.click(),
    c: take,
    "?": () => dialog.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (dialog.open || !on.checked || !(event.key in DOES)) return;
    const target = event.target;
    const writes = target.isContentEditable || target.matches?.("input:not([type=checkbox]), select, textarea");
    if (writes || (event.repeat && event.key === "c")) return;
    event.preventDefault();
    DOES[event.key]();
  });
})();
