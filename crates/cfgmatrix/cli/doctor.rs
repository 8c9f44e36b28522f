//! `cfgmatrix doctor`

use std::collections::{BTreeMap, BTreeSet};

use cfgmatrix_core::{Expansion, KnowledgeBase, Rule, emit, emit::FORMAT_VERSION};
use clap::Args;
use serde::Serialize;

use super::expand::{MachineArguments, MatrixArguments};
use super::output::{FAINT, Format, GOOD, HEADING, Output, styled};
use super::{Error, Surroundings, exit};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    matrix: MatrixArguments,
    /// Look at another machine, by the report that `probe --format json` printed there; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    host: Option<std::path::PathBuf>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// A package manager: how it is told to install, and what shows that it is here.
struct Manager {
    id: &'static str,
    command: &'static [&'static str],
    program: Option<&'static str>,
    /// Set where it is in use; environment modules are a function of the shell.
    variable: Option<&'static str>,
}

const MANAGERS: [Manager; 8] = [
    Manager {
        id: "apt",
        command: &["sudo", "apt-get", "install"],
        program: Some("apt-get"),
        variable: None,
    },
    Manager {
        id: "dnf",
        command: &["sudo", "dnf", "install"],
        program: Some("dnf"),
        variable: None,
    },
    Manager {
        id: "brew",
        command: &["brew", "install"],
        program: Some("brew"),
        variable: None,
    },
    Manager {
        id: "conda",
        command: &["conda", "install", "-c", "conda-forge"],
        program: Some("conda"),
        variable: None,
    },
    Manager {
        id: "pip",
        command: &["python3", "-m", "pip", "install"],
        program: None,
        variable: Some("VIRTUAL_ENV"),
    },
    Manager {
        id: "module",
        command: &["module", "load"],
        program: None,
        variable: Some("MODULESHOME"),
    },
    Manager {
        id: "winget",
        command: &["winget", "install"],
        program: Some("winget"),
        variable: None,
    },
    Manager {
        id: "xcode-select",
        command: &["xcode-select"],
        program: Some("xcode-select"),
        variable: None,
    },
];

#[derive(Serialize)]
struct DoctorJson<'a> {
    format_version: u32,
    name: &'a str,
    candidates: Box<serde_json::value::RawValue>,
    variants: usize,
    missing: Vec<MissingJson<'a>>,
    commands: Vec<CommandJson>,
}

#[derive(Serialize)]
struct MissingJson<'a> {
    rule: &'a str,
    reason: &'a str,
    variants: Vec<&'a str>,
    install: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
struct CommandJson {
    manager: &'static str,
    /// Whether this package manager is on the machine.
    present: bool,
    command: Vec<String>,
    /// How many of what is missing it has.
    mends: usize,
}

pub(super) fn run(
    arguments: &Arguments,
    known: &KnowledgeBase,
    knowledge: impl FnOnce() -> Result<u64, Error>,
    surroundings: &Surroundings,
    output: &mut Output,
) -> Result<u8, Error> {
    let matrix = arguments.matrix.read()?;
    let machine = MachineArguments {
        installed: arguments.host.is_none(),
        host: arguments.host.clone(),
    };
    let report = machine.report(&matrix, known, knowledge, surroundings)?;
    let report = report.expect("a machine was asked for");
    let expansion = arguments.matrix.expand_on(&matrix, known, &report)?;
    let missing = missing(&expansion);
    // What another machine has is not seen from here.
    let commands = commands(&missing, surroundings, arguments.host.is_some());
    // An empty axis has nothing to miss, and nothing to build either.
    let complete = missing.is_empty() && !expansion.variants.is_empty();
    match arguments.format {
        Format::Json => output.json(&DoctorJson {
            format_version: FORMAT_VERSION,
            name: &expansion.name,
            candidates: emit::number(&expansion.candidates),
            variants: expansion.variants.len(),
            missing,
            commands,
        })?,
        Format::Text => write(&expansion, &missing, &commands, output)?,
    }
    Ok(if complete {
        exit::OK
    } else {
        exit::MISSING_TOOL
    })
}

/// Each reason once, with the variants that it excludes.
fn missing<'a>(expansion: &'a Expansion<'_>) -> Vec<MissingJson<'a>> {
    let mut missing: Vec<MissingJson<'a>> = Vec::new();
    // What the matrix itself forbids is not missing.
    let lacking = expansion
        .excluded
        .iter()
        .filter(|excluded| !matches!(excluded.rule, Rule::Own(_) | Rule::Tags | Rule::When(_)));
    for excluded in lacking {
        match missing
            .iter_mut()
            .find(|known| known.reason == excluded.reason)
        {
            Some(known) => known.variants.push(&excluded.name),
            None => missing.push(MissingJson {
                rule: excluded.rule.as_str(),
                reason: &excluded.reason,
                variants: vec![&excluded.name],
                install: &excluded.install,
            }),
        }
    }
    missing
}

/// One command for each package manager that has something of what is missing.
fn commands(
    missing: &[MissingJson<'_>],
    surroundings: &Surroundings,
    elsewhere: bool,
) -> Vec<CommandJson> {
    let mut commands = Vec::new();
    for manager in MANAGERS {
        let mut packages: Vec<String> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut mends = 0;
        for names in missing
            .iter()
            .filter_map(|missing| missing.install.get(manager.id))
        {
            mends += 1;
            let new = names
                .split(' ')
                .filter(|name| seen.insert((*name).to_owned()));
            packages.extend(new.map(str::to_owned));
        }
        if packages.is_empty() {
            continue;
        }
        let start = manager.command.iter().map(|&word| word.to_owned());
        commands.push(CommandJson {
            manager: manager.id,
            present: !elsewhere && is_present(&manager, surroundings),
            command: start.chain(packages).collect(),
            mends,
        });
    }
    commands
}

fn is_present(manager: &Manager, surroundings: &Surroundings) -> bool {
    let environment = &surroundings.environment;
    let set = manager
        .variable
        .is_some_and(|name| environment.get(name).is_some());
    set || manager
        .program
        .is_some_and(|program| surroundings.has_program(program))
}

fn write(
    expansion: &Expansion<'_>,
    missing: &[MissingJson<'_>],
    commands: &[CommandJson],
    output: &mut Output,
) -> Result<(), Error> {
    let (built, all) = (expansion.variants.len(), &expansion.candidates);
    let heading = format!(
        "{}: {built} of {all} variants can be built here",
        expansion.name
    );
    output.line(styled(HEADING, heading))?;
    if missing.is_empty() {
        let said = if all.to_u64() == Some(0) {
            "  no compiler was found"
        } else {
            "  nothing is missing"
        };
        return output.line(styled(GOOD, said));
    }
    output.line("")?;
    for missing in missing {
        let count = missing.variants.len();
        let what = if count == 1 { "variant" } else { "variants" };
        output.line(format!("  {count} {what}: {}", missing.reason))?;
    }
    // Where one is at hand the others are no help.
    let here: Vec<&CommandJson> = commands.iter().filter(|command| command.present).collect();
    let shown = if here.is_empty() {
        commands.iter().collect()
    } else {
        here
    };
    if shown.is_empty() {
        return Ok(());
    }
    output.line("")?;
    output.line(styled(HEADING, "to install"))?;
    for command in shown {
        let part = if command.mends == missing.len() {
            String::new()
        } else {
            let part = format!("   mends {} of {}", command.mends, missing.len());
            styled(FAINT, part)
        };
        output.line(format!("  {}{part}", command.command.join(" ")))?;
    }
    Ok(())
}
