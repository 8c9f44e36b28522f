//! The words by which build files speak of OpenMP, BLAS and MPI.

use cfgmatrix_core::{Language, Provides};

use super::Fact;

/// What a token of a compiler's command line says.
pub(super) fn flag(token: &str) -> Option<Fact> {
    const OPENMP: [&str; 4] = ["-mp", "-mp=multicore", "-qsmp=omp", "-qsmp=omp:noopt"];
    let option = token.strip_prefix(['-', '/'])?;
    if OPENMP.contains(&token) || names_openmp(option) {
        return Some(Fact::OpenMp);
    }
    if let Some(name) = option.strip_prefix("l").filter(|_| token.starts_with('-')) {
        return library(name);
    }
    let is_mkl = ["mkl", "qmkl", "Qmkl", "qmkl-ilp64"];
    let base = option.split(['=', ':']).next().unwrap_or_default();
    is_mkl
        .contains(&base)
        .then_some(Fact::Provides(Provides::Lapack))
}

/// `fopenmp`, `qopenmp`, `Kopenmp`, `openmp:llvm`, and not `fopenmp-simd` or a path.
fn names_openmp(option: &str) -> bool {
    let base = option.split(['=', ':']).next().unwrap_or_default();
    let prefix = base.strip_suffix("openmp");
    prefix.is_some_and(|prefix| ["", "f", "q", "Q", "K", "x"].contains(&prefix))
}

/// What a library of this name, without `lib`, brings.
pub(super) fn library(name: &str) -> Option<Fact> {
    let name = name.to_ascii_lowercase();
    let provides = match name.as_str() {
        "cblas" | "gslcblas" => Provides::Cblas,
        "lapack" | "flame" => Provides::Lapack,
        "lapacke" => Provides::Lapacke,
        "blas" | "openblas" | "openblas64" | "openblasp" | "openblas_64" | "blis" | "blis-mt"
        | "flexiblas" | "f77blas" | "ptf77blas" | "atlas" | "satlas" | "tatlas" | "goto2"
        | "essl" | "esslsmp" | "refblas" => Provides::Blas,
        _ if name.starts_with("scalapack") || name.starts_with("mkl_scalapack") => {
            Provides::Scalapack
        }
        "mkl_rt" => Provides::Lapack,
        _ if ["mkl_", "armpl", "nvpl_blas", "sci_"]
            .iter()
            .any(|begin| name.starts_with(begin)) =>
        {
            Provides::Blas
        }
        _ if name.starts_with("nvpl_lapack") => Provides::Lapack,
        "mpi" | "mpi_cxx" | "mpi_mpifh" | "mpich" | "mpicxx" | "mpifort" => return Some(Fact::Mpi),
        "gomp" | "omp" | "iomp5" => return Some(Fact::OpenMp),
        _ => return None,
    };
    Some(Fact::Provides(provides))
}

/// What a package is that a build asks for by name, in CMake, Meson or pkg-config.
pub(super) fn package(name: &str) -> Option<Fact> {
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "openmp" => Some(Fact::OpenMp),
        "mpi" | "mpi-c" | "mpi-cxx" | "mpi-fort" | "ompi" | "ompi-c" | "ompi-cxx" | "ompi-fort"
        | "mpich" | "openmpi" => Some(Fact::Mpi),
        "mkl" | "onemkl" => Some(Fact::Provides(Provides::Lapack)),
        _ if lower.starts_with("mkl-") => Some(Fact::Provides(Provides::Lapack)),
        _ => library(name),
    }
}

/// Whether a program is a compiler wrapper of an MPI, and its language.
pub(super) fn mpi_wrapper(program: &str) -> Option<Language> {
    let name = program.rsplit('/').next().unwrap_or(program);
    match name {
        "mpicc" | "mpiicc" | "mpiicx" | "mpigcc" => Some(Language::C),
        "mpicxx" | "mpic++" | "mpiCC" | "mpiicpc" | "mpiicpx" | "mpigxx" => Some(Language::Cxx),
        "mpifort" | "mpif90" | "mpif77" | "mpiifort" | "mpiifx" => Some(Language::Fortran),
        _ => None,
    }
}

/// The language of a source file, by its name.
pub(super) fn source(path: &str) -> Option<Language> {
    let (stem, suffix) = path.rsplit_once('.')?;
    if stem.ends_with(['/', '\\']) && !stem.ends_with("*/") {
        return None;
    }
    match suffix {
        "c" | "pyx" => Some(Language::C),
        "cc" | "cpp" | "cxx" | "c++" | "C" | "CPP" => Some(Language::Cxx),
        "f" | "f77" | "f90" | "f95" | "f03" | "f08" | "for" | "ftn" | "F" | "F77" | "F90"
        | "F95" | "F03" | "F08" | "FOR" => Some(Language::Fortran),
        _ => None,
    }
}
