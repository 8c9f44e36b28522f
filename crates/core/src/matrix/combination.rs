//! One combination of values: its compiler, features, MPI and BLAS, as they are
//! known or as they are on a machine.

use std::collections::{BTreeMap, BTreeSet};

use super::Matrix;
use super::axis::{BlasValue, CompilerValue};
use super::bind::{self, BoundBlas};
use super::expand::{Rule, Stop};
use crate::configuration::{LinkTokens, MpiIdentity, Parts, ToolchainIdentity};
use crate::error::Error;
use crate::host::{HostMpi, HostReport, HostToolchain};
use crate::name::{Language, Target};
use crate::resolve::{Answer, CompilerSpec, Toolchain, Want};
use crate::toolchain::{
    BlasRequest, Interface, KnowledgeBase, Mpi, Provides, ResolvedBlas, Support, WantedThreading,
};

/// What a row says to the knowledge base.
#[derive(Clone, Debug, Default)]
pub(super) struct Choices<'a> {
    pub(super) compiler: Option<&'a CompilerValue>,
    pub(super) mpi: Option<&'a str>,
    pub(super) blas: Option<&'a BlasValue>,
    pub(super) ints: Option<Interface>,
    pub(super) mode: Option<&'a str>,
    /// Features that values and `[[set]]` ask for.
    pub(super) features: Vec<&'a str>,
}

