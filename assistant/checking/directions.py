"""Direction words: what raises, what lowers, and the words too common to tell effects apart. Pure."""

from __future__ import annotations

from typing import Final

from assistant.checking.wording import listed, stem, stems

_UP: Final = listed(
    """
    activate activation increase elevate elevation upregulate up-regulate upregulation up-regulation
    raise enhance enhancement augment overexpress overexpression induce induction promote promotion
    stimulate stimulation boost amplify amplification strengthen potentiate potentiation accumulate
    accumulation restore restoration rescue recover recovery improve improvement trigger drive
    facilitate expand extend prolong confer cause mediate higher greater longer high gain activator
    inducer agonist protect accelerate favour favor maintain worsen exacerbate aggravate
    intensify
    """
)
_DOWN: Final = listed(
    """
    inhibit inhibition inhibitor suppress suppression suppressor decrease reduce reduction
    downregulate down-regulate downregulation down-regulation lower diminish attenuate attenuation
    block blockade silence knockdown knockout deplete depletion abolish abrogate impair impairment
    loss lose fewer weaken repress repression prevent inactivate inactivation disrupt disruption
    reverse reversal overcome antagonize antagonist eliminate ablate ablation delete deletion
    shorten decline low shorter counteract delay retard halt arrest hinder limit
    """
)
RESPONSES: Final = {
    **dict.fromkeys(stems(listed("sensitize sensitization sensitivity chemosensitivity")), 1),
    **dict.fromkeys(stems(listed("resist resistance chemoresistance refractoriness")), -1),
}
"""Words of response to a treatment, and which way they point."""

ADJECTIVES: Final = {"sensitive": 1, "responsive": 1, "resistant": -1, "refractory": -1}
"""Adjectives of response: they direct nothing unless they are followed by \'to\'."""

SIGNS: Final = {stem(w): 1 for w in _UP} | {stem(w): -1 for w in _DOWN} | RESPONSES
"""Which way a direction word points."""

LIGHT: Final = stems(
    listed(
        """
    cell cells expression hcc hepatocellular carcinoma liver cancer tumor activity level gene
    protein pathway patient effect treatment human growth therapy drug resistance sensitivity
    acquired hepatoma mouse mice response significantly strongly markedly model
    """
    )
)
"""Stems too common in this field to tell one effect from another."""
