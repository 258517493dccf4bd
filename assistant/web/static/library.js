// The library panel: conversations and papers; adding papers. A drawer below 1,200 px.

const FOLDED_KEY = "sorafenib-assistant/folded";

function startLibrary(room, store) {
  const panel = room.find("[data-library]");
  const list = room.find("[data-conversations]");
  const files = room.find("[data-files]");
  const report = room.find("[data-adding]");
  const stop = room.find("[data-stop-adding]");
  let run = ""; // what is being added; steps of another run came too late

  function showConversations(current) {
    const all = store.all();
    room.find("[data-conversations-section]").hidden = !all.length;
    list.replaceChildren(...all.map((conversation) => row(conversation, conversation.id === current)));
  }

  function row(conversation, current) {
    const item = document.createElement("li");
    const open = document.createElement("button");
    open.type = "button";
    open.dataset.conversation = conversation.id;
    open.textContent = conversation.title;
    open.title = conversation.title;
    if (current) open.setAttribute("aria-current", "true");
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "quiet remove";
    remove.dataset.forget = conversation.id;
    remove.setAttribute("aria-label", `Delete the conversation: ${conversation.title}`);
    remove.innerHTML = room.find("[data-close-sources]").innerHTML;
    item.append(open, remove);
    return item;
  }

  async function showPapers() {
    const got = await room.call("papers", {});
    const place = room.find("[data-papers]");
    if (got.error) {
      place.innerHTML = '<div class="error" role="alert"><p></p></div>';
      place.querySelector("p").textContent = got.error;
      return;
    }
    place.innerHTML = got.html;
    room.find("[data-count]").textContent = got.count;
  }

  async function add(chosen) {
    if (!chosen.length || !stop.hidden) return;
    stop.hidden = false;
    report.innerHTML = '<p class="adding"></p><progress aria-label="Files sent"></progress>';
    const line = report.querySelector("p");
    const bar = report.querySelector("progress");
    bar.max = chosen.length;
    const paths = [];
    try {
      for (const file of chosen) {
        line.textContent = `Sending ${file.name}`;
        paths.push((await room.upload(file)).path);
        bar.value = paths.length;
      }
    } catch (error) {
      finish();
      report.innerHTML = '<div class="error" role="alert"><p></p></div>';
      report.querySelector("p").textContent =
        "The files could not be sent. Files may be 100 MB at most; is the assistant still running?";
      return;
    }
    run = room.newId();
    room.trigger("bring", { run, paths });
  }

  function finish() {
    stop.hidden = true;
    files.value = "";
  }

  function step(adding) {
    if (!adding || stop.hidden || adding.run !== run) return; // stopped meanwhile
    report.innerHTML = adding.html;
    if (adding.done) {
      finish();
      showPapers();
    }
  }

  function drawer(open) {
    panel.classList.toggle("open", open);
    room.veil(open);
    if (open) panel.querySelector("[data-new]").focus();
  }

  function fold(folded) {
    room.find("[data-room]").classList.toggle("folded", folded);
    try {
      localStorage.setItem(FOLDED_KEY, folded ? "1" : "");
    } catch {} // storage is switched off: the column is there again next time
  }

  files.addEventListener("change", () => add([...files.files]));
  panel.addEventListener("dragover", (event) => event.preventDefault());
  panel.addEventListener("drop", (event) => {
    event.preventDefault();
    add([...event.dataTransfer.files]);
  });
  stop.addEventListener("click", () => {
    room.call("stop", { name: run });
    finish();
    report.innerHTML = '<p class="adding">Stopped. Papers that were already added stay.</p>';
    showPapers();
  });
  list.addEventListener("click", (event) => {
    const forget = event.target.closest("[data-forget]");
    const open = event.target.closest("[data-conversation]");
    if (forget) room.conversation.forget(forget.dataset.forget);
    else if (open) room.conversation.open(open.dataset.conversation);
    if (open) drawer(false);
  });
  room.find("[data-open-library]").addEventListener("click", () => drawer(true));
  room.find("[data-fold-library]").addEventListener("click", () => {
    if (panel.classList.contains("open")) drawer(false);
    else fold(true);
  });
  room.find("[data-unfold-library]").addEventListener("click", () => fold(false));
  try {
    if (localStorage.getItem(FOLDED_KEY)) fold(true);
  } catch {} // storage is switched off

  return { showConversations, showPapers, step, closeDrawer: () => drawer(false) };
}