impl Matrix {
    /// What a combination comes to, or what stands against it; nothing without
    /// a compiler.
    pub(super) fn resolve<'k>(
        &self,
        known: &'k KnowledgeBase,
        host: Option<&HostReport>,
        choices: &Choices<'_>,
    ) -> Result<Option<Resolved<'k>>, Stop> {
        let Some(compiler) = choices.compiler else {
            return Ok(None);
        };
        let mut toolchain = self.toolchain(known, compiler, host)?;
        let found = match host {
            Some(host) => Some(bind::toolchain(host, compiler, &toolchain)?),
            None => None,
        };
        if let Some(found) = found {
            toolchain.version.clone_from(&found.version);
            toolchain.base_version = found.base.as_ref().and_then(|base| base.version.clone());
        }
        let wants = self.wants(known, choices)?;
        let languages = self.languages_of(&toolchain, found)?;
        let answers = self.answers(known, &toolchain, &languages, &wants, found, choices)?;
        let mpi = self.mpi(known, choices.mpi, host, &toolchain)?;
        let blas = choices.blas.map(|value| BlasValue {
            interface: Some(value.interface.or(choices.ints).unwrap_or_default()),
            ..value.clone()
        });
        let blas = blas
            .as_ref()
            .map(|value| self.blas(known, host, value, &toolchain, &wants, mpi.as_ref()))
            .transpose()?;
        let tools = compiler.tools(&toolchain, found, &languages);
        let identity = identity(&toolchain, found, &tools);
        let mut roles: BTreeMap<String, String> = tools
            .iter()
            .map(|(&language, tool)| (role(language).to_owned(), tool.clone()))
            .collect();
        let mut env = found.map_or_else(BTreeMap::new, environment_of);
        if let Some(mpi) = &mpi {
            mpi.bind(&tools, &mut roles, &mut env);
        }
        let mut link = match &blas {
            None => LinkTokens::default(),
            Some(Linked::Known(resolved)) => LinkTokens::of(resolved),
            Some(Linked::Bound(bound)) => bound_tokens(known, &toolchain, &languages, bound)?,
        };
        if let Some(found) = found {
            link.before.extend(run_time_paths(
                known, &toolchain, &languages, found, &wants,
            )?);
        }
        let parts = Parts {
            toolchain: Some(identity),
            tools: roles,
            link,
            env,
            mpi: mpi.as_ref().map(UsedMpi::identity),
        };
        Ok(Some(Resolved {
            parts,
            answers,
            blas: blas.map(Linked::into_resolved),
            toolchain,
        }))
    }

    /// The languages that are built: those of the matrix, else all that there is
    /// a driver for.
    fn languages_of(
        &self,
        toolchain: &Toolchain<'_>,
        found: Option<&HostToolchain>,
    ) -> Result<Vec<Language>, Stop> {
        let Some(found) = found else {
            return Ok(self
                .spec
                .languages
                .as_ref()
                .unwrap_or(&toolchain.family.languages)
                .clone());
        };
        let Some(languages) = &self.spec.languages else {
            let own = toolchain.family.languages.iter().copied();
            return Ok(own
                .filter(|language| found.drivers.contains_key(language))
                .collect());
        };
        let own = &toolchain.family.languages;
        match languages
            .iter()
            .find(|language| own.contains(language) && !found.drivers.contains_key(language))
        {
            Some(missing) => {
                let install = toolchain.family.packages(toolchain.version.as_ref());
                let reason = format!(
                    "{} has no driver for {missing} on this machine",
                    found.title()
                );
                Err(Stop::missing(&reason, install))
            }
            None => Ok(languages.clone()),
        }
    }

    /// The answers for all languages, all of them available.
    fn answers<'k>(
        &self,
        known: &'k KnowledgeBase,
        toolchain: &Toolchain<'k>,
        languages: &[Language],
        wants: &[Want],
        found: Option<&HostToolchain>,
        choices: &Choices<'_>,
    ) -> Result<Vec<Answer<'k>>, Stop> {
        let mut toolchain = toolchain.clone();
        let seen = found.into_iter().flat_map(|found| &found.features);
        toolchain
            .parts
            .extend(seen.flat_map(|seen| seen.parts.iter().cloned()));
        let mut answers = Vec::new();
        for &language in languages {
            let resolved = known.resolve(&toolchain, language, wants);
            answers.extend(resolved.map_err(|error| self.placed(error, "features", ""))?);
        }
        if let Some(answer) = answers.iter().find(|answer| !answer.support.is_available()) {
            let (title, feature, language) =
                (toolchain.title(), &answer.feature.id, answer.language);
            let reason = format!(
                "{title} has no `{feature}` for {language}: {}",
                answer.explanation()
            );
            let is_it = |want: Want| want.feature == *feature;
            let rule = if self.required().any(is_it) {
                Rule::RequireFeatures
            } else if choices
                .features
                .iter()
                .map(|&text| Want::from(text))
                .any(is_it)
            {
                Rule::Features
            } else {
                Rule::Mode
            };
            return Err(Stop::excluded(rule, reason));
        }
        if let Some(found) = found {
            bind::check_features(found, languages, wants)?;
        }
        Ok(answers)
    }

    fn mpi<'k, 'h>(
        &self,
        known: &'k KnowledgeBase,
        id: Option<&str>,
        host: Option<&'h HostReport>,
        toolchain: &Toolchain<'_>,
    ) -> Result<Option<UsedMpi<'k, 'h>>, Stop> {
        let Some(id) = id.filter(|&id| id != "none") else {
            return Ok(None);
        };
        let mpi = known
            .mpi(id)
            .map_err(|error| self.placed(error, "mpi", id))?;
        let found = host
            .map(|host| bind::mpi(host, mpi, toolchain.target))
            .transpose()?;
        Ok(Some(UsedMpi { mpi, found }))
    }

    fn required(&self) -> impl Iterator<Item = Want> {
        let required = self.spec.required_features.iter();
        required.map(|text| Want::from(text.as_str()))
    }

    /// Required features, those of the values and those of the mode, when they
    /// can stand together.
    fn wants(&self, known: &KnowledgeBase, choices: &Choices<'_>) -> Result<Vec<Want>, Error> {
        let mut wants: Vec<Want> = self.required().collect();
        for want in choices.features.iter().map(|&text| Want::from(text)) {
            if !wants.contains(&want) {
                wants.push(want);
            }
        }
        for want in &wants {
            let feature = known.feature(&want.feature);
            feature.map_err(|error| self.placed(error, "features", &want.feature))?;
        }
        if let Some(mode) = choices.mode {
            let with_mode = known.with_mode(mode, &wants);
            wants = with_mode.map_err(|error| self.placed(error, "mode", mode))?;
        }
        known
            .check_wants(&wants)
            .map_err(|error| self.placed(error, "features", ""))?;
        Ok(wants)
    }

    pub(super) fn toolchain<'k>(
        &self,
        known: &'k KnowledgeBase,
        value: &CompilerValue,
        host: Option<&HostReport>,
    ) -> Result<Toolchain<'k>, Error> {
        let text = value.spec();
        let place = |error| self.placed(error, "compiler", &text);
        let spec: CompilerSpec = text.parse().map_err(place)?;
        let mut toolchain = known.toolchain(&spec, None, &value.with).map_err(place)?;
        if let Some(host) = host {
            toolchain.target = toolchain.family.target_or_home(host.host.target);
        }
        toolchain.target = Target {
            os: value.os.unwrap_or(toolchain.target.os),
            arch: value.arch.unwrap_or(toolchain.target.arch),
        };
        Ok(toolchain)
    }

    /// The library and the threading that a value of the axis `blas` names.
    pub(super) fn blas_names<'a>(
        &self,
        value: &'a BlasValue,
        toolchain: &'a Toolchain<'_>,
    ) -> Result<(&'a str, WantedThreading), Error> {
        let threading = value.threading.as_deref().unwrap_or(&value.id);
        let threading: WantedThreading = threading
            .parse()
            .map_err(|error| self.placed(Error::Unknown(error), "blas", threading))?;
        let library = value
            .library
            .as_deref()
            .unwrap_or_else(|| toolchain.family.default_blas(toolchain.target));
        Ok((library, threading))
    }

    pub(super) fn blas_request<'a>(
        &self,
        value: &'a BlasValue,
        toolchain: &Toolchain<'a>,
        wants: &[Want],
        threading: WantedThreading,
        mpi: Option<&'a str>,
    ) -> BlasRequest<'a> {
        BlasRequest {
            interface: value.interface.unwrap_or_default(),
            linkage: value.linkage,
            mpi,
            provides: if value.provides.is_empty() {
                &[Provides::Blas]
            } else {
                &value.provides
            },
            ..toolchain.blas_request(threading, wants)
        }
    }

    fn blas<'k, 'h>(
        &self,
        known: &'k KnowledgeBase,
        host: Option<&'h HostReport>,
        value: &BlasValue,
        toolchain: &Toolchain<'k>,
        wants: &[Want],
        mpi: Option<&UsedMpi<'_, 'h>>,
    ) -> Result<Linked<'k, 'h>, Stop> {
        if let Some(host) = host {
            let mpi = mpi.and_then(|mpi| mpi.found);
            let bound = bind::blas(self, known, host, value, toolchain, wants, mpi)?;
            return Ok(Linked::Bound(Box::new(bound)));
        }
        let (library, threading) = self.blas_names(value, toolchain)?;
        let mpi = mpi.map(|mpi| mpi.mpi.id.as_str());
        let request = self.blas_request(value, toolchain, wants, threading, mpi);
        match known.resolve_blas(library, &request) {
            Ok(resolved) => Ok(Linked::Known(Box::new(resolved))),
            Err(error @ Error::NoLibrary { .. }) => {
                Err(Stop::excluded(Rule::Blas, error.to_string()))
            }
            Err(error) => Err(self.placed(error, "blas", library).into()),
        }
    }
}

