"""All programs of the corpus, by name."""

from tests.execution.corpus.controls import CONTROLS
from tests.execution.corpus.escapes import ESCAPES
from tests.execution.corpus.exits import EXITS
from tests.execution.corpus.flaky import FLAKY
from tests.execution.corpus.forgeries import FORGERIES
from tests.execution.corpus.inputs import INPUTS
from tests.execution.corpus.kernel import KERNEL
from tests.execution.corpus.liars import LIARS
from tests.execution.corpus.link import LINK
from tests.execution.corpus.loopholes import LOOPHOLES
from tests.execution.corpus.model import Program, joined
from tests.execution.corpus.resources import RESOURCES
from tests.execution.corpus.sabotage import SABOTAGE
from tests.execution.corpus.scratch import SCRATCH
from tests.execution.corpus.sources import SOURCES
from tests.execution.corpus.teardown import TEARDOWN

GROUPS: dict[str, dict[str, Program]] = {
    "controls": CONTROLS,
    "sources": SOURCES,
    "inputs": INPUTS,
    "exits": EXITS,
    "forgeries": FORGERIES,
    "sabotage": SABOTAGE,
    "liars": LIARS,
    "loopholes": LOOPHOLES,
    "resources": RESOURCES,
    "link": LINK,
    "scratch": SCRATCH,
    "escapes": ESCAPES,
    "kernel": KERNEL,
    "teardown": TEARDOWN,
    "flaky": FLAKY,
}

PROGRAMS = joined(*GROUPS.values())
