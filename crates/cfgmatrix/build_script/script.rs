//! What Cargo started, and the answers to what is asked of it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use cfgmatrix_core as core;
use cfgmatrix_core::{
    BlasRequest, Identification, KnowledgeBase, Language, Linkage, Target, Threading, Tokens,
    Toolchain, Want, WantedThreading,
};
use cfgmatrix_probe::{
    BlasDirectories, BlasFile, BlasSearch, BlasTrial, CompilerCommand, FeatureTrial, is_in,
    libomp_root, link_of, openmp_hint, trial::Runner,
};

use super::{Blas, Error, Kit, read_environment};

/// What Cargo started, and what is asked of it.
pub struct Script {
    environment: BTreeMap<OsString, OsString>,
    known: KnowledgeBase,
    wants: Vec<Want>,
    blas: Option<Blas>,
    language: Language,
}

impl Script {
    /// Reads the environment that Cargo gives to build scripts.
    ///
    /// # Errors
    /// Not in a build script.
    pub fn from_environment() -> Result<Self, Error> {
        let environment = read_environment();
        for variable in ["OUT_DIR", "TARGET", "HOST", "PROFILE"] {
            if !environment.contains_key(OsStr::new(variable)) {
                return Err(Error::NotABuildScript { variable });
            }
        }
        let known = KnowledgeBase::new(crate::data::toolchains(), [])?;
        Ok(Self {
            environment,
            known,
            wants: Vec::new(),
            blas: None,
            language: Language::C,
        })
    }

    /// Asks for a feature, with a value where it takes one: `openmp`, `pic`,
    /// `march.x86_64_v3`, `std.c17`, …
    #[must_use]
    pub fn feature(mut self, feature: &str) -> Self {
        self.wants.push(Want::from(feature));
        self
    }

    /// Asks for a BLAS.
    #[must_use]
    pub fn blas(mut self, blas: Blas) -> Self {
        self.blas = Some(blas);
        self
    }

    /// The sources are C++ (and the `cc::Build` has `cpp(true)`).
    #[must_use]
    pub fn cxx(mut self) -> Self {
        self.language = Language::Cxx;
        self
    }

    pub(super) fn variable(&self, name: &str) -> Option<&OsStr> {
        self.environment
            .get(OsStr::new(name))
            .map(OsString::as_os_str)
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.variable(name)
            .and_then(OsStr::to_str)
            .unwrap_or_default()
    }

    /// Finds out what the compiler that `build` uses is, and whether what was
    /// asked for can be had from it on this machine.
    ///
    /// # Errors
    /// It cannot; each error says what to install or to set.
    pub fn resolve(self, build: &cc::Build) -> Result<Kit, Error> {
        let tool = build
            .try_get_compiler()
            .map_err(|error| Error::NoCompiler(error.to_string()))?;
        let command = command_of(&tool);
        // Trials speak the GNU way. A compiler that is driven as MSVC's writes its
        // libraries' names into the objects, and is believed.
        let compiler = (!tool.is_like_msvc()).then_some(&command);
        let found = command
            .identify(&self.known, self.language)
            .map_err(Error::Unidentified)?;
        let toolchain = self.toolchain(&found)?;
        let wants = self.wants_of_profile();
        let mut kit = Kit::new(&self, &toolchain, found.clone());
        let mut compile = Tokens::default();
        let mut link = Tokens::default();
        let mut openmp = None;
        for answer in self.known.resolve(&toolchain, self.language, &wants)? {
            if !answer.support.is_available() {
                return Err(core::Error::Unsupported {
                    family: toolchain.title(),
                    feature: answer.feature.id.clone(),
                    language: self.language,
                    reason: answer.explanation(),
                }
                .into());
            }
            compile.extend(answer.compile());
            if answer.feature.id == "openmp" {
                openmp = Some(answer);
            } else {
                link.extend(answer.link().chain(answer.libs()));
            }
        }
        kit.compile_flags = compile.into_vec();
        kit.link_arguments = link.into_vec();
        if let Some(answer) = openmp {
            self.openmp(&mut kit, compiler, &toolchain, &answer)?;
        }
        if let Some(blas) = &self.blas {
            self.add_blas(&mut kit, compiler, &toolchain, blas)?;
        }
        Ok(kit)
    }

