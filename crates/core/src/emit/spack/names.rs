//! What Spack calls compilers and libraries. It is Spack's knowledge, not that of
//! compilers, and so it stands here.

use crate::toolchain::Threading;

/// Packages by compiler family.
const COMPILERS: [(&str, &str); 14] = [
    ("aocc", "aocc"),
    ("apple-clang", "apple-clang"),
    ("arm-clang", "acfl"),
    ("clang", "llvm"),
    ("cray-clang", "cce"),
    ("fujitsu", "fj"),
    ("gcc", "gcc"),
    ("intel-classic", "intel-oneapi-compilers-classic"),
    ("intel-llvm", "intel-oneapi-compilers"),
    ("msvc", "msvc"),
    ("nag", "nag"),
    ("nvhpc", "nvhpc"),
    ("rocm-clang", "llvm-amdgpu"),
    ("xl", "xl"),
];

/// Packages by MPI implementation.
const MPIS: [(&str, &str); 9] = [
    ("cray-mpich", "cray-mpich"),
    ("fujitsu-mpi", "fujitsu-mpi"),
    ("hpcx", "hpcx-mpi"),
    ("intel-mpi", "intel-oneapi-mpi"),
    ("mpich", "mpich"),
    ("mpitrampoline", "mpitrampoline"),
    ("msmpi", "msmpi"),
    ("openmpi", "openmpi"),
    ("spectrum-mpi", "spectrum-mpi"),
];

/// A BLAS as a spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlasPackage {
    /// Package and threading.
    pub(super) spec: &'static str,
    /// Whether it has a variant for 64-bit integers.
    pub(super) ilp64: bool,
    /// Whether it is a LAPACK too.
    pub(super) lapack: bool,
}

pub(super) fn compiler(family: &str) -> Option<&'static str> {
    let found = COMPILERS.iter().find(|(known, _)| *known == family);
    found.map(|(_, package)| *package)
}

pub(super) fn mpi(implementation: &str) -> Option<&'static str> {
    let found = MPIS.iter().find(|(known, _)| *known == implementation);
    found.map(|(_, package)| *package)
}

pub(super) fn blas(library: &str, threading: Threading) -> Option<BlasPackage> {
    let (spec, ilp64, lapack) = match (library, threading) {
        ("openblas", Threading::Sequential) => ("openblas threads=none", true, true),
        ("openblas", Threading::Openmp) => ("openblas threads=openmp", true, true),
        ("openblas", Threading::Pthread) => ("openblas threads=pthreads", true, true),
        ("mkl", Threading::Sequential) => ("intel-oneapi-mkl threads=none", true, true),
        ("mkl", Threading::Openmp) => ("intel-oneapi-mkl threads=openmp", true, true),
        ("mkl", Threading::Tbb) => ("intel-oneapi-mkl threads=tbb", true, true),
        ("blis", Threading::Sequential) => ("blis threads=none", false, false),
        ("blis", Threading::Openmp) => ("blis threads=openmp", false, false),
        ("blis", Threading::Pthread) => ("blis threads=pthreads", false, false),
        ("aocl", Threading::Sequential) => ("amdblis threads=none", true, false),
        ("aocl", Threading::Openmp) => ("amdblis threads=openmp", true, false),
        ("atlas", Threading::Sequential) => ("atlas threads=none", false, true),
        ("atlas", Threading::Pthread) => ("atlas threads=pthreads", false, true),
        ("netlib", Threading::Sequential) => ("netlib-lapack", false, true),
        ("essl", Threading::Sequential) => ("essl threads=none", true, false),
        ("essl", Threading::Openmp) => ("essl threads=openmp", true, false),
        ("nvpl", Threading::Sequential) => ("nvpl-blas threads=none", true, false),
        ("nvpl", Threading::Openmp) => ("nvpl-blas threads=openmp", true, false),
        _ => return None,
    };
    Some(BlasPackage {
        spec,
        ilp64,
        lapack,
    })
}

/// How a compiler's package says which languages it has; `names` are c, c++,
/// fortran.
pub(super) fn languages(package: &str, names: &[&str]) -> String {
    let has_fortran = names.contains(&"fortran");
    match package {
        "gcc" => format!(" languages='{}'", names.join(",")),
        "llvm" if has_fortran => " +clang+flang".to_owned(),
        "llvm" => " +clang~flang".to_owned(),
        _ => String::new(),
    }
}
