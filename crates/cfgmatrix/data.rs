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
    "cray-clang.json",
    "cray-classic.json",
    "features.json",
    "flang-classic.json",
    "flang.json",
    "fujitsu-clang.json",
    "fujitsu.json",
    "gcc.json",
    "intel-classic.json",
    "intel-llvm.json",
    "launchers.json",
    "march.json",
    "mpi/cray-mpich.json",
    "mpi/fujitsu-mpi.json",
    "mpi/hpcx.json",
    "mpi/intel-mpi.json",
    "mpi/mpich.json",
    "mpi/mpitrampoline.json",
    "mpi/msmpi.json",
    "mpi/mvapich.json",
    "mpi/openmpi.json",
    "mpi/spectrum-mpi.json",
    "msvc.json",
    "nag.json",
    "nvcc.json",
    "nvhpc.json",
    "open-xl.json",
    "oracle.json",
    "pgi.json",
    "proofs/debug.F90",
    "proofs/debug.c",
    "proofs/debug.cpp",
    "proofs/fast-math.F90",
    "proofs/fast-math.c",
    "proofs/fast-math.cpp",
    "proofs/fortran.fixed-form.f90",
    "proofs/fortran.free-form.f",
    "proofs/fortran.i8.f90",
    "proofs/fortran.r8.f90",
    "proofs/hardening.aborts.c",
    "proofs/hardening.aborts.cpp",
    "proofs/hardening.aborts.f90",
    "proofs/hardening.c",
    "proofs/hardening.cpp",
    "proofs/hidden-visibility.c",
    "proofs/hidden-visibility.cpp",
    "proofs/hidden-visibility.f90",
    "proofs/lto.c",
    "proofs/lto.cpp",
    "proofs/lto.f90",
    "proofs/native.c",
    "proofs/native.cpp",
    "proofs/ndebug.c",
    "proofs/ndebug.cpp",
    "proofs/openmp-simd.F90",
    "proofs/openmp-simd.c",
    "proofs/openmp-simd.cpp",
    "proofs/openmp.F90",
    "proofs/openmp.c",
    "proofs/openmp.cpp",
    "proofs/opt.0.c",
    "proofs/opt.0.cpp",
    "proofs/opt.0.f90",
    "proofs/opt.1.c",
    "proofs/opt.1.cpp",
    "proofs/opt.1.f90",
    "proofs/opt.2.F90",
    "proofs/opt.2.c",
    "proofs/opt.2.cpp",
    "proofs/opt.3.F90",
    "proofs/opt.3.c",
    "proofs/opt.3.cpp",
    "proofs/opt.size.F90",
    "proofs/opt.size.c",
    "proofs/opt.size.cpp",
    "proofs/pic.F90",
    "proofs/pic.c",
    "proofs/pic.cpp",
    "proofs/preprocess.f90",
    "proofs/rpath.c",
    "proofs/rpath.cpp",
    "proofs/rpath.f90",
    "proofs/sanitize.address.aborts.c",
    "proofs/sanitize.address.aborts.cpp",
    "proofs/sanitize.address.aborts.f90",
    "proofs/sanitize.memory.aborts.c",
    "proofs/sanitize.memory.aborts.cpp",
    "proofs/sanitize.memory.aborts.f90",
    "proofs/sanitize.thread.aborts.c",
    "proofs/sanitize.thread.aborts.cpp",
    "proofs/sanitize.thread.aborts.f90",
    "proofs/sanitize.undefined.aborts.c",
    "proofs/sanitize.undefined.aborts.cpp",
    "proofs/sanitize.undefined.aborts.f90",
    "proofs/std.c11.c",
    "proofs/std.c17.c",
    "proofs/std.c23.c",
    "proofs/std.c90.c",
    "proofs/std.c99.c",
    "proofs/std.cxx11.cpp",
    "proofs/std.cxx14.cpp",
    "proofs/std.cxx17.cpp",
    "proofs/std.cxx20.cpp",
    "proofs/std.cxx23.cpp",
    "proofs/std.cxx26.cpp",
    "proofs/std.cxx98.cpp",
    "proofs/std.f2003.f90",
    "proofs/std.f2003.warns.F90",
    "proofs/std.f2008.f90",
    "proofs/std.f2008.warns.F90",
    "proofs/std.f2018.f90",
    "proofs/std.f2018.warns.F90",
    "proofs/std.f95.f90",
    "proofs/std.f95.warns.F90",
    "proofs/strict-fp.F90",
    "proofs/strict-fp.c",
    "proofs/strict-fp.cpp",
    "proofs/threads.c",
    "proofs/threads.cpp",
    "proofs/threads.f90",
    "proofs/warn.all.warns.c",
    "proofs/warn.all.warns.cpp",
    "proofs/warn.all.warns.f90",
    "proofs/warn.error.c",
    "proofs/warn.error.cpp",
    "proofs/warn.error.f90",
    "proofs/warn.error.fails.c",
    "proofs/warn.error.fails.cpp",
    "proofs/warn.error.fails.f90",
    "rocm-clang.json",
    "tcc.json",
    "xl.json",
    "xlclang.json",
    "zig-cc.json",
}

/// Takes the embedded knowledge base into a digest.
#[cfg(feature = "cli")]
pub(crate) fn hash(hasher: &mut impl std::hash::Hasher) {
    use std::hash::Hash as _;
    TOOLCHAINS.hash(hasher);
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
        "cover-model",
        include_str!("../../matrix/cover.schema.json"),
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
        "host",
        include_str!("../../toolchains/schema/host.schema.json"),
    ),
    (
        "launchers",
        include_str!("../../toolchains/schema/launchers.schema.json"),
    ),
    (
        "march",
        include_str!("../../toolchains/schema/march.schema.json"),
    ),
    ("matrix", include_str!("../../matrix/matrix.schema.json")),
    (
        "mpi",
        include_str!("../../toolchains/schema/mpi.schema.json"),
    ),
    ("outcome", include_str!("schema/outcome.schema.json")),
    ("run", include_str!("schema/run.schema.json")),
];
