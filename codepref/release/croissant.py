"""The release as Croissant 1.1 JSON-LD, with RAI fields and W3C PROV terms.

Source: docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html, croissant-rai-spec.html;
w3.org/TR/prov-o.
"""

from collections.abc import Sequence

import pyarrow as pa

from codepref.lineage.lock import Entry
from codepref.pairs.rows import Pair
from codepref.records import Json, digest
from codepref.release.card import SUMMARY, TITLE, licences_of
from codepref.release.columns import COLUMNS
from codepref.release.rows import Checkpoint, DataFile, Source
from codepref.release.sections import FAULTS
from codepref.tables import arrow_schema

CONFORMS_TO = [
    "http://mlcommons.org/croissant/1.1",
    "http://mlcommons.org/croissant/RAI/1.0",
]
SPDX = "https://spdx.org/licenses/"
DATA_TYPES = {
    pa.string(): "sc:Text",
    pa.int64(): "sc:Integer",
    pa.float64(): "sc:Float",
    pa.bool_(): "sc:Boolean",
}
CONTEXT: dict[str, Json] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "prov": "http://www.w3.org/ns/prov#",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(source: Source, files: Sequence[DataFile]) -> dict[str, Json]:
    """Describe a release. The version ends with a digest of its files, a date is the commit's."""
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": "codepref-pairs",
        "alternateName": TITLE,
        "description": SUMMARY,
        "version": f"1.0.0+{digest([file.sha256 for file in files])[:12]}",
        "license": [_licence(name) for name in licences_of(source)],
        **({"datePublished": source.committed_on} if source.committed_on else {}),
        "citeAs": f"{TITLE}. Commit {source.revision.commit or 'unknown'}.",
        "isLiveDataset": False,
        "keywords": ["code", "preference pairs", "execution feedback"],
        **_responsible_ai(source),
        **_provenance(source),
        "distribution": [_file_object(source, file) for file in files],
        "recordSet": [_record_set(file) for file in files],
    }


def _licence(name: str) -> str:
    return name if name in ("unknown", "other") else f"{SPDX}{name}"


def _responsible_ai(source: Source) -> dict[str, Json]:
    models = sorted(
        {_agent_name(item) for found in source.generators for item in found.checkpoints}
    )
    return {
        "rai:hasSyntheticData": True,
        "rai:dataCollection": "Answers were sampled from models and executed against tests.",
        "rai:dataCollectionType": ["Synthetic data"],
        "rai:dataAnnotationProtocol": "The verdict of the tests decides; nobody judged by hand.",
        "rai:machineAnnotationTools": [
            f"codepref build_pairs, answers of {name}" for name in models
        ],
        "rai:dataLimitations": list(FAULTS),
        "rai:dataUseCases": ["Preference training of code models", "Reward modelling"],
        "rai:personalSensitiveInformation": "Not looked for; seeds may name their authors.",
    }


def _provenance(source: Source) -> dict[str, Json]:
    """Give the agents, the activities that led to the pairs, and the entities they stand on."""
    agents = {
        item.digest: _agent(item) for found in source.generators for item in found.checkpoints
    }
    return {
        "prov:wasDerivedFrom": [_entity(item.path, item.md5) for item in source.given()],
        "prov:wasGeneratedBy": [_activity(entry) for entry in source.entries],
        "prov:wasAttributedTo": list(agents.values()),
    }


def _agent(item: Checkpoint) -> dict[str, Json]:
    return {
        "@type": "prov:SoftwareAgent",
        "@id": f"urn:codepref:checkpoint:{item.digest}",
        "name": _agent_name(item),
        "identifier": item.digest,
        "license": _licence(item.licence),
    }


def _agent_name(item: Checkpoint) -> str:
    return item.name or item.digest


def _activity(entry: Entry) -> dict[str, Json]:
    return {
        "@type": "prov:Activity",
        "@id": f"urn:codepref:stage:{entry.stage}",
        "name": entry.stage,
        "text": entry.cmd,
        "prov:used": [
            _entity(dep.path, dep.md5) for dep in entry.deps if not dep.path.endswith(".py")
        ],
    }


def _entity(path: str, md5: str) -> dict[str, Json]:
    return {
        "@type": "prov:Entity",
        "@id": f"urn:md5:{md5}:{path}",
        "name": path,
        "identifier": md5,
    }


def _file_object(source: Source, file: DataFile) -> dict[str, Json]:
    found = next(item for item in source.generators if item.name == file.generator)
    tables = [_entity(out.path, out.md5) for out in found.entry.outs if out.path == found.pairs]
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "description": f"The {file.split} pairs of {file.generator}: {file.n_rows} rows.",
        "contentUrl": file.path,
        "contentSize": f"{file.n_bytes} B",
        "encodingFormat": "application/x-parquet",
        "sha256": file.sha256,
        "prov:wasDerivedFrom": tables,
        "prov:wasGeneratedBy": {"@id": f"urn:codepref:stage:{found.entry.stage}"},
        "prov:wasAttributedTo": [
            {"@id": f"urn:codepref:checkpoint:{item.digest}"} for item in found.checkpoints
        ],
    }


def _record_set(file: DataFile) -> dict[str, Json]:
    name = f"{file.generator}/{file.split}"
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": f"One row a pair: {file.split} of {file.generator}.",
        "key": {"@id": f"{name}/pair_id"},
        "field": [_field(name, file.path, column) for column in arrow_schema(Pair)],
    }


def _field(record_set: str, path: str, column: pa.Field) -> dict[str, Json]:
    is_list = pa.types.is_list(column.type)
    return {
        "@type": "cr:Field",
        "@id": f"{record_set}/{column.name}",
        "name": column.name,
        "description": COLUMNS[column.name],
        "dataType": DATA_TYPES[column.type.value_type if is_list else column.type],
        **({"isArray": True, "arrayShape": "-1"} if is_list else {}),
        "source": {"fileObject": {"@id": path}, "extract": {"column": column.name}},
    }
