// The sources panel: the cards of one answer at a time; a sheet on a narrow page.

const NARROW = matchMedia("(max-width: 899.98px)");

function startSources(room) {
  const panel = room.find("[data-sources]");
  const cards = room.find("[data-cards]");
  const hint = room.find("[data-sources-hint]");
  let shown = null; // the turn whose cards are shown
  let opener = null; // where the focus goes back to when the sheet closes

  function show(turn) {
    const html = (turn && turn.sources) || "";
    if (turn !== shown || cards.dataset.html !== html) {
      const same = turn === shown;
      shown = turn;
      cards.dataset.html = html;
      cards.innerHTML = html;
      if (!same) top();
    }
    hint.hidden = Boolean(html);
  }

  function top() {
    cards.scrollTop = 0;
  }

  function card(number) {
    return cards.querySelector(`[data-card="${CSS.escape(number)}"]`);
  }

  function lift(number) {
    for (const other of cards.querySelectorAll(".lifted")) other.classList.remove("lifted");
    const found = number && card(number);
    if (!found) return;
    found.classList.add("lifted");
    found.scrollIntoView({ block: NARROW.matches ? "start" : "nearest", behavior: room.calm() ? "auto" : "smooth" });
  }

  function openSheet(turn, number, from) {
    show(turn);
    opener = from;
    panel.classList.add("open");
    room.veil(true);
    lift(number);
    const found = card(number);
    if (found) found.querySelector("[data-open]").focus({ preventScroll: true });
  }

  function closeSheet() {
    if (!panel.classList.contains("open")) return;
    panel.classList.remove("open");
    room.veil(false);
    if (opener && opener.isConnected) opener.focus({ preventScroll: true });
  }

  cards.addEventListener("click", (event) => {
    const expand = event.target.closest("[data-expand]");
    if (!expand) return;
    const open = expand.closest(".card").classList.toggle("expanded");
    expand.setAttribute("aria-expanded", String(open));
    expand.textContent = open ? "Show less" : "Show more";
  });
  room.find("[data-close-sources]").addEventListener("click", closeSheet);
  NARROW.addEventListener("change", closeSheet);

  return { show, top, lift, openSheet, closeSheet };
}
