//! `cmake-presets`: one file with presets to configure, build and test each
//! variant, and to do all three.
//!
//! What all variants share stands in a hidden preset, and so does what those with
//! one value of an axis share: a preset says only what is its own.

use serde::Serialize;

use super::super::json::Ordered;
use super::super::quote;
use super::super::spot::Spot;
use super::super::{EmittedFile, Format, comment};
use super::sharing::{Entries, Key, Sharing};
use super::{build_type, settings};
use crate::error::Error;
use crate::matrix::{Expansion, Variant};

/// The first version with workflows.
const VERSION: u32 = 6;

/// The hidden preset of what all share. Variants' names have no colon.
const BASE: &str = ":all";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    version: u32,
    cmake_minimum_required: MinimumRequired,
    vendor: Vendor,
    configure_presets: Vec<Configure<'a>>,
    build_presets: Vec<Build<'a>>,
    test_presets: Vec<Test<'a>>,
    workflow_presets: Vec<Workflow<'a>>,
}

#[derive(Serialize)]
struct MinimumRequired {
    major: u32,
    minor: u32,
}

#[derive(Serialize)]
struct Vendor {
    cfgmatrix: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Configure<'a> {
    name: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    hidden: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    inherits: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    binary_dir: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<Warnings>,
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    cache_variables: Pairs,
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    environment: Pairs,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Warnings {
    unused_cli: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Build<'a> {
    name: &'a str,
    configure_preset: &'a str,
    /// For generators of several build types at once.
    configuration: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Test<'a> {
    name: &'a str,
    configure_preset: &'a str,
    configuration: &'a str,
    output: Shown,
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    environment: Pairs,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    output_on_failure: bool,
}

#[derive(Serialize)]
struct Workflow<'a> {
    name: &'a str,
    steps: [Step<'a>; 3],
}

#[derive(Serialize)]
struct Step<'a> {
    r#type: &'static str,
    name: &'a str,
}

/// Names and values in their own order, macros escaped.
#[derive(Clone, Default)]
struct Pairs(Vec<(String, String)>);

impl Pairs {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Pairs {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Ordered(&self.0).serialize(serializer)
    }
}

pub(in super::super) fn files(expansion: &Expansion<'_>) -> Result<Vec<EmittedFile>, Error> {
    let variants = &expansion.variants;
    let entries: Vec<Entries> = variants.iter().map(entries).collect::<Result<_, _>>()?;
    let file = File {
        version: VERSION,
        cmake_minimum_required: MinimumRequired {
            major: 3,
            minor: 25,
        },
        vendor: Vendor {
            cfgmatrix: comment(Format::CmakePresets),
        },
        configure_presets: configure_presets(variants, &entries),
        build_presets: variants.iter().map(build_preset).collect(),
        test_presets: variants.iter().map(test_preset).collect(),
        workflow_presets: variants.iter().map(workflow_preset).collect(),
    };
    let mut text = serde_json::to_string_pretty(&file)
        .expect("texts, lists and maps with text keys are always JSON");
    text.push('\n');
    Ok(vec![EmittedFile {
        path: "CMakePresets.json".to_owned(),
        text,
    }])
}

/// All that the variant's configure preset says.
fn entries(variant: &Variant<'_>) -> Result<Entries, Error> {
    let spot = Spot::new(Format::CmakePresets, variant);
    let cache = settings(variant, spot)?
        .into_iter()
        .map(|setting| (false, setting.name, setting.value));
    let own = [
        ("CFGMATRIX_VARIANT", &variant.name),
        ("CFGMATRIX_ID", &variant.configuration.id),
    ];
    let own = own.map(|(name, value)| (true, name.to_owned(), value.clone()));
    let environment = &variant.configuration.env;
    let environment = environment
        .iter()
        .map(|(name, value)| (true, name.clone(), value.clone()));
    let all = cache.chain(environment).chain(own);
    Ok(all
        .map(|(in_environment, name, value)| {
            let key = Key {
                in_environment,
                name,
            };
            (key, quote::preset(&value))
        })
        .collect())
}

fn configure_presets<'a>(variants: &[Variant<'_>], entries: &[Entries]) -> Vec<Configure<'a>> {
    let Sharing {
        groups,
        variants: rest,
    } = Sharing::new(BASE, variants, entries);
    let hidden = groups.iter().map(|group| Configure {
        hidden: true,
        binary_dir: (group.name == BASE).then_some("${sourceDir}/build/${presetName}"),
        // A project need not have all languages that a compiler has.
        warnings: (group.name == BASE).then_some(Warnings { unused_cli: false }),
        ..Configure::new(group.name.clone(), Vec::new(), &group.shared)
    });
    let visible = variants
        .iter()
        .zip(&rest)
        .map(|(variant, (inherited, own))| {
            let names = inherited.iter().map(|&at| groups[at].name.clone());
            Configure::new(variant.name.clone(), names.collect(), own)
        });
    hidden.chain(visible).collect()
}

impl Configure<'_> {
    fn new(name: String, inherits: Vec<String>, entries: &Entries) -> Self {
        let pairs = |in_environment: bool| {
            let entries = entries.iter();
            let of = entries.filter(|(key, _)| key.in_environment == in_environment);
            Pairs(
                of.map(|(key, value)| (key.name.clone(), value.clone()))
                    .collect(),
            )
        };
        Self {
            name,
            hidden: false,
            inherits,
            binary_dir: None,
            warnings: None,
            cache_variables: pairs(false),
            environment: pairs(true),
        }
    }
}

fn build_preset<'a>(variant: &'a Variant<'_>) -> Build<'a> {
    Build {
        name: &variant.name,
        configure_preset: &variant.name,
        configuration: build_type(variant),
    }
}

fn test_preset<'a>(variant: &'a Variant<'_>) -> Test<'a> {
    let environment = variant.configuration.run_env.iter();
    Test {
        name: &variant.name,
        configure_preset: &variant.name,
        configuration: build_type(variant),
        output: Shown {
            output_on_failure: true,
        },
        environment: Pairs(
            environment
                .map(|(name, value)| (name.clone(), quote::preset(value)))
                .collect(),
        ),
    }
}

fn workflow_preset<'a>(variant: &'a Variant<'_>) -> Workflow<'a> {
    let name = variant.name.as_str();
    Workflow {
        name,
        steps: ["configure", "build", "test"].map(|r#type| Step { r#type, name }),
    }
}