    fn toolchain<'k>(&'k self, found: &Identification) -> Result<Toolchain<'k>, Error> {
        let triple = self.text("TARGET");
        let target = Target::from_triple(triple).ok_or_else(|| Error::UnknownTarget {
            triple: triple.to_owned(),
        })?;
        let mut toolchain = self.known.identified_toolchain(found, target)?;
        toolchain.target = target;
        // The level is Cargo's and cc passes it on; some rows depend on it.
        if self.text("OPT_LEVEL") == "0" {
            toolchain.parts.push("opt.0".to_owned());
        }
        // Apple's clang has no OpenMP of its own: whether Homebrew's libomp is
        // there decides what the knowledge base answers.
        if self.libomp_root().is_some() {
            toolchain.parts.push("libomp".to_owned());
        }
        Ok(toolchain)
    }

    /// Where a separately installed libomp is, on macOS.
    fn libomp_root(&self) -> Option<PathBuf> {
        let named = self
            .variable("LIBOMP_ROOT")
            .or_else(|| self.variable("OpenMP_ROOT"))
            .map(PathBuf::from);
        let target = Target::from_triple(self.text("TARGET"))?;
        libomp_root(named, target)
    }

    fn wants_of_profile(&self) -> Vec<Want> {
        let mut wants = self.wants.clone();
        if self.text("PROFILE") == "release" && !wants.iter().any(|want| want.feature == "ndebug") {
            wants.push(Want::new("ndebug"));
        }
        wants
    }

    fn runner(&self) -> Runner {
        if self.text("HOST") == self.text("TARGET") {
            Runner::Here
        } else {
            Runner::Nowhere
        }
    }

    fn openmp(
        &self,
        kit: &mut Kit,
        compiler: Option<&CompilerCommand>,
        toolchain: &Toolchain<'_>,
        answer: &core::Answer<'_>,
    ) -> Result<(), Error> {
        let runtime = toolchain.family.openmp_runtime.as_deref();
        let mut compile: Vec<String> = answer.compile().map(Into::into).collect();
        let mut link: Vec<String> = answer.link().chain(answer.libs()).map(Into::into).collect();
        if let Some(root) = self.libomp_root() {
            let include = format!("-I{}", root.join("include").display());
            compile.push(include.clone());
            kit.extra_compile.push(include);
            link.push(format!("-L{}", root.join("lib").display()));
        }
        let Some(compiler) = compiler else {
            return Ok(());
        };
        let proofs = self.known.proofs("openmp");
        let trial = FeatureTrial {
            proofs: proofs
                .filter(|(file, _)| is_in(file, self.language))
                .collect(),
            language: self.language,
            compile,
            link: link.clone(),
            runtime,
            runner: self.runner(),
            dialect: toolchain.family.dialect(toolchain.target),
            verbose: false,
        };
        let tried = trial.prove(compiler).map_err(Error::Unidentified)?;
        if tried.proof.works == Some(false) {
            return Err(Error::OpenMp {
                compiler: toolchain.title(),
                said: tried.proof.error.unwrap_or(tried.proof.evidence),
                hint: no_openmp_hint(toolchain),
            });
        }
        let Some(file) = tried.runtime else {
            kit.link_arguments.extend(link);
            return Ok(());
        };
        let name = runtime
            .and_then(|name| name.strip_prefix("lib"))
            .unwrap_or("openmp");
        kit.link_file(name, &file, Linkage::Shared)?;
        if let Some(directory) = tried.rpath {
            kit.add_rpath(&directory);
        }
        kit.openmp_runtime = Some(file);
        Ok(())
    }

    fn add_blas(
        &self,
        kit: &mut Kit,
        compiler: Option<&CompilerCommand>,
        toolchain: &Toolchain<'_>,
        blas: &Blas,
    ) -> Result<(), Error> {
        let library = blas
            .library
            .as_deref()
            .unwrap_or_else(|| toolchain.family.default_blas(toolchain.target));
        // Threads may be had in several ways; the first whose files are here is taken.
        let mut first = None;
        let request = BlasRequest {
            interface: blas.interface,
            linkage: blas.linkage.unwrap_or_default(),
            provides: &blas.provides,
            ..toolchain.blas_request(blas.threading, &self.wants)
        };
        for kind in self.known.blas_threadings(library, &request)? {
            match self.add_blas_of(kit, compiler, toolchain, blas, library, kind) {
                Ok(()) => return Ok(()),
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.expect("at least one kind of threading was tried"))
    }

    fn add_blas_of(
        &self,
        kit: &mut Kit,
        compiler: Option<&CompilerCommand>,
        toolchain: &Toolchain<'_>,
        blas: &Blas,
        library: &str,
        kind: Threading,
    ) -> Result<(), Error> {
        let request = BlasRequest {
            interface: blas.interface,
            provides: &blas.provides,
            ..toolchain.blas_request(WantedThreading::Exactly(kind), &self.wants)
        };
        let resolved = self.known.resolve_blas(library, &request)?;
        if !resolved.additions.is_empty() {
            return Err(Error::NeedsMpi);
        }
        let variables = &resolved.library.root_variables;
        kit.watched.extend(variables.iter().cloned());
        let named = variables.iter().filter_map(|name| self.variable(name));
        let variable = |name: &str| self.variable(name).map(OsStr::to_owned);
        let search = BlasSearch {
            library: resolved.library,
            threading: kind,
            interface: blas.interface,
            target: toolchain.target,
            family: &toolchain.family.id,
            directories: BlasDirectories {
                target: toolchain.target,
                roots: named.map(PathBuf::from).collect(),
                variable: &variable,
            },
        };
        let wanted = format!("{} {}", kind.as_str(), blas.interface.as_str());
        let hint = blas_hint(&resolved);
        let linkages = match blas.linkage {
            Some(linkage) => vec![linkage],
            None => vec![Linkage::Static, Linkage::Shared],
        };
        let mut searched = Vec::new();
        let mut refused = None;
        for linkage in linkages {
            let (files, directories) = search.files(linkage);
            searched.extend(directories);
            for file in files {
                match self.linkable(compiler, &search, &file)? {
                    Ok(linked) => {
                        // An archive takes the program's own OpenMP, so that only
                        // a pool of the library's own is worth a word.
                        if linkage == Linkage::Shared || kind == Threading::Pthread {
                            let reasons = resolved.warnings.iter().map(|met| met.explanation());
                            kit.warnings.extend(reasons);
                        }
                        kit.defines.extend(resolved.row.define.iter().cloned());
                        kit.extra_compile
                            .extend(resolved.row.compile.iter().cloned());
                        return kit.link_blas(library, &wanted, &file, &linked);
                    }
                    Err(said) => refused = refused.or(Some((file.file, said))),
                }
            }
        }
        searched.sort();
        searched.dedup();
        Err(match refused {
            Some((file, said)) => Error::BlasRefused {
                file,
                wanted,
                said,
                hint,
            },
            None => Error::BlasNotFound {
                library: resolved.library.name.clone(),
                wanted,
                searched,
                hint,
            },
        })
    }

    /// Whether a file is the library that was asked for: the files that linking
    /// it takes, or what speaks against it.
    fn linkable(
        &self,
        compiler: Option<&CompilerCommand>,
        search: &BlasSearch<'_>,
        file: &BlasFile,
    ) -> Result<Result<Vec<PathBuf>, String>, Error> {
        let Some(compiler) = compiler else {
            return Ok(Ok(Vec::new()));
        };
        let trial = BlasTrial {
            library: search.library,
            file: &file.file,
            linkage: file.linkage,
            interface: search.interface,
            prefix: "",
            suffix: "",
            libs: link_of(file),
            target: search.target,
            runner: self.runner(),
            threads: &[1],
            object: None,
            has: &[],
        };
        let proof = trial.prove(compiler).map_err(Error::Unidentified)?;
        Ok(match proof.seen.threading {
            Some(own) if own != search.threading => {
                Err(format!("it says that it is {}", own.as_str()))
            }
            _ if proof.proof.works == Some(false) => {
                Err(proof.proof.error.unwrap_or(proof.proof.evidence))
            }
            _ => Ok(proof.linked),
        })
    }
}

