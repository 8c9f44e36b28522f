//! What a closure means: which BLAS runs, and which OpenMP runtimes.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::loader::{Closure, Loaded};

/// A library that starts threads for OpenMP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct OpenmpRuntime {
    /// The runtime: `libgomp`, `libomp`, `libiomp5`, `libnvomp`, …
    pub runtime: &'static str,
    /// Its file, links resolved.
    pub file: PathBuf,
    /// The file that asked for it first.
    pub needed_by: Option<PathBuf>,
}

/// Names of OpenMP runtimes, as files begin with them, in lower case.
const RUNTIMES: [(&str, &str); 9] = [
    ("libgomp", "libgomp"),
    ("libiomp5", "libiomp5"),
    ("libomp", "libomp"),
    ("libnvomp", "libnvomp"),
    ("libxlsmp", "libxlsmp"),
    ("libxlomp", "libxlomp"),
    ("libfjomp", "libfjomp"),
    ("libcraymp", "libcraymp"),
    ("vcomp", "vcomp"),
];

/// The OpenMP runtime that a file name is of.
#[must_use]
pub(super) fn openmp_runtime(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    RUNTIMES
        .iter()
        .find(|(start, _)| {
            name.strip_prefix(start)
                // `libomptarget` and `libompd` are other libraries.
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_lowercase()))
        })
        .map(|&(_, runtime)| runtime)
}

/// The OpenMP runtimes that are loaded; more than one has threads of its own each.
///
/// A file that is two names of one runtime (LLVM installs `libiomp5` and
/// `libgomp` as links to `libomp`) is one runtime.
#[must_use]
pub fn openmp_runtimes(closure: &Closure) -> Vec<OpenmpRuntime> {
    closure
        .loaded
        .iter()
        .filter_map(|loaded| {
            Some(OpenmpRuntime {
                runtime: openmp_runtime(&file_name(&loaded.file))
                    .or_else(|| openmp_runtime(loaded.soname.as_deref()?))
                    .or_else(|| openmp_runtime(&loaded.name))
                    .or_else(|| runtime_by_symbols(loaded))?,
                file: loaded.file.clone(),
                needed_by: loaded.needed_by.clone(),
            })
        })
        .collect()
}

/// A runtime under another name, such as one that was linked into a library.
fn runtime_by_symbols(loaded: &Loaded) -> Option<&'static str> {
    let provides = |name: &str| loaded.provides.iter().any(|known| known == name);
    // A tool that watches a runtime has its entry points, and not its questions.
    if !provides("omp_get_num_threads") {
        return None;
    }
    // LLVM's runtime has GNU's entry points too.
    if provides("__kmpc_fork_call") {
        Some("libomp")
    } else {
        provides("GOMP_parallel").then_some("libgomp")
    }
}

/// What a BLAS library is, as its file says; a running program says more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct BlasFlavour {
    /// `openblas`, `blis`, `mkl`, `atlas`, `netlib`, …
    pub library: &'static str,
    /// `sequential`, `pthread`, `openmp`, `tbb`; nothing where the name does not tell.
    pub threading: Option<&'static str>,
    /// `lp64` or `ilp64`; nothing where the name does not tell.
    pub interface: Option<&'static str>,
}

/// The file whose BLAS a program runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct BlasProvider {
    /// The symbol by which it was found.
    pub symbol: String,
    /// The file, links resolved.
    pub file: PathBuf,
    /// What the file is, if its path or name is of a known form.
    pub flavour: Option<BlasFlavour>,
    /// Files further down that provide the same symbol, and are passed by.
    pub shadowed: Vec<PathBuf>,
}

/// The spellings of one routine that every BLAS has, the usual one first.
const SPELLINGS: [&str; 13] = [
    "dgemm_",
    "cblas_dgemm",
    "dgemm_64_",
    "dgemm64_",
    "cblas_dgemm64_",
    "dgemm_64",
    "cblas_dgemm_64",
    "scipy_dgemm_",
    "scipy_cblas_dgemm",
    "scipy_dgemm_64_",
    "scipy_cblas_dgemm64_",
    "scipy_dgemm64_",
    "dgemm",
];

