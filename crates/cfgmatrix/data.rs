//! The documents that are part of the program.

use cfgmatrix_core::{Document, Sources};

macro_rules! toolchains {
    ($($path:literal),+ $(,)?) => {
        /// Path within the knowledge base, and text.
        const TOOLCHAINS: &[(&str, &str)] = &[$(($path, include_str!(concat!("../../toolchains/", $path)))),+];
    };
}

toolchains! {
    "aocc.json",
    "apple-clang.json",
    "arm-clang.json",
    "blas/accelerate.json",
    "blas/aocl.json",
    "blas/armpl.json",
    "blas/atlas.json",
    "blas/blis.json",
    "blas/essl.json",
    "blas/flexiblas.json",
    "blas/libsci.json",
    "blas/mkl.json",
    "blas/netlib.json",
    "blas/nvpl.json",
    "blas/openblas.json",
    "blas/ssl2.json",
    "clang-cl.json",
    "clang.json",
    "cray-classic.json",
    "cray-clang.json",
    "features.json",
    "flang-classic.json",
    "flang.json",
    "fujitsu-clang.json",
    "fujitsu.json",
    "gcc.json",
    "intel-classic.json",
    "intel-llvm.json",
    "march.json",
    "msvc.json",
    "nag.json",
    "nvcc.json",
    "nvhpc.json",
    "open-xl.json",
    "oracle.json",
    "pgi.json",
    "rocm-clang.json",
    "tcc.json",
    "xl.json",
    "xlclang.json",
    "zig-cc.json",
}

/// The embedded knowledge base.
#[must_use]
pub(crate) fn toolchains() -> Sources {
    TOOLCHAINS
        .iter()
        .map(|(path, text)| {
            (
                (*path).to_owned(),
                Document::embedded(&format!("toolchains/{path}"), text),
            )
        })
        .collect()
}

/// The matrix that is expanded where no other is given.
#[cfg(feature = "cli")]
#[must_use]
pub(crate) fn default_matrix() -> Document {
    Document::embedded(
        "matrix/default.toml",
        include_str!("../../matrix/default.toml"),
    )
}

/// JSON Schemas by the name of what they describe.
#[cfg(feature = "cli")]
pub(crate) const SCHEMAS: &[(&str, &str)] = &[
    (
        "blas",
        include_str!("../../toolchains/schema/blas.schema.json"),
    ),
    (
        "family",
        include_str!("../../toolchains/schema/family.schema.json"),
    ),
    (
        "features",
        include_str!("../../toolchains/schema/features.schema.json"),
    ),
    (
        "march",
        include_str!("../../toolchains/schema/march.schema.json"),
    ),
    ("matrix", include_str!("../../matrix/matrix.schema.json")),
];
