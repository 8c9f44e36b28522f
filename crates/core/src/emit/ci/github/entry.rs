//! A variant as an entry of a matrix.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::emit::ci::pattern::{Filler, Quote, plain};
use crate::emit::ci::yaml::Yaml;
use crate::emit::environment::environment;
use crate::emit::options::GithubOptions;
use crate::emit::quote::Unquotable;
use crate::emit::spot::Spot;
use crate::emit::{Format, quote};
use crate::error::Error;
use crate::matrix::{Expansion, Scalar, Variant};

/// Where no label is said.
const RUNS_ON: &str = "ubuntu-latest";
/// Above this, GitHub's numbers are not whole.
const LARGEST_NUMBER: u64 = 1 << 53;
/// Keys of an entry beside the axes.
const KEYS: [&str; 7] = ["name", "id", "runs-on", "container", "tags", "vars", "env"];

pub(super) struct Entry<'a> {
    spot: Spot<'a>,
    variant: &'a Variant<'a>,
    pub(super) runs_on: Vec<String>,
    pub(super) container: Option<String>,
    env: Vec<(String, String)>,
}

/// A value of an entry.
enum Value {
    Text(String),
    Texts(Vec<String>),
    Number(i64),
    Truth(bool),
    Map(Vec<(String, Value)>),
}

impl<'a> Entry<'a> {
    /// Those of all variants, in order.
    pub(super) fn all(
        format: Format,
        expansion: &'a Expansion<'a>,
        own: &GithubOptions,
    ) -> Result<Vec<Self>, Error> {
        let variants = expansion.variants.iter();
        variants
            .map(|variant| Self::new(format, variant, own))
            .collect()
    }

    fn new(format: Format, variant: &'a Variant<'a>, own: &GithubOptions) -> Result<Self, Error> {
        let spot = Spot::new(format, variant);
        // A workflow is read for expressions, and JSON is not.
        let quote: Quote = match format {
            Format::GithubJson => plain,
            _ => quote::github,
        };
        let filler = |option| Filler {
            spot,
            variant,
            option,
            quote,
        };
        let mut runs_on = if own.runs_on.is_empty() {
            filler("runner").list(&["{runner}".to_owned()])?
        } else {
            filler("runs_on").list(&own.runs_on)?
        };
        if runs_on.is_empty() {
            runs_on.push(RUNS_ON.to_owned());
        }
        let container = own.container.as_deref();
        let container = container.map(|image| filler("container").text(image));
        let entry = Self {
            spot,
            variant,
            runs_on,
            container: container.transpose()?,
            env: environment(variant),
        };
        entry.check()?;
        Ok(entry)
    }

    /// Refuses what GitHub takes for something else: it does not tell keys by the
    /// case of their letters, and sets some variables itself.
    fn check(&self) -> Result<(), Error> {
        for (axis, _) in &self.variant.axes {
            if let Some(key) = KEYS.iter().find(|key| axis.eq_ignore_ascii_case(key)) {
                let reason = format!("an entry of the matrix has the key `{key}` already");
                return Err(self.spot.refuse(format_args!("axis `{axis}`"), reason));
            }
        }
        let axes = self.variant.axes.iter().map(|(axis, _)| axis.as_str());
        self.check_keys("axis", axes)?;
        self.check_keys("`vars`", self.variant.vars.keys().map(String::as_str))?;
        let names = self.env.iter().map(|(name, _)| name.as_str());
        self.check_keys("variable", names.clone())?;
        for name in names {
            let starts = |prefix: &str| {
                let start = name.get(..prefix.len());
                start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
            };
            if let Some(prefix) = ["GITHUB_", "RUNNER_"].iter().find(|prefix| starts(prefix)) {
                let reason = format!("GitHub alone sets what begins with `{prefix}`");
                return Err(self.spot.refuse(format_args!("variable `{name}`"), reason));
            }
        }
        Ok(())
    }

