//! The BLAS that runs: its file, its threading, its integers.

use std::path::{Path, PathBuf};

use cfgmatrix_core::{Interface, Linkage, ResolvedBlas, Target, Threading, Variant};
use cfgmatrix_probe::BlasProof;

use super::compiler::Recogniser;
use super::helper::{Ask, BlasQuestion};
use super::scene::{Seen, Stage};
use super::{Judgement, file_name, real, some_of};
use crate::artifact::{BlasProvider, Closure, Loaded, Picked, Routine, blas_provider};
use crate::outcome::Claim;

pub(super) fn judge(
    variant: &Variant<'_>,
    recogniser: &Recogniser,
    stage: &Stage<'_>,
    helper: &dyn Ask,
    claims: &mut Vec<Claim>,
) {
    let Some(blas) = &variant.blas else {
        return;
    };
    let claimed = Claimed::of(variant, blas, recogniser);
    let before = claims.len();
    for seen in &stage.artifacts {
        claimed.judge(seen, stage, helper, claims);
    }
    if claims.len() == before && !stage.artifacts.is_empty() {
        let judgement = Judgement::unknown("nothing that was built calls a BLAS routine");
        claims.push(judgement.of("blas.file", None, &claimed.place()));
    }
}

/// What the variant says of its BLAS.
struct Claimed<'a> {
    blas: &'a ResolvedBlas<'a>,
    sha256: Option<&'a str>,
    /// Where its flags say that it is, links resolved.
    directories: Vec<PathBuf>,
    target: Option<Target>,
    recogniser: &'a Recogniser,
}

impl<'a> Claimed<'a> {
    fn of(
        variant: &'a Variant<'_>,
        blas: &'a ResolvedBlas<'a>,
        recogniser: &'a Recogniser,
    ) -> Self {
        let configuration = &variant.configuration;
        let flags = &configuration.library_flags;
        let mut directories: Vec<PathBuf> = flags
            .ldflags
            .iter()
            .chain(&flags.libs)
            .filter_map(|token| {
                let rpath = token
                    .rfind("-rpath,")
                    .map(|at| &token[at + "-rpath,".len()..]);
                rpath.or_else(|| token.strip_prefix("-L"))
            })
            .flat_map(|list| list.split(':'))
            .filter(|directory| directory.starts_with('/'))
            .map(|directory| real(Path::new(directory)))
            .collect();
        directories.dedup();
        Self {
            blas,
            sha256: configuration
                .libraries
                .first()
                .and_then(|library| library.sha256.as_deref()),
            directories,
            target: variant.toolchain.as_ref().map(|toolchain| toolchain.target),
            recogniser,
        }
    }

    fn threading(&self) -> Threading {
        self.blas.row.threading
    }

    fn name(&self) -> &str {
        &self.blas.library.name
    }

    fn title(&self) -> String {
        format!("{} {}", self.threading().as_str(), self.name())
    }

    /// The library, and where it is if the configuration says so.
    fn place(&self) -> String {
        let directory = self.directories.first();
        directory.map_or_else(
            || self.name().to_owned(),
            |directory| format!("{} in {}", self.name(), directory.display()),
        )
    }

    fn judge(&self, seen: &Seen, stage: &Stage<'_>, helper: &dyn Ask, claims: &mut Vec<Claim>) {
        let artifact = Some(seen.name.as_str());
        let symbols = seen.artifact.symbols();
        let inside = symbols.blas.defined.iter().any(|name| is_gemm(name));
        let uses = !symbols.blas.undefined.is_empty() || !symbols.lapack.undefined.is_empty();
        let Some(followed) = &seen.closure else {
            // What an archive calls is decided where it is linked.
            return;
        };
        if inside {
            claims.push(
                self.linked_in(seen)
                    .of("blas.file", artifact, &self.place()),
            );
            return;
        }
        let closure = match followed {
            Ok(closure) => closure,
            Err(reason) if uses => {
                let judgement = Judgement::unknown(reason.clone());
                claims.push(judgement.of("blas.file", artifact, &self.place()));
                return;
            }
            Err(_) => return,
        };
        let Some(provider) = blas_provider(closure) else {
            if uses {
                let judgement = Judgement::unknown(
                    "it calls BLAS, and nothing that is loaded with it has one: it may be from the program that loads this",
                );
                claims.push(judgement.of("blas.file", artifact, &self.place()));
            }
            return;
        };
        let picked = Found {
            claimed: self,
            closure,
            provider: &provider,
            how: how(closure, &provider.file),
            answer: self.ask(closure, &provider, stage, helper),
        };
        claims.push(picked.file().of("blas.file", artifact, &self.place()));
        claims.push(
            picked
                .threading()
                .of("blas.threading", artifact, &self.title()),
        );
        let interface = self.blas.row.interface.as_str();
        claims.push(picked.interface().of("blas.interface", artifact, interface));
        if let Some(judgement) = picked.threads() {
            let claimed = match self.threading() {
                Threading::Sequential => "no threads",
                _ => "threads",
            };
            claims.push(judgement.of("blas.threads", artifact, claimed));
        }
    }

