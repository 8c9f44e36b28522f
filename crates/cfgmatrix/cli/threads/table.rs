//! Plans as people read them.

use cfgmatrix_build::threads::{Application, Cores, Plan, Variable};

use super::super::Error;
use super::super::output::{HEADING, Output, Table, print_warning, styled};
use super::plan::Planned;

pub(super) fn write(
    name: &str,
    cores: &Cores,
    planned: &[Planned],
    output: &mut Output,
) -> Result<(), Error> {
    if let Some(first) = planned.first() {
        let Plan {
            jobs, cores: room, ..
        } = first.plan;
        let heading = format!(
            "{name}: {} at a time on {}",
            counted(jobs, "job"),
            counted(room, "core")
        );
        output.line(styled(HEADING, heading))?;
    }
    output.line(format!("  {}", machine(cores)))?;
    let common = common(planned);
    if !common.is_empty() {
        output.line(format!("  each with {}", assignments(&common)))?;
    }
    output.line("")?;
    let mut table = Table::new([
        "variant",
        "ranks",
        "application",
        "BLAS",
        "threads",
        "variables",
    ]);
    let any_ranks = planned.iter().any(|one| one.plan.ranks > 1);
    for one in planned {
        let plan = &one.plan;
        let own = one.variables.iter();
        let own: Vec<&Variable> = own.filter(|variable| !common.contains(variable)).collect();
        let ranks = any_ranks.then(|| plan.ranks.to_string());
        table.row([
            one.name.clone(),
            ranks.unwrap_or_default(),
            application(one),
            blas(one),
            (plan.total / plan.jobs).to_string(),
            assignments(&own),
        ]);
    }
    output.table(&table)?;
    let reasons = by_text(planned, |plan| &plan.reasons);
    if !reasons.is_empty() {
        output.line("")?;
    }
    for (reason, variants) in reasons {
        output.line(format!("  {}{reason}", of(&variants, planned)))?;
    }
    output.flush()?;
    for (warning, variants) in by_text(planned, |plan| &plan.warnings) {
        print_warning(format!("{}{warning}", of(&variants, planned)));
    }
    Ok(())
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// The variables that all of several variants have with one value: they are
/// shown once, and not in each row.
fn common(planned: &[Planned]) -> Vec<&Variable> {
    let [first, others @ ..] = planned else {
        return Vec::new();
    };
    let shared = first.variables.iter().filter(|variable| {
        let has = |one: &Planned| one.variables.contains(variable);
        !others.is_empty() && others.iter().all(has)
    });
    shared.collect()
}

fn assignments(variables: &[&Variable]) -> String {
    let pairs = variables
        .iter()
        .map(|variable| format!("{}={}", variable.name, variable.value));
    pairs.collect::<Vec<_>>().join(" ")
}

/// What the process may use of the machine.
fn machine(cores: &Cores) -> String {
    let mut parts = vec![counted(cores.allowed, "logical CPU")];
    if let Some(physical) = cores.physical {
        parts.push(counted(physical, "physical core"));
    }
    if let Some(quota) = &cores.quota {
        parts.push(format!(
            "a quota of {}.{:02} CPUs by {}",
            quota.quota_us / quota.period_us,
            quota.quota_us % quota.period_us * 100 / quota.period_us,
            quota.from
        ));
    }
    if cores.nodes.len() > 1 {
        parts.push(counted(cores.nodes.len(), "NUMA node"));
    }
    format!("this process may use {}", parts.join(", "))
}

fn application(planned: &Planned) -> String {
    let threads = planned.plan.application;
    match planned.application {
        Application::Openmp => format!("openmp {threads}"),
        Application::Sequential => "sequential".to_owned(),
        _ => format!("openmp {threads}, if it is"),
    }
}

/// The library with its threads: in a parallel region, and outside of one.
fn blas(planned: &Planned) -> String {
    let Some(blas) = &planned.blas else {
        return String::new();
    };
    let Plan {
        blas: inside,
        blas_alone: outside,
        ..
    } = planned.plan;
    let threads = if inside == outside {
        inside.to_string()
    } else {
        format!("{outside}, {inside} in parallel regions")
    };
    format!("{} {} {threads}", blas.library, blas.threading.as_str())
}

/// Each text with the variants that it is said of, in order.
fn by_text<'a>(
    planned: &'a [Planned],
    texts: impl Fn(&'a Plan) -> &'a Vec<String>,
) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for one in planned {
        for text in texts(&one.plan) {
            match found.iter_mut().find(|(known, _)| known == text) {
                Some((_, variants)) => variants.push(&one.name),
                None => found.push((text, vec![&one.name])),
            }
        }
    }
    found
}

/// Of which variants it is said, where not of all.
fn of(variants: &[&str], planned: &[Planned]) -> String {
    match variants {
        all if all.len() == planned.len() => String::new(),
        [one] => format!("{one}: "),
        several => format!("{} variants: ", several.len()),
    }
}
