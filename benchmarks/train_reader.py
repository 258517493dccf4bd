"""Train the span reader (assistant/span_reader.py): `python benchmarks/train_reader.py DATA BASE OUT [--held-out FOLD]`.

DATA is a folder with covidqa/, trials/, squad2/, scifact/ in the layout of its README; BASE the folder of
all-MiniLM-L6-v2; OUT the safetensors file to write. Three stages, each on what the one before it has learned:
0. questions made from the papers' sentences, no labels (40,000; `Made`), of scifact's abstracts and the papers of fold 1;
1. the questions on the half of the papers that fold 1 holds (4 rounds);
2. all questions (1.5 rounds, those of stage 1 taken with probability .6, lower rate).
With `--held-out 0` stage 2 is left out: the figures in the report are measured on the other half then. Seeds are
fixed; about an hour and a half on two idle cores (bfloat16 arithmetic). No text of DATA gets into the weights file.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import time
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

SETS = ("covidqa", "trials", "squad2", "scifact")
CAP = 200  # word pieces a passage
BUDGETS = (120, 250, 450, 750)  # characters of a training window
HYPHENS = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")

# --- papers -> sentences -> passages -------------------------------------------------------------------------------
ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|et al|al|Figs?|Dr|Mrs?|Ms|vs|No|cf|ca|approx|St|Prof|Inc|Ltd|Co|Corp|Refs?|Eq|spp?|var|etc|Gen|Rev"
    r"|Col|Lt|Sgt|Jr|Sr|Vol|viz|resp|U\.S|U\.K)|\b[A-Z])\.$"
)
BREAK = re.compile(r"[.!?][\"'”’)\]]*(?:\s*\[\d+(?:[,\-–]\s*\d+)*\])*\s+(?=[\"'“‘(\[]*[A-Z0-9α-ωΑ-Ω])")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Offsets of the sentences of a paragraph."""
    spans, start = [], 0
    for found in BREAK.finditer(text):
        head = text[start : found.start() + 1]
        if (text[found.start()] == "." and ABBREVIATION.search(head[-12:])) or len(head.strip()) < 3:
            continue
        spans.append((start, found.end()))
        start = found.end()
    spans.append((start, len(text)))
    trimmed = []
    for a, b in spans:
        while a < b and text[a].isspace():
            a += 1
        while b > a and text[b - 1].isspace():
            b -= 1
        if b > a:
            trimmed.append((a, b))
    return trimmed


def _plain(element: ElementTree.Element) -> str:
    def walk(e: ElementTree.Element) -> str:
        return (e.text or "") + "".join(
            ("" if c.tag in ("fn", "table-wrap", "fig") else walk(c)) + (c.tail or "") for c in e
        )

    return re.sub(r"\s+", " ", walk(element)).strip()


def papers_of(data: Path, name: str) -> list[tuple[str, list[list[str]]]]:
    """(paper, sections), a section being a list of paragraphs."""
    folder = data / name
    if name == "scifact":
        records = map(json.loads, (folder / "papers.jsonl").read_text(encoding="utf-8").splitlines())
        return [(r["id"], [[r["abstract"]]]) for r in records]
    found = []
    for path in sorted((folder / "papers").iterdir()):
        raw = path.read_text(encoding="utf-8")
        if name == "trials":
            raw = re.sub(r'\sxmlns="[^"]*"', "", re.sub(r"<!DOCTYPE.*?>", "", raw, count=1, flags=re.S))
            root, sections = ElementTree.fromstring(raw), []

            def walk(e: ElementTree.Element, sections: list[list[str]] = sections) -> None:
                current: list[str] | None = None
                for c in e:
                    if c.tag == "sec":
                        current = None
                        walk(c)
                    elif c.tag in ("p", "list"):
                        if current is None:
                            current = []
                            sections.append(current)
                        current += [t for t in map(_plain, [c] if c.tag == "p" else c.iter("p")) if t]

            for part in (*root.iter("abstract"), *root.iter("body")):
                walk(part)
        else:
            paragraphs = [p.strip() for p in re.split(r"\n\s*\n", raw)][1:]
            sections = [[]]
            for p in paragraphs:
                if re.match(r"(https?://|SHA:|Authors:|Date:|DOI:|License:)", p):
                    continue
                label = re.match(r"(Abstract|Text):\s*", p) if name == "covidqa" else None
                if label:
                    sections.append([])
                    p = p[label.end() :]
                if p:
                    sections[-1].append(p)
        found.append((path.name, sections))
    return found