    fn linked_in(&self, seen: &Seen) -> Judgement {
        let observed = "a BLAS inside the file";
        if self.blas.row.linkage == Linkage::Static {
            return Judgement {
                observed: Some(observed.to_owned()),
                verdict: crate::outcome::Verdict::Unknown,
                evidence: "it was linked statically, as was asked; which one it is and how its calls run is not told by the file".to_owned(),
            };
        }
        let symbols = seen.artifact.symbols();
        let names: Vec<String> = symbols
            .blas
            .defined
            .iter()
            .filter(|name| is_gemm(name))
            .map(|name| format!("`{name}`"))
            .collect();
        Judgement::refuted(observed, format!("{} is defined in it", some_of(&names)))
    }

    fn ask(
        &self,
        closure: &Closure,
        provider: &BlasProvider,
        stage: &Stage<'_>,
        helper: &dyn Ask,
    ) -> Result<BlasProof, String> {
        let (prefix, suffix) = decoration(&provider.symbol).ok_or_else(|| {
            format!(
                "the helper does not know the spelling `{}`",
                provider.symbol
            )
        })?;
        let target = self
            .target
            .ok_or("the system that is built for is not known")?;
        let wide = provider.flavour.as_ref().and_then(|f| f.interface) == Some("ilp64");
        let beside = beside(closure, provider);
        helper.blas(&BlasQuestion {
            library: self.blas.library,
            file: &provider.file,
            beside: &beside,
            interface: if wide {
                Interface::Ilp64
            } else {
                Interface::Lp64
            },
            prefix,
            suffix,
            target,
            run_env: &stage.scene.run_env,
        })
    }
}

/// A BLAS that the loader picks.
struct Found<'f> {
    claimed: &'f Claimed<'f>,
    closure: &'f Closure,
    provider: &'f BlasProvider,
    how: String,
    answer: Result<BlasProof, String>,
}

impl Found<'_> {
    fn observed_threading(&self) -> Option<(String, String)> {
        let said = self.answer.as_ref().ok().and_then(|proof| {
            let threading = proof.seen.threading.filter(|_| !proof.is_another)?;
            Some((threading.as_str().to_owned(), "it says so".to_owned()))
        });
        let by_path = || {
            let threading = self.provider.flavour.as_ref()?.threading?;
            Some((threading.to_owned(), "by its path".to_owned()))
        };
        said.or_else(by_path)
    }

    fn library(&self) -> String {
        match &self.provider.flavour {
            Some(flavour) if flavour.library == self.claimed.blas.library.id => {
                self.claimed.name().to_owned()
            }
            Some(flavour) => flavour.library.to_owned(),
            None => file_name(&self.provider.file),
        }
    }

    fn evidence(&self) -> String {
        format!("{}: {}", self.provider.file.display(), self.how)
    }

    /// Whether the configuration says which file it is, and not only which library.
    fn says_place(&self) -> bool {
        self.claimed.sha256.is_some() || !self.claimed.directories.is_empty()
    }

    /// Whether the file is the one that was linked.
    fn file(&self) -> Judgement {
        let file = &self.provider.file;
        let directory = file.parent().map(real);
        let title = match &directory {
            Some(directory) if self.says_place() => {
                format!("{} in {}", self.library(), directory.display())
            }
            _ => self.library(),
        };
        if let Some(sha256) = self.claimed.sha256 {
            let digest = self.claimed.recogniser.digest(file);
            if digest.as_deref() == Some(sha256) {
                return Judgement::proved(
                    title,
                    format!(
                        "{}; it has the digest of the one that was asked for",
                        self.evidence()
                    ),
                );
            }
        }
        if directory.is_some_and(|directory| self.claimed.directories.contains(&directory)) {
            return Judgement::proved(title, self.evidence());
        }
        let same_library = self
            .provider
            .flavour
            .as_ref()
            .map(|flavour| flavour.library == self.claimed.blas.library.id);
        match same_library {
            Some(false) => Judgement::refuted(title, self.evidence()),
            _ if self.says_place() => Judgement::refuted(title, self.evidence()),
            Some(true) => Judgement::proved(
                title,
                format!("{}; which file it should be is not said", self.evidence()),
            ),
            None => Judgement::unknown(format!(
                "{}: a library that is not known by its name",
                self.evidence()
            )),
        }
    }

    fn threading(&self) -> Judgement {
        let Some((threading, why)) = self.observed_threading() else {
            let reason = match &self.answer {
                Err(reason) => format!("{}; it could not be asked: {reason}", self.evidence()),
                Ok(_) => format!("{}; it does not say", self.evidence()),
            };
            return Judgement::unknown(reason);
        };
        let observed = format!("{threading} {}", self.library());
        let evidence = format!("{}, {why}", self.how_with_name());
        if threading == self.claimed.threading().as_str() {
            Judgement::proved(observed, evidence)
        } else {
            Judgement::refuted(observed, evidence)
        }
    }

    /// `libopenblas.so.0 found through the system's default`.
    fn how_with_name(&self) -> String {
        let loaded = loaded(self.closure, &self.provider.file);
        let name = loaded.map_or_else(|| file_name(&self.provider.file), |l| l.name.clone());
        format!("{} {}", file_name(Path::new(&name)), self.how)
    }

    fn interface(&self) -> Judgement {
        let seen = self.answer.as_ref().ok().and_then(|proof| {
            let interface = proof.seen.interface?;
            Some((interface.as_str(), "a call shows it"))
        });
        let by_file = || {
            let interface = self.provider.flavour.as_ref()?.interface?;
            Some((interface, "by its path and the names of its routines"))
        };
        let Some((interface, why)) = seen.or_else(by_file) else {
            return Judgement::unknown(match &self.answer {
                Err(reason) => format!("it could not be asked: {reason}"),
                Ok(_) => "it does not say".to_owned(),
            });
        };
        let evidence = format!("{}; {why}", self.provider.file.display());
        if interface == self.claimed.blas.row.interface.as_str() {
            Judgement::proved(interface, evidence)
        } else {
            Judgement::refuted(interface, evidence)
        }
    }

    /// How many threads a call starts in the variant's environment.
    fn threads(&self) -> Option<Judgement> {
        let proof = self.answer.as_ref().ok()?;
        let (_, &started) = proof.seen.threads.iter().next_back()?;
        let observed = match started {
            0 => "no threads".to_owned(),
            1 => "1 thread".to_owned(),
            count => format!("{count} threads"),
        };
        let evidence = format!("{observed} started by a program in the variant's environment");
        let sequential = self.claimed.threading() == Threading::Sequential;
        Some(match (sequential, started) {
            (true, 0) => Judgement::proved(observed, evidence),
            (true, _) => Judgement::refuted(observed, evidence),
            (false, 0) => Judgement::unknown(format!(
                "{evidence}: it may have only one processor, or be told to use one"
            )),
            (false, _) => Judgement::proved(observed, evidence),
        })
    }
}

