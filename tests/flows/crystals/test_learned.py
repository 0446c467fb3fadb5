"""What a model's file tells of the crystals that it has learned from."""

from dataclasses import replace

import pytest

from cathode.errors import SourceError
from flows.crystals.learned import ENTRY, Learned
from flows.crystals.models import read_model
from surrogates.cgcnn.model_file import load_model, save_model
from tests.crystal_worlds import toy_crystals
from tests.surrogates.cgcnn.networks import saved

CRYSTALS, _ = toy_crystals(6)


def told(folder, learned):
    """The same after a model's file has kept it."""
    file = saved(folder)
    save_model(file, replace(load_model(file), about={ENTRY: learned.content()}))
    return Learned.by(read_model(file))


def test_crystals_are_found_again_by_property(tmp_path):
    first = Learned({}).and_of("hardness", CRYSTALS[:3])
    both = told(tmp_path, told(tmp_path, first).and_of("colour", CRYSTALS[2:5]))
    assert both.whole
    assert both.among("hardness", CRYSTALS) == [True] * 3 + [False] * 3
    assert both.count("colour", CRYSTALS[:4]) == {
        "crystals": 4,
        "same_property": 2,
        "other_properties": {"hardness": 3},
        "all_known": True,
    }
    (flatters, calm) = both.notes("m.pt", "colour", CRYSTALS[:4])
    assert flatters == (
        "m.pt has learned colour from 2 of the 4 test crystals: the scores flatter, give another "
        "--start"
    )
    assert calm == "m.pt has learned hardness, another property, from 3 of the 4 test crystals"
    assert both.notes("m.pt", "colour", CRYSTALS[5:]) == []


def test_models_that_do_not_tell_are_not_known(tmp_path):
    nothing = Learned.by(read_model(saved(tmp_path)))
    assert not nothing.known
    assert nothing.count("hardness", CRYSTALS)["same_property"] is None
    assert nothing.notes("m.pt", "hardness", CRYSTALS) == [
        "m.pt does not tell which crystals it has learned from"
    ]
    tuned = told(tmp_path, nothing.and_of("hardness", CRYSTALS[:1]))
    assert not tuned.whole
    assert tuned.notes("m.pt", "hardness", CRYSTALS)[1:] == [
        "m.pt went on from a model that does not tell its crystals"
    ]


@pytest.mark.parametrize("entry", [3, {"of": [1], "whole": True}, {"whole": True}])
def test_what_cannot_be_read_is_refused(tmp_path, entry):
    file = saved(tmp_path)
    save_model(file, replace(load_model(file), about={ENTRY: entry}))
    with pytest.raises(SourceError, match="does not tell what it learned from as those of"):
        Learned.by(read_model(file))


@pytest.mark.parametrize(
    ("keep", "words"), [(0, "it is empty"), (0.5, "it is torn, its end is missing")]
)
def test_files_that_are_not_all_there_are_told_from_others(tmp_path, keep, words):
    file = saved(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(keep * len(whole))])
    with pytest.raises(SourceError, match=rf"\({words}\): copy it anew, or train it anew"):
        read_model(file)
    file.write_text("no model")
    with pytest.raises(SourceError, match="it is torn, or holds more than tensors"):
        read_model(file)
