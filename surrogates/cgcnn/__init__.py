"""Crystal graph convolutional networks.

Source: T. Xie, J. C. Grossman, "Crystal graph convolutional neural networks for an accurate and
interpretable prediction of material properties", Phys. Rev. Lett. 120, 145301 (2018).
"""
