// What the keyboard does beyond the browser's own: "/" goes to the search box of the page, arrow keys
// walk from it through its suggestions, popovers take the focus in, Escape leads from the panel back to
// the graph view, and the focus is never lost when what had it is gone.
(() => {
  const page = window.parent?.document?.querySelector(".stApp") ? window.parent.document : document;
  const BOX = 'input[type="search"]';
  const POPOVER = '[data-testid="stPopoverBody"]';
  const REACHED = "a[href], button:not(:disabled), input:not(:disabled), textarea, [tabindex='0']";
  const box = () => page.querySelector(`.stMain ${BOX}`);
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

  let keyboard = false; // whether the last thing done was done by keyboard
  const byKeyboard = (whether) => {
    keyboard = whether;
    page.documentElement.classList.toggle("kg-keyboard", whether);
  };
  page.addEventListener("pointerdown", () => byKeyboard(false), true);
  page.addEventListener("keydown", () => byKeyboard(true), true);
  page.addEventListener("keydown", (event) => {
    const target = event.target;
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable;
    if (event.defaultPrevented) return;
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && box()) {
      event.preventDefault();
      box().focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      walk(event);
    } else if (event.key === "Tab") {
      stay(event);
    } else if (event.key === "Escape" && target.closest(".st-key-panel")) {
      const frame = page.querySelector('iframe[title$="kgbuilder_canvas"]');
      frame?.contentDocument?.getElementById("graph")?.focus();
    }
  });

  // From a box down through what it suggests, and back.
  function walk(event) {
    const place = event.target.closest('[class*="st-key-pick-"]') ?? page.querySelector(".stMain");
    const first = place?.querySelector(BOX);
    const items = [...(place?.querySelectorAll('[class*="st-key-suggest"] :is(button, a)') ?? [])];
    const at = items.indexOf(event.target);
    if (!items.length || (at < 0 && event.target !== first)) return;
    event.preventDefault();
    const next = at + (event.key === "ArrowDown" ? 1 : -1);
    if (next < 0) first?.focus();
    else items[Math.min(next, items.length - 1)].focus();
  }

  // A popover is drawn at the end of the page: Tab goes round in it until Escape closes it.
  function stay(event) {
    const reached = [...(event.target.closest(POPOVER)?.querySelectorAll(REACHED) ?? [])];
    const seen = reached.filter((element) => element.offsetParent && element.tabIndex >= 0);
    const [from, to] = event.shiftKey ? [seen[0], seen.at(-1)] : [seen.at(-1), seen[0]];
    if (!seen.length || event.target !== from) return;
    event.preventDefault();
    to.focus();
  }

  let held = null; // what has the focus
  let trail = []; // the keys of what it is in, from the inside
  page.addEventListener("focusin", (event) => {
    held = event.target;
    trail = around(held);
    if (held.closest(POPOVER)) trail.push(...around(opener()));
  });

  function opener() {
    return page.querySelector('.stMain button[aria-expanded="true"]');
  }

  function around(element) {
    const names = [];
    for (; element; element = element.parentElement) {
      names.push(...[...element.classList].filter((name) => name.startsWith("st-key-")));
    }
    return names;
  }

  let waiting = 0;
  const changed = () => {
    clearTimeout(waiting);
    waiting = setTimeout(settled, 120);
  };
  new MutationObserver((records) => {
    if (!keyboard) return;
    const opened = records.some((record) =>
      [...record.addedNodes].some((node) => node.matches?.(POPOVER) || node.querySelector?.(POPOVER)),
    );
    if (opened || lost()) changed();
  }).observe(page.body, { childList: true, subtree: true });

  function lost() {
    return held && !held.isConnected && page.activeElement === page.body;
  }

  function settled() {
    if (!page.querySelector('.stApp[data-test-script-state="notRunning"]')) return changed();
    const popover = page.querySelector(POPOVER);
    if (popover && page.activeElement === opener()) {
      [...popover.querySelectorAll(REACHED)].find((element) => element.offsetParent)?.focus();
    } else if (lost()) {
      const [name] = trail.filter((key) => page.getElementsByClassName(key).length);
      land(page.getElementsByClassName(name)[0] ?? page.querySelector(".stMain"), name === trail[0]);
    }
  }

  // To the box of a picker, to the button where it was drawn anew, or to the place as a whole.
  function land(place, same) {
    const inside = place.querySelector(
      place.matches('[class*="st-key-pick-"]') ? BOX : same ? held.tagName : ":not(*)",
    );
    if (!inside && !place.hasAttribute("tabindex")) place.tabIndex = -1;
    (inside ?? place).focus();
  }
})();
