"""Elements as vectors of 92 entries: nine properties, each in classes, one entry a class.

Source: T. Xie, J. C. Grossman, Phys. Rev. Lett. 120, 145301 (2018), Table I of its supplement. The
classes are those of the vectors published with the paper's code; a property that has no value for
an element, such as the electronegativity of helium, has no entry set.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

PROPERTIES = {
    "group": 19,
    "period": 7,
    "electronegativity": 10,
    "covalent radius": 10,
    "valence electrons": 12,
    "first ionisation energy": 10,
    "electron affinity": 10,
    "block": 4,
    "atomic volume": 10,
}
"""Number of classes of each property. Group 0 is that of lanthanides and actinides."""

LENGTH = sum(PROPERTIES.values())
"""Entries of a vector."""

_CLASSES = """
1 0 4 0 0 6 5 0 4 H
18 0 . 0 1 9 . 0 6 He
1 1 1 4 0 1 5 0 3 Li
2 1 3 3 1 4 0 0 0 Be
13 1 4 2 2 4 4 1 0 B
14 1 5 2 3 5 6 1 0 C
15 1 7 2 4 6 2 1 4 N
16 1 8 1 5 6 6 1 4 O
17 1 9 1 6 7 9 1 4 F
18 1 . 1 7 8 . 1 4 Ne
1 2 1 5 0 1 5 0 5 Na
2 2 2 5 1 3 . 0 4 Mg
13 2 3 4 2 2 5 1 2 Al
14 2 3 4 3 3 6 1 3 Si
15 2 4 3 4 5 5 1 4 P
16 2 5 3 5 5 7 1 4 S
17 2 7 3 6 6 9 1 5 Cl
18 2 . 3 7 7 . 1 6 Ar
1 3 0 7 0 0 5 0 8 K
2 3 1 6 1 2 4 0 6 Ca
3 3 2 5 2 2 4 2 4 Sc
4 3 2 4 3 3 4 2 3 Ti
5 3 3 4 4 3 5 2 2 V
6 3 3 4 5 3 5 2 1 Cr
7 3 3 4 6 3 . 2 1 Mn
8 3 3 4 7 3 4 2 1 Fe
9 3 3 3 8 3 5 2 1 Co
10 3 4 3 9 3 6 2 1 Ni
11 3 3 3 10 3 6 2 1 Cu
12 3 3 4 11 4 . 2 2 Zn
13 3 3 4 2 2 5 1 3 Ga
14 3 4 4 3 3 6 1 3 Ge
15 3 4 4 4 4 5 1 3 As
16 3 5 4 5 4 7 1 4 Se
17 3 7 3 6 5 9 1 5 Br
18 3 . 4 7 6 . 1 7 Kr
1 4 0 8 0 0 5 0 9 Rb
2 4 1 7 1 2 4 0 7 Sr
3 4 2 6 2 2 4 2 5 Y
4 4 2 5 3 2 5 2 4 Zr
5 4 3 5 4 3 5 2 3 Nb
6 4 4 5 5 3 5 2 2 Mo
7 4 4 4 6 3 5 2 2 Tc
8 4 4 4 7 3 6 2 2 Ru
9 4 5 4 8 3 6 2 2 Rh
10 4 4 4 11 4 5 2 2 Pd
11 4 4 4 10 3 6 2 2 Ag
12 4 3 4 11 4 . 2 3 Cd
13 4 3 5 2 2 4 1 4 In
14 4 4 5 3 3 6 1 4 Sn
15 4 4 5 4 4 6 1 5 Sb
16 4 4 4 5 4 7 1 5 Te
17 4 6 4 6 5 9 1 6 I
18 4 6 4 7 5 4 1 8 Xe
1 5 0 9 0 0 5 0 9 Cs
2 5 1 7 1 1 4 0 7 Ba
0 5 1 6 1 2 5 3 5 La
0 5 1 6 1 2 5 3 5 Ce
0 5 1 6 1 1 5 3 5 Pr
0 5 1 6 1 2 7 3 5 Nd
0 5 . 6 1 2 . 3 . Pm
0 5 1 6 1 2 . 3 5 Sm
0 5 . 6 1 2 5 3 6 Eu
0 5 1 6 1 2 . 3 5 Gd
0 5 . 6 1 2 6 3 5 Tb
0 5 2 6 1 2 5 3 5 Dy
0 5 2 6 1 2 . 3 5 Ho
0 5 2 6 1 2 . 3 5 Er
0 5 2 6 1 2 6 3 4 Tm
0 5 . 6 1 2 4 3 6 Yb
3 5 1 6 2 1 4 2 4 Lu
4 5 2 5 3 3 4 2 3 Hf
5 5 2 5 4 3 4 2 3 Ta
6 5 3 4 5 3 5 2 2 W
7 5 3 4 6 3 4 2 2 Re
8 5 4 4 7 4 6 2 2 Os
9 5 4 4 8 4 6 2 2 Ir
10 5 4 4 9 4 7 2 2 Pt
11 5 5 4 10 4 7 2 2 Au
12 5 3 4 11 5 . 2 4 Hg
13 5 3 5 2 2 5 1 4 Tl
14 5 3 5 3 3 5 1 5 Pb
15 5 3 5 4 3 5 1 5 Bi
16 5 4 5 5 4 7 1 5 Po
17 5 4 5 6 4 8 1 . At
18 5 . 5 7 5 . 1 . Rn
1 6 0 8 0 0 5 0 . Fr
2 6 1 7 1 1 4 0 8 Ra
0 6 1 7 1 1 5 3 5 Ac
0 6 2 6 1 2 . 3 5 Th
0 6 2 6 1 2 . 3 4 Pa
0 6 3 6 1 2 . 3 3 U
0 6 2 6 1 2 . 3 5 Np
0 6 2 6 1 2 . 3 . Pu
0 6 . 6 1 2 . 3 5 Am
0 6 . 6 1 2 . 3 5 Cm
0 6 . 6 1 2 . 3 . Bk
0 6 . 6 1 2 . 3 . Cf
0 6 . 6 1 2 . 3 . Es
0 6 . 6 1 2 . 3 . Fm
"""
# A row per element from hydrogen on: its class of each property, a dot where it has no value.

HEAVIEST = len(_CLASSES.split("\n")) - 2
"""Greatest atomic number that has a vector."""


@lru_cache(maxsize=1)
def element_vectors() -> NDArray[np.float32]:
    """A row per atomic number, shape (HEAVIEST + 1, LENGTH); row 0 stands for nothing."""
    vectors = np.zeros((HEAVIEST + 1, LENGTH), dtype=np.float32)
    widths = np.array([*PROPERTIES.values()])
    starts = np.cumsum(widths) - widths
    for number, line in enumerate(_CLASSES.strip().split("\n"), 1):
        *classes, _symbol = line.split()
        for start, text in zip(starts, classes, strict=True):
            if text != ".":
                vectors[number, start + int(text)] = 1
    vectors.setflags(write=False)
    return vectors
