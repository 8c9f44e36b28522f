//! `github`: a workflow of GitHub Actions whose one job is a matrix.
//!
//! The matrix has only `include`, one entry a variant, so that GitHub combines
//! nothing. The environment of a job is an object of its entry: GitHub evaluates
//! what the workflow says, and not what an expression gave.

mod entry;
pub(in crate::emit) mod json;

use super::limit::{self, Limit, Limits};
use super::yaml::Yaml;
use super::{Work, common, heading, numbered, script, share, stem};
use crate::emit::spot::Spot;
use crate::emit::{EmitOptions, EmittedFile, Format, quote};
use crate::error::Error;
use crate::matrix::Expansion;
use entry::Entry;

const CHECKOUT: &str = "actions/checkout@v6";
const TRIGGERS: [&str; 2] = ["push", "pull_request"];
/// Spaces before an entry of the matrix.
const INDENT: usize = 10;

pub(in crate::emit) fn files(
    expansion: &Expansion<'_>,
    options: &EmitOptions,
) -> Result<Vec<EmittedFile>, Error> {
    let own = &options.github;
    let (setup, commands) = (own.setup.as_ref(), own.commands.as_ref());
    let work = Work::new(Format::Github, options, setup, commands)?;
    let entries = Entry::all(Format::Github, expansion, own)?;
    let frame = Frame::new(expansion, options, &work, &entries)?;
    let rows: Vec<Yaml> = entries
        .iter()
        .map(|entry| entry.yaml(frame.runs_on.is_none(), frame.container.is_none()))
        .collect::<Result<_, _>>()?;
    frame.files(&rows)
}

/// What surrounds the entries.
struct Frame<'a> {
    expansion: &'a Expansion<'a>,
    options: &'a EmitOptions,
    /// Labels and image that all variants have.
    runs_on: Option<Vec<String>>,
    container: Option<Option<String>>,
    steps: Yaml,
}

impl<'a> Frame<'a> {
    fn new(
        expansion: &'a Expansion<'a>,
        options: &'a EmitOptions,
        work: &Work<'_>,
        entries: &[Entry<'_>],
    ) -> Result<Self, Error> {
        let runs_on: Vec<_> = entries.iter().map(|entry| &entry.runs_on).collect();
        let container: Vec<_> = entries.iter().map(|entry| &entry.container).collect();
        let checkout = options.github.checkout.as_deref().unwrap_or(CHECKOUT);
        let mut steps = vec![Yaml::map([("uses", Yaml::text(checkout))])];
        for (name, lines) in [("Set up", work.setup), ("Build and test", work.commands)] {
            if lines.is_empty() {
                continue;
            }
            let run = quote::github(&script(lines));
            let run = Spot::of_all(Format::Github).say("a command", run)?;
            // GitHub's editor reads a block as it stands, indentation and all, if
            // it is an expression.
            let run = if run.starts_with("${{") {
                Yaml::text(run)
            } else {
                Yaml::script(&run)
            };
            steps.push(Yaml::map([("name", Yaml::text(name)), ("run", run)]));
        }
        Ok(Self {
            expansion,
            options,
            runs_on: common(&runs_on).cloned(),
            container: common(&container).cloned(),
            steps: Yaml::List(steps),
        })
    }

    /// Matrices of as many entries as GitHub takes, in workflows of as many bytes.
    fn files(&self, rows: &[Yaml]) -> Result<Vec<EmittedFile>, Error> {
        let limits = Limits::new(Format::Github, self.options, self.options.github.over_limit);
        let around = self.workflow("", &[("variants-000".to_owned(), self.job(&[], 1))]);
        let stem = stem(self.expansion);
        let room = Limit {
            most: limit::GITHUB_FILE
                .most
                .saturating_sub(around.len() + 2 * stem.len()),
            ..limit::GITHUB_FILE
        };
        let sizes: Vec<usize> = rows.iter().map(|row| row.size(INDENT + 2)).collect();
        let matrices = limits.parts(&sizes, limit::GITHUB_JOBS, Some(room))?;
        let jobs: Vec<(String, Yaml)> = matrices
            .iter()
            .enumerate()
            .map(|(at, part)| {
                let id = match matrices.len() {
                    1 => "variants".to_owned(),
                    _ => format!("variants-{}", at + 1),
                };
                (id, self.job(&rows[part.clone()], matrices.len()))
            })
            .collect();
        let sizes: Vec<usize> = jobs.iter().map(|(_, job)| job.size(4)).collect();
        let any_number = Limit {
            most: usize::MAX,
            ..limit::GITHUB_JOBS
        };
        let files = limits.parts(&sizes, any_number, Some(limit::GITHUB_FILE))?;
        let several = files.len() > 1;
        let files = files.into_iter().enumerate().map(|(at, part)| {
            let number = numbered(at, several);
            let name = format!("{stem}{number}");
            EmittedFile {
                text: self.workflow(&name, &jobs[part]),
                path: format!(".github/workflows/{name}.yml"),
            }
        });
        Ok(files.collect())
    }

    fn workflow(&self, name: &str, jobs: &[(String, Yaml)]) -> String {
        let triggers = &self.options.github.triggers;
        let document = Yaml::map([
            ("name", Yaml::text(name)),
            (
                "on",
                if triggers.is_empty() {
                    Yaml::texts(TRIGGERS)
                } else {
                    Yaml::texts(triggers)
                },
            ),
            ("permissions", Yaml::map([("contents", Yaml::text("read"))])),
            ("jobs", Yaml::map(jobs.iter().cloned())),
        ]);
        heading(Format::Github, self.expansion, &[]) + &document.document()
    }

    /// A job of these entries, which is one of so many.
    fn job(&self, rows: &[Yaml], of: usize) -> Yaml {
        let (shared, own) = (self.options, &self.options.github);
        let mut strategy = vec![(
            "fail-fast",
            Yaml::bare(&own.fail_fast.unwrap_or(shared.fail_fast)),
        )];
        if let Some(most) = share(own.max_parallel.or(shared.max_parallel), of) {
            strategy.push(("max-parallel", Yaml::bare(&most)));
        }
        let include = Yaml::List(rows.to_vec());
        strategy.push(("matrix", Yaml::map([("include", include)])));
        let mut job = vec![
            ("name", Yaml::expression("${{ matrix.name }}")),
            ("strategy", Yaml::map(strategy)),
            (
                "runs-on",
                match &self.runs_on {
                    Some(labels) => Yaml::one_or_more(labels),
                    None => Yaml::expression("${{ matrix.runs-on }}"),
                },
            ),
        ];
        match &self.container {
            None => job.push(("container", Yaml::expression("${{ matrix.container }}"))),
            Some(Some(image)) => job.push(("container", Yaml::text(image))),
            Some(None) => {}
        }
        if let Some(minutes) = own.timeout_minutes.or(shared.timeout_minutes) {
            job.push(("timeout-minutes", Yaml::bare(&minutes)));
        }
        job.push(("env", Yaml::expression("${{ matrix.env }}")));
        // Everywhere the same shell, which stops at the first line that fails.
        let shell = Yaml::map([("shell", Yaml::text("bash"))]);
        job.push(("defaults", Yaml::map([("run", shell)])));
        job.push(("steps", self.steps.clone()));
        Yaml::map(job)
    }
}
