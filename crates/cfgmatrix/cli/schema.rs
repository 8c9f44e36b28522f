//! `cfgmatrix schema`

use clap::Args;

use super::output::Output;
use super::{Error, exit};
use crate::data;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Which document; without it, their names.
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(data::SCHEMAS.iter().map(|(name, _)| *name)))]
    document: Option<String>,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<u8, Error> {
    match &arguments.document {
        Some(document) => {
            let (_, text) = data::SCHEMAS
                .iter()
                .find(|(name, _)| name == document)
                .expect("the argument was one of the names");
            output.write(text)?;
        }
        None => data::SCHEMAS
            .iter()
            .try_for_each(|(name, _)| output.line(name))?,
    }
    Ok(exit::OK)
}
