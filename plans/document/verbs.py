"""The verbs that open an instruction; a person extends them by adding a word."""

# ruff: noqa: E501, SIM905 – tables: words with spaces between

from __future__ import annotations

import re

VERBS = frozenset(
    "access activate add alert analyse analyze apply approve assess backup block build cancel capture check clean clear click clone close collect communicate "
    "compare complete confirm connect contact copy create declare decide delete deploy detach detect determine disable disconnect document download drain "
    "checkout reinstall recreate reapply redirect edit enable enter ensure escalate evaluate execute export fetch file filter find follow gather get go halt handle identify import inform initiate inspect "
    "install investigate isolate keep kill launch list load locate lock log login look make manually mark merge migrate monitor move navigate note notify open paste "
    "pause perform prepare publish pull purge push put read rebuild record redeploy redirect refresh reload remove rename repeat replace report reset restart resume retrieve "
    "retry return review rotate run save scale schedule scp select send set shift ship shut smoke ssh start stop submit suspend switch sync tag take tell terminate test "
    "toggle transfer trigger turn type undo uninstall unlock unpublish update upload use validate verify view visit wait warm watch write "
    "ask call click press choose give mount recycle reschedule rerun reseed reindex select specify swap unset "
    "coordinate plan abort accept acquire adjust allow announce assign attach await bring broadcast bump change choose commit consult continue convert cordon delegate".split()
)
"""Imperatives that open a step; words of going back are missing on purpose, they open the names of procedures."""
BACK_VERB = re.compile(
    r"(roll ?back|rollback|revert|restore|undo|downgrade|recover|re-?deploy|re-?install|re-?enable|re-?start|reverse)\b(?! (is|was|has|plan|procedure|steps?)\b)"
)
"""An instruction to go back."""