class Corpus:
    """Passages (runs of whole sentences of one section, at most CAP word pieces) with their sentence offsets."""

    def __init__(self, data: Path, name: str, tokenizer: Any) -> None:
        self.passages: list[str] = []
        self.spans: list[list[tuple[int, int]]] = []
        self.paper: list[str] = []
        for paper, sections in papers_of(data, name):
            for paragraphs in sections:
                run: list[tuple[str, str]] = []
                size = 0
                for text in paragraphs:
                    spans = sentence_spans(text)
                    pieces = tokenizer.encode_batch([text[a:b] for a, b in spans], add_special_tokens=False)
                    for k, ((a, b), piece) in enumerate(zip(spans, pieces, strict=True)):
                        if size and size + len(piece.ids) > CAP:
                            self._close(paper, run)
                            run, size = [], 0
                        run.append((" " if k else "\n\n", text[a:b]))
                        size += len(piece.ids)
                self._close(paper, run)

    def _close(self, paper: str, run: list[tuple[str, str]]) -> None:
        if not run:
            return
        text, spans = "", []
        for gap, sentence in run:
            text += gap if text else ""
            spans.append((len(text), len(text) + len(sentence)))
            text += sentence
        self.passages.append(text)
        self.spans.append(spans)
        self.paper.append(paper)


# --- lexical scores, for hard negatives ----------------------------------------------------------------------------
STOP = set(
    "a an the of in on at to for from by with and or is are was were be been being it its this that these those as do "
    "does did done has have had having can could may might will would shall should what which who whom whose when where "
    "why how there their they them he she his her i we our you your not no than then so such into about between during "
    "also but if s t".split()
)


def norm(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).translate(HYPHENS)).strip().lower()


def terms(text: str, stem: Any) -> list[str]:
    """Stemmed words; a hyphenated compound gives its parts and the joined form."""
    found: list[str] = []
    for word in re.findall(r"[^\W_]+(?:[-'’][^\W_]+)*", norm(text)):
        word = word.replace("’", "'").removesuffix("'s")
        parts = re.split(r"[-']", word)
        found += [p for p in parts if p and p not in STOP]
        if len(parts) > 1:
            found.append("".join(parts))
    return stem.stemWords(found)


class Lexical:
    def __init__(self, documents: list[list[str]]) -> None:
        self.size = len(documents)
        length = np.array([len(d) for d in documents], float)
        postings: dict[str, list[tuple[int, int]]] = {}
        for number, document in enumerate(documents):
            for term, count in Counter(document).items():
                postings.setdefault(term, []).append((number, count))
        self.weights = {}
        for term, rows in postings.items():
            at, count = np.array([r[0] for r in rows]), np.array([r[1] for r in rows], float)
            idf = math.log(1 + (self.size - len(rows) + 0.5) / (len(rows) + 0.5))
            self.weights[term] = (
                at,
                idf * count * 2.5 / (count + 1.5 * (0.25 + 0.75 * length[at] / length.mean())),
            )

    def score(self, query: list[str]) -> np.ndarray:
        total = np.zeros(self.size)
        for term in set(query):
            if term in self.weights:
                at, weight = self.weights[term]
                total[at] += weight
        return total


def unit(x: np.ndarray) -> np.ndarray:
    low, high = x.min(), x.max()
    return (x - low) / (high - low) if high > low else np.zeros_like(x)


# --- items: a question with passages that answer it and passages that do not ---------------------------------------
def holds(text: str, answer: str) -> bool:
    t, a = norm(text), norm(answer).strip(" .,;:()")
    if a and a in t:
        return True
    wanted, there = re.findall(r"[a-z0-9]+", norm(answer)), set(re.findall(r"[a-z0-9]+", t))
    return len(wanted) >= 6 and sum(w in there for w in wanted) >= 0.7 * len(wanted)


