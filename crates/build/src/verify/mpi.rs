//! The MPI that runs: which one it is, its version, and whether its ranks find
//! each other.

use std::path::Path;

use cfgmatrix_core::{KnowledgeBase, Mpi, MpiIdentity, Variant, Version};
use cfgmatrix_probe::Ranks;

use super::helper::Ask;
use super::ranks::{MpiQuestion, tool_name};
use super::scene::{Seen, Stage};
use super::{Judgement, file_name, some_of};
use crate::artifact::{Closure, Loaded};
use crate::outcome::Claim;

pub(super) fn judge(
    variant: &Variant<'_>,
    known: &KnowledgeBase,
    stage: &Stage<'_>,
    helper: &dyn Ask,
    claims: &mut Vec<Claim>,
) {
    if stage.artifacts.is_empty() {
        return;
    }
    match &variant.configuration.mpi {
        Some(identity) => match known.mpi(&identity.implementation) {
            Ok(mpi) => judge_some(
                &Claimed {
                    mpi,
                    identity,
                    known,
                },
                variant,
                stage,
                helper,
                claims,
            ),
            Err(error) => {
                let judgement = Judgement::unknown(error.to_string());
                claims.push(judgement.of("mpi", None, &identity.implementation));
            }
        },
        // A matrix with such an axis says of its other variants that they have none.
        None if variant.axes.iter().any(|(axis, _)| axis == "mpi") => {
            judge_none(known, stage, claims);
        }
        None => {}
    }
}

/// A symbol that libraries of one binary interface have, and no others.
const MARKS: [(&str, &str); 2] = [("ompi_mpi_comm_world", "openmpi"), ("MPIR_Dup_fn", "mpich")];

/// A library of an MPI that is loaded.
struct Library<'c> {
    loaded: &'c Loaded,
    mark: &'static str,
    abi: &'static str,
}

impl Library<'_> {
    fn name(&self, known: &KnowledgeBase) -> String {
        let mpi = known.mpi(self.abi);
        mpi.map_or_else(|_| self.abi.to_owned(), |mpi| mpi.name.clone())
    }

    fn shown(&self) -> String {
        let file = self.loaded.file.display();
        match &self.loaded.needed_by {
            Some(by) => format!("{file} needed by {}", file_name(by)),
            None => file.to_string(),
        }
    }
}