/// What to do where OpenMP does not work.
fn no_openmp_hint(toolchain: &Toolchain<'_>) -> String {
    match (
        openmp_hint(toolchain),
        toolchain.family.openmp_runtime.as_deref(),
    ) {
        (Some(install), Some("libomp")) => format!("{install}, or set CC=gcc"),
        (Some(install), _) => format!("{install}, or set CC to a compiler that has OpenMP"),
        (None, _) => "set CC to a compiler that has OpenMP".to_owned(),
    }
}

fn blas_hint(resolved: &core::ResolvedBlas<'_>) -> String {
    let packages = core::packages_text(&resolved.row.install);
    let install = if packages.is_empty() {
        String::new()
    } else {
        format!("install it ({packages})")
    };
    let set = resolved
        .library
        .root_variables
        .first()
        .map(|name| format!("set {name} to the directory it is installed in"));
    match (install.is_empty(), set) {
        (false, Some(set)) => format!("{install}, or {set}"),
        (false, None) => install,
        (true, Some(set)) => set,
        (true, None) => "ask for another library".to_owned(),
    }
}

/// The compiler as `cc` would start it. MSVC prints no banner when it is told
/// to be quiet, so its arguments stay away.
fn command_of(tool: &cc::Tool) -> CompilerCommand {
    let mut command = CompilerCommand::new(tool.path());
    if !tool.is_like_msvc() {
        command.arguments = tool.args().to_vec();
    }
    let set = tool
        .get_envs()
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    command.environment = set.collect();
    command
}
