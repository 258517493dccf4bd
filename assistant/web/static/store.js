// Conversations, kept in this browser only. A conversation: {id, title, turns}; a turn: what the page got for
// a question (see asking.py) with its question and verdict.

const STORE_KEY = "sorafenib-assistant/1"; // another number when the shape or the HTML of a turn changes
const MOST_CONVERSATIONS = 40; // about 20 kB an answer: well below the 5 MB that browsers give a page

function openStore() {
  let conversations = [];
  try {
    conversations = JSON.parse(localStorage.getItem(STORE_KEY)) || [];
  } catch {
    conversations = []; // not readable, or storage is switched off: start empty
  }

  function write() {
    conversations = conversations.slice(0, MOST_CONVERSATIONS);
    for (;;) {
      try {
        localStorage.setItem(STORE_KEY, JSON.stringify(conversations));
        return;
      } catch {
        if (conversations.length < 2) return; // full or switched off: this page still works, it only forgets
        conversations.pop();
      }
    }
  }

  return {
    all: () => conversations,
    get: (id) => conversations.find((conversation) => conversation.id === id),
    put(conversation) {
      conversations = [conversation, ...conversations.filter((other) => other.id !== conversation.id)];
      write();
    },
    remove(id) {
      conversations = conversations.filter((other) => other.id !== id);
      write();
    },
  };
}