/// What a file has of MPI, by what is loaded for it.
enum Has<'c> {
    Libraries(Vec<Library<'c>>),
    /// A library that has the routines and none of the marks.
    Unmarked(&'c Loaded),
    /// It is in the file itself.
    Inside,
    /// The file calls it, and nothing has it.
    Calls(String),
    Nothing,
}

impl<'c> Has<'c> {
    fn of(seen: &Seen, closure: &'c Closure) -> Self {
        let (own, others) = closure
            .loaded
            .split_first()
            .map_or((None, [].as_slice()), |(own, others)| (Some(own), others));
        let libraries: Vec<Library<'c>> = others
            .iter()
            .filter_map(|loaded| {
                let has = |name: &str| loaded.provides.iter().any(|own| own == name);
                let (mark, abi) = MARKS.into_iter().find(|(mark, _)| has(mark))?;
                Some(Library { loaded, mark, abi })
            })
            .collect();
        if !libraries.is_empty() {
            return Self::Libraries(libraries);
        }
        let begins = |name: &String| name == "MPI_Init" || name == "mpi_init_";
        if let Some(other) = others
            .iter()
            .find(|loaded| loaded.provides.iter().any(begins))
        {
            return Self::Unmarked(other);
        }
        let symbols = &seen.artifact.symbols().mpi;
        let own = own.is_some_and(|own| own.provides.iter().any(begins));
        if own || symbols.defined.iter().any(begins) {
            return Self::Inside;
        }
        symbols
            .undefined
            .first()
            .map_or(Self::Nothing, |name| Self::Calls(name.clone()))
    }
}

/// Two files of one implementation may both have its mark; that each begins a
/// program of its own makes them two.
fn several(libraries: &[Library<'_>]) -> bool {
    let begins = |library: &&Library<'_>| library.loaded.provides.iter().any(|n| n == "MPI_Init");
    let other_abi = libraries.iter().any(|other| other.abi != libraries[0].abi);
    other_abi || libraries.iter().filter(begins).count() > 1
}

fn names(libraries: &[Library<'_>], known: &KnowledgeBase) -> String {
    let mut names: Vec<String> = libraries.iter().map(|l| l.name(known)).collect();
    let all = names.len();
    names.dedup();
    if all > 1 && names.len() == 1 {
        return format!("{all} libraries of {}", names[0]);
    }
    some_of(&names)
}

fn files(libraries: &[Library<'_>]) -> String {
    let files: Vec<String> = libraries.iter().map(Library::shown).collect();
    some_of(&files)
}

const NONE: &str = "no MPI";

fn judge_none(known: &KnowledgeBase, stage: &Stage<'_>, claims: &mut Vec<Claim>) {
    let (mut looked_at, mut other) = (0, false);
    for seen in &stage.artifacts {
        let Some(followed) = &seen.closure else {
            continue;
        };
        let judgement = match followed {
            Err(reason) => Judgement::unknown(reason.clone()),
            Ok(closure) => match Has::of(seen, closure) {
                Has::Libraries(libraries) => {
                    Judgement::refuted(names(&libraries, known), files(&libraries))
                }
                Has::Unmarked(loaded) => Judgement::unknown(format!(
                    "{} has routines of MPI and is none that is known: it may stand in for one",
                    loaded.file.display()
                )),
                Has::Inside => Judgement::unknown(
                    "routines of MPI are in the file itself: they may stand in for one",
                ),
                Has::Calls(name) => Judgement::unknown(format!(
                    "it calls `{name}`, and nothing that is loaded with it has it: it may be from the program that loads this"
                )),
                Has::Nothing => {
                    looked_at += 1;
                    continue;
                }
            },
        };
        other = true;
        claims.push(judgement.of("mpi", Some(&seen.name), NONE));
    }
    if other {
        return;
    }
    let judgement = match looked_at {
        0 => Judgement::unknown("nothing was linked that would load one"),
        1 => Judgement::proved(NONE, "the file that was linked loads none"),
        count => Judgement::proved(
            NONE,
            format!("none of the {count} that were linked loads one"),
        ),
    };
    claims.push(judgement.of("mpi", None, NONE));
}

/// What the variant says of its MPI.
struct Claimed<'a> {
    mpi: &'a Mpi,
    identity: &'a MpiIdentity,
    known: &'a KnowledgeBase,
}

fn judge_some(
    claimed: &Claimed<'_>,
    variant: &Variant<'_>,
    stage: &Stage<'_>,
    helper: &dyn Ask,
    claims: &mut Vec<Claim>,
) {
    let name = claimed.mpi.name.as_str();
    let before = claims.len();
    let mut answer: Option<Result<Ranks, String>> = None;
    // Whether what was tried runs on what was built runs on.
    let mut same = false;
    for seen in &stage.artifacts {
        let artifact = Some(seen.name.as_str());
        let closure = match &seen.closure {
            None => continue,
            Some(Ok(closure)) => closure,
            Some(Err(reason)) => {
                if !seen.artifact.symbols().mpi.undefined.is_empty() {
                    let judgement = Judgement::unknown(reason.clone());
                    claims.push(judgement.of("mpi", artifact, name));
                }
                continue;
            }
        };
        let libraries = match Has::of(seen, closure) {
            Has::Nothing => continue,
            Has::Libraries(libraries) => libraries,
            other => {
                let judgement = Judgement::unknown(untold(&other));
                claims.push(judgement.of("mpi", artifact, name));
                continue;
            }
        };
        let answer = answer.get_or_insert_with(|| ask(claimed, variant, stage, helper));
        let found = Found {
            claimed,
            variant,
            libraries,
            closure,
            answer,
        };
        same |= found.is_tried();
        claims.push(found.implementation().of("mpi", artifact, name));
        if let Some(version) = &claimed.identity.version {
            let judgement = found.version(version);
            claims.push(judgement.of("mpi.version", artifact, &format!("{name} {version}")));
        }
    }
    if let Some(answer) = &answer {
        let judgement = world(&claimed.mpi.name, variant, answer, same);
        claims.push(judgement.of("mpi.world", None, TOGETHER));
    }
    if claims.len() == before {
        claims.push(Judgement::unknown(unused(stage)).of("mpi", None, name));
    }
}

fn untold(has: &Has<'_>) -> String {
    match has {
        Has::Unmarked(loaded) => format!(
            "{} has routines of MPI, and none of the marks by which one is known",
            loaded.file.display()
        ),
        Has::Inside => {
            "it was linked into the file, which does not tell which one it is".to_owned()
        }
        Has::Calls(name) => format!(
            "it calls `{name}`, and nothing that is loaded with it has it: it may be from the program that loads this"
        ),
        Has::Libraries(_) | Has::Nothing => String::new(),
    }
}

/// Why nothing can be said where nothing loads an MPI.
fn unused(stage: &Stage<'_>) -> String {
    let calling = stage.artifacts.iter().find_map(|seen| {
        let symbols = seen.artifact.symbols();
        let called = symbols.mpi.undefined.first()?;
        Some(format!(
            "{} calls `{called}`, and nothing that was linked loads an MPI library",
            seen.name
        ))
    });
    calling.unwrap_or_else(|| "nothing that was built calls MPI".to_owned())
}

fn ask(
    claimed: &Claimed<'_>,
    variant: &Variant<'_>,
    stage: &Stage<'_>,
    helper: &dyn Ask,
) -> Result<Ranks, String> {
    let configuration = &variant.configuration;
    let name = &claimed.mpi.name;
    let wrapper = configuration.tools.get("mpicc");
    let wrapper = wrapper.ok_or_else(|| {
        format!("the variant has no wrapper of {name} for C to build a program with")
    })?;
    let launcher = configuration.tools.get("mpiexec");
    let launcher = launcher.ok_or_else(|| format!("there is no launcher of {name}"))?;
    helper.mpi(&MpiQuestion {
        mpi: claimed.mpi,
        known: claimed.known,
        wrapper,
        launcher,
        env: &configuration.env,
        run_env: &stage.scene.run_env,
    })
}

/// The MPI libraries of one file, and what a program of the variant's wrapper said.
struct Found<'f> {
    claimed: &'f Claimed<'f>,
    variant: &'f Variant<'f>,
    libraries: Vec<Library<'f>>,
    closure: &'f Closure,
    answer: &'f Result<Ranks, String>,
}

impl Found<'_> {
    /// The file that a program of the variant's wrapper runs on.
    fn tried(&self) -> Option<&Path> {
        self.answer.as_ref().ok()?.from.as_deref()
    }

    /// Whether that is the file that this one runs on.
    fn is_tried(&self) -> bool {
        let Some(tried) = self.tried() else {
            return false;
        };
        // A library of a tracer may have `MPI_Init` before that of the MPI itself.
        let first = self.closure.provider_of("MPI_Init").ok().flatten();
        let mut files = self.libraries.iter().map(|library| library.loaded);
        files.any(|loaded| loaded.file == tried) || first.is_some_and(|loaded| loaded.file == tried)
    }

    fn implementation(&self) -> Judgement {
        let known = self.claimed.known;
        let mpi = self.claimed.mpi;
        let files = files(&self.libraries);
        let first = &self.libraries[0];
        if several(&self.libraries) || first.abi != mpi.abi {
            return Judgement::refuted(names(&self.libraries, known), files);
        }
        let wrapper = self.variant.configuration.tools.get("mpicc");
        let wrapper = wrapper.map_or_else(String::new, |wrapper| tool_name(wrapper));
        if self.is_tried() {
            let said = self.answer.as_ref().ok().and_then(|a| a.library.as_deref());
            let said = said.map_or_else(String::new, |said| {
                format!(", where it says `{}`", one_line(said))
            });
            return Judgement::proved(
                &*mpi.name,
                format!("{files}: a program of {wrapper} runs on it{said}"),
            );
        }
        if let Some(tried) = self.tried() {
            let reason = format!(
                "{files}, and a program of {wrapper} runs on {}",
                tried.display()
            );
            // Without a machine, whose wrapper it is is not said.
            return match self.claimed.identity.version {
                Some(_) => Judgement::refuted(format!("another {}", first.name(known)), reason),
                None => Judgement::unknown(reason),
            };
        }
        if mpi.id == first.abi {
            return Judgement::proved(&*mpi.name, format!("{files}: it has `{}`", first.mark));
        }
        Judgement::unknown(format!(
            "{files}: by its symbols it is one of those that have the binary interface of {}",
            first.name(known)
        ))
    }

    fn version(&self, wanted: &Version) -> Judgement {
        let ranks = match self.answer {
            Ok(ranks) => ranks,
            Err(reason) => {
                return Judgement::unknown(format!("it could not be asked: {reason}"));
            }
        };
        if !self.is_tried() {
            return Judgement::unknown(
                "what runs is not the library of the variant's wrapper, and was not asked",
            );
        }
        let Some(version) = ranks.version(self.claimed.mpi) else {
            return Judgement::unknown("it does not say");
        };
        let observed = format!("{} {version}", self.claimed.mpi.name);
        let evidence = "it says so";
        let (found, asked) = (version.parts(), wanted.parts());
        if found.starts_with(asked) || asked.starts_with(found) {
            Judgement::proved(observed, evidence)
        } else {
            Judgement::refuted(observed, evidence)
        }
    }
}

/// What a library says of itself may have tabulators in it.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

const TOGETHER: &str = "2 ranks in one world";

fn world(
    name: &str,
    variant: &Variant<'_>,
    answer: &Result<Ranks, String>,
    same: bool,
) -> Judgement {
    let ranks = match answer {
        Ok(ranks) => ranks,
        Err(reason) => return Judgement::unknown(reason.clone()),
    };
    if !same {
        let from = ranks.from.as_ref();
        let from = from.map_or_else(|| name.to_owned(), |file| file.display().to_string());
        return Judgement::unknown(format!(
            "what was tried runs on {from}, and what was built on another one"
        ));
    }
    let tools = &variant.configuration.tools;
    let launcher = tools
        .get("mpiexec")
        .map_or_else(String::new, |l| tool_name(l));
    match ranks.worlds.as_slice() {
        [2] if ranks.proof.holds() => Judgement::proved(
            TOGETHER,
            format!("a program in the variant's environment, started by {launcher}"),
        ),
        worlds if !worlds.is_empty() && worlds.iter().all(|&size| size == 1) => Judgement::refuted(
            format!("{} worlds of one rank each", worlds.len()),
            format!(
                "{launcher} started 2 ranks, which do not find each other: it is of another MPI"
            ),
        ),
        _ => Judgement::unknown(ranks.proof.evidence.clone()),
    }
}
