//! What a matrix means: its axes as dimensions of numbers, its rules as clauses.

use std::collections::BTreeSet;

use cfgmatrix_cover::{Axis as Dimension, Clause, Model, ValueSet};

use super::axis::{self, Axis, AxisValue, CompilerValue};
use super::expression::{Attribute, Scope};
use super::naming::{Namer, slug};
use super::rules::{Rules, Statement};
use super::scalar::Scalar;
use super::spec::{Profile, Zip};
use super::{Choice, Matrix};
use crate::error::Error;
use crate::host::HostReport;
use crate::name::UnknownWord;
use crate::resolve::Toolchain;
use crate::toolchain::KnowledgeBase;
use crate::tree::{Fault, Step};
use crate::version::{Version, VersionRange};

/// A matrix with a knowledge base, on a machine or on none, in one profile.
///
/// Axes that are zipped are one dimension; its values are the zip's rows. A
/// dimension that can be absent has one value more, the last, for that. After
/// the dimensions come helpers of rules, whose values follow from the others'.
pub struct Space<'a> {
    pub(super) matrix: &'a Matrix,
    pub(super) host: Option<&'a HostReport>,
    pub(super) axes: Vec<SpaceAxis>,
    pub(super) dimensions: Vec<SpaceDimension>,
    profile_name: Option<String>,
    pub(super) profile: Profile,
    pub(super) rules: Rules,
    /// Dimensions and helpers, under all rules.
    pub(super) model: Model,
    /// The values that the profile leaves to each dimension and helper.
    pub(super) domains: Vec<ValueSet>,
    pub(super) namer: Namer,
    pub(super) resolutions: super::resolution::Resolutions<'a>,
    pub(super) coverings: super::covering::Coverings,
}

/// An axis, and how its values are those of a dimension.
#[derive(Clone, Debug)]
pub(super) struct SpaceAxis {
    pub(super) name: String,
    pub(super) values: Vec<AxisValue>,
    pub(super) dimension: usize,
    /// The value of each row of the dimension.
    pub(super) column: Vec<usize>,
    /// The value that names and ids leave out.
    pub(super) default: Option<usize>,
    /// Its values are those of a machine.
    open: bool,
    /// What each compiler is, for rules.
    compilers: Vec<Option<CompilerAttributes>>,
}

#[derive(Clone, Debug)]
struct CompilerAttributes {
    family: String,
    version: Option<Version>,
    os: String,
    arch: String,
}

/// What turns by itself: an axis, or axes that are zipped.
#[derive(Clone, Debug)]
pub(super) struct SpaceDimension {
    pub(super) axes: Vec<usize>,
    /// How many values it has; "absent" is none of them.
    pub(super) rows: usize,
    /// Whether it can be absent.
    pub(super) conditional: bool,
    pub(super) when: Option<Statement>,
    pub(super) optional: bool,
    /// The row of its default.
    pub(super) default: Option<usize>,
    pub(super) weights: Vec<u32>,
}

impl SpaceDimension {
    pub(super) fn size(&self) -> u32 {
        (self.rows + usize::from(self.conditional)) as u32
    }

    /// The number that stands for "absent".
    pub(super) fn absent(&self) -> Option<u32> {
        self.conditional.then_some(self.rows as u32)
    }
}

/// The axes as the expressions of rules see them: each with the rows of its
/// dimension as values.
pub(super) struct Axes<'a> {
    pub(super) axes: &'a [SpaceAxis],
    pub(super) dimensions: &'a [SpaceDimension],
}

