//! A file as the loader sees it.

use std::fs::File;
use std::path::Path;

use object::read::elf::{FileHeader, GnuHashTable, Sym, SymbolTable, VersionTable};
use object::read::{FileKind, SymbolIndex};
use object::{Endianness, elf};

use super::super::dynamic::{self, Dynamic};
use super::super::source::{Data, cached};

/// The symbols by which libraries are known, whatever else they have.
pub(super) const MARKS: [&str; 29] = [
    "dgemm_",
    "dgemm",
    "cblas_dgemm",
    "dgemm_64_",
    "dgemm64_",
    "dgemm_64",
    "cblas_dgemm64_",
    "cblas_dgemm_64",
    "scipy_dgemm_",
    "scipy_dgemm_64_",
    "scipy_dgemm64_",
    "scipy_cblas_dgemm",
    "scipy_cblas_dgemm64_",
    "sgemm_",
    "zgemm_",
    "dgetrf_",
    "LAPACKE_dgetrf",
    "openblas_get_parallel",
    "openblas_get_parallel64_",
    "bli_init",
    "mkl_get_version",
    "MPI_Init",
    "mpi_init_",
    "ompi_mpi_comm_world",
    "MPIR_Dup_fn",
    "omp_get_num_threads",
    "GOMP_parallel",
    "__kmpc_fork_call",
    "ATL_buildinfo",
];

/// For which processor and in which layout a file is: what the loader compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Machine {
    pub(super) bits: u8,
    pub(super) little_endian: bool,
    pub(super) number: u16,
}

/// What the loader reads of a file.
#[derive(Debug)]
pub(super) struct Linked {
    pub(super) machine: Machine,
    pub(super) dynamic: Dynamic,
    pub(super) marks: Vec<String>,
}

/// Why a file is nothing that the loader can load.
#[derive(Debug)]
pub(super) enum Unusable {
    /// It is not there, or may not be read.
    Absent,
    /// It is no ELF file.
    Foreign,
    /// It is there, and the loader gives up over it.
    Malformed(String),
}

/// Reads a file; `marks` says whether its symbols are asked for too.
pub(super) fn read(path: &Path, marks: bool) -> Result<Linked, Unusable> {
    with(path, |data, kind| match kind {
        FileKind::Elf32 => linked::<elf::FileHeader32<Endianness>>(data, 32, marks),
        _ => linked::<elf::FileHeader64<Endianness>>(data, 64, marks),
    })
}

/// Whether a file provides a symbol to others.
pub(super) fn defines(path: &Path, symbol: &str) -> Result<bool, Unusable> {
    let names = [symbol];
    with(path, |data, kind| {
        Ok(!match kind {
            FileKind::Elf32 => defined::<elf::FileHeader32<Endianness>>(data, &names)?,
            _ => defined::<elf::FileHeader64<Endianness>>(data, &names)?,
        }
        .is_empty())
    })
}

fn with<T>(
    path: &Path,
    act: impl FnOnce(Data<'_>, FileKind) -> object::Result<T>,
) -> Result<T, Unusable> {
    // A pipe of the library's name would make the reader wait.
    if !std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        return Err(Unusable::Absent);
    }
    let file = File::open(path).map_err(|_| Unusable::Absent)?;
    let cache = cached(file).map_err(|_| Unusable::Absent)?;
    let length = object::ReadRef::len(&cache).unwrap_or(0);
    let data = cache.range(0, length);
    match FileKind::parse(data) {
        Ok(kind @ (FileKind::Elf32 | FileKind::Elf64)) => {
            act(data, kind).map_err(|error| Unusable::Malformed(error.to_string()))
        }
        _ => Err(Unusable::Foreign),
    }
}

fn linked<Elf: FileHeader<Endian = Endianness>>(
    data: Data<'_>,
    bits: u8,
    marks: bool,
) -> object::Result<Linked> {
    let header = Elf::parse(data)?;
    let endian = header.endian()?;
    Ok(Linked {
        machine: Machine {
            bits,
            little_endian: header.is_little_endian(),
            number: header.e_machine(endian).0,
        },
        dynamic: dynamic::of_elf(header, data)?.unwrap_or_default(),
        // Without a section table nothing can be looked up; the loader still loads it.
        marks: if marks {
            defined::<Elf>(data, &MARKS).unwrap_or_default()
        } else {
            Vec::new()
        },
    })
}

/// Which of these names a file provides.
fn defined<Elf: FileHeader<Endian = Endianness>>(
    data: Data<'_>,
    names: &[&str],
) -> object::Result<Vec<String>> {
    let header = Elf::parse(data)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, data)?;
    let symbols = sections.symbols(endian, data, elf::SHT_DYNSYM)?;
    let provides = |symbol: &Elf::Sym| {
        !symbol.is_undefined(endian)
            && !symbol.is_local()
            && !matches!(symbol.st_visibility(), elf::STV_HIDDEN | elf::STV_INTERNAL)
    };
    let found = |name: &&str| match sections.gnu_hash(endian, data) {
        Ok(Some((hashes, _))) => lookup(endian, &hashes, &symbols, name).is_some_and(&provides),
        _ => symbols.iter().any(|symbol| {
            provides(symbol)
                && symbols
                    .symbol_name(endian, symbol)
                    .is_ok_and(|found| found == name.as_bytes())
        }),
    };
    Ok(names
        .iter()
        .filter(|name| found(name))
        .map(|&name| name.to_owned())
        .collect())
}

fn lookup<'a, Elf: FileHeader<Endian = Endianness>>(
    endian: Endianness,
    hashes: &GnuHashTable<'a, Elf>,
    symbols: &SymbolTable<'a, Elf, Data<'a>>,
    name: &str,
) -> Option<&'a Elf::Sym> {
    let hash = elf::gnu_hash(name.as_bytes());
    let found: (SymbolIndex, &Elf::Sym) = hashes.find(
        endian,
        name.as_bytes(),
        hash,
        None,
        symbols,
        &VersionTable::default(),
    )?;
    Some(found.1)
}
