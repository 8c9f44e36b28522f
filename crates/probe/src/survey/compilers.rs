//! Compilers: each candidate is asked what it is, its features are proved, and
//! the drivers of one toolchain are put together.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cfgmatrix_core::{HostFeature, HostToolchain, HostWrapper, Identification, Language, Version};
use serde::{Deserialize, Serialize};

use super::features::prove;
use super::find::{Candidate, Finder, Found, executable};
use super::group::group;
use super::{Context, Part, SurveyError, command};
use crate::identify::{Examination, IdentifyError};
use crate::process::{Invocation, ProcessError};

/// What a driver said of itself, as the cache keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Examined {
    pub(super) family: String,
    pub(super) version: Option<Version>,
    pub(super) base: Option<(String, Option<Version>)>,
    pub(super) target: Option<String>,
    pub(super) product: Option<String>,
    pub(super) decided_by: String,
    pub(super) c_library: Option<String>,
    pub(super) cxx_library: Option<String>,
    pub(super) include: Vec<PathBuf>,
}

impl From<Examination> for Examined {
    fn from(found: Examination) -> Self {
        let Identification {
            family,
            version,
            base,
            target,
            product,
            decided_by,
        } = found.identification;
        Self {
            family,
            version,
            base,
            target,
            product,
            decided_by,
            c_library: found.c_library,
            cxx_library: found.cxx_library,
            include: found.include,
        }
    }
}

impl Examined {
    fn identification(&self) -> Identification {
        Identification {
            family: self.family.clone(),
            version: self.version.clone(),
            base: self.base.clone(),
            target: self.target.clone(),
            product: self.product.clone(),
            decided_by: self.decided_by.clone(),
        }
    }
}

/// A driver that is known, with what works of it.
pub(super) struct Driver {
    pub(super) candidate: Candidate,
    pub(super) examined: Examined,
    pub(super) features: Vec<HostFeature>,
}

pub(super) fn survey(context: &Context<'_>) -> Result<Vec<HostToolchain>, SurveyError> {
    let rules = context.known.search_rules()?;
    let finder = Finder {
        rules: &rules,
        environment: &context.options.environment,
        host: context.options.host,
        languages: &context.options.languages,
    };
    let mut candidates = candidates(context, &finder)?;
    // The longest first, that none runs alone at the end: LLVM's are the slowest to start.
    candidates.sort_by_key(|candidate| {
        let path = candidate.realpath.to_string_lossy();
        !(path.contains("clang") || path.contains("flang") || path.contains("llvm"))
    });
    let shown = |candidate: &Candidate| candidate.path.display().to_string();
    let drivers = std::thread::scope(|scope| {
        // Read while the first compilers think; what is wrong shows where it is needed.
        if !context.cache.has_answers() {
            scope.spawn(|| context.known.read_families());
        }
        context.each(candidates, shown, |candidate| examine(context, candidate))
    })?;
    let known = drivers.into_iter().flatten().collect();
    Ok(group(context, known))
}

/// What is to be looked at: what the user names, else everything that is found.
fn candidates(context: &Context<'_>, finder: &Finder<'_>) -> Result<Vec<Candidate>, SurveyError> {
    let options = context.options;
    let mut found = Found::default();
    if options.compilers.is_empty() {
        let directories = finder.directories(&options.paths);
        found = finder.search(&directories);
        unwrap_masquerades(context, finder, &directories, &mut found);
        add_from_variables(context, finder, &mut found);
        add_registered(context, &mut found);
    }
    for compiler in &options.compilers {
        let words = split(compiler);
        for language in finder.languages_of(&words) {
            let named = finder.named(&words, language, &mut found);
            named.map_err(|reason| SurveyError::NoCompiler { reason })?;
        }
    }
    for warning in found.warnings {
        context.warn(warning);
    }
    Ok(found.candidates)
}

/// The words of `ccache gcc -m32`, as a shell would see them.
fn split(command: &OsString) -> Vec<OsString> {
    // A path with spaces that is there is meant as a whole.
    if Path::new(command).exists() {
        return vec![command.clone()];
    }
    match command.to_str().map(shell_words::split) {
        Some(Ok(words)) => words.into_iter().map(OsString::from).collect(),
        _ => vec![command.clone()],
    }
}

/// Records launchers that pass for compilers with the compilers that they start.
fn unwrap_masquerades(
    context: &Context<'_>,
    finder: &Finder<'_>,
    directories: &[PathBuf],
    found: &mut Found,
) {
    for link in std::mem::take(&mut found.masquerades) {
        let Some(real) = finder
            .behind(&link, directories)
            .and_then(|path| executable(&path))
        else {
            found.warnings.push(format!(
                "{} starts {}, which finds no compiler of that name",
                link.path.display(),
                link.launcher.name
            ));
            continue;
        };
        let version = launcher_version(context, &link.launcher, &link.realpath);
        for candidate in found
            .candidates
            .iter_mut()
            .filter(|candidate| candidate.realpath == real)
        {
            candidate.wrappers.push(HostWrapper {
                kind: link.launcher.id.clone(),
                command: vec![link.path.display().to_string()],
                version: version.clone(),
            });
        }
    }
}

