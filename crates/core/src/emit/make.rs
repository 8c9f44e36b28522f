//! `make`: variables for a makefile to include.

use std::fmt::Write as _;

use super::environment::environment;
use super::quote;
use super::spot::{Spot, file_each};
use super::{EmittedFile, Format, comment};
use crate::error::Error;
use crate::matrix::{Expansion, Variant};

/// The file that chooses among several variants.
const CHOOSER: &str = "cfgmatrix.mk";

pub(super) fn files(expansion: &Expansion<'_>) -> Result<Vec<EmittedFile>, Error> {
    let name = |variant: &str| format!("{variant}.mk");
    let mut files = file_each(Format::Make, expansion, name, variables)?;
    if files.len() > 1 {
        files.insert(0, chooser(expansion)?);
    }
    Ok(files)
}

/// The variables of a variant. They are assigned with `:=`, not `?=`: make has a
/// `CC` of its own, and the command line has the last word either way. What is
/// no flag of make's rules is exported too.
fn variables(variant: &Variant<'_>, spot: Spot<'_>) -> Result<String, Error> {
    let mut text = format!("# {}\n", comment(Format::Make));
    let configuration = &variant.configuration;
    for (name, value) in environment(variant) {
        let quoted = spot.value(&name, quote::make(&value))?;
        let exported = configuration.env.contains_key(&name)
            || configuration.run_env.contains_key(&name)
            || name.starts_with("CFGMATRIX_");
        let export = if exported { "export " } else { "" };
        let name = spot.identifier(&name)?;
        writeln!(text, "{export}{name} := {quoted}").expect("writing to a String works");
    }
    Ok(text)
}

/// Includes the file of `VARIANT`, by default the first.
fn chooser(expansion: &Expansion<'_>) -> Result<EmittedFile, Error> {
    let mut names = Vec::new();
    for variant in &expansion.variants {
        let spot = Spot::new(Format::Make, variant);
        if variant
            .name
            .contains(|c: char| c.is_whitespace() || "%$#".contains(c))
        {
            return Err(spot.refuse("the name", "a word of make has no space, `%`, `$` or `#`"));
        }
        if format!("{}.mk", variant.name) == CHOOSER {
            return Err(spot.refuse("the name", "its file would be the one that chooses"));
        }
        names.push(variant.name.as_str());
    }
    let first = names.first().copied().unwrap_or_default();
    let mut text = format!("# {}\n", comment(Format::Make));
    text.push_str("# include this file, and choose: make VARIANT=NAME\n\n");
    writeln!(text, "VARIANTS := \\\n  {}\n", names.join(" \\\n  "))
        .expect("writing to a String works");
    write!(
        text,
        "VARIANT ?= {first}\n\
         ifeq ($(filter $(VARIANT),$(VARIANTS)),)\n\
         $(error VARIANT is `$(VARIANT)`, and there are: $(VARIANTS))\n\
         endif\n\
         include $(dir $(lastword $(MAKEFILE_LIST)))$(VARIANT).mk\n"
    )
    .expect("writing to a String works");
    Ok(EmittedFile {
        path: CHOOSER.to_owned(),
        text,
    })
}