/// The file whose BLAS a program runs: the first that provides `dgemm` in the
/// order of symbols. Nothing if no file of the closure does.
#[must_use]
pub fn blas_provider(closure: &Closure) -> Option<BlasProvider> {
    SPELLINGS.into_iter().find_map(|symbol| {
        let mut providers = closure
            .loaded
            .iter()
            .filter(|loaded| loaded.provides.iter().any(|name| name == symbol));
        let first = providers.next()?;
        Some(BlasProvider {
            symbol: symbol.to_owned(),
            file: first.file.clone(),
            flavour: flavour(first, closure),
            shadowed: providers.map(|loaded| loaded.file.clone()).collect(),
        })
    })
}

fn flavour(loaded: &Loaded, closure: &Closure) -> Option<BlasFlavour> {
    let name = file_name(&loaded.file);
    let soname = loaded.soname.as_deref().unwrap_or(&name);
    let directory = loaded
        .file
        .parent()
        .and_then(Path::file_name)
        .map(|name| name.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default();
    let marked = loaded.provides.iter().any(|name| name.contains("64"));
    let has =
        |word: &str| name.contains(word) || soname.contains(word) || directory.starts_with(word);
    if has("mkl") {
        return Some(mkl(closure));
    }
    let library = [
        ("openblas", "openblas"),
        ("blis", "blis"),
        ("flexiblas", "flexiblas"),
        ("armpl", "armpl"),
        ("nvpl", "nvpl"),
        ("libsci", "libsci"),
        ("essl", "essl"),
        ("atlas", "atlas"),
        ("libblas", "netlib"),
    ]
    .into_iter()
    .find_map(|(word, library)| has(word).then_some(library))?;
    // Debian's directories: `openblas-serial`, `openblas64-openmp`, `blis-pthread`.
    let threading = match directory.rsplit('-').next() {
        Some("serial") => Some("sequential"),
        Some("pthread") => Some("pthread"),
        Some("openmp") => Some("openmp"),
        // `libopenblaso` and `libopenblasp` of Fedora, `libopenblasp-r0.3.21` of a build.
        _ if library == "openblas" => openblas(&name),
        _ if library == "blis" && name.starts_with("libblis-mt") => Some("openmp"),
        _ if library == "netlib" => Some("sequential"),
        _ => None,
    };
    let wide = marked
        || ["blas64", "blis64"]
            .iter()
            .any(|word| name.contains(word) || directory.contains(word));
    // Where a system has both, the names differ; elsewhere the name says nothing.
    let told = directory.starts_with("openblas-")
        || directory.starts_with("blis-")
        || directory == "blas"
        || directory == "atlas";
    Some(BlasFlavour {
        library,
        threading,
        interface: wide.then_some("ilp64").or_else(|| told.then_some("lp64")),
    })
}

fn openblas(name: &str) -> Option<&'static str> {
    let rest = &name[name.find("openblas")? + "openblas".len()..];
    let rest = rest.strip_prefix("64").unwrap_or(rest);
    match rest.chars().next() {
        Some('o') => Some("openmp"),
        Some('p') => Some("pthread"),
        _ => None,
    }
}