fn loaded<'c>(closure: &'c Closure, file: &Path) -> Option<&'c Loaded> {
    closure.loaded.iter().find(|loaded| loaded.file == file)
}

/// By which rule the loader picked a file, after its name.
fn how(closure: &Closure, file: &Path) -> String {
    match loaded(closure, file).map(|loaded| &loaded.picked) {
        Some(Picked::Cache | Picked::Default) => "found through the system's default".to_owned(),
        Some(Picked::LdLibraryPath) => "found through LD_LIBRARY_PATH".to_owned(),
        Some(Picked::Preload) => "put before all others by LD_PRELOAD".to_owned(),
        Some(Picked::Rpath { of } | Picked::Runpath { of }) => {
            format!("found through the rpath of {}", file_name(of))
        }
        Some(Picked::Path) => "named by its path".to_owned(),
        Some(Picked::Subject) => "the file itself".to_owned(),
        Some(Picked::Interpreter) | None => "loaded".to_owned(),
    }
}

fn is_gemm(name: &str) -> bool {
    Routine::of(name).is_some_and(|routine| routine.name.ends_with("gemm"))
}

/// Prefix and suffix of a spelling of `dgemm` over the Fortran one.
fn decoration(symbol: &str) -> Option<(&'static str, &'static str)> {
    Some(match symbol {
        "dgemm_" | "cblas_dgemm" => ("", ""),
        "scipy_dgemm_" => ("scipy_", ""),
        "dgemm_64_" => ("", "64_"),
        "scipy_dgemm_64_" => ("scipy_", "64_"),
        _ => return None,
    })
}

/// The other files of a library that consists of several; what lies in a
/// directory of the system is anyone's.
fn beside(closure: &Closure, provider: &BlasProvider) -> Vec<PathBuf> {
    let directory = provider.file.parent();
    let of_system = directory.is_some_and(|directory| {
        ["lib", "lib64"]
            .iter()
            .any(|name| directory.ends_with(name))
            || directory
                .parent()
                .is_some_and(|above| above.ends_with("lib"))
                && file_name(directory).contains("-linux-")
    });
    if of_system {
        return Vec::new();
    }
    closure
        .loaded
        .iter()
        .map(|loaded| &loaded.file)
        .filter(|file| file.parent() == directory && **file != provider.file)
        .cloned()
        .collect()
}
