/* Helps with a submission's page, which works without it: who else looks, how long an undo has, words not lost. */
"use strict";

(() => {
  const EVERY = 20_000;

  const others = document.querySelector("[data-who]");
  const ask = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(others.dataset.who, { headers: { accept: "application/json" } });
      if (!answer.ok || answer.redirected) return;
      const names = (await answer.json()).others;
      const said = names.length ? `Also looking: ${names.join(", ")}` : "";
      if (others.textContent !== said) others.textContent = said;
    } catch {
      // The next time will tell.
    }
  };
  if (others) setInterval(ask, EVERY);

  const undo = document.querySelector(".undo[data-left]");
  if (undo) {
    // Counted from when the page was made: the clock of this machine may be another one.
    const until = performance.now() + Number(undo.dataset.left) * 1000;
    const left = undo.querySelector(".countdown");
    const button = undo.querySelector("button");
    const count = () => {
      const seconds = Math.ceil((until - performance.now()) / 1000);
      left.textContent = seconds > 0 ? ` (in ${seconds} s)` : " (now)";
      if (seconds <= 0) {
        button.disabled = true;
        clearInterval(counting);
      }
    };
    const counting = setInterval(count, 1000);
    count();
  }

  // What was written stays in this tab until it is sent, also when the browser goes back or the page is loaded anew.
  for (const field of document.querySelectorAll("textarea[data-keep]")) {
    const key = `launch-review-${field.dataset.keep}`;
    if (!field.value) field.value = sessionStorage.getItem(key) ?? "";
    field.addEventListener("input", () => sessionStorage.setItem(key, field.value));
  }
  const confirmed = document.querySelector("form.confirm");
  if (confirmed) {
    const number = new URL(confirmed.action).pathname.split("/")[2];
    confirmed.addEventListener("submit", () => sessionStorage.removeItem(`launch-review-text-${number}`));
  }
})();
