"""Names that are known without any paper: a short, reviewed table of drugs, genes and diseases.

Each row names one thing, its usual name first, and says where the names can be checked. A name given here
belongs to this thing alone: an annotation that gives it to another one (GABPA as `NRF2`) is overruled.
"""

from __future__ import annotations

from typing import Final

KNOWN: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (  # source, names
    ("MeSH D000077157", ("sorafenib", "BAY 43-9006", "Nexavar", "sorafenib tosylate")),
    ("PubChem CID 11167602", ("regorafenib", "BAY 73-4506", "Stivarga")),
    ("PubChem CID 9823820", ("lenvatinib", "E7080", "Lenvima")),
    ("PubChem CID 25102847", ("cabozantinib", "XL184", "Cabometyx")),
    ("MONDO:0007256", ("hepatocellular carcinoma", "HCC", "hepatocellular carcinomas")),
    (
        "NCBI Gene 4780, 18024",
        (
            "NRF2",
            "NFE2L2",
            "nuclear factor erythroid 2-related factor 2",
            "nuclear factor, erythroid derived 2, like 2",
            "NFE2 like bZIP transcription factor 2",
        ),
    ),
    ("NCBI Gene 2551", ("GABPA", "GA binding protein transcription factor subunit alpha")),
    ("NCBI Gene 3162, 15368", ("HMOX1", "HO-1", "heme oxygenase 1", "heme oxygenase-1", "haem oxygenase 1")),
    ("NCBI Gene 7295, 22166", ("TXN", "TXN1", "thioredoxin", "thioredoxin 1", "TRX1")),
    ("NCBI Gene 23657, 26570", ("SLC7A11", "xCT")),
    ("NCBI Gene 9928", ("KIF14", "kinesin family member 14")),
    (
        "NCBI Gene 2113",
        (
            "ETS1",
            "Ets-1",
            "ETS proto-oncogene 1",
            "E26 transformation specific sequence 1",
            "transcription factor E26 transformation specific sequence 1",
        ),
    ),
    ("NCBI Gene 6241", ("RRM2", "ribonucleotide reductase regulatory subunit M2")),
    ("NCBI Gene 207", ("AKT", "protein kinase B", "PKB")),
    ("NCBI Gene 2475", ("mTOR", "mechanistic target of rapamycin", "mammalian target of rapamycin")),
    (
        "general",
        (
            "kinase inhibitor",
            "tyrosine kinase inhibitor",
            "TKI",
            "TKIs",
            "multi-kinase inhibitors",
            "multikinase inhibitors",
            "kinase inhibitors",
        ),
    ),
    ("general", ("differentially expressed genes", "DEGs", "deregulated genes")),
    ("general", ("transcription factor", "TF", "TFs")),
    ("general", ("RNA sequencing", "RNA-Seq", "RNAseq")),
    ("general", ("chemotherapy", "chemo")),
)
