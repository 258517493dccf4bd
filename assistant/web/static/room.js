// Puts the panels together. `element`, `trigger`, `props`, `server`, `upload`, `watch` come from Gradio.

const room = {
  element,
  upload,
  find: (selector) => element.querySelector(selector),
  trigger: (event, data) => trigger(event, data), // events: 'ask', 'bring'
  calm: () => matchMedia("(prefers-reduced-motion: reduce)").matches,
  textOf: (turn, selector) => {
    const found = element.querySelector(`[data-turn="${turn.id}"] ${selector}`);
    return found ? found.textContent : "";
  },

  newId: () => crypto.getRandomValues(new Uint32Array(2)).join("-"), // randomUUID needs https

  async call(name, data) {
    try {
      return await server[name](data);
    } catch {
      return { error: "The assistant does not answer. See whether it is still running, then try again." };
    }
  },

  async alive() {
    try {
      return (await fetch(location.href, { method: "HEAD", cache: "no-store" })).ok;
    } catch {
      return false;
    }
  },

  veil(on) {
    room.find("[data-veil]").classList.toggle("on", on);
  },

  toast(words) {
    const toast = room.find("[data-toast]");
    toast.textContent = words;
    toast.hidden = false;
    clearTimeout(room.toasting);
    room.toasting = setTimeout(() => (toast.hidden = true), 2500);
  },
};

const store = openStore();
room.sources = startSources(room);
room.viewer = startViewer(room);
room.library = startLibrary(room, store);
room.conversation = startConversation(room, store);

for (const button of element.querySelectorAll("[data-new]")) {
  button.addEventListener("click", () => {
    room.library.closeDrawer();
    room.conversation.start();
  });
}

function closeOverlays() {
  room.sources.closeSheet();
  room.library.closeDrawer();
}
room.find("[data-veil]").addEventListener("click", closeOverlays);
element.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeOverlays();
});

watch("turn", () => room.conversation.step(props.turn));
watch("adding", () => room.library.step(props.adding));
room.library.showConversations(null);
room.conversation.resume();
room.library.showPapers();
if (!NARROW.matches) room.find("[data-text]").focus();
room.find("[data-room]").dataset.ready = "true";
