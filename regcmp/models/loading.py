"""Opening a model's file, which may be damaged or made to harm: sizes are bounded, and no code is run."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from hashlib import sha256
from math import prod
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from regcmp.data.columns import PLAIN, USED, Column
from regcmp.data.preparation.frozen import Frozen, Levels, Words
from regcmp.data.sources.files import check_size
from regcmp.data.tables.array_files import DAMAGED, read_array
from regcmp.engine.building import layers_of_design
from regcmp.engine.evaluating import CHUNK, values_of
from regcmp.engine.model import Member, Model
from regcmp.engine.network import n_parameters_of
from regcmp.engine.normalization import BatchNorm
from regcmp.engine.stack import Design
from regcmp.errors import DataError, RegcmpError, UnknownRegularizerError
from regcmp.hints import brief
from regcmp.memory import machine_memory, size_text
from regcmp.models.document import Document, FactsPart, MemberPart, NetworkPart, PreparationPart
from regcmp.models.fit_words import fitted_method
from regcmp.models.fitted import Facts, Fitted, FittedModel, fitted_model
from regcmp.models.saving import DOCUMENT, MANIFEST, SCHEMA
from regcmp.pipes import special
from regcmp.plan import make_plan
from regcmp.plan.options import Plan
from regcmp.plan.plugins import load_plugins
from regcmp.runs.stacking import ingredients_of

MOST_MEMBERS = 100_000
WAY_OUT = "'regcmp fit -o FILE.regcmp' writes one"
Array = npt.NDArray[Any]


def load(path: str | Path, plugins: Iterable[str | Path] = ()) -> FittedModel:
    """The model in a file that 'regcmp fit' or ``save`` wrote.

    ``plugins`` are files of regularizers that it was trained with, which are run as elsewhere. Raises
    DataError, naming the file, for one that is damaged, edited, or of a newer version.
    """
    load_plugins(plugins)
    name = str(path)
    try:
        if kind := special(name):
            raise DataError(
                f"{name!r} is {kind}, and a model is read from a file; write it to one first"
            )
        with Path(path).open("rb") as file, zipfile.ZipFile(file) as archive:
            members = _members(name, archive, Path(path).stat().st_size)
        document = msgspec.json.decode(members.pop(DOCUMENT), type=Document)
        arrays = {key: read_array(io.BytesIO(data), f"{name}: {key}", len(data))
                  for key, data in members.items()}  # fmt: skip
        model = _model(document, arrays)
    except zipfile.BadZipFile as error:
        raise DataError(
            f"{name!r} is not a regcmp model, or it is damaged or truncated ({error}); {WAY_OUT}"
        ) from error
    except UnknownRegularizerError as error:
        raise UnknownRegularizerError(
            f"{name!r}: its method {brief(document.facts.method)} has a regularizer that is none of regcmp's"
            " own; a plugin that registers it must be loaded, by --plugin FILE.py or plugins=[...]",
            "plugins",
        ) from error
    except RegcmpError as error:
        raise _damaged(name, error) from error
    except OSError as error:
        raise DataError(f"can't read {name!r}: {error.strerror or error}") from error
    except (*DAMAGED, msgspec.MsgspecError, AssertionError) as error:
        raise _damaged(name, error) from error
    _check_memory(name, model)
    return model


def _check_memory(name: str, model: FittedModel) -> None:
    """Raise DataError where feature maps would fill the memory, which a small file can declare."""
    room = machine_memory()
    for each in model.networks:
        values = CHUNK * values_of(layers_of_design(each.network.design))
        if (size := values * np.dtype(each.preparation.dtype).itemsize) > room:
            raise DataError(
                f"{name!r} has a network that takes about {size_text(size)} of memory to predict {CHUNK}"
                f" rows, and this machine has {size_text(room)}; take a larger one if you trust the file"
            )


def _damaged(name: str, error: Exception) -> DataError:
    said = " ".join(str(error).split())[:300] or type(error).__name__
    return DataError(said if name in said else f"{name!r} is a damaged model: {said}")


def _members(name: str, archive: zipfile.ZipFile, stored: int) -> dict[str, bytes]:
    """The members by name, each as the manifest says. Raises DataError before anything large is read."""
    found = archive.infolist()
    check_size(name, sum(each.file_size for each in found), stored)
    names = [each.filename for each in found]
    if MANIFEST not in names:
        raise DataError(f"{name!r} is not a regcmp model: it has no {MANIFEST!r}; {WAY_OUT}")
    if len(found) > MOST_MEMBERS:
        raise DataError(
            f"{name!r} is a damaged model: expected at most {MOST_MEMBERS:,} members, got {len(found):,}"
        )
    if len(set(names)) < len(names) or any(each.flag_bits & 1 for each in found):
        raise DataError(f"{name!r} is a damaged model: a member is there twice, or encrypted")
    members = {each.filename: _bytes(archive, each) for each in found}
    manifest = msgspec.json.decode(members.pop(MANIFEST), type=dict[str, Any])
    schema, sums = manifest.get("schema"), manifest.get("sha256")
    if schema != SCHEMA:
        raise DataError(
            f"{name!r} is a {str(schema)[:40]!r}, and this version of regcmp reads {SCHEMA!r}; read it"
            f" with regcmp {str(manifest.get('regcmp'))[:20]}, which wrote it"
        )
    if not isinstance(sums, dict) or sums.keys() != members.keys() or DOCUMENT not in members:
        raise DataError(f"{name!r} is a damaged model: its members are not those of its manifest")
    for member, data in members.items():
        if sha256(data).hexdigest() != sums[member]:
            raise DataError(
                f"{name!r} was changed after it was written: {member!r} has another checksum; take"
                " the file as 'regcmp fit' wrote it"
            )
    return members


def _bytes(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as file:
        data = file.read(member.file_size)
    if len(data) < member.file_size:
        raise zipfile.BadZipFile(f"{member.filename!r} is cut off")
    return data


# From values to a model


def _model(document: Document, arrays: dict[str, Array]) -> FittedModel:
    part = document.facts
    plan = _plan(part)
    columns = [Column(each.name, each.kind, each.missing, each.warning, tuple(each.levels), each.range)
               for each in part.columns]  # fmt: skip
    values = {key: getattr(part, key) for key in part.__struct_fields__}
    lists = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
    facts = Facts(**values | lists | {"columns": tuple(columns)})
    _check_facts(facts)
    preparations = [_preparation(each, facts, arrays) for each in document.preparations]
    networks = [_fitted(each, facts, plan, preparations, arrays) for each in document.networks]
    _check(bool(networks), "it has no network")
    _check(not arrays, "it has members that nothing is made of")
    return fitted_model(facts, networks)


def _plan(part: FactsPart) -> Plan:
    """The plan in its words, all of which are checked."""
    words = {key: value for key, value in part.plan.items() if key not in ("data", "plugins")}
    return make_plan(**words | {"methods": [part.method], "baseline": part.method})


def _check(holds: bool, fault: str) -> None:
    if not holds:
        raise ValueError(fault)


def _taken(arrays: dict[str, Array], key: str) -> Array:
    """An array, which is used once: so what is made of a file is bounded by the file."""
    _check(key in arrays, f"its member {key!r} is missing, or used twice")
    return arrays.pop(key)


def _check_facts(facts: Facts) -> None:
    names = [each.name for each in facts.columns]
    _check(len(set(names)) == len(names) > 0, "a column is there twice, or none is")
    _check(all(each.kind in USED for each in facts.columns), "a column is of no known kind")
    known = (facts.task, len(facts.classes) > 1) in (
        ("classification", True),
        ("regression", False),
    )
    _check(known and len(facts.classes) != 1, "its classes are not those of its task")
    _check(len(set(facts.classes)) == len(facts.classes), "a class is there twice")
    image = facts.image
    _check(image is None or min(image) > 0, "its images have no pixels")
    # Else the size of what is prepared would not be bounded by that of the file.
    _check(facts.image is None or not facts.mixed, "its columns are not pixels")


def _preparation(part: PreparationPart, facts: Facts, arrays: dict[str, Array]) -> Frozen:
    def numbers(key: str, size: int | None = None) -> Array:
        values = _taken(arrays, key)
        _check(values.dtype == np.float64 and values.ndim == 1, f"{key!r} is not a list of numbers")
        _check(bool(np.isfinite(values).all()), f"{key!r} has no finite numbers")
        _check(size is None or len(values) == size, f"{key!r} has {len(values)} numbers")
        return values

    _check(part.dtype in ("float32", "float64"), f"its precision is {part.dtype!r}")
    _check(facts.mixed == (part.places is not None), "its preparation is of another kind")
    _check_prepared(part, facts)
    means = numbers(part.means, len(part.numbers) if facts.mixed else None)
    each_one = len(part.numbers) % max(1, len(means)) == 0
    _check(each_one or facts.mixed, "its means are not those of the columns")
    varies = _taken(arrays, part.varies)
    places = None if part.places is None else _taken(arrays, part.places)
    n_features = len(means) if places is None else len(np.atleast_1d(places))
    _check(varies.dtype == np.bool_ and varies.shape == (n_features,), "'varies' is malformed")
    if places is not None:
        within = places.dtype == np.int64 and places.ndim == 1
        _check(
            within and bool(((places >= 0) & (places < part.width)).all()), "'places' is malformed"
        )
        widths = [len(part.numbers), len(part.gaps)]
        widths += [len(each.frequent) + each.pooled for each in part.categories]
        widths += [len(each.words) for each in part.texts]
        _check(sum(widths) == len(places), "its features are not those of its columns")
    scales = numbers(part.scales, len(means))
    _check(bool((scales > 0).all()), "a scale is 0 or below")
    return Frozen(
        dtype=part.dtype,
        width=part.width,
        numbers=tuple(part.numbers),
        medians=numbers(part.medians, len(part.numbers)),
        means=means,
        scales=scales,
        varies=varies,
        gaps=tuple(part.gaps),
        categories=tuple(Levels(e.column, tuple(e.frequent), e.pooled) for e in part.categories),
        texts=tuple(
            Words(e.column, tuple(e.words), numbers(e.idf, len(e.words))) for e in part.texts
        ),
        places=places,
    )


def _check_prepared(part: PreparationPart, facts: Facts) -> None:
    """Each column is prepared as what it is, once; and no level or word is there twice."""
    plain = [each.name for each in facts.columns if each.kind in PLAIN]
    if not facts.mixed:
        sizes = {len(part.numbers), len(plain), len(facts.columns), part.width}
        _check(len(sizes) == 1, "it prepares other columns")
        _check(not (part.gaps or part.categories or part.texts), "it encodes columns of numbers")
        return
    lists = [(part.numbers, plain), (part.gaps, plain)]
    for kind, own in (("category", part.categories), ("text", part.texts)):
        lists.append(([e.column for e in own], [e.name for e in facts.columns if e.kind == kind]))
    for used, known in lists:
        _check({*used} <= {*known}, "it prepares unknown columns, or some as another kind")
    lists += [(e.frequent, []) for e in part.categories] + [(e.words, []) for e in part.texts]
    for names, _ in lists:
        _check(len({*names}) == len(names), "a column, a level or a word is there twice")


def _fitted(
    part: NetworkPart,
    facts: Facts,
    plan: Plan,
    preparations: list[Frozen],
    arrays: dict[str, Array],
) -> Fitted:
    _check(0 <= part.preparation < len(preparations), "a network has no preparation")
    preparation, settings = preparations[part.preparation], plan.settings
    _check(preparation.dtype == settings.dtype, "a preparation is of another precision")
    shape = facts.image or (preparation.width,)
    _check(prod(shape) == preparation.width, "its images are of another size")
    ingredients = ingredients_of([fitted_method(plan)])
    design = Design(settings, ingredients, shape, len(facts.classes), facts.image)
    layers = layers_of_design(design)
    size = n_parameters_of(layers)  # before a network is made, which allocates as much
    norms = {i: each.channels for i, each in enumerate(layers) if isinstance(each, BatchNorm)}
    members = [_member(each, size, norms, settings.dtype, arrays) for each in part.members]
    _check(bool(members) and len(part.strengths) == len(ingredients), "a network is incomplete")
    unit = np.isfinite([part.mean, part.scale]).all() and part.scale > 0
    _check(bool(unit), "the unit of its values is not a number, or 0")
    model = Model(design, tuple(part.strengths), tuple(members))
    return Fitted(part.seed, preparation, part.mean, part.scale, model)


def _member(
    part: MemberPart, size: int, norms: dict[int, int], dtype: str, arrays: dict[str, Array]
) -> Member:
    def numbers(key: str, shape: tuple[int, ...]) -> Array:
        values = _taken(arrays, key)
        good = values.dtype == dtype and values.shape == shape and np.isfinite(values).all()
        _check(bool(good), f"{key!r} is not what its network needs: {shape} finite {dtype}")
        return values

    moments = {
        each.layer: (
            numbers(each.mean, (1, 1, norms.get(each.layer, 0))),
            numbers(each.variance, (1, 1, norms.get(each.layer, 0))),
        )
        for each in part.moments
    }
    _check(moments.keys() == norms.keys(), "the moments are not those of its layers")
    spreads = [bool((variance >= 0).all()) for _, variance in moments.values()]
    _check(all(spreads), "a variance is below 0")
    return Member(numbers(part.theta, (size,)), moments)