    fn check_keys<'k>(
        &self,
        what: &str,
        keys: impl Iterator<Item = &'k str> + Clone,
    ) -> Result<(), Error> {
        let mut seen = std::collections::HashMap::new();
        for key in keys {
            let reason = if key.is_empty() {
                "GitHub has no key without a name".to_owned()
            } else if key.contains("${{") {
                "GitHub would evaluate its name".to_owned()
            } else if let Some(other) = seen.insert(key.to_lowercase(), key) {
                format!("it is the same as `{other}` to GitHub")
            } else {
                continue;
            };
            let what = format!("{what} `{}`", key.escape_debug());
            return Err(self.spot.refuse(what, reason));
        }
        Ok(())
    }

    /// What the entry says, in order; labels and image only where they differ.
    fn values(&self, with_labels: bool, with_container: bool) -> Vec<(String, Value)> {
        let text = |text: &str| Value::Text(text.to_owned());
        let variant = self.variant;
        let mut values = vec![
            ("name".to_owned(), text(&variant.name)),
            ("id".to_owned(), text(&variant.configuration.id)),
        ];
        let axes = variant.axes.iter();
        values.extend(axes.map(|(axis, value)| (axis.clone(), text(value))));
        let mut add = |key: &str, value| values.push((key.to_owned(), value));
        if with_labels {
            add(
                "runs-on",
                match self.runs_on.as_slice() {
                    [one] => text(one),
                    more => Value::Texts(more.to_vec()),
                },
            );
        }
        if with_container && let Some(image) = &self.container {
            add("container", text(image));
        }
        if !variant.tags.is_empty() {
            add("tags", Value::Texts(variant.tags.clone()));
        }
        if !variant.vars.is_empty() {
            let vars = variant.vars.iter();
            let vars = vars.map(|(name, value)| (name.clone(), Value::from(value)));
            add("vars", Value::Map(vars.collect()));
        }
        let env = self.env.iter();
        let env = env.map(|(name, value)| (name.clone(), text(value)));
        add("env", Value::Map(env.collect()));
        values
    }

    /// The entry in a workflow: no text of a variant is an expression.
    pub(super) fn yaml(&self, with_labels: bool, with_container: bool) -> Result<Yaml, Error> {
        let values = self.values(with_labels, with_container).into_iter();
        let escaped = values.map(|(key, value)| {
            let what = format!("`{key}`");
            let in_options = key == "runs-on" || key == "container";
            let quote: Quote = if in_options { plain } else { quote::github };
            Ok((key, self.spot.say(what, value.yaml(quote))?))
        });
        Ok(Yaml::Map(escaped.collect::<Result<_, Error>>()?))
    }
}

impl Value {
    fn yaml(&self, quote: Quote) -> Result<Yaml, Unquotable> {
        Ok(match self {
            Self::Text(text) => Yaml::text(quote(text)?),
            Self::Texts(texts) => {
                let texts = texts.iter().map(|text| quote(text));
                Yaml::texts(texts.collect::<Result<Vec<_>, _>>()?)
            }
            Self::Number(number) => Yaml::bare(number),
            Self::Truth(truth) => Yaml::bare(truth),
            Self::Map(entries) => {
                let entries = entries.iter();
                let entries = entries.map(|(key, value)| Ok((key.clone(), value.yaml(quote)?)));
                Yaml::Map(entries.collect::<Result<_, _>>()?)
            }
        })
    }
}

impl From<&Scalar> for Value {
    fn from(scalar: &Scalar) -> Self {
        match scalar {
            Scalar::Integer(number) if number.unsigned_abs() <= LARGEST_NUMBER => {
                Self::Number(*number)
            }
            Scalar::Boolean(truth) => Self::Truth(*truth),
            other => Self::Text(other.to_string()),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Texts(texts) => texts.serialize(serializer),
            Self::Number(number) => serializer.serialize_i64(*number),
            Self::Truth(truth) => serializer.serialize_bool(*truth),
            Self::Map(entries) => serialize_map(entries, serializer),
        }
    }
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_map(&self.values(true, true), serializer)
    }
}

fn serialize_map<S: Serializer>(
    entries: &[(String, Value)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(entries.len()))?;
    for (key, value) in entries {
        map.serialize_entry(key, value)?;
    }
    map.end()
}