def occurrences(text: str, answer: str) -> list[tuple[int, int]]:
    pattern = re.sub(r"(?:\\ |\\\n|\s)+", r"\\s+", re.escape(answer.strip(" .,;:()")))
    pattern = re.sub(r"\\?[-‐‑‒–—−]", "[-‐‑‒–—−]", pattern)
    return [m.span() for m in re.finditer(pattern, text, re.I)] if pattern else []


def items_of(data: Path, name: str, corpus: Corpus, stem: Any) -> list[dict[str, Any]]:
    sentences = [
        [text[a:b] for a, b in spans] for text, spans in zip(corpus.passages, corpus.spans, strict=True)
    ]
    flat = [terms(s, stem) for group in sentences for s in group]
    starts = np.cumsum([0, *map(len, sentences)])[:-1]
    passages = [
        [word for words in flat[a : a + len(s)] for word in words]
        for a, s in zip(starts, sentences, strict=True)
    ]
    by_passage, by_sentence, items = Lexical(passages), Lexical(flat), []
    paper = np.array(corpus.paper)
    for line in (data / name / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        query = terms(record["question"], stem)
        each = by_sentence.score(query)
        score = unit(by_passage.score(query)) + unit(np.maximum.reduceat(each, starts))
        order = [int(p) for p in np.argsort(-score, kind="stable")[:40]]
        item: dict[str, Any] = {
            "set": name,
            "q": record["question"],
            "pos": [],
            "neg": [],
            "near": [],
            "null": [],
        }
        item["group"] = record.get("paper", record["id"])
        if name == "scifact":
            for key, evidence in record["evidence"].items():
                for p in np.flatnonzero(paper == key):
                    hit = [k for k, s in enumerate(sentences[p]) if any(s in e or e in s for e in evidence)]
                    if hit:
                        item["pos"].append((int(p), [], hit))
            item["neg"] = [p for p in order if paper[p] not in record["papers"]][:10]
        elif not record.get("answerable", True):
            item["null"] = [p for p in order if paper[p] == record["paper"]][:3] or order[:2]
        else:
            answers = record.get("answers") or [record["answer"]]
            own = np.flatnonzero(paper == record["paper"])
            good = [int(p) for p in own if any(holds(corpus.passages[p], a) for a in answers)]
            good.sort(key=lambda p: -score[p])
            for p in good[:1] + [p for p in good[1:2] if score[p] > 0.9 * score[good[0]]]:
                spans = sorted({x for a in answers for x in occurrences(corpus.passages[p], a)})
                hit = [k for k, s in enumerate(sentences[p]) if any(holds(s, a) for a in answers)]
                if len(spans) > 1:  # of several occurrences, those in the sentences nearest to the question
                    where = [max(k for k, (x, _) in enumerate(corpus.spans[p]) if x <= a) for a, _ in spans]
                    worth = [each[starts[p] + k] for k in where]
                    spans = [s for s, w in zip(spans, worth, strict=True) if w >= 0.8 * max(worth)]
                if spans or hit:
                    item["pos"].append((p, spans, hit))
            item["neg"] = [p for p in order if p not in good][:10]
            item["near"] = [p for p in order if p not in good and paper[p] == record["paper"]][:5]
        if item["pos"] or item["null"]:
            items.append(item)
    return items


def folds_of(data: Path) -> dict[tuple[str, str], int]:
    """Two halves of about as many questions; all questions of a paper (scifact: each claim alone) on one side."""
    sizes = Counter[tuple[str, str]]()
    for name in SETS:
        for line in (data / name / "questions.jsonl").read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            sizes[name, record.get("paper", record["id"])] += 1
    order, folds = random.Random(0), {}
    for name in ("covidqa", "squad2", "scifact", "trials"):
        keys = [k for k in sizes if k[0] == name]
        order.shuffle(keys)
        keys.sort(key=lambda k: -sizes[k])
        total = [0, 0]
        for key in keys:
            side = 0 if total[0] <= total[1] else 1
            total[side] += sizes[key]
            folds[key] = side
    return folds


# --- near misses: the question with one thing changed, so that its passage answers it no longer -------------------
OPPOSITES = (
    "increase decrease|increased decreased|increases decreases|higher lower|high low|highest lowest|largest smallest|"
    "most least|more less|first last|before after|north south|east west|northern southern|eastern western|"
    "positive negative|gain lose|gained lost|early late|earliest latest|older younger|upregulated downregulated|"
    "inhibit activate|inhibits activates|support oppose|supported opposed|started ended|begin end|began ended|win lose|"
    "inside outside|male female|men women|major minor|long short|best worst|up down|above below|mild severe|"
    "acute chronic|human mouse|humans animals|adults children|cause prevent|causes prevents|allowed forbidden|"
    "strong weak|new old|same different|always never|can cannot|did didn't|was wasn't|is isn't|are aren't|were weren't"
)
OPPOSITE: dict[str, str] = {}
for _pair in OPPOSITES.split("|"):
    _a, _b = _pair.split()
    OPPOSITE[_a] = _b
    OPPOSITE.setdefault(_b, _a)
NUMBER = re.compile(r"\b\d[\d,.]*\b")
NAME = re.compile(r"\b(?:[A-Z][\w-]*(?:\s+[A-Z][\w-]*)*|\w*[A-Za-z]\d\w*)\b")
OPENERS = set(
    "What Which Who When Where How Why In The A Is Are Does Do Did Was Were On At For From With To Of Whose Can During By "
    "After Before If Name I It Along Besides Since".split()
)


def entities(text: str) -> list[tuple[tuple[int, int], str]]:
    found = [
        (m.span(), "year" if re.fullmatch(r"[12]\d{3}", m.group()) else "number")
        for m in NUMBER.finditer(text)
    ]
    for m in NAME.finditer(text):
        at, words = m.start(), m.group().split()
        while words and words[0] in OPENERS:
            at += len(words[0]) + 1
            words = words[1:]
        name = " ".join(words)
        if len(name) > 1:
            found.append(
                ((at, at + len(name)), "gene" if re.search(r"\d", name) or name.isupper() else "name")
            )
    return found


class Examples:
    """Draws the examples of an epoch: (question, window, kind, targets)."""

    def __init__(
        self, corpora: dict[str, Corpus], items: list[dict[str, Any]], chance: random.Random, stem: Any
    ) -> None:
        self.corpora, self.items, self.chance, self.stem = corpora, items, chance, stem
        pool: dict[tuple[str, str, str], set[str]] = {}
        for item in items:
            for p in {x[0] for x in item["pos"]} | set(item["neg"][:3]):
                text = corpora[item["set"]].passages[p]
                for (a, b), kind in entities(text):
                    pool.setdefault((*self._home(item["set"], p), kind), set()).add(text[a:b])
        self.pool = {k: sorted(v) for k, v in pool.items()}

    def _home(self, name: str, p: int) -> tuple[str, str]:
        return name, "" if name == "scifact" else self.corpora[name].paper[p]

    def window(self, name: str, p: int, keep: int) -> tuple[str, int, int, int]:
        """A random run of sentences of passage `p` with sentence `keep` in it: text, offset, first, last."""
        spans, budget = self.corpora[name].spans[p], self.chance.choice(BUDGETS)
        low = high = keep
        while options := [o for o in (low - 1, high + 1) if 0 <= o < len(spans)]:
            o = self.chance.choice(options)
            a, b = min(low, o), max(high, o)
            if spans[b][1] - spans[a][0] > budget:
                break
            low, high = a, b
        return self.corpora[name].passages[p][spans[low][0] : spans[high][1]], spans[low][0], low, high

    def near_miss(self, name: str, p: int, question: str, text: str) -> str | None:
        found, low = entities(question), text.lower()
        self.chance.shuffle(found)
        words = [m for m in re.finditer(r"[A-Za-z']+", question) if m.group().lower() in OPPOSITE]
        if words and self.chance.random() < (0.35 if found else 0.8):
            m = self.chance.choice(words)
            return question[: m.start()] + OPPOSITE[m.group().lower()] + question[m.end() :]
        for (a, b), kind in found:
            others = self.pool.get((*self._home(name, p), kind), [])
            for _ in range(6 if others else 0):
                x = self.chance.choice(others)
                if x.lower() not in low and x.lower() not in question.lower() and len(x) < 40:
                    return question[:a] + x + question[b:]
        return None

    def epoch(self, seen: Any = None) -> list[tuple[str, str, str, list[tuple[int, int]]]]:
        out: list[tuple[str, str, str, list[tuple[int, int]]]] = []
        chance = self.chance
        for item in self.items:
            if seen is not None and seen(item) and chance.random() > 0.6:
                continue
            name, question = item["set"], item["q"]
            corpus = self.corpora[name]
            asked = question if chance.random() > 0.15 else question.rstrip("?").lower()
            if item["pos"]:
                p, spans, hit = chance.choice(item["pos"])
                where = corpus.spans[p]
                if spans:
                    a0 = chance.choice(spans)[0]
                    keep = max(k for k, (x, _) in enumerate(where) if x <= a0)
                else:
                    keep = chance.choice(hit)
                text, at, low, high = self.window(name, p, keep)
                inside = [(a - at, b - at) for a, b in spans if a >= at and b - at <= len(text)]
                if inside:
                    out.append((asked, text, "span", inside))
                elif whole := [(where[k][0] - at, where[k][1] - at) for k in hit if low <= k <= high]:
                    out.append((asked, text, "sentence", whole))
                elif part := [
                    (max(0, a - at), min(len(text), b - at))
                    for a, b in spans
                    if a - at < len(text) and b > at
                ]:
                    out.append((asked, text, "sentence", part))
                if chance.random() < 0.3 and (changed := self.near_miss(name, p, question, text)):
                    out.append((changed, text, "null", []))
                wrong = item["neg"] if chance.random() < 0.5 or not item["near"] else item["near"]
                if wrong and chance.random() < (0.4 if name == "squad2" else 1.0):
                    p = chance.choice(wrong[:8])
                    text, *_ = self.window(name, p, chance.randrange(len(corpus.spans[p])))
                    out.append((asked, text, "null", []))
            else:
                p = item["null"][min(len(item["null"]) - 1, chance.choice([0, 0, 1]))]
                wanted = set(terms(question, self.stem))
                shared = [
                    len(wanted & set(terms(corpus.passages[p][a:b], self.stem))) + 0.9 * chance.random()
                    for a, b in corpus.spans[p]
                ]
                text, *_ = self.window(name, p, int(np.argmax(shared)))
                out.append((asked, text, "null", []))
        chance.shuffle(out)
        return out


# --- questions made from sentences ----------------------------------------------------------------------------------
CONTENT = re.compile(r"[^\W_][\w'’-]*[^\W_]")
ASKING = ("what", "what", "which", "who or what", "how many", "")
CLAIMING = ("does", "is it true that", "is there evidence that", "do", "is", "", "can")
MADE_A_ROUND, MADE_ROUNDS = 6400, 6.25
QUESTION_WORDS = 22  # words kept around the blank
DROPPED = 0.25  # of the other words, so that the question does not repeat the sentence


def content(text: str) -> list[tuple[int, int]]:
    """Offsets of the words of a text that mean something by themselves."""
    return [m.span() for m in CONTENT.finditer(text) if m.group().lower() not in STOP]


class Made:
    """Draws questions that are made from sentences, no labels needed: (question, window, kind, targets).

    A blank for a phrase of the sentence, asked of its own passage (cloze) or of another passage of the field that
    holds the phrase (span selection: Glass et al. 2020, arXiv 1909.04120); a claim, whose sentence is the answer; and
    near misses of both, in which another phrase is swapped for one of another passage.
    """

    def __init__(self, examples: Examples, passages: list[tuple[str, int]], chance: random.Random) -> None:
        self.examples, self.passages, self.chance = examples, passages, chance
        self.phrases: list[str] = []
        self.where: dict[str, list[tuple[str, int]]] = {}
        for name, p in passages:
            text = examples.corpora[name].passages[p]
            for a, b in self._phrases(text):
                self.where.setdefault(text[a:b].lower(), []).append((name, p))
        self.phrases = [x for x, at in self.where.items() if len(at) < 200]

    def _phrases(self, text: str) -> list[tuple[int, int]]:
        """Entities, and runs of up to three content words with nothing but a space between them."""
        words, found = content(text), [span for span, _ in entities(text)]
        for k, (a, b) in enumerate(words):
            found.append((a, b))
            for c, d in words[k + 1 : k + 3]:
                if c != b + 1:
                    break
                b = d
                found.append((a, b))
        return [(a, b) for a, b in found if b - a > 2]

    def _thinned(self, text: str) -> str:
        words = [w for w in text.split() if self.chance.random() > DROPPED]
        return " ".join(words)

    def _swapped(self, text: str, passage: str, spare: str) -> str | None:
        """The text with one phrase exchanged for one that the passage does not hold."""
        found = [(a, b) for a, b in self._phrases(text) if text[a:b].lower() not in spare.lower()]
        self.chance.shuffle(found)
        low = passage.lower()
        for a, b in found[:4]:
            other = self.chance.choice(self.phrases)
            if other not in low and len(other) < 40:
                return text[:a] + other + text[b:]
        return None

    def one(self) -> tuple[str, str, str, list[tuple[int, int]]] | None:
        chance = self.chance
        name, p = chance.choice(self.passages)
        corpus = self.examples.corpora[name]
        k = chance.randrange(len(corpus.spans[p]))
        a, b = corpus.spans[p][k]
        sentence = corpus.passages[p][a:b]
        if len(sentence.split()) < 7 or len(sentence) > 500:
            return None
        kind = chance.random()
        if kind < 0.25:  # a claim
            words = sentence.rstrip(". ").split()
            at = chance.randrange(max(1, len(words) - QUESTION_WORDS))
            claim = " ".join(words[at : at + chance.randrange(7, QUESTION_WORDS)])
            text, offset, *_ = self.examples.window(name, p, k)
            changed = self._swapped(claim, text, "") if chance.random() < 0.5 else None
            asked = f"{chance.choice(CLAIMING)} {self._thinned(changed or claim)}?".strip()
            return (
                (asked, text, "null", [])
                if changed
                else (asked, text, "sentence", [(a - offset, b - offset)])
            )
        phrases = self._phrases(sentence)
        if not phrases:
            return None
        x, y = chance.choice(phrases)
        phrase = sentence[x:y]
        before, after = (
            sentence[:x].split()[-QUESTION_WORDS // 2 :],
            sentence[y:].split()[: QUESTION_WORDS // 2],
        )
        blank = chance.choice(ASKING)
        rest = [" ".join(before), " ".join(after).rstrip(".")]
        if phrase.lower() in " ".join(rest).lower():
            return None
        if kind < 0.5:  # the same blank, asked of another passage that holds the phrase
            others = [o for o in self.where.get(phrase.lower(), []) if o != (name, p)]
            if not others or len(others) > 100:
                return None
            wanted = set(terms(" ".join(rest), self.examples.stem))
            chance.shuffle(others)
            scored = [
                (len(wanted & set(terms(self.examples.corpora[n].passages[q], self.examples.stem))), n, q)
                for n, q in others[:6]
            ]
            shared, name, p = max(scored)
            if shared < 3:
                return None
            corpus = self.examples.corpora[name]
            hits = occurrences(corpus.passages[p], phrase)
            if not hits:
                return None
            k = max(k for k, (u, _) in enumerate(corpus.spans[p]) if u <= chance.choice(hits)[0])
            text, offset, *_ = self.examples.window(name, p, k)
            spans = [(u - offset, v - offset) for u, v in hits if u >= offset and v - offset <= len(text)]
            asked = " ".join([rest[0], blank, rest[1]]) + "?"
            return (asked, text, "span", spans) if spans else None
        text, offset, *_ = self.examples.window(name, p, k)
        changed = self._swapped(" | ".join(rest), text, phrase) if kind > 0.72 else None
        if kind > 0.72 and changed is None:
            return None
        left, _, right = (changed or " | ".join(rest)).partition(" | ")
        order = [self._thinned(left), blank, self._thinned(right)]
        if chance.random() < 0.4:  # the question word comes first in most questions
            order = [blank, order[0], order[2]]
        asked = " ".join(part for part in order if part) + "?"
        if chance.random() < 0.3:
            asked = asked.lower()
        return (
            (asked, text, "null", [])
            if changed
            else (asked, text, "span", [(a + x - offset, a + y - offset)])
        )

    def draw(self, count: int) -> list[tuple[str, str, str, list[tuple[int, int]]]]:
        out: list[tuple[str, str, str, list[tuple[int, int]]]] = []
        while len(out) < count:
            if (example := self.one()) is not None:
                out.append(example)
        return out


# --- the network ---------------------------------------------------------------------------------------------------
def build(base: Path) -> Any:
    import torch
    from transformers import AutoModel

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = AutoModel.from_pretrained(str(base), add_pooling_layer=False)
            size = self.bert.config.hidden_size
            self.span = torch.nn.Linear(size, 2)
            self.null = torch.nn.Sequential(
                torch.nn.Linear(size, size), torch.nn.Tanh(), torch.nn.Dropout(0.1), torch.nn.Linear(size, 1)
            )
            for layer in (self.span, self.null[0], self.null[3]):
                torch.nn.init.normal_(layer.weight, std=0.02)
                torch.nn.init.zeros_(layer.bias)
            self.bert.embeddings.requires_grad_(False)  # shared with the embedding model
            for module in self.modules():
                if isinstance(module, torch.nn.Dropout):
                    module.p = (
                        0.0  # takes two fifths of the time; windows and near misses are drawn anew each round
                    )

        def forward(self, ids: Any, types: Any, mask: Any, inside: Any) -> Any:
            h = self.bert(input_ids=ids, token_type_ids=types, attention_mask=mask).last_hidden_state
            spans = self.span(h).masked_fill(~inside[..., None], -1e4)
            return spans[..., 0], spans[..., 1], self.null(h[:, 0]).squeeze(-1)

    return Network()


def fit(
    net: Any, tokenizer: Any, draw: Any, epochs: float, rates: tuple[float, float], chance: random.Random
) -> None:
    import torch

    body = [p for p in net.bert.encoder.parameters() if p.requires_grad]
    heads = [*net.span.parameters(), *net.null.parameters()]
    optimizer = torch.optim.AdamW(
        [{"params": body}, {"params": heads}], lr=rates[0], weight_decay=0.01, betas=(0.9, 0.98)
    )

    def encode(example: Any) -> Any:
        asked = tokenizer.encode(example[0], add_special_tokens=False).ids[:48]
        text = tokenizer.encode(example[1], add_special_tokens=False)
        room = 285 - len(asked)
        ids = [101, *asked, 102, *text.ids[:room], 102]
        return ids, len(asked) + 2, text.offsets[:room], example

    def batches(examples: Any) -> Any:
        encoded, out = [encode(e) for e in examples], []
        for k in range(0, len(encoded), 320):
            chunk = sorted(encoded[k : k + 320], key=lambda x: len(x[0]))
            group = [chunk[j : j + 16] for j in range(0, len(chunk), 16)]
            chance.shuffle(group)
            out += group
        return out

    pending = batches(draw())
    total, step, begun, losses = int(len(pending) * epochs), 0, time.time(), []
    net.train()
    while step < total:
        for batch in pending:
            factor = min(1, (step + 1) / 60) * (1 - step / total)
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * factor
            length = max(len(b[0]) for b in batch)
            ids = torch.zeros(len(batch), length, dtype=torch.long)
            types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
            inside = torch.zeros(len(batch), length, dtype=torch.bool)
            first, last = inside.clone(), inside.clone()
            nothing = torch.zeros(len(batch), dtype=torch.bool)
            for row, (tokens, begin, offsets, (_, _, kind, targets)) in enumerate(batch):
                ids[row, : len(tokens)] = torch.tensor(tokens)
                types[row, begin : len(tokens)] = 1
                mask[row, : len(tokens)] = 1
                inside[row, begin : begin + len(offsets)] = True
                for a, b in targets:
                    at = [j for j, (x, y) in enumerate(offsets) if x < b and y > a]
                    if not at:
                        continue
                    if kind == "span":
                        first[row, begin + at[0]] = last[row, begin + at[-1]] = True
                    else:
                        for j in at:
                            first[row, begin + j] = last[row, begin + j] = True
                nothing[row] = not first[row].any()
            with torch.autocast("cpu", dtype=torch.bfloat16):
                start, end, null = (x.float() for x in net(ids, types, mask, inside))
            loss = torch.zeros(())
            for logits, right in ((start, first), (end, last)):
                full = torch.cat([null[:, None], logits], 1)
                gold = torch.cat([nothing[:, None], right], 1)
                loss = loss + (full.logsumexp(1) - full.masked_fill(~gold, -1e9).logsumexp(1)).mean() / 2
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            step += 1
            losses.append(loss.item())
            if step % 50 == 0:
                print(
                    f"step {step}/{total}  loss {np.mean(losses[-50:]):.3f}  {time.time() - begun:.0f} s",
                    flush=True,
                )
            if step >= total:
                break
        else:
            pending = batches(draw())


def quantise(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int8 rows and their scales: `q * s[:, None]` is the weight to within half a step."""
    import numpy as np

    scale = np.maximum(np.abs(weight).max(axis=1) / 127.0, 1e-8).astype(np.float32)
    return np.clip(np.rint(weight / scale[:, None]), -127, 127).astype(np.int8), scale


def export(net: Any, out: Path) -> None:
    """Only what differs from the base model: its layers (int8, a scale a row), the two heads."""
    from safetensors.numpy import save_file

    stored = {}
    for name, value in net.state_dict().items():
        changed = re.match(r"bert\.encoder\.layer\.", name) or name.startswith(("span.", "null."))
        if not changed:
            continue
        array, name = value.float().numpy(), name.replace("null.3.", "null.2.")
        if array.ndim == 2 and name.startswith("bert."):
            stored[name], stored[f"{name}.scale"] = quantise(array)
        else:
            stored[name] = array
    save_file(stored, str(out))


def main() -> None:
    import Stemmer
    import torch
    from tokenizers import Tokenizer

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("base", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--held-out", type=int, choices=(0,), help="stop after stage 1: fold 0 stays unseen")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    stem = Stemmer.Stemmer("english")
    tokenizer = Tokenizer.from_file(str(options.base / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    corpora = {name: Corpus(options.data, name, tokenizer) for name in SETS}
    items = [item for name in SETS for item in items_of(options.data, name, corpora[name], stem)]
    folds = folds_of(options.data)
    half = [i for i in items if folds[i["set"], i["group"]] == 1]
    net, chance = build(options.base), random.Random(0)
    examples = Examples(corpora, half, chance, stem)
    passages = [
        (name, p)
        for name, corpus in corpora.items()
        for p, paper in enumerate(corpus.paper)
        if name == "scifact" or folds.get((name, paper), 0) == 1
    ]
    made = Made(examples, passages, chance)
    fit(net, tokenizer, lambda: made.draw(MADE_A_ROUND), MADE_ROUNDS, (2e-4, 8e-4), chance)

    def mixed(seen: Any = None) -> list[Any]:
        drawn = examples.epoch(seen)
        drawn += made.draw(len(drawn) // 4)
        chance.shuffle(drawn)
        return drawn

    fit(net, tokenizer, mixed, 4, (1.2e-4, 3e-4), chance)
    if options.held_out is None:
        examples = Examples(corpora, items, chance, stem)
        fit(
            net,
            tokenizer,
            lambda: mixed(lambda item: folds[item["set"], item["group"]] == 1),
            1.5,
            (9e-5, 3e-4),
            chance,
        )
    export(net, options.out)


if __name__ == "__main__":
    main()
