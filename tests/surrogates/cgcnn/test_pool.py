"""Pools whose rows have crystals."""

import gzip
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from agents.proposers.registry import build_proposer
from cathode.errors import FitError, SourceError, SpaceError
from cathode.model import Crystal, TrainingData
from cathode.protocols import ProposalRequest
from cathode.space import PoolSpace, build_space
from cathode.spec import BayesianSpec, CGCNNSpec, GPSpec, Objective, load_spec
from surrogates.cgcnn.places import places_of, rows_without_graph
from surrogates.cgcnn.surrogate import CGCNNSurrogate
from surrogates.registry import build_surrogate
from tests.surrogates.cgcnn.networks import saved
from tests.surrogates.cgcnn.pools import TINY, cif, some, write_pool


def truth(X):
    return 500 + 60 * X[:, 0] - 80 * X[:, 1]


def data_of(pool, rows):
    groups = tuple(pool.candidates[row].id for row in rows)
    X = pool.X[rows]
    return TrainingData("specific_energy", X, truth(X), np.full(len(X), np.nan), groups)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pool")
    write_pool(folder)
    return folder


@pytest.fixture(scope="module")
def pool(folder):
    return build_space(load_spec(folder / "small.yaml").space)


@pytest.fixture(scope="module")
def fitted(pool):
    spec = CGCNNSpec(kind="cgcnn", augmentation="none", **(TINY | {"epochs": 40}))
    return CGCNNSurrogate(spec, pool).fit(data_of(pool, some(16)), 1)


def test_it_learns_from_crystals_alone(pool, fitted):
    rest = np.setdiff1d(np.arange(24), some(16))
    prediction = fitted.predict(pool.X[rest])
    truths = truth(pool.X[rest])
    off = np.abs(prediction.mean - truths).mean()
    assert off < 0.6 * np.abs(truths - truth(pool.X[some(16)]).mean()).mean()
    assert (prediction.sigma > 0).all()


def test_networks_run_once_for_each_row(pool, fitted, monkeypatch):
    every = fitted.predict(pool.X)
    monkeypatch.setattr(fitted.model.reader, "reading", lambda _: pytest.fail("run again"))
    again = fitted.predict(pool.X[::-1].copy())
    np.testing.assert_array_equal(again.mean[::-1], every.mean)


def test_a_batch_is_proposed(pool, fitted):
    data = data_of(pool, some(16))
    request = ProposalRequest(
        pool,
        4,
        seed=4,
        objectives=(Objective(property="specific_energy"),),
        models={"specific_energy": fitted},
        observed={"specific_energy": data},
        excluded=tuple(pool.candidates[row] for row in some(16)),
    )
    for acquisition in ("improvement", "thompson", "variance"):
        found = build_proposer(BayesianSpec(acquisition=acquisition)).propose(request)
        rows = {pool.row_of(each.candidate) for each in found}
        assert len(rows) == 4
        assert not rows & set(some(16).tolist())


def test_coordinates_of_no_row_are_refused(pool, fitted):
    with pytest.raises(SpaceError, match="1 of 2 coordinates are those of no row"):
        fitted.predict(pool.X[:2] + np.array([[0, 0], [0, 0.5]]))
    data = data_of(pool, some(4))
    with pytest.raises(FitError, match="4 of 4 coordinates"):
        build_surrogate(CGCNNSpec(kind="cgcnn", augmentation="none", **TINY), pool).fit(
            replace(data, X=data.X + 0.5), 0
        )


def test_structures_may_be_lines_packed_or_not(folder, tmp_path, pool):
    table = pool.spec.table
    ids = [line.split(",")[1] for line in table.read_text().splitlines()[1:]]
    lines = [
        json.dumps({"material_id": name, "cif": (folder / "crystals" / f"{name}.cif").read_text()})
        for name in [*ids[::-1], "c0"]
    ]
    (tmp_path / "plain.jsonl").write_text("\n".join(lines))
    with gzip.open(tmp_path / "packed.jsonl.gz", "wt") as file:
        file.write("\n".join(lines))
    for name in ("plain.jsonl", "packed.jsonl.gz"):
        structures = pool.spec.structures.model_copy(update={"file": tmp_path / name})
        spec = pool.spec.model_copy(update={"structures": structures})
        found = PoolSpace.from_spec(spec, tmp_path / "cache")
        digests = [crystal.digest for crystal in found.crystals]
        assert digests == [crystal.digest for crystal in pool.crystals]
    # What was parsed and searched once is kept.
    assert not rows_without_graph(found)
    kept = {each.name.split("-")[0] for each in (tmp_path / "cache").iterdir()}
    assert kept == {"crystals", "graphs"}