fn launcher_version(
    context: &Context<'_>,
    launcher: &cfgmatrix_core::Launcher,
    program: &Path,
) -> Option<Version> {
    let mark = launcher.banner.as_ref()?;
    let key = context.key(&["launcher", &program.to_string_lossy()]);
    let ask = || {
        let output = Invocation::new(program)
            .arguments(&mark.arguments)
            .time_limit(context.options.time_limit)
            .run()?;
        let version = mark.read(&output.text()).flatten();
        Ok::<_, ProcessError>((version, Some(vec![program.to_owned()])))
    };
    context.cache.remember(&key, ask).ok().flatten()
}

/// Compilers that `CC`, `CXX` and `FC` name; one that is found already is not
/// added again.
fn add_from_variables(context: &Context<'_>, finder: &Finder<'_>, found: &mut Found) {
    let variables = [
        ("CC", Language::C),
        ("CXX", Language::Cxx),
        ("FC", Language::Fortran),
    ];
    for (name, language) in variables {
        let Some(value) = context.options.environment.get(name) else {
            continue;
        };
        if !context.options.languages.contains(&language) {
            continue;
        }
        let mut named = Found::default();
        if let Err(reason) = finder.named(&split(&value.to_owned()), language, &mut named) {
            found
                .warnings
                .push(format!("{name} is set to `{}`: {reason}", value.display()));
            continue;
        }
        for candidate in named.candidates {
            let same = found.candidates.iter_mut().find(|other| {
                other.language == language
                    && other.realpath == candidate.realpath
                    && other.arguments == candidate.arguments
            });
            match same {
                Some(other) => other.wrappers.extend(candidate.wrappers),
                None => found.candidates.push(candidate),
            }
        }
    }
}

/// Compilers that their installer has put into a registry: Visual Studio's.
#[cfg(windows)]
fn add_registered(context: &Context<'_>, found: &mut Found) {
    let arch = context.options.host.arch.as_str();
    let Some(tool) = cc::windows_registry::find_tool(arch, "cl.exe") else {
        return;
    };
    for language in [Language::C, Language::Cxx] {
        if context.options.languages.contains(&language) {
            let mut candidate = Candidate::at(tool.path(), language);
            candidate.environment = tool
                .get_envs()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            found.candidates.push(candidate);
        }
    }
}

/// Compilers that their installer has put into a registry: Visual Studio's.
#[cfg(not(windows))]
fn add_registered(_: &Context<'_>, _: &mut Found) {}

/// What a candidate is and what works of it; nothing where it is no compiler.
fn examine(context: &Context<'_>, candidate: Candidate) -> Result<Option<Driver>, SurveyError> {
    let driver = command(
        &candidate.path,
        &candidate.arguments,
        &candidate.environment,
        context.options.time_limit,
    );
    let arguments = arguments_key(&candidate);
    let path = candidate.path.to_string_lossy().into_owned();
    let key = context.key(&["examine", candidate.language.as_str(), &path, &arguments]);
    let ask = || match driver.examine(context.known, candidate.language) {
        Ok(found) => Ok((
            Ok(Examined::from(found)),
            Some(witnesses_of(context, &candidate)),
        )),
        Err(IdentifyError::Unidentified { reason, said, .. }) => {
            let said = if said.is_empty() {
                "it says nothing".to_owned()
            } else {
                format!("it says: {said}")
            };
            let reason = format!("{reason}; {said}");
            Ok((Err(reason), Some(witnesses_of(context, &candidate))))
        }
        Err(IdentifyError::Process(error)) => {
            let cause = std::error::Error::source(&error)
                .map_or_else(String::new, |cause| format!(": {cause}"));
            // What hangs today may not tomorrow.
            Ok((Err(format!("{error}{cause}")), None))
        }
        Err(error) => Err(SurveyError::Identify(error)),
    };
    let examined: Result<Examined, String> = context.cache.remember(&key, ask)?;
    let examined = match examined {
        Ok(examined) => examined,
        Err(reason) => {
            context.warn(format!("{path} is left out: {reason}"));
            return Ok(None);
        }
    };
    // The name asked for a language, and the compiler may not have it.
    let family = context.known.family(&examined.family)?;
    if !family.languages.contains(&candidate.language) {
        return Ok(None);
    }
    let toolchain = context
        .known
        .identified_toolchain(&examined.identification(), context.options.host)?;
    // Here, where others wait for their compilers, rather than at the end.
    context.sha256(&candidate.realpath);
    let mut features = Vec::new();
    if context.options.parts.contains(&Part::Compilers) {
        for id in &context.options.features {
            let feature = context.known.feature(id)?;
            if feature.languages.contains(&candidate.language) {
                features.push(prove(
                    context, &candidate, &driver, &examined, &toolchain, feature,
                )?);
            }
        }
    }
    Ok(Some(Driver {
        candidate,
        examined,
        features,
    }))
}

pub(super) fn arguments_key(candidate: &Candidate) -> String {
    let arguments = candidate.arguments.iter();
    let arguments: Vec<String> = arguments
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    arguments.join(" ")
}

/// The files that what a driver says depends on.
pub(super) fn witnesses_of(context: &Context<'_>, candidate: &Candidate) -> Vec<PathBuf> {
    let mut witnesses = vec![candidate.path.clone(), candidate.realpath.clone()];
    if is_script(&candidate.realpath) {
        // A script starts another compiler, which it looks for there.
        witnesses.extend(context.options.environment.search_path());
    }
    witnesses
}

fn is_script(path: &Path) -> bool {
    use std::io::Read as _;
    let mut start = [0; 2];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && &start == b"#!"
}
