//! `github-json`: a matrix as JSON on one line, for a job that hands it on as an
//! output, and another that reads it by `fromJSON`.

use super::entry::Entry;
use crate::emit::ci::limit::{self, Limit, Limits};
use crate::emit::ci::numbered;
use crate::emit::{EmitOptions, EmittedFile, Format};
use crate::error::Error;
use crate::matrix::Expansion;

const BEGIN: &str = "{\"include\":[";
const END: &str = "]}\n";

pub(in crate::emit) fn files(
    expansion: &Expansion<'_>,
    options: &EmitOptions,
) -> Result<Vec<EmittedFile>, Error> {
    let entries = Entry::all(Format::GithubJson, expansion, &options.github)?;
    let entries: Vec<String> = entries
        .iter()
        .map(|entry| serde_json::to_string(entry).expect("texts and maps of texts are JSON"))
        .collect();
    // Two bytes for each unit of UTF-16, and a comma after each entry.
    let units = |text: &str| 2 * text.encode_utf16().count();
    let sizes: Vec<usize> = entries.iter().map(|entry| units(entry) + 2).collect();
    let room = Limit {
        most: limit::GITHUB_OUTPUT.most - units(BEGIN) - units(END),
        ..limit::GITHUB_OUTPUT
    };
    let limits = Limits::new(Format::GithubJson, options, options.github.over_limit);
    let parts = limits.parts(&sizes, limit::GITHUB_JOBS, Some(room))?;
    let several = parts.len() > 1;
    let files = parts.into_iter().enumerate().map(|(at, part)| {
        let number = numbered(at, several);
        EmittedFile {
            path: format!("matrix{number}.json"),
            text: format!("{BEGIN}{}{END}", entries[part].join(",")),
        }
    });
    Ok(files.collect())
}
