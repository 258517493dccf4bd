"""Small files of every format, made from one paper, for the tests of the readers."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping

TITLE = "KIF14 drives resistance to sorafenib"
AUTHORS = ("Qiankun Zhu", "Haiyang Ren")
ABSTRACT = "We asked whether KIF14 matters. It does, in HepG2 cells and in mice (n = 12)."
PATIENTS = "We followed 42 patients for 3.5 years. Doses were 400 mg twice a day."
RESULTS = "KIF14 was raised in resistant tumours (p < 0.01). Its loss restored the response."
CITED = (
    "Llovet JM, Ricci S. Sorafenib in advanced hepatocellular carcinoma. N Engl J Med. 2008;359(4):378-390.",
    "Cheng AL, Kang YK. Efficacy and safety of sorafenib in Asia. Lancet Oncol. 2009;10(1):25-34.",
)

WEB_PAGE = f"""<!DOCTYPE html>
<html lang="en"><head><title>{TITLE} | A Journal</title>
<meta name="citation_title" content="{TITLE}">
<meta name="citation_author" content="Zhu, Qiankun"><meta name="citation_author" content="Ren, Haiyang">
<meta name="citation_journal_title" content="Aging"><meta name="citation_publication_date" content="2020/11/22">
<meta name="citation_volume" content="12"><meta name="citation_issue" content="22">
<meta name="citation_firstpage" content="22975"><meta name="citation_lastpage" content="23003">
<meta name="citation_doi" content="10.18632/aging.104079"><meta name="citation_pmid" content="33203790">
<link rel="canonical" href="https://www.ncbi.nlm.nih.gov/pmc/articles/PMC7746370/">
<script>var tracker = "SCRIPT";</script><style>p {{ color: red }}</style></head>
<body><div class="cookie-banner"><p>We use cookies to improve your visit to this site.</p><button>Accept</button></div>
<nav><ul><li><a href="/">Home</a></li><li><a href="/journals">All our journals</a></li></ul></nav>
<main><article><h1>{TITLE}</h1>
<div class="share"><a href="#">Share on a network</a> <a href="#">Download PDF</a></div>
<section><h2>Abstract</h2><p>{ABSTRACT}</p></section>
<section><h2>Methods</h2><h3>Patients</h3><p>{PATIENTS.replace("3.5 years", "<b>3.5</b> years")}</p>
<p>Cells were grown in medium with serum at 37 degrees and were given fresh medium every second day.</p></section>
<section><h2>Results</h2><p>{RESULTS.replace("<", "&lt;")}</p>
<figure><img src="f1.png" alt=""><figcaption><b>Figure 1.</b> KIF14 in 42 tumours.</figcaption></figure>
<table><tr><th>Group</th><th>KIF14</th></tr><tr><td>resistant</td><td>4.2</td></tr></table></section>
<section><h2>References</h2><ol>
<li>{CITED[0]} [<a href="https://doi.org/10.1056/NEJMoa0708857">DOI</a>] [<a href="#">Google Scholar</a>]</li>
<li>{CITED[1]} [<a href="https://pubmed.ncbi.nlm.nih.gov/19095497/">PubMed</a>]</li></ol></section>
</article></main>
<aside><h3>Similar articles</h3><ul><li><a href="#">Another paper about another matter.</a></li></ul></aside>
<footer><p>Terms and conditions apply to this site.</p></footer></body></html>
"""

JATS = f"""<?xml version="1.0"?><article><front><journal-meta><journal-title>Aging</journal-title></journal-meta>
<article-meta><article-id pub-id-type="doi">10.18632/aging.104079</article-id>
<title-group><article-title>{TITLE}</article-title></title-group><contrib-group><contrib contrib-type="author">
<name><surname>Zhu</surname><given-names>Qiankun</given-names></name></contrib></contrib-group>
<pub-date pub-type="epub"><day>22</day><month>11</month><year>2020</year></pub-date>
<abstract><p>{ABSTRACT}</p></abstract></article-meta></front><body><sec><title>Methods</title><p>{PATIENTS}</p></sec>
<sec><title>Results</title><p>{RESULTS.replace("<", "&lt;")}</p></sec></body></article>"""

MARKDOWN = f"""# {TITLE}

**Authors:** {", ".join(AUTHORS)}

doi: 10.18632/aging.104079

## Abstract

{ABSTRACT}

## Results

{RESULTS}

## References

1. {CITED[0]}
2. {CITED[1]}
"""

JSON_LINES = json.dumps(
    {
        "title": TITLE,
        "authors": list(AUTHORS),
        "year": 2020,
        "doi": "10.18632/aging.104079",
        "abstract": ABSTRACT,
    }
)


def word_document(*, styled: bool = True) -> bytes:
    """Return the paper as a Word document, with the styles of Word or with none."""
    from docx import Document

    document = Document()

    def add(words: str, style: str | None = None) -> None:
        document.add_paragraph(words, style=style if styled else None)

    add(TITLE, "Title")
    add(", ".join(AUTHORS))
    add("doi: 10.18632/aging.104079")
    add("Abstract", "Heading 1")
    add(ABSTRACT)
    add("Methods", "Heading 1")
    if styled:
        add("Patients", "Heading 2")
    add(PATIENTS)
    add("Results", "Heading 1")
    add(RESULTS)
    add("Table 1. KIF14 by group", "Caption")
    table = document.add_table(rows=2, cols=2)
    for row, values in zip(table.rows, (("Group", "KIF14"), ("resistant", "4.2")), strict=True):
        for cell, value in zip(row.cells, values, strict=True):
            cell.text = value
    add("References", "Heading 1")
    for cited in CITED:
        add(cited)
    return saved(document)


def saved(document: object) -> bytes:
    """Return the bytes of a python-docx document."""
    file = io.BytesIO()
    document.save(file)  # type: ignore[attr-defined]
    return file.getvalue()


def zipped(members: Mapping[str, str | bytes], *, packed: bool = True) -> bytes:
    """Return an archive of these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def files() -> dict[str, bytes]:
    """Return a file of every format, by name; what all readers must bear is tried on these."""
    return {
        "page.html": WEB_PAGE.encode(),
        "paper.xml": JATS.encode(),
        "paper.md": MARKDOWN.encode(),
        "paper.txt": MARKDOWN.replace("## ", "").replace("# ", "").encode(),
        "paper.jsonl": JSON_LINES.encode(),
        "paper.docx": word_document(),
    }
