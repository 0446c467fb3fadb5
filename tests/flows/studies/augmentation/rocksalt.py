"""Folders of rocksalt crystals AX, as the CGCNN code has them."""

from itertools import product

METALS = {
    "Li": 0.76,
    "Na": 1.02,
    "K": 1.38,
    "Rb": 1.52,
    "Mg": 0.72,
    "Ca": 1.0,
    "Sr": 1.18,
    "Ba": 1.35,
}
"""Radii in Å."""

ANIONS = {"F": 1.33, "Cl": 1.81, "Br": 1.96, "O": 1.40, "S": 1.84}

STRAINS = (0.97, 1.0)


def cif(name, metal, anion, length):
    """The primitive cell, P1."""
    edge = length / 2**0.5
    return "\n".join(
        [
            f"data_{name}",
            *(f"_cell_length_{axis} {edge:.5f}" for axis in "abc"),
            *(f"_cell_angle_{angle} 60" for angle in ("alpha", "beta", "gamma")),
            "_symmetry_space_group_name_H-M 'P 1'",
            "loop_",
            "_atom_site_label",
            "_atom_site_type_symbol",
            "_atom_site_fract_x",
            "_atom_site_fract_y",
            "_atom_site_fract_z",
            f"{metal}1 {metal} 0 0 0",
            f"{anion}1 {anion} 0.5 0.5 0.5",
            "",
        ]
    )


def write_folder(folder, strains=STRAINS):
    """A crystal per metal, anion and strain, a wrong one and a missing one.

    The value rises with the radius of the anion and falls with the length of the cell.
    """
    lines = []
    for metal, anion, strain in product(METALS, ANIONS, strains):
        name = f"{metal}{anion}-{strain:g}"
        length = 2 * strain * (METALS[metal] + ANIONS[anion])
        (folder / f"{name}.cif").write_text(cif(name, metal, anion, length))
        lines.append(f"{name},{3 + ANIONS[anion] - 0.5 * (length - 5):.4f}")
    (folder / "wrong.cif").write_text("not a crystal")
    lines += ["wrong,1.0", "missing,2.0"]
    (folder / "id_prop.csv").write_text("\n".join(lines) + "\n")
    return folder