impl Scope for Axes<'_> {
    fn axes(&self) -> Vec<&str> {
        self.axes.iter().map(|axis| axis.name.as_str()).collect()
    }

    fn values(&self, axis: usize) -> usize {
        self.dimensions[self.axes[axis].dimension].rows
    }

    fn value_id(&self, axis: usize, value: usize) -> Scalar {
        let axis = &self.axes[axis];
        axis.values[axis.column[value]].id.clone()
    }

    fn attributes(&self, axis: usize) -> Vec<&str> {
        let axis = &self.axes[axis];
        let built_in: &[&str] = match axis.name.as_str() {
            "compiler" => &["family", "version", "os", "arch"],
            "blas" => &["library", "threading", "interface", "linkage"],
            _ => &[],
        };
        let own = axis
            .values
            .iter()
            .flat_map(|value| value.decoration.vars.keys());
        let own: BTreeSet<&str> = own.map(String::as_str).collect();
        built_in.iter().copied().chain(own).collect()
    }

    fn attribute(&self, axis: usize, value: usize, name: &str) -> Option<Attribute> {
        let axis = &self.axes[axis];
        let number = axis.column[value];
        let value = &axis.values[number];
        let text = |text: &str| Some(Attribute::Scalar(Scalar::Text(text.to_owned())));
        match (&value.choice, name) {
            (Choice::Compiler(_), "family" | "version" | "os" | "arch") => {
                let compiler = axis.compilers[number].as_ref()?;
                match name {
                    "family" => text(&compiler.family),
                    "version" => compiler.version.clone().map(Attribute::Version),
                    "os" => text(&compiler.os),
                    _ => text(&compiler.arch),
                }
            }
            (Choice::Blas(blas), "library") => text(blas.library.as_deref()?),
            (Choice::Blas(blas), "threading") => {
                text(blas.threading.as_deref().unwrap_or(&blas.id))
            }
            // Where it says nothing, an axis `ints` decides, if there is one.
            (Choice::Blas(blas), "interface") => {
                let open = self.axes.iter().any(|axis| axis.name == "ints");
                match (blas.interface, open) {
                    (None, true) => None,
                    (interface, _) => text(interface.unwrap_or_default().as_str()),
                }
            }
            (Choice::Blas(blas), "linkage") => text(blas.linkage.as_str()),
            _ => value
                .decoration
                .vars
                .get(name)
                .cloned()
                .map(Attribute::Scalar),
        }
    }

    fn is_conditional(&self, axis: usize) -> bool {
        self.dimensions[self.axes[axis].dimension].conditional
    }

    fn is_open(&self, axis: usize) -> bool {
        self.axes[axis].open
    }
}

impl<'a> Space<'a> {
    /// What the matrix means. With a host, its compilers and libraries are those
    /// of that machine, and what is not there excludes. Without a profile,
    /// optional axes do not turn, and rows with tags are left out.
    ///
    /// # Errors
    /// A name that nothing has; a rule that cannot be read or never matches; axes
    /// whose conditions depend on each other; features that contradict each other;
    /// or the matrix takes what is installed, and there is no host.
    pub fn new(
        matrix: &'a Matrix,
        known: &'a KnowledgeBase,
        host: Option<&'a HostReport>,
        profile: Option<&str>,
    ) -> Result<Self, Error> {
        let profile_name = profile.map(str::to_owned);
        let profile = match profile {
            Some(name) => matrix.profile(name)?.clone(),
            None => Profile::default(),
        };
        let (axes, mut dimensions) = lay_out(matrix, known, host)?;
        check_activation(matrix, &axes, &dimensions)?;
        let scope = Axes {
            axes: &axes,
            dimensions: &dimensions,
        };
        let whens = super::rules::conditions(matrix, &scope, &dimensions)?;
        for (dimension, when) in dimensions.iter_mut().zip(whens) {
            dimension.when = when;
        }
        let scope = Axes {
            axes: &axes,
            dimensions: &dimensions,
        };
        let rules = Rules::read(matrix, &scope, &profile, host.is_some())?;
        let resolutions =
            super::resolution::Resolutions::new(matrix, known, host, &axes, &dimensions, &rules)?;
        let mut rules = rules;
        rules.exclude(&resolutions, &dimensions);
        let domains = domains(&axes, &dimensions, &profile, &rules);
        let model = model(&dimensions, &rules, &profile, &axes);
        let namer = Namer::new(slugs(&axes, &dimensions));
        Ok(Self {
            matrix,
            host,
            axes,
            dimensions,
            profile_name,
            profile,
            rules,
            model,
            domains,
            namer,
            resolutions,
            coverings: super::covering::Coverings::default(),
        })
    }