/// What a combination was resolved to.
#[derive(Clone)]
pub(super) struct Resolved<'k> {
    pub(super) parts: Parts,
    pub(super) answers: Vec<Answer<'k>>,
    pub(super) blas: Option<ResolvedBlas<'k>>,
    pub(super) toolchain: Toolchain<'k>,
}

/// A BLAS as it is known, or as it is on a machine.
enum Linked<'k, 'h> {
    Known(Box<ResolvedBlas<'k>>),
    Bound(Box<BoundBlas<'k, 'h>>),
}

impl<'k> Linked<'k, '_> {
    fn into_resolved(self) -> ResolvedBlas<'k> {
        match self {
            Self::Known(resolved) => *resolved,
            Self::Bound(bound) => bound.resolved,
        }
    }
}

/// An MPI as it is known, and as it is on a machine where there is one.
struct UsedMpi<'k, 'h> {
    mpi: &'k Mpi,
    found: Option<&'h HostMpi>,
}

impl UsedMpi<'_, '_> {
    /// The wrappers as tools, each bound to the variant's own compiler.
    fn bind(
        &self,
        compilers: &BTreeMap<Language, String>,
        tools: &mut BTreeMap<String, String>,
        env: &mut BTreeMap<String, String>,
    ) {
        for (&language, compiler) in compilers {
            let own = self.found.map(|found| {
                found
                    .wrappers
                    .get(&language)
                    .map(|wrapper| wrapper.path.clone())
            });
            let wrapper = own.unwrap_or_else(|| self.mpi.wrapper(language).map(str::to_owned));
            if let Some(wrapper) = wrapper {
                tools.insert(format!("mpi{}", role(language)), wrapper);
                if let Some(variable) = self.mpi.compiler_variable(language) {
                    env.insert(variable.to_owned(), compiler.clone());
                }
            }
        }
        let launcher = match self.found {
            Some(found) => found
                .launcher
                .as_ref()
                .map(|launcher| launcher.path.clone()),
            None => self
                .mpi
                .launchers
                .first()
                .and_then(|launcher| launcher.executables.first().cloned()),
        };
        if let Some(launcher) = launcher {
            tools.insert("mpiexec".to_owned(), launcher);
        }
    }

