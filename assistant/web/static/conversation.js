// The conversation panel: questions and answers, the box to ask in, the actions under an answer.

const QUIET_SECONDS = 4; // after so long without a step, see whether the assistant is still there
const HISTORY_TURNS = 6; // earlier turns handed on with a question
const LONGEST_TITLE = 80;
const CURRENT_KEY = "sorafenib-assistant/current";
const LOST = "The connection to the assistant was lost. See whether it is still running, then ask again.";

function startConversation(room, store) {
  const list = room.find("[data-turns]");
  const scroll = room.find("[data-scroll]");
  const text = room.find("[data-text]");
  const message = room.find("[data-message]");
  const announcer = room.find("[data-announcer]");
  let current = fresh();
  let pending = null; // the turn that is being answered
  let watchdog = 0;

  function fresh() {
    return { id: room.newId(), title: "", turns: [] };
  }

  // ---- asking

  function ask(question) {
    if (pending) return;
    if (!question.trim()) {
      say("Type a question first.");
      return;
    }
    say("");
    const history = current.turns
      .filter((turn) => turn.answer)
      .slice(-HISTORY_TURNS)
      .map((turn) => ({ question: turn.question, answer: turn.answer.text }));
    pending = { id: room.newId(), question, state: "waiting", html: "", sources: "" };
    current.turns.push(pending);
    append(pending);
    showReply(pending, '<p class="status"><span class="dot" aria-hidden="true"></span>Searching…</p>');
    room.sources.show(pending);
    text.value = "";
    resize();
    busy(true);
    article(pending).scrollIntoView({ block: "start", behavior: room.calm() ? "auto" : "smooth" });
    room.trigger("ask", { turn: pending.id, question, history });
    watch();
  }

  function step(draft) {
    if (!pending || !draft || draft.turn !== pending.id) return; // stopped, or of another question
    const turn = Object.assign(pending, draft);
    watch();
    if (turn.state === "refused") {
      withdraw(turn);
      return;
    }
    showReply(turn, turn.html);
    room.sources.show(turn);
    if (turn.state !== "waiting") finish(turn);
    else announcer.textContent = room.textOf(turn, ".status");
  }

  function finish(turn) {
    settle();
    room.sources.top();
    if (turn.state === "error") {
      if (!text.value) text.value = turn.question;
      resize();
      current.turns = current.turns.filter((other) => other !== turn);
      return;
    }
    announcer.textContent = turn.state === "answered" ? "The answer is there." : "Not in these papers.";
    keep();
    if (turn.state === "answered") suggest(turn);
  }

  // A question that cannot be asked goes back into the box, letter for letter.
  function withdraw(turn) {
    settle();
    current.turns = current.turns.filter((other) => other !== turn);
    article(turn).remove();
    text.value = turn.question;
    resize();
    say(turn.message);
    showStart();
    text.focus();
  }

  function stop() {
    if (!pending) return;
    const turn = pending;
    room.call("stop", { name: turn.id });
    settle();
    current.turns = current.turns.filter((other) => other !== turn);
    const status = article(turn).querySelector(".status");
    if (status) status.textContent = "Stopped.";
    if (!text.value) text.value = turn.question;
    resize();
    text.focus();
  }

  function watch() {
    clearTimeout(watchdog);
    watchdog = setTimeout(async () => {
      if (!pending) return;
      if (await room.alive()) watch();
      else if (pending) fail(pending, LOST);
    }, QUIET_SECONDS * 1000);
  }

  function fail(turn, reason) {
    turn.sources = "";
    showReply(turn, '<div class="error" role="alert"><p></p></div>');
    article(turn).querySelector(".error p").textContent = reason;
    turn.state = "error";
    room.sources.show(turn);
    finish(turn);
  }

  function settle() {
    pending = null;
    clearTimeout(watchdog);
    busy(false);
  }

  async function suggest(turn) {
    const got = await room.call("more", {
      answer: turn.answer,
      asked: current.turns.map((other) => other.question),
    });
    const place = article(turn) && article(turn).querySelector("[data-more]");
    if (!place || got.error || !got.questions.length) return;
    const buttons = got.questions.map((question) => {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.question = question;
      button.textContent = question;
      return button;
    });
    place.replaceChildren(...buttons);
  }

  // ---- showing

  function append(turn) {
    const item = document.createElement("li");
    item.className = "turn";
    item.dataset.turn = turn.id;
    const question = document.createElement("h2");
    question.className = "question";
    question.textContent = turn.question;
    const reply = document.createElement("div");
    reply.className = "reply";
    item.append(question, reply);
    list.append(item);
    showStart();
  }

  function article(turn) {
    return list.querySelector(`[data-turn="${turn.id}"]`);
  }

  function showReply(turn, html) {
    const reply = article(turn).querySelector(".reply");
    reply.innerHTML = html;
    mark(reply, turn.verdict);
  }

  function showStart() {
    room.find("[data-welcome]").hidden = list.childElementCount > 0;
  }

  function say(words) {
    message.textContent = words;
    message.hidden = !words;
  }

  function busy(is) {
    room.find("[data-send]").hidden = is;
    room.find("[data-stop]").hidden = !is;
  }

  function resize() {
    text.style.height = "auto";
    text.style.height = `${Math.min(text.scrollHeight, innerHeight * 0.3)}px`;
  }

  // ---- conversations

  function keep() {
    if (!current.title) current.title = current.turns[0].question.trim().slice(0, LONGEST_TITLE);
    remember(current.id);
    store.put({ ...current, turns: current.turns.filter((turn) => turn.answer) });
    room.library.showConversations(current.id);
  }

  function show(conversation) {
    if (pending) stop();
    current = conversation;
    list.replaceChildren();
    for (const turn of conversation.turns) {
      append(turn);
      showReply(turn, turn.html);
    }
    showStart();
    say("");
    room.sources.show(conversation.turns.at(-1) || null);
    remember(conversation.id);
    room.library.showConversations(conversation.id);
    const last = conversation.turns.at(-1);
    if (last) article(last).scrollIntoView({ block: "start" });
  }

  function start() {
    show(fresh());
    if (!NARROW.matches) text.focus(); // on a phone the keyboard would cover the page
  }

  // After a reload the page shows the conversation that it showed before.
  function resume() {
    try {
      open(sessionStorage.getItem(CURRENT_KEY));
    } catch {} // storage is switched off: start anew
  }

  function remember(id) {
    try {
      sessionStorage.setItem(CURRENT_KEY, id);
    } catch {} // storage is switched off
  }

  function open(id) {
    const conversation = store.get(id);
    if (conversation) show({ ...conversation, turns: [...conversation.turns] });
  }

  function forget(id) {
    store.remove(id);
    if (id === current.id) start();
    else room.library.showConversations(current.id);
  }

  // ---- actions

  function turnAt(node) {
    const id = node.closest("[data-turn]").dataset.turn;
    return current.turns.find((turn) => turn.id === id);
  }

  async function copy(turn) {
    try {
      await navigator.clipboard.writeText(turn.exports.text);
      room.toast("Copied with references");
    } catch {
      room.toast("The browser did not allow copying: use Export instead");
    }
  }

  function download(turn, format) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([turn.exports[format]], { type: "text/plain;charset=utf-8" }));
    link.download = `answer.${format}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  async function rate(turn, verdict) {
    const now = turn.verdict === verdict ? "withdrawn" : verdict;
    const got = await room.call("rate", { verdict: now, answer: turn.answer });
    if (got.error) {
      room.toast(got.error);
      return;
    }
    turn.verdict = now;
    mark(article(turn), now);
    room.toast(now === "withdrawn" ? "Taken back" : "Thank you: kept with your library");
    keep();
  }

  function mark(place, verdict) {
    for (const button of place.querySelectorAll("[data-verdict]")) {
      button.setAttribute("aria-pressed", String(button.dataset.verdict === verdict));
    }
  }

  // ---- events

  function pressed(event) {
    const question = event.target.closest("[data-question]");
    const pill = event.target.closest("[data-pill]");
    const exported = event.target.closest("[data-export]");
    const verdict = event.target.closest("[data-verdict]");
    if (question) ask(question.dataset.question);
    else if (pill) {
      event.preventDefault();
      const turn = turnAt(pill);
      if (NARROW.matches) room.sources.openSheet(turn, pill.dataset.pill, pill);
      else room.viewer.open(pill.dataset.paper, pill.dataset.start, pill.dataset.end);
    } else if (exported) {
      download(turnAt(exported), exported.dataset.export);
      exported.closest("details").open = false;
    } else if (verdict) rate(turnAt(verdict), verdict.dataset.verdict);
    else if (event.target.closest("[data-copy]")) copy(turnAt(event.target));
    else if (event.target.closest("[data-again]")) ask(turnAt(event.target).question);
  }

  function pointed(event) {
    const pill = event.target.closest("[data-pill]");
    if (!pill || NARROW.matches) return;
    const turn = turnAt(pill);
    if (!turn) return;
    room.sources.show(turn);
    room.sources.lift(pill.dataset.pill);
  }

  function left(event) {
    if (event.target.closest("[data-pill]") && !NARROW.matches) room.sources.lift(null);
  }

  const main = room.find(".conversation");
  main.addEventListener("click", pressed);
  main.addEventListener("keydown", (event) => {
    if (event.key === " " && event.target.matches("[data-pill]")) pressed(event);
  });
  for (const name of ["mouseover", "focusin"]) main.addEventListener(name, pointed);
  for (const name of ["mouseout", "focusout"]) main.addEventListener(name, left);
  document.addEventListener("click", (event) => {
    for (const menu of list.querySelectorAll("details[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  room.find("[data-composer]").addEventListener("submit", (event) => {
    event.preventDefault();
    ask(text.value);
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    ask(text.value);
  });
  text.addEventListener("input", () => {
    say("");
    resize();
  });
  room.find("[data-stop]").addEventListener("click", stop);

  return { step, start, resume, open, forget };
}
