// What changes while it is looked at: data-live="address of the stream" on the part that changes.
"use strict";
(() => {
  const part = document.querySelector("[data-live]");
  if (!part) return;
  const stream = new EventSource(part.dataset.live);
  stream.addEventListener("message", (event) => { part.innerHTML = event.data; });
  stream.addEventListener("over", () => { stream.close(); location.reload(); });
})();