    /// The matrix's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.matrix.name()
    }

    /// The axes in order, each with its values' names.
    pub fn axes(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = &Scalar> + Clone)> {
        self.axes.iter().map(|axis| {
            (
                axis.name.as_str(),
                axis.values.iter().map(|value| &value.id),
            )
        })
    }

    pub(super) fn profile_name(&self) -> Option<&str> {
        self.profile_name.as_deref()
    }

    pub(super) fn scope(&self) -> Axes<'_> {
        Axes {
            axes: &self.axes,
            dimensions: &self.dimensions,
        }
    }

    /// The axes that a row has a value of, each with that value.
    pub(super) fn values<'s>(
        &'s self,
        row: &'s [u32],
    ) -> impl Iterator<Item = (&'s SpaceAxis, usize)> + 's {
        self.axes.iter().filter_map(|axis| {
            let value = axis.column.get(row[axis.dimension] as usize)?;
            Some((axis, *value))
        })
    }
}

/// The axes and dimensions, in the order of the file: zips that have rows of
/// their own come last.
fn lay_out(
    matrix: &Matrix,
    known: &KnowledgeBase,
    host: Option<&HostReport>,
) -> Result<(Vec<SpaceAxis>, Vec<SpaceDimension>), Error> {
    let spec = &matrix.spec;
    let mut axes: Vec<SpaceAxis> = Vec::new();
    let mut dimensions: Vec<SpaceDimension> = Vec::new();
    for own in &spec.axes {
        let values = values_of(matrix, known, host, own)?;
        let compilers = compilers(matrix, known, host, &values)?;
        let default = own
            .default
            .as_ref()
            .and_then(|default| values.iter().position(|value| value.id == *default));
        axes.push(SpaceAxis {
            name: own.name.clone(),
            dimension: dimensions.len(),
            column: (0..values.len()).collect(),
            default,
            open: own.installed.is_some(),
            compilers,
            values,
        });
        let values = &axes[axes.len() - 1].values;
        let weighed = values.iter().any(|value| value.weight.is_some());
        dimensions.push(SpaceDimension {
            axes: vec![axes.len() - 1],
            rows: values.len(),
            conditional: own.when.is_some() || (own.optional && default.is_none()),
            when: None,
            optional: own.optional,
            default,
            weights: match weighed {
                true => values
                    .iter()
                    .map(|value| value.weight.unwrap_or(1))
                    .collect(),
                false => Vec::new(),
            },
        });
    }
    let mut joined: Vec<usize> = Vec::new();
    for (number, zip) in spec.zips.iter().enumerate() {
        join(
            matrix,
            known,
            host,
            number,
            zip,
            &mut axes,
            &mut dimensions,
            &mut joined,
        )?;
    }
    // Dimensions that were joined into others are gone.
    let kept: Vec<usize> = (0..dimensions.len())
        .filter(|&number| !dimensions[number].axes.is_empty())
        .collect();
    for axis in &mut axes {
        axis.dimension = kept
            .iter()
            .position(|&number| number == axis.dimension)
            .expect("every axis has a dimension that is kept");
    }
    let dimensions = kept.iter().map(|&number| dimensions[number].clone());
    Ok((axes, dimensions.collect()))
}

