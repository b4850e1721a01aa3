"""Functions of NumPy that have code of their own for some processors, and give other last bits there."""

ELEMENTARY = (
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "power", "float_power", "logaddexp", "logaddexp2", "sin",
    "cos", "tan", "arcsin", "arccos", "arctan", "arctan2", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh",
    "cbrt", "hypot", "sinc",
)  # fmt: skip
LINEAR = ("dot", "vdot", "inner", "matmul", "tensordot", "einsum", "polyfit", "convolve", "correlate")
OF_LINALG = ("lstsq", "solve", "inv", "pinv", "svd", "qr", "eig", "eigh", "eigvals", "eigvalsh", "cholesky", "det")
OF_MATH = (
    "exp", "expm1", "log", "log2", "log10", "log1p", "pow", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos",
    "atan", "hypot", "dist",
)  # fmt: skip
"""Of Python's own: the C library's."""
