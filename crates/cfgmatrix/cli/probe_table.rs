//! The host report as tables for people.

use std::collections::BTreeMap;

use cfgmatrix_core::{
    HostBlas, HostMpi, HostReport, HostToolchain, Interface, KnowledgeBase, Language, Linkage,
    Proof,
};

use super::Error;
use super::output::{BAD, FAINT, GOOD, HEADING, Output, Table, print_warning, styled};

pub(super) fn write(
    report: &HostReport,
    known: &KnowledgeBase,
    output: &mut Output,
) -> Result<(), Error> {
    let host = &report.host;
    let heading = format!("{}, {} processors", host.target, host.processors);
    output.line(styled(HEADING, heading))?;
    if !report.toolchains.is_empty() {
        output.line("")?;
        write_toolchains(&report.toolchains, output)?;
    }
    if !report.blas.is_empty() {
        output.line("")?;
        write_blas(&report.blas, known, output)?;
    }
    if !report.mpi.is_empty() {
        output.line("")?;
        write_mpi(report, known, output)?;
    }
    output.flush()?;
    report.warnings.iter().for_each(print_warning);
    Ok(())
}

fn mark(works: Option<bool>) -> String {
    match works {
        Some(true) => styled(GOOD, "✓"),
        Some(false) => styled(BAD, "✗"),
        None => styled(FAINT, "?"),
    }
}

fn write_toolchains(toolchains: &[HostToolchain], output: &mut Output) -> Result<(), Error> {
    let mut ids: Vec<&str> = toolchains
        .iter()
        .flat_map(|toolchain| toolchain.features.iter().map(|seen| seen.feature.as_str()))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let mut table = Table::new([
        "toolchain",
        "target",
        "C",
        "C++",
        "Fortran",
        "feature",
        "",
        "what was seen",
    ]);
    for toolchain in toolchains {
        let driver = |language| match toolchain.drivers.get(&language) {
            Some(_) => styled(GOOD, "✓"),
            None => styled(FAINT, "–"),
        };
        let mut first = vec![
            toolchain.title(),
            toolchain.target.clone().unwrap_or_default(),
            driver(Language::C),
            driver(Language::Cxx),
            driver(Language::Fortran),
        ];
        let mut rows = Vec::new();
        for id in &ids {
            rows.extend(feature_rows(toolchain, id));
        }
        if rows.is_empty() {
            rows.push([String::new(), String::new(), String::new()]);
        }
        for row in rows {
            let start = std::mem::replace(&mut first, vec![String::new(); 5]);
            table.row(start.into_iter().chain(row));
        }
    }
    output.overview(&table)
}

/// One row for a feature where all languages agree, else one a language.
fn feature_rows(toolchain: &HostToolchain, feature: &str) -> Vec<[String; 3]> {
    let seen: Vec<_> = toolchain
        .features
        .iter()
        .filter(|seen| seen.feature == feature)
        .collect();
    let Some(first) = seen.first() else {
        return Vec::new();
    };
    let same = seen
        .iter()
        .all(|other| other.proof.works == first.proof.works && other.compile == first.compile);
    let shown = if same { &seen[..1] } else { &seen[..] };
    shown
        .iter()
        .map(|seen| {
            let name = if same {
                feature.to_owned()
            } else {
                format!("{feature} ({})", seen.language)
            };
            let mut said = tell(&seen.proof);
            if seen.proof.holds() && !seen.compile.is_empty() {
                said = format!("{} → {said}", seen.compile.join(" "));
            }
            [name, mark(seen.proof.works), said]
        })
        .collect()
}

/// The evidence, and what to do where something is missing.
fn tell(proof: &Proof) -> String {
    match &proof.hint {
        Some(hint) if proof.works != Some(true) => format!("{}; {hint}", proof.evidence),
        _ => proof.evidence.clone(),
    }
}

fn write_blas(
    libraries: &[HostBlas],
    known: &KnowledgeBase,
    output: &mut Output,
) -> Result<(), Error> {
    let mut table = Table::new([
        "BLAS",
        "threading",
        "integers",
        "linked",
        "",
        "file",
        "what was seen",
    ]);
    for library in libraries {
        let name = known
            .blas(&library.library)
            .map_or(library.library.as_str(), |blas| blas.name.as_str());
        let version = library
            .version
            .as_ref()
            .map(|version| format!(" {version}"));
        let seen = library.seen.as_ref().filter(|_| library.proof.holds());
        let seen = seen.map_or_else(|| tell(&library.proof), |seen| threads(&seen.threads));
        table.row([
            format!("{name}{}", version.unwrap_or_default()),
            library.threading.as_str().to_owned(),
            match library.interface {
                Interface::Ilp64 => "ILP64".to_owned(),
                _ => "LP64".to_owned(),
            },
            match library.linkage {
                Linkage::Static => "static".to_owned(),
                _ => "shared".to_owned(),
            },
            mark(library.proof.works),
            library.file.clone(),
            seen,
        ]);
    }
    output.overview(&table)
}

/// How many threads joined the caller's, for each number that was asked for.
fn threads(started: &BTreeMap<u32, u32>) -> String {
    let told = started.iter().map(|(asked, started)| match started {
        0 => format!("{asked} asked: starts none"),
        1 => format!("{asked} asked: starts 1 thread"),
        many => format!("{asked} asked: starts {many} threads"),
    });
    told.collect::<Vec<_>>().join(", ")
}

fn write_mpi(report: &HostReport, known: &KnowledgeBase, output: &mut Output) -> Result<(), Error> {
    let mut table = Table::new([
        "MPI",
        "wrapper",
        "compiler",
        "launcher",
        "",
        "what was seen",
    ]);
    for mpi in &report.mpi {
        let name = known
            .mpi(&mpi.implementation)
            .map_or(mpi.implementation.as_str(), |mpi| mpi.name.as_str());
        let version = mpi.version.as_ref().map(|version| format!(" {version}"));
        let wrapper = mpi.wrappers.values().next();
        table.row([
            format!("{name}{}", version.unwrap_or_default()),
            wrapper
                .map(|wrapper| wrapper.path.clone())
                .unwrap_or_default(),
            wrapper
                .and_then(|wrapper| wrapper.compiler_is.clone())
                .unwrap_or_default(),
            mpi.launcher
                .as_ref()
                .map(|launcher| launcher.path.clone())
                .unwrap_or_default(),
            mark(mpi.proof.works),
            tell(&mpi.proof),
        ]);
        for row in scalapack_rows(report, mpi) {
            table.row(row);
        }
    }
    output.overview(&table)
}

fn scalapack_rows(report: &HostReport, mpi: &HostMpi) -> Vec<[String; 6]> {
    let own = report
        .scalapack
        .iter()
        .filter(|found| found.mpi == mpi.implementation);
    own.map(|found| {
        [
            "  ScaLAPACK".to_owned(),
            format!("{} {}", found.blas, found.threading.as_str()),
            String::new(),
            String::new(),
            mark(found.proof.works),
            tell(&found.proof),
        ]
    })
    .collect()
}
