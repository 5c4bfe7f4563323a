// "/" goes to the search box of the page; arrow keys walk from it through its suggestions.
(() => {
  const page = window.parent?.document?.querySelector(".stApp") ? window.parent.document : document;
  const box = () => page.querySelector('.stMain input[type="search"]');
  // The box of the start page has the focus from the beginning, which may be before it is drawn.
  const focused = () => {
    const first = page.querySelector(".stMain .st-key-q input");
    if (!first || page.activeElement !== page.body) return false;
    page.kgFocused = true;
    first.focus();
    return true;
  };
  if (!page.kgFocused && !focused()) {
    const drawn = new MutationObserver(() => (page.kgFocused || focused()) && stop());
    const stop = () => drawn.disconnect();
    drawn.observe(page.body, { childList: true, subtree: true });
    for (const act of ["keydown", "pointerdown"]) {
      page.addEventListener(act, stop, { once: true, capture: true });
    }
    setTimeout(stop, 10_000);
  }
  if (page.kgKeys) return;
  page.kgKeys = true;
  page.addEventListener("keydown", (event) => {
    const target = event.target;
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable;
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && box()) {
      event.preventDefault();
      box().focus();
      return;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const items = [...page.querySelectorAll('[class*="st-key-suggest"] :is(button, a)')];
    if (!items.length) return;
    const place = items.indexOf(target);
    if (place < 0 && target !== box()) return;
    event.preventDefault();
    const next = place + (event.key === "ArrowDown" ? 1 : -1);
    if (next < 0) box()?.focus();
    else items[Math.min(next, items.length - 1)].focus();
  });
})();
