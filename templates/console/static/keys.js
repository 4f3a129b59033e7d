// Keys of the console: each one clicks or focuses what a page shows anyway (data-key="x").
"use strict";
(() => {
  const SWITCH = "digest-keys";
  const WAIT = 1500; // milliseconds after g
  let going = 0;

  const isOff = () => localStorage.getItem(SWITCH) === "off";
  const isShown = (element) => element.getClientRects().length > 0;
  const isTyping = (target) =>
    target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) &&
    !/^(checkbox|radio|button|submit)$/.test(target.type || "");

  const current = () => document.querySelector("[data-row][aria-current='true']");
  const rows = () => [...document.querySelectorAll("[data-row]")].filter(isShown);

  function move(by) {
    const all = rows();
    if (!all.length) return false;
    const before = all.indexOf(current());
    const next = all[Math.min(all.length - 1, Math.max(0, before + by))];
    if (before >= 0) all[before].removeAttribute("aria-current");
    next.setAttribute("aria-current", "true");
    if (!next.hasAttribute("tabindex")) next.tabIndex = -1;
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    return true;
  }

  // Inside the current row first, then anywhere on the page.
  function find(name, value) {
    const wanted = `[${name}="${CSS.escape(value)}"]`;
    const row = current();
    return (row && row.querySelector(wanted)) ||
      [...document.querySelectorAll(wanted)].find((one) => !one.closest("[data-row]") && isShown(one));
  }

  function use(element) {
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) && element.type !== "checkbox") element.focus();
    else element.click();
  }

  function help() {
    const open = document.querySelector("dialog[data-keys]");
    if (open) return open.close();
    const dialog = document.createElement("dialog");
    dialog.dataset.keys = "";
    dialog.setAttribute("aria-label", "Keys");
    const heading = document.createElement("h2");
    heading.textContent = "Keys";
    const list = document.createElement("dl");
    list.className = "facts";
    for (const [key, words] of listed()) {
      const term = document.createElement("dt");
      const shown = document.createElement("kbd");
      shown.textContent = key;
      term.append(shown);
      const said = document.createElement("dd");
      said.textContent = words;
      list.append(term, said);
    }
    const bar = document.createElement("p");
    bar.className = "bar";
    bar.append(
      button(isOff() ? "Switch keys on" : "Switch keys off", () => {
        localStorage.setItem(SWITCH, isOff() ? "on" : "off");
        dialog.close();
      }),
      button("Close", () => dialog.close()),
    );
    dialog.append(heading, list, bar);
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  function button(words, action) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "quiet";
    made.textContent = words;
    made.addEventListener("click", action);
    return made;
  }

  function listed() {
    const found = new Map();
    if (rows().length) found.set("j", "Next row").set("k", "Row before");
    for (const one of document.querySelectorAll("[data-key]")) {
      const words = one.dataset.keyWords || one.getAttribute("aria-label") || one.textContent.trim();
      if (words && !found.has(one.dataset.key)) found.set(one.dataset.key, words);
    }
    for (const one of document.querySelectorAll("[data-go]")) {
      found.set(`g ${one.dataset.go[0]}`, one.textContent.trim());
    }
    return found.set("?", "These keys").set("Esc", "Close");
  }

  function go(key) {
    const page = [...document.querySelectorAll("[data-go]")].find((one) => one.dataset.go[0] === key);
    if (page) page.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isOff() || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "?") { event.preventDefault(); return help(); }
    if (going && Date.now() - going < WAIT) { going = 0; event.preventDefault(); return go(event.key); }
    if (event.key === "g") { going = Date.now(); return; }
    if (event.key === "j" || event.key === "k") {
      if (move(event.key === "j" ? 1 : -1)) event.preventDefault();
      return;
    }
    const found = find("data-key", event.key);
    if (found) { event.preventDefault(); use(found); }
  });

  for (const one of document.querySelectorAll("[data-keys-help]")) {
    one.hidden = false;
    one.addEventListener("click", help);
  }
})();
