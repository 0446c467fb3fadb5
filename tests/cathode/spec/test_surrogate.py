"""Specs of surrogates of crystals: what may be said, and what is refused in one sentence."""

import json

import pytest

from cathode.errors import SpecError
from cathode.spec import CampaignSpec, load_spec, parse_spec
from tests.helpers import layered

POOL = {"table": "pool.csv", "name": "name", "coordinates": ["a", "b"]}


def parsed(surrogate, **changes):
    return parse_spec(layered(surrogates=[surrogate], **changes), "spec")


@pytest.mark.parametrize(
    ("surrogate", "name"),
    [
        ({"kind": "cgcnn"}, "cgcnn"),
        ({"kind": "cgcnn", "augmentation": "anisotropic-5"}, "cgcnn-anisotropic-5"),
        ({"kind": "cgcnn", "augmentation": "none"}, "cgcnn-none"),
        ({"kind": "cgcnn", "pretrained": "a.pt"}, "cgcnn-pretrained"),
        ({"kind": "cgcnn", "pretrained": "a.pt", "lower": "frozen"}, "cgcnn-pretrained-frozen"),
        ({"kind": "cgcnn", "focus": "Li"}, "cgcnn-Li"),
        ({"kind": "gp", "descriptors": "cgcnn", "pretrained": "a.pt"}, "gp-cgcnn-matern52"),
    ],
)
def test_names_tell_them_apart(surrogate, name):
    spec = parsed(surrogate)
    assert spec.surrogates[0].name == name
    assert spec.surrogates[0].looks_at_crystals
    # As the ledger keeps it.
    assert CampaignSpec.model_validate(json.loads(spec.canonical())) == spec


@pytest.mark.parametrize(
    ("surrogate", "words"),
    [
        ({"kind": "cgcnn", "lower": "slow"}, "lower='slow' without pretrained"),
        ({"kind": "cgcnn", "pretrained": "a.pt", "atom": 32}, "atom=32 with pretrained"),
        ({"kind": "cgcnn", "focus": "Lithium"}, "'Lithium' is no element"),
        ({"kind": "cgcnn", "pretrained": "a.pt", "focus": "Li"}, "focus=Li with pretrained"),
        ({"kind": "cgcnn", "members": 21}, "members: input should be less than or equal to 20"),
        ({"kind": "cgcnn", "augmentation": "stretch"}, "unknown augmentation 'stretch'"),
        ({"kind": "gp", "descriptors": "cgcnn"}, "'cgcnn' need a network"),
        ({"kind": "gp", "pretrained": "a.pt"}, "no others take one"),
        ({"kind": "gpr_nn", "descriptors": "cgcnn"}, "descriptors"),
        ({"kind": "cgcnn", "pretrained_digest": "0a"}, "'0a' without pretrained: name the file"),
        ({"kind": "gp", "pretrained_digest": "0a"}, "'0a' without pretrained: name the file"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(surrogate, words):
    with pytest.raises(SpecError, match="surrogates.0") as refused:
        parsed(surrogate)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_pool_needs_structures_for_it():
    with pytest.raises(SpecError, match=r"cgcnn looks at crystals.*space\.structures"):
        parsed({"kind": "cgcnn"}, space=POOL)
    structures = {"file": "s.jsonl.gz", "column": "structure"}
    parsed({"kind": "cgcnn"}, space=POOL | {"structures": structures})


def test_paths_are_seen_from_the_folder_of_the_spec(write_campaign):
    structures = {"file": "s.jsonl.gz", "column": "structure"}
    path = write_campaign(
        space=POOL | {"structures": structures},
        surrogates=[
            {"kind": "cgcnn", "pretrained": "nets/a.pt"},
            {"kind": "gp", "descriptors": "cgcnn", "pretrained": "b.pt"},
            {"kind": "gp"},
        ],
    )
    spec, folder = load_spec(path), path.resolve().parent
    assert spec.space.table == folder / "pool.csv"
    assert spec.space.structures.file == folder / "s.jsonl.gz"
    files = [getattr(each, "pretrained", None) for each in spec.surrogates]
    assert files == [folder / "nets" / "a.pt", folder / "b.pt", None]


def test_a_spec_knows_the_content_of_the_networks_that_it_names(write_campaign, tmp_path):
    named = {"kind": "cgcnn", "pretrained": "a.pt"}
    gp = {"kind": "gp", "descriptors": "cgcnn", "pretrained": "a.pt"}
    path = write_campaign(surrogates=[named, gp, {"kind": "gp"}])
    assert load_spec(path).surrogates[0].pretrained_digest is None  # who loads it says why
    (tmp_path / "a.pt").write_bytes(b"one")
    first = [getattr(each, "pretrained_digest", None) for each in load_spec(path).surrogates]
    assert first == ["7692c3ad3540bb80", "7692c3ad3540bb80", None]  # the start of its SHA-256
    (tmp_path / "a.pt").write_bytes(b"two")
    assert load_spec(path).surrogates[0].pretrained_digest != first[0]
    asked = write_campaign(surrogates=[named | {"pretrained_digest": first[0]}])
    with pytest.raises(SpecError, match=r"a\.pt has the digest .* is '7692c3ad3540bb80': give"):
        load_spec(asked)
    (tmp_path / "a.pt").write_bytes(b"one")
    assert load_spec(asked).surrogates[0].pretrained_digest == first[0]
