//! `cfgmatrix verify`

use std::path::{Path, PathBuf};

use cfgmatrix_build::outcome::{Claim, Verdict};
use cfgmatrix_build::verify::{
    ArtifactDigest, Ask, BlasHelper, BlasQuestion, MpiHelper, MpiQuestion, Recogniser, Scene,
    verify,
};
use cfgmatrix_core::emit::FORMAT_VERSION;
use cfgmatrix_core::{KnowledgeBase, Plan, Space, Strength, UnknownWord, Variant};
use cfgmatrix_probe::{BlasProof, CompilerCommand, Ranks};
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::expand::{EffortName, MachineArguments, MatrixArguments};
use super::output::{BAD, FAINT, GOOD, HEADING, Output, Table, styled};
use super::{Error, Surroundings, exit};

// The matrix file would otherwise seem to stand before the files.
#[derive(Debug, Args)]
#[command(override_usage = "cfgmatrix verify [OPTIONS] <FILE>... --as <VARIANT> [SPEC]")]
pub(super) struct Arguments {
    /// Executables, libraries or archives that were built.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// What they are said to be: a variant's name, and the matrix file that has it [default: cfgmatrix.toml, else the built-in matrix of 16].
    #[arg(long = "as", required = true, num_args = 1..=2, value_names = ["VARIANT", "SPEC"])]
    said: Vec<String>,
    /// As this profile of the matrix has it.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    #[command(flatten)]
    machine: MachineArguments,
    /// Where their sources are, so that code of others is told apart (may be given again) [default: here].
    #[arg(long, value_name = "DIR")]
    source: Vec<PathBuf>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Columns for people.
    Table,
    /// One document.
    Json,
}

#[derive(Serialize)]
struct VerifyJson<'a> {
    format_version: u32,
    variant: &'a str,
    id: &'a str,
    claims: &'a [Claim],
    artifacts: &'a [ArtifactDigest],
}

pub(super) fn run(
    arguments: &Arguments,
    known: &KnowledgeBase,
    knowledge: impl FnOnce() -> Result<u64, Error>,
    surroundings: &Surroundings,
    output: &mut Output,
) -> Result<u8, Error> {
    // What was named is looked at before a survey of the machine is made for it.
    let here = absolute(Path::new("."))?;
    for file in &arguments.files {
        cfgmatrix_build::artifact::Artifact::read(file)?;
    }
    let matrix_arguments = arguments.matrix();
    let matrix = matrix_arguments.read()?;
    let report = arguments
        .machine
        .report(&matrix, known, knowledge, surroundings)?;
    let space = matrix_arguments.space(&matrix, known, report.as_ref())?;
    let variant = arguments.variant(&space)?;
    let sources: Vec<PathBuf> = match arguments.source.as_slice() {
        [] => vec![here.clone()],
        named => named
            .iter()
            .map(|directory| absolute(directory))
            .collect::<Result<_, _>>()?,
    };
    let run_env = variant.configuration.run_env.clone();
    let scene = Scene::of_files(&arguments.files, &here, &sources, run_env);
    let mpi = MpiHelper::new();
    let helper = Helper::of(&variant, &mpi);
    let verification = verify(&variant, known, &Recogniser::new(), &scene, &helper)?;
    match arguments.format {
        Format::Json => output.json(&VerifyJson {
            format_version: FORMAT_VERSION,
            variant: &variant.name,
            id: &variant.configuration.id,
            claims: &verification.claims,
            artifacts: &verification.artifacts,
        })?,
        Format::Table => write(&variant, &verification.claims, output)?,
    }
    Ok(match verification.refuted().next() {
        Some(_) => exit::FAILED,
        None => exit::OK,
    })
}

pub(super) fn absolute(path: &Path) -> Result<PathBuf, Error> {
    dunce::canonicalize(path).map_err(|source| Error::Io {
        action: "read",
        path: path.to_owned(),
        source,
    })
}

impl Arguments {
    fn matrix(&self) -> MatrixArguments {
        MatrixArguments {
            spec: self.said.get(1).map(PathBuf::from),
            select: Vec::new(),
            profile: self.profile.clone(),
            strength: Some(Strength::All),
            effort: EffortName::Normal,
            seed: 0,
            threads: None,
        }
    }

    fn variant<'k>(&self, space: &Space<'k>) -> Result<Variant<'k>, Error> {
        let name = &self.said[0];
        let plan = Plan {
            strength: Some(Strength::All),
            ..Plan::default()
        };
        for selection in space.select_name(name) {
            if let Some(variant) = space.variants(&selection, &plan)?.next() {
                return Ok(variant?);
            }
            if let Some(excluded) = space.excluded(&selection)?.first() {
                return Err(Error::Nothing {
                    what: format!(
                        "`{name}` is excluded ({}): {}",
                        excluded.rule.as_str(),
                        excluded.reason
                    ),
                });
            }
        }
        let names = space.names(SUGGESTED_FROM);
        let unknown = UnknownWord::new("variant", name, names.iter().map(String::as_str));
        Err(cfgmatrix_core::Error::Unknown(unknown).into())
    }
}

/// Among so many names a near one is looked for.
const SUGGESTED_FROM: usize = 4096;

/// What asks a BLAS, by the variant's own C compiler or else the system's, and an
/// MPI.
pub(super) struct Helper<'a> {
    blas: Option<BlasHelper>,
    mpi: &'a MpiHelper,
}

impl<'a> Helper<'a> {
    /// `mpi` keeps its answers, which variants have in common.
    pub(super) fn of(variant: &Variant<'_>, mpi: &'a MpiHelper) -> Self {
        let own = variant.configuration.tools.get("cc").map(String::as_str);
        let program = own
            .into_iter()
            .chain(["cc"])
            .find_map(|name| which::which(name).ok());
        Self {
            blas: program.map(|program| BlasHelper::new(CompilerCommand::new(&program))),
            mpi,
        }
    }
}

impl Ask for Helper<'_> {
    fn blas(&self, question: &BlasQuestion<'_>) -> Result<BlasProof, String> {
        match &self.blas {
            Some(helper) => helper.ask(question),
            None => Err("no C compiler is there to link a program with it".to_owned()),
        }
    }

    fn mpi(&self, question: &MpiQuestion<'_>) -> Result<Ranks, String> {
        self.mpi.ask(question)
    }
}

fn write(variant: &Variant<'_>, claims: &[Claim], output: &mut Output) -> Result<(), Error> {
    let count = |verdict| {
        claims
            .iter()
            .filter(|claim| claim.verdict == verdict)
            .count()
    };
    let counts = format!(
        "{} proved, {} refuted, {} unknown",
        count(Verdict::Proved),
        count(Verdict::Refuted),
        count(Verdict::Unknown)
    );
    output.line(format!("{}  {counts}", styled(HEADING, &variant.name)))?;
    if claims.is_empty() {
        return output.line("  the variant says nothing that these files could show");
    }
    output.line("")?;
    let mut table = Table::new(["", "claim", "file", "claimed", "observed", "evidence"]);
    for claim in claims {
        let mark = match claim.verdict {
            Verdict::Proved => styled(GOOD, "✓"),
            Verdict::Refuted => styled(BAD, "✗"),
            Verdict::Unknown => styled(FAINT, "?"),
        };
        table.row([
            mark,
            claim.about.clone(),
            claim.artifact.clone().unwrap_or_default(),
            claim.claimed.clone(),
            claim
                .observed
                .clone()
                .unwrap_or_else(|| "unknown".to_owned()),
            claim.evidence.clone(),
        ]);
    }
    output.table(&table)
}