    fn identity(&self) -> MpiIdentity {
        MpiIdentity {
            implementation: self.mpi.id.clone(),
            version: self.found.and_then(|found| found.version.clone()),
            sha256: self.found.map_or_else(BTreeMap::new, |found| {
                let wrappers = found.wrappers.iter();
                wrappers
                    .map(|(&language, wrapper)| (language, wrapper.sha256.clone()))
                    .collect()
            }),
        }
    }
}

/// The environment that the drivers need.
fn environment_of(found: &HostToolchain) -> BTreeMap<String, String> {
    let drivers = found.drivers.values();
    drivers.flat_map(|driver| driver.env.clone()).collect()
}

fn identity(
    toolchain: &Toolchain<'_>,
    found: Option<&HostToolchain>,
    tools: &BTreeMap<Language, String>,
) -> ToolchainIdentity {
    let names = tools
        .iter()
        .map(|(&language, tool)| (language, file_name(tool).to_owned()));
    let digests = found.map_or_else(BTreeMap::new, |found| {
        let drivers = found
            .drivers
            .iter()
            .filter(|(language, _)| tools.contains_key(language));
        drivers
            .map(|(&language, driver)| (language, driver.sha256.clone()))
            .collect()
    });
    ToolchainIdentity {
        family: toolchain.family.id.clone(),
        version: toolchain.version.clone(),
        target: toolchain.target,
        drivers: names.collect(),
        sha256: digests,
    }
}

/// The tokens that let a program find libraries in a directory when it starts,
/// as the family spells them; none where there is no such thing.
fn rpath_tokens(
    known: &KnowledgeBase,
    toolchain: &Toolchain<'_>,
    languages: &[Language],
    directory: &str,
) -> Result<Vec<String>, Error> {
    let want = Want {
        feature: "rpath".to_owned(),
        value: Some(directory.to_owned()),
    };
    let language = languages.first().copied().unwrap_or(Language::C);
    let answers = known.resolve(toolchain, language, &[want])?;
    let available = answers
        .iter()
        .filter(|answer| answer.support == Support::Flags);
    Ok(available
        .flat_map(|answer| answer.link().map(Into::into).collect::<Vec<String>>())
        .collect())
}

/// What links a library of a machine.
fn bound_tokens(
    known: &KnowledgeBase,
    toolchain: &Toolchain<'_>,
    languages: &[Language],
    bound: &BoundBlas<'_, '_>,
) -> Result<LinkTokens, Error> {
    let found = bound.found;
    let mut tokens = LinkTokens {
        preprocess: found.compile.clone(),
        compile: bound.resolved.row.compile.clone(),
        before: bound.resolved.row.link.clone(),
        after: bound.libs(),
        run_env: (*bound.resolved.row.run_env).clone(),
        library: Some(crate::configuration::library(&bound.resolved, Some(found))),
    };
    for directory in &found.directories {
        tokens.before.push(format!("-L{directory}"));
        tokens
            .before
            .extend(rpath_tokens(known, toolchain, languages, directory)?);
    }
    Ok(tokens)
}

/// What a compiler's own run-time libraries need to be found.
fn run_time_paths(
    known: &KnowledgeBase,
    toolchain: &Toolchain<'_>,
    languages: &[Language],
    found: &HostToolchain,
    wants: &[Want],
) -> Result<Vec<String>, Error> {
    let mut directories: BTreeSet<&str> = BTreeSet::new();
    for want in wants {
        let seen = languages
            .iter()
            .filter_map(|&language| found.feature(&want.feature, language));
        directories.extend(seen.filter_map(|seen| seen.rpath.as_deref()));
    }
    let mut tokens = Vec::new();
    for directory in directories {
        tokens.extend(rpath_tokens(known, toolchain, languages, directory)?);
    }
    Ok(tokens)
}

impl CompilerValue {
    /// The commands by language: the machine's where there is one, else those of
    /// the matrix or of the family.
    fn tools(
        &self,
        toolchain: &Toolchain<'_>,
        found: Option<&HostToolchain>,
        languages: &[Language],
    ) -> BTreeMap<Language, String> {
        let own = |language| match language {
            Language::C => self.cc.as_deref(),
            Language::Cxx => self.cxx.as_deref(),
            Language::Fortran => self.fc.as_deref(),
        };
        let named = languages.iter().filter_map(|&language| {
            let tool = match found {
                Some(found) => found.drivers.get(&language)?.command(),
                None => own(language)
                    .or_else(|| toolchain.family.driver(language))?
                    .to_owned(),
            };
            Some((language, tool))
        });
        named.collect()
    }
}

fn role(language: Language) -> &'static str {
    match language {
        Language::C => "cc",
        Language::Cxx => "cxx",
        Language::Fortran => "fc",
    }
}

/// The last part of a path of any system: a matrix may be written on another one.
fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