/// MKL's layers are libraries of their own.
fn mkl(closure: &Closure) -> BlasFlavour {
    let loaded = |word: &str| {
        closure
            .loaded
            .iter()
            .any(|loaded| file_name(&loaded.file).contains(word))
    };
    let layer = |layers: &[(&str, &'static str)]| {
        layers
            .iter()
            .find_map(|&(word, answer)| loaded(word).then_some(answer))
    };
    BlasFlavour {
        library: "mkl",
        threading: layer(&[
            ("mkl_sequential", "sequential"),
            ("mkl_gnu_thread", "openmp"),
            ("mkl_intel_thread", "openmp"),
            ("mkl_tbb_thread", "tbb"),
        ]),
        interface: layer(&[("_ilp64", "ilp64"), ("_lp64", "lp64")]),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::loader::{LoaderRules, Picked};
    use super::*;

    fn closure(files: &[(&str, &[&str])]) -> Closure {
        Closure {
            rules: LoaderRules::Glibc,
            interpreter: None,
            loaded: files
                .iter()
                .map(|(path, provides)| Loaded {
                    name: file_name(Path::new(path)),
                    path: path.into(),
                    file: path.into(),
                    soname: None,
                    needed_by: None,
                    picked: Picked::Cache,
                    provides: provides.iter().map(|&name| name.to_owned()).collect(),
                })
                .collect(),
            missing: Vec::new(),
        }
    }

    #[test]
    fn runtimes_are_told_by_their_files() {
        let closure = closure(&[
            ("/usr/lib/x/libgomp.so.1.0.0", &[]),
            ("/usr/lib/llvm-14/lib/libomp.so.5", &[]),
            ("/usr/lib/llvm-14/lib/libomptarget.so.14", &[]),
            ("/usr/lib/x/libompd.so", &[]),
            (
                "/app/libwhole.so",
                &["omp_get_num_threads", "GOMP_parallel"],
            ),
            ("/app/libtool.so", &["GOMP_parallel"]),
        ]);
        let runtimes: Vec<_> = openmp_runtimes(&closure)
            .into_iter()
            .map(|runtime| runtime.runtime)
            .collect();
        assert_eq!(runtimes, ["libgomp", "libomp", "libgomp"]);
        assert_eq!(openmp_runtime("VCOMP140.DLL"), Some("vcomp"));
        assert_eq!(openmp_runtime("libgomp-1.dll"), Some("libgomp"));
    }

    #[test]
    fn flavours_are_told_by_path() {
        for (path, symbol, library, threading, interface) in [
            (
                "/d/openblas-serial/libopenblas-r0.3.21.so",
                "dgemm_",
                "openblas",
                Some("sequential"),
                Some("lp64"),
            ),
            (
                "/d/openblas-openmp/libblas.so.3",
                "dgemm_",
                "openblas",
                Some("openmp"),
                Some("lp64"),
            ),
            (
                "/d/openblas64-pthread/libopenblas64.so.0",
                "dgemm_",
                "openblas",
                Some("pthread"),
                Some("ilp64"),
            ),
            (
                "/usr/lib64/libopenblaso64_-r0.3.21.so",
                "dgemm_64_",
                "openblas",
                Some("openmp"),
                Some("ilp64"),
            ),
            (
                "/usr/lib64/libopenblas-r0.3.21.so",
                "dgemm_",
                "openblas",
                None,
                None,
            ),
            (
                "/d/blis-openmp/libblis.so.4",
                "dgemm_",
                "blis",
                Some("openmp"),
                Some("lp64"),
            ),
            (
                "/d/blas/libblas.so.3.11.0",
                "dgemm_",
                "netlib",
                Some("sequential"),
                Some("lp64"),
            ),
            (
                "/p/libscipy_openblas64_.so",
                "scipy_dgemm_64_",
                "openblas",
                None,
                Some("ilp64"),
            ),
        ] {
            let provider = blas_provider(&closure(&[("/app", &[]), (path, &[symbol])])).unwrap();
            assert_eq!(provider.symbol, symbol);
            assert_eq!(
                provider.flavour,
                Some(BlasFlavour {
                    library,
                    threading,
                    interface
                }),
                "{path}"
            );
        }
    }

    #[test]
    fn the_first_in_order_provides() {
        let provider = blas_provider(&closure(&[
            ("/app", &[]),
            ("/d/openblas-serial/libopenblas.so.0", &["dgemm_"]),
            ("/d/openblas-pthread/libblas.so.3", &["dgemm_"]),
        ]))
        .unwrap();
        assert!(provider.file.starts_with("/d/openblas-serial"));
        assert_eq!(
            provider.shadowed,
            [Path::new("/d/openblas-pthread/libblas.so.3")]
        );
        assert_eq!(blas_provider(&closure(&[("/app", &[])])), None);
    }

    #[test]
    fn the_layers_of_mkl_tell() {
        let provider = blas_provider(&closure(&[
            ("/app", &[]),
            ("/m/libmkl_intel_ilp64.so.2", &["dgemm_"]),
            ("/m/libmkl_gnu_thread.so.2", &[]),
        ]))
        .unwrap();
        let flavour = provider.flavour.unwrap();
        assert_eq!(flavour.threading, Some("openmp"));
        assert_eq!(flavour.interface, Some("ilp64"));
    }
}
