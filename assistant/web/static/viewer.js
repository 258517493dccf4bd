// The viewer: a paper's text, opened at a sentence. Escape or the button returns to where it was opened.

function startViewer(room) {
  const dialog = room.find("[data-viewer]");
  const page = room.find("[data-page]");

  async function open(id, start, end) {
    room.find("[data-paper-name]").textContent = "";
    page.innerHTML = '<p class="hint">Opening the paper…</p>';
    if (!dialog.open) dialog.showModal();
    const asked = { id };
    if (start !== undefined) Object.assign(asked, { start: Number(start), end: Number(end) });
    const got = await room.call("paper", asked);
    if (got.error) {
      page.innerHTML = '<div class="error" role="alert"><p></p></div>';
      page.querySelector("p").textContent = got.error;
      return;
    }
    page.innerHTML = got.html;
    room.find("[data-paper-name]").textContent = page.querySelector("[data-name]").dataset.name;
    page.scrollTop = 0;
    dialog.setAttribute("aria-label", page.querySelector("h2").textContent);
    const mark = page.querySelector("mark");
    if (mark) mark.scrollIntoView({ block: "center" });
    page.focus({ preventScroll: true });
  }

  room.find("[data-close-viewer]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // beside the page
  });
  room.element.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener) open(opener.dataset.paper, opener.dataset.start, opener.dataset.end);
  });

  return { open };
}
