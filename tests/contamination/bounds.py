"""Settings for tests of this room: those of params.yaml."""

from pathlib import Path

from codepref.config import load_section
from codepref.contamination.config import CheckContaminationConfig

PARAMS = Path(__file__).parents[2] / "params.yaml"
CONFIG = load_section("check_contamination", CheckContaminationConfig, PARAMS)