def test_nothing_is_read_before_it_is_asked_for(folder):
    spec = load_spec(folder / "small.yaml").space
    gone = spec.structures.model_copy(update={"file": folder / "nowhere.jsonl"})
    pool = build_space(spec.model_copy(update={"structures": gone}))
    build_surrogate(CGCNNSpec(kind="cgcnn", augmentation="none", **TINY), pool)
    with pytest.raises(SourceError, match="cannot read the structures"):
        _ = pool.crystals


def test_rows_without_a_usable_crystal_are_told_with_the_reason(tmp_path):
    write_pool(tmp_path, bad=("disordered", "alone", "torn", "gone"))
    pool = build_space(load_spec(tmp_path / "small.yaml").space)
    found = rows_without_graph(pool)
    assert list(found) == ["disordered", "alone", "torn", "gone"]
    assert "is shared" in found["disordered"]
    assert "atom 0 has no neighbour within 8 Å" in found["alone"]
    assert "cannot be read as CIF" in found["torn"]
    assert found["gone"] == "crystals has no 'gone'"
    assert isinstance(pool.crystals[0], Crystal)
    with pytest.raises(SpaceError, match=r"4 of the pool's 28 rows have no crystal .* and 1 more"):
        _ = places_of(pool).every
    surrogate = CGCNNSurrogate(CGCNNSpec(kind="cgcnn", augmentation="none", **TINY), pool)
    with pytest.raises(FitError, match="specific_energy: 4 of the pool's 28 rows"):
        surrogate.fit(data_of(pool, some(8)), 0)


def test_rows_with_crystals_must_differ_in_their_coordinates(folder, pool):
    spec = pool.spec.model_copy(update={"coordinates": ("metal",)})
    words = r"'LiO' and 'LiS' of the pool have the same coordinates.*add a coordinate.*leave one"
    with pytest.raises(SpaceError, match=words):
        PoolSpace.from_spec(spec)
    assert PoolSpace.from_spec(spec.model_copy(update={"structures": None})).size == 24


def test_zero_has_no_sign(tmp_path):
    write_pool(tmp_path)
    table = tmp_path / "pool.csv"
    table.write_text(table.read_text() + "twin,c1,-0.0,0,1\n")
    with pytest.raises(SpaceError, match="'LiO' and 'twin'"):
        build_space(load_spec(tmp_path / "small.yaml").space)


@pytest.mark.parametrize("name", ["../outside", "/outside", "sub/c0", ".hidden"])
def test_an_id_names_a_file_of_the_folder_only(tmp_path, name):
    write_pool(tmp_path)
    (tmp_path / "outside.cif").write_text(cif("Li", "O"))
    (tmp_path / "crystals" / ".hidden.cif").write_text(cif("Li", "O"))
    table = tmp_path / "pool.csv"
    table.write_text(table.read_text().replace(",c0,", f",{name},"))
    found = build_space(load_spec(tmp_path / "small.yaml").space).crystals
    assert found[0] == "its id is no plain name of a file"
    assert isinstance(found[1], Crystal)


def test_a_file_that_cannot_be_opened_is_told_and_a_mark_at_its_start_is_read_over(tmp_path):
    write_pool(tmp_path)
    (tmp_path / "crystals" / "c0.cif").unlink()
    (tmp_path / "crystals" / "c0.cif").mkdir()
    (tmp_path / "crystals" / "c1.cif").write_text(cif("Li", "S", 2.8), "utf-8-sig")
    table = tmp_path / "pool.csv"
    table.write_text(table.read_text().replace(",c2,", f",{'c' * 300},"))
    found = build_space(load_spec(tmp_path / "small.yaml").space).crystals
    assert found[0] == "c0.cif cannot be read (Is a directory)"
    assert isinstance(found[1], Crystal)
    assert "File name too long" in found[2]


def test_a_pool_without_structures_has_no_crystals(pool):
    bare = PoolSpace.of_rows(("a",), np.arange(4.0)[:, None])
    assert bare.names == ("1", "2", "3", "4")
    with pytest.raises(SpaceError, match=r"give space\.structures"):
        _ = bare.crystals


def test_a_gp_on_a_networks_vectors_serves_a_pool(pool, tmp_path):
    spec = GPSpec(kind="gp", descriptors="cgcnn", pretrained=saved(tmp_path))
    fitted = build_surrogate(spec, pool).fit(data_of(pool, some(16)), 0)
    assert fitted.name == "gp-cgcnn-matern52"
    rest = np.setdiff1d(np.arange(24), some(16))
    truths = truth(pool.X[rest])
    off = np.abs(fitted.predict(pool.X[rest]).mean - truths).mean()
    assert off < np.abs(truths - truth(pool.X[some(16)]).mean()).mean()
    with torch.no_grad():
        assert fitted.model.posterior(torch.as_tensor(pool.X[:4])).mean.shape == (4, 1)