/// Makes the axes of a zip one dimension: that of the first of them.
#[expect(
    clippy::too_many_arguments,
    reason = "it continues `lay_out` for one zip"
)]
fn join(
    matrix: &Matrix,
    known: &KnowledgeBase,
    host: Option<&HostReport>,
    number: usize,
    zip: &Zip,
    axes: &mut Vec<SpaceAxis>,
    dimensions: &mut Vec<SpaceDimension>,
    joined: &mut Vec<usize>,
) -> Result<(), Error> {
    let at = [Step::Key("zip"), Step::Index(number)];
    let span = |rest: &[Step<'_>]| {
        let way: Vec<Step<'_>> = at.iter().chain(rest).copied().collect();
        let found = matrix.tree.at(&way).or_else(|| matrix.tree.at(&at));
        found.map_or(0..0, |tree| tree.span.clone())
    };
    let wrong = |message: String, rest: &[Step<'_>]| matrix.fault(Fault::new(message, &span(rest)));
    let names = |index: usize| [Step::Key("axes"), Step::Index(index)];
    if zip.axes.len() < 2 {
        let message = "a zip turns two axes or more together".to_owned();
        return Err(wrong(message, &[Step::Key("axes")]));
    }
    for (index, name) in zip.axes.iter().enumerate() {
        if zip.axes[..index].contains(name) {
            return Err(wrong(
                format!("axis `{name}` comes twice in a zip"),
                &names(index),
            ));
        }
        axis::check_name(name, &span(&names(index))).map_err(|fault| matrix.fault(fault))?;
    }
    let first_of_zip = match &zip.rows {
        None => {
            let mut members = Vec::new();
            for (index, name) in zip.axes.iter().enumerate() {
                let Some(axis) = axes.iter().position(|axis| axis.name == *name) else {
                    let known = axes.iter().map(|axis| axis.name.as_str());
                    let word = UnknownWord::new("axis", name, known);
                    return Err(wrong(word.to_string(), &names(index)));
                };
                if joined.contains(&axis) {
                    let message = format!("axis `{name}` is in another zip too");
                    return Err(wrong(message, &names(index)));
                }
                let own = &dimensions[axes[axis].dimension];
                if own.optional || own.conditional || axes[axis].open {
                    let message = format!(
                        "axis `{name}` is zipped: `when`, `optional` and `default` belong to the zip, and its values are listed"
                    );
                    return Err(wrong(message, &names(index)));
                }
                members.push(axis);
            }
            let lengths: Vec<usize> = members
                .iter()
                .map(|&axis| axes[axis].values.len())
                .collect();
            if let Some(index) = lengths.iter().position(|length| *length != lengths[0]) {
                let message = format!(
                    "zipped axes have the same number of values: `{}` has {}, `{}` has {}",
                    zip.axes[0], lengths[0], zip.axes[index], lengths[index]
                );
                return Err(wrong(message, &names(index)));
            }
            let into = axes[members[0]].dimension;
            for &axis in &members[1..] {
                let from = axes[axis].dimension;
                dimensions[from].axes.clear();
                dimensions[into].axes.push(axis);
                axes[axis].dimension = into;
            }
            joined.extend(&members);
            into
        }
        Some(rows) => {
            zip_of_rows(matrix, known, host, zip, rows, axes, dimensions, &wrong)?;
            let members = axes.len() - zip.axes.len()..axes.len();
            joined.extend(members);
            dimensions.len() - 1
        }
    };
    let dimension = &mut dimensions[first_of_zip];
    dimension.conditional = zip.when.is_some() || (zip.optional && zip.default.is_none());
    dimension.optional = zip.optional;
    if let Some(default) = &zip.default {
        let row = (0..dimension.rows).find(|&row| {
            default.len() == dimension.axes.len()
                && dimension.axes.iter().zip(default).all(|(&axis, wanted)| {
                    let axis = &axes[axis];
                    axis.values[axis.column[row]].id == *wanted
                })
        });
        let Some(row) = row else {
            let message = "the default of a zip is one of its rows".to_owned();
            return Err(wrong(message, &[Step::Key("default")]));
        };
        dimension.default = Some(row);
        for &axis in &dimension.axes {
            axes[axis].default = Some(axes[axis].column[row]);
        }
    }
    Ok(())
}

/// Axes that a zip brings itself, with their values row by row.
#[expect(
    clippy::too_many_arguments,
    reason = "it continues `join` for one form of zip"
)]
fn zip_of_rows(
    matrix: &Matrix,
    known: &KnowledgeBase,
    host: Option<&HostReport>,
    zip: &Zip,
    rows: &[Vec<Scalar>],
    axes: &mut Vec<SpaceAxis>,
    dimensions: &mut Vec<SpaceDimension>,
    wrong: &dyn Fn(String, &[Step<'_>]) -> Error,
) -> Result<(), Error> {
    if rows.is_empty() {
        return Err(wrong("a zip has a row".to_owned(), &[Step::Key("rows")]));
    }
    for (index, row) in rows.iter().enumerate() {
        let place = [Step::Key("rows"), Step::Index(index)];
        if row.len() != zip.axes.len() {
            let message = format!(
                "a row of this zip has {} values, one for each of its axes; this one has {}",
                zip.axes.len(),
                row.len()
            );
            return Err(wrong(message, &place));
        }
        if rows[..index].contains(row) {
            return Err(wrong("a row of a zip comes twice".to_owned(), &place));
        }
    }
    let first = axes.len();
    for (index, name) in zip.axes.iter().enumerate() {
        let place = [Step::Key("axes"), Step::Index(index)];
        if axes.iter().any(|axis| axis.name == *name) {
            let message = format!(
                "axis `{name}` has its values elsewhere: a zip of axes that are there has no `rows`"
            );
            return Err(wrong(message, &place));
        }
        let mut values: Vec<AxisValue> = Vec::new();
        let mut column = Vec::new();
        for (number, row) in rows.iter().enumerate() {
            let id = &row[index];
            let place = [Step::Key("rows"), Step::Index(number), Step::Index(index)];
            let value = axis::of_scalar(name, id).map_err(|message| wrong(message, &place))?;
            let known = values.iter().position(|known| known.id == *id);
            column.push(known.unwrap_or_else(|| {
                values.push(value);
                values.len() - 1
            }));
        }
        axes.push(SpaceAxis {
            name: name.clone(),
            compilers: compilers(matrix, known, host, &values)?,
            values,
            dimension: dimensions.len(),
            column,
            default: None,
            open: false,
        });
    }
    dimensions.push(SpaceDimension {
        axes: (first..axes.len()).collect(),
        rows: rows.len(),
        conditional: false,
        when: None,
        optional: false,
        default: None,
        weights: Vec::new(),
    });
    Ok(())
}

/// The values of an axis: ranges of versions are taken apart, and what a machine
/// has is put in.
fn values_of(
    matrix: &Matrix,
    known: &KnowledgeBase,
    host: Option<&HostReport>,
    axis: &Axis,
) -> Result<Vec<AxisValue>, Error> {
    if let Some(installed) = &axis.installed {
        let Some(host) = host else {
            return Err(Error::Invalid {
                message:
                    "this matrix takes the compilers that are installed, and no machine is given"
                        .to_owned(),
                hint: Some("expand it with `--installed`, or with `--host FILE`".to_owned()),
                place: matrix.place_of_key(&axis.name),
            });
        };
        let found = matrix.installed_compilers(known, host, installed)?;
        if found.is_empty() {
            return Err(Error::NothingInstalled {
                place: matrix.place_of_key(&axis.name),
            });
        }
        return Ok(found.into_iter().map(AxisValue::compiler).collect());
    }
    let mut values: Vec<AxisValue> = Vec::new();
    for value in &axis.values {
        let ranged = match &value.choice {
            Choice::Compiler(compiler) => range_of(matrix, known, compiler)?,
            _ => None,
        };
        let Some(ids) = ranged else {
            values.push(value.clone());
            continue;
        };
        for id in ids {
            if values
                .iter()
                .any(|earlier| earlier.id == Scalar::Text(id.clone()))
            {
                let message = format!("value `{id}` of axis `{}` comes twice", axis.name);
                return Err(matrix.wrong_value(&axis.name, &value.id.to_string(), 0, message));
            }
            values.push(AxisValue {
                decoration: value.decoration.clone(),
                weight: value.weight,
                ..AxisValue::compiler(CompilerValue::of_word(id))
            });
        }
    }
    Ok(values)
}

/// The values that `gcc@11..13` stands for: one a version, half-open, in steps
/// of the last part of the first.
fn range_of(
    matrix: &Matrix,
    known: &KnowledgeBase,
    compiler: &CompilerValue,
) -> Result<Option<Vec<String>>, Error> {
    let text = compiler.spec();
    let Some((name, range)) = text.split_once('@') else {
        return Ok(None);
    };
    let Ok(range) = range.parse::<VersionRange>() else {
        return Ok(None);
    };
    let wrong = |message: String| matrix.wrong_value("compiler", &compiler.id, 0, message);
    if text != compiler.id
        || compiler.cc.is_some()
        || compiler.cxx.is_some()
        || compiler.fc.is_some()
    {
        return Err(wrong(format!(
            "`{text}` stands for several compilers, and this value is one: write the range as the value itself"
        )));
    }
    let family = known
        .family(name)
        .map_err(|error| matrix.placed(error, "compiler", &compiler.id))?;
    let Some(min) = range.min() else {
        return Err(wrong(format!(
            "`{text}` has no beginning: write the first version, as in `{name}@11..13`"
        )));
    };
    let parts = min.parts();
    let (fixed, first) = parts.split_at(parts.len() - 1);
    let first = first[0];
    let last = match range.below() {
        Some(below) if below.parts().len() >= parts.len() && below.parts().starts_with(fixed) => {
            let end = below.parts()[fixed.len()];
            // `11..13.1` has 13 too: the version 13 lies below 13.1.
            let more = below.parts()[parts.len()..].iter().any(|&part| part > 0);
            end + u32::from(more)
        }
        Some(below) => {
            return Err(wrong(format!(
                "the versions from {min} to {below} cannot be counted: let both ends have as many parts, alike but for the last"
            )));
        }
        None => {
            let newest = family.newest.parts();
            if !newest.starts_with(fixed)
                || newest.len() < parts.len()
                || newest[fixed.len()] < first
            {
                return Err(wrong(format!(
                    "the newest {name} that is known is {}, and this range begins with {min}",
                    family.newest
                )));
            }
            newest[fixed.len()] + 1
        }
    };
    const MAX: u32 = 100;
    if last - first > MAX {
        return Err(wrong(format!(
            "`{text}` stands for {} versions, and a range has at most {MAX}",
            last - first
        )));
    }
    let ids = (first..last).map(|part| {
        let version = Version::new(fixed.iter().copied().chain([part]));
        format!("{name}@{version}")
    });
    Ok(Some(ids.collect()))
}

/// What rules may ask of each compiler.
fn compilers(
    matrix: &Matrix,
    known: &KnowledgeBase,
    host: Option<&HostReport>,
    values: &[AxisValue],
) -> Result<Vec<Option<CompilerAttributes>>, Error> {
    let attributes = values.iter().map(|value| {
        let Choice::Compiler(compiler) = &value.choice else {
            return Ok(None);
        };
        let toolchain = matrix.toolchain(known, compiler, host)?;
        Ok(Some(CompilerAttributes {
            family: toolchain.family.id.clone(),
            version: version_on(host, compiler, &toolchain),
            os: toolchain.target.os.to_string(),
            arch: toolchain.target.arch.to_string(),
        }))
    });
    attributes.collect()
}

/// The version of a compiler: the machine's, else as it is written, else the
/// newest that is known, which a name without a version stands for.
fn version_on(
    host: Option<&HostReport>,
    compiler: &CompilerValue,
    toolchain: &Toolchain<'_>,
) -> Option<Version> {
    let found = host.and_then(|host| super::bind::toolchain(host, compiler, toolchain).ok());
    match found {
        Some(found) => found.version.clone(),
        None => Some(
            toolchain
                .version
                .clone()
                .unwrap_or_else(|| toolchain.family.newest.clone()),
        ),
    }
}

/// Profiles activate axes that are there and optional.
fn check_activation(
    matrix: &Matrix,
    axes: &[SpaceAxis],
    dimensions: &[SpaceDimension],
) -> Result<(), Error> {
    for (name, profile) in &matrix.spec.profiles {
        for (index, wanted) in profile.activate.iter().enumerate() {
            let way = [
                Step::Key("profile"),
                Step::Key(name),
                Step::Key("activate"),
                Step::Index(index),
            ];
            let span = matrix.tree.at(&way).map_or(0..0, |tree| tree.span.clone());
            let message = match axes.iter().find(|axis| axis.name == *wanted) {
                None => {
                    let known = axes
                        .iter()
                        .filter(|axis| dimensions[axis.dimension].optional);
                    UnknownWord::new("axis", wanted, known.map(|axis| axis.name.as_str()))
                        .to_string()
                }
                Some(axis) if !dimensions[axis.dimension].optional => {
                    format!("axis `{wanted}` is not optional: it turns in every profile")
                }
                Some(_) => continue,
            };
            return Err(matrix.fault(Fault::new(message, &span)));
        }
    }
    Ok(())
}

/// The values that a profile leaves to each dimension, and all of each helper.
fn domains(
    axes: &[SpaceAxis],
    dimensions: &[SpaceDimension],
    profile: &Profile,
    rules: &Rules,
) -> Vec<ValueSet> {
    let of_dimension = |dimension: &SpaceDimension| {
        let active = !dimension.optional || is_active(axes, dimension, profile);
        match (active, dimension.default) {
            // Without a condition, what turns is there.
            (true, _) if dimension.when.is_none() => {
                let mut all = ValueSet::full(dimension.size());
                if let Some(absent) = dimension.absent() {
                    all.remove(absent);
                }
                all
            }
            (true, _) => ValueSet::full(dimension.size()),
            (false, Some(row)) => {
                let mut pinned = ValueSet::single(dimension.size(), row as u32);
                if let Some(absent) = dimension.absent() {
                    pinned.insert(absent);
                }
                pinned
            }
            (false, None) => ValueSet::single(dimension.size(), dimension.rows as u32),
        }
    };
    let helpers = rules.helpers.iter().map(|axis| ValueSet::full(axis.values));
    dimensions.iter().map(of_dimension).chain(helpers).collect()
}

pub(super) fn is_active(axes: &[SpaceAxis], dimension: &SpaceDimension, profile: &Profile) -> bool {
    let mut names = dimension.axes.iter().map(|&axis| &axes[axis].name);
    !dimension.optional || names.any(|name| profile.activate.contains(name))
}

fn model(
    dimensions: &[SpaceDimension],
    rules: &Rules,
    profile: &Profile,
    axes: &[SpaceAxis],
) -> Model {
    let of_dimension = |dimension: &SpaceDimension| Dimension {
        values: dimension.size(),
        targets: dimension.rows as u32,
        weights: match dimension.weights.as_slice() {
            [] => Vec::new(),
            weights => {
                let absent = dimension.absent().map(|_| 1);
                weights.iter().copied().chain(absent).collect()
            }
        },
    };
    let own = dimensions.iter().map(of_dimension);
    let numbers = own.chain(rules.helpers.iter().cloned()).collect();
    let turns = |number: usize| {
        let dimension: &SpaceDimension = &dimensions[number];
        is_active(axes, dimension, profile) || dimension.default.is_some()
    };
    let clauses: Vec<Clause> = rules.clauses(turns).cloned().collect();
    Model::new(numbers, clauses).expect("dimensions have values, and clauses speak of them")
}

/// What each row of each dimension adds to a name.
fn slugs(axes: &[SpaceAxis], dimensions: &[SpaceDimension]) -> Vec<Vec<String>> {
    let of_row = |dimension: &SpaceDimension, row: usize| {
        if dimension.default == Some(row) {
            return String::new();
        }
        let members = dimension.axes.iter().filter_map(|&axis| {
            let axis = &axes[axis];
            Some(slug(&axis.values[*axis.column.get(row)?].id.to_string()))
        });
        members.collect::<Vec<_>>().join("-")
    };
    dimensions
        .iter()
        .map(|dimension| {
            (0..dimension.size() as usize)
                .map(|row| of_row(dimension, row))
                .collect()
        })
        .collect()
}
