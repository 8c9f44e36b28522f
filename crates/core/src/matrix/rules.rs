//! What rows must satisfy: the conditions of axes, the rules of the matrix, the
//! tags of the profile, and what the knowledge base refuses.

use std::ops::Range;

use cfgmatrix_cover::{Axis as Helper, Clause, Model, Solver, ValueSet};

use super::Matrix;
use super::decoration::Decoration;
use super::expand::Rule;
use super::expression::{Condition, Expression, ExpressionError};
use super::resolution::Resolutions;
use super::space::{Axes, SpaceAxis, SpaceDimension};
use super::spec::Profile;
use crate::clauses::{Clauses, Formula};
use crate::document::Document;
use crate::error::{Error, Place};
use crate::tree::{Step, Tree};

/// An expression of the matrix, checked.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    condition: Condition,
    pub(super) text: String,
    pub(super) place: Place,
}

/// One thing that every row satisfies.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) rule: Rule,
    what: What,
    reason: Option<String>,
    pub(super) place: Option<Place>,
    /// The values that the knowledge base refuses together.
    pub(super) refused: Vec<(usize, u32)>,
}

#[derive(Clone, Debug)]
enum What {
    /// The dimension is there where its condition holds, and only there.
    When(usize, Statement),
    Forbid(Statement),
    Require(Option<Statement>, Statement),
    Tags(Vec<Gate>),
    Refusal,
}

/// Rows that carry tags, and whether the profile takes them.
#[derive(Clone, Debug)]
struct Gate {
    applies: GateCondition,
    taken: bool,
    tags: Vec<String>,
}

#[derive(Clone, Debug)]
enum GateCondition {
    Always,
    Statement(Statement),
    /// Rows of a dimension whose value has the tags.
    Rows(usize, ValueSet),
}

/// A `[[set]]`, its condition checked.
#[derive(Clone, Debug)]
pub(super) struct SetRule {
    pub(super) statement: Option<Statement>,
    pub(super) decoration: Decoration,
}

/// All of them, as clauses too.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    /// By the number that their clauses have.
    pub(super) entries: Vec<Entry>,
    pub(super) sets: Vec<SetRule>,
    /// Axes after the dimensions that only carry the meaning of a rule; those
    /// of the conditions of axes come first.
    pub(super) helpers: Vec<Helper>,
    pub(super) when_helpers: usize,
    clauses: Vec<ScopedClause>,
}

#[derive(Clone, Debug)]
struct ScopedClause {
    clause: Clause,
    /// It holds only where this dimension turns or has a default.
    only_where_turning: Option<usize>,
}

impl Statement {
    pub(super) fn axes(&self) -> Vec<usize> {
        self.condition.axes()
    }

    fn holds(&self, axes: &[SpaceAxis], row: &[u32]) -> bool {
        let by_axis: Vec<u32> = axes.iter().map(|axis| row[axis.dimension]).collect();
        self.condition.holds(&by_axis)
    }

    /// Its meaning, of dimensions instead of axes.
    pub(super) fn formula(&self, axes: &Axes<'_>) -> Formula {
        by_dimension(self.condition.formula().clone(), axes)
    }
}

impl SetRule {
    pub(super) fn applies(&self, axes: &[SpaceAxis], row: &[u32]) -> bool {
        let statement = self.statement.as_ref();
        statement.is_none_or(|statement| statement.holds(axes, row))
    }
}

fn by_dimension(formula: Formula, axes: &Axes<'_>) -> Formula {
    let dimension = |axis: usize| axes.axes[axis].dimension;
    match formula {
        Formula::Literal { axis, allowed } => Formula::Literal {
            axis: dimension(axis),
            allowed,
        },
        Formula::Related {
            left,
            right,
            allowed,
        } if dimension(left) == dimension(right) => {
            // Two axes of a zip: each row says itself whether it is allowed.
            let number = dimension(left);
            let size = axes.dimensions[number].size();
            let mut rows = ValueSet::empty(size);
            for row in 0..size {
                if allowed[row as usize].contains(row) {
                    rows.insert(row);
                }
            }
            Formula::Literal {
                axis: number,
                allowed: rows,
            }
        }
        Formula::Related {
            left,
            right,
            allowed,
        } => Formula::Related {
            left: dimension(left),
            right: dimension(right),
            allowed,
        },
        Formula::And(parts) => Formula::And(
            parts
                .into_iter()
                .map(|part| by_dimension(part, axes))
                .collect(),
        ),
        Formula::Or(parts) => Formula::Or(
            parts
                .into_iter()
                .map(|part| by_dimension(part, axes))
                .collect(),
        ),
        Formula::Not(part) => Formula::Not(Box::new(by_dimension(*part, axes))),
        constant @ (Formula::True | Formula::False) => constant,
    }
}

impl Entry {
    pub(super) fn is_when(&self) -> bool {
        matches!(self.what, What::When(..))
    }

    pub(super) fn is_tags(&self) -> bool {
        matches!(self.what, What::Tags(_))
    }

    pub(super) fn is_refusal(&self) -> bool {
        matches!(self.what, What::Refusal)
    }

    /// Whether it is a rule that the matrix itself states.
    pub(super) fn is_own(&self) -> bool {
        matches!(self.what, What::Forbid(_) | What::Require(..))
    }

    /// The dimension that it says is there, where a row lacks it.
    pub(super) fn lacks(&self, row: &[u32], dimensions: &[SpaceDimension]) -> Option<usize> {
        match self.what {
            What::When(number, _) if Some(row[number]) == dimensions[number].absent() => {
                Some(number)
            }
            _ => None,
        }
    }

    /// The expressions that it was written with.
    fn statements(&self) -> impl Iterator<Item = &Statement> {
        let (first, second) = match &self.what {
            What::When(_, statement) | What::Forbid(statement) => (Some(statement), None),
            What::Require(condition, then) => (condition.as_ref(), Some(then)),
            What::Tags(_) | What::Refusal => (None, None),
        };
        first.into_iter().chain(second)
    }

    /// The rows that it excludes; nothing for what the matrix does not state itself.
    pub(super) fn violation(&self, axes: &Axes<'_>) -> Option<Formula> {
        match &self.what {
            What::Forbid(condition) => Some(condition.formula(axes)),
            What::Require(condition, then) => {
                let asked = condition.iter().map(|condition| condition.formula(axes));
                let not_then = Formula::Not(Box::new(then.formula(axes)));
                Some(Formula::And(asked.chain([not_then]).collect()))
            }
            What::When(..) | What::Tags(_) | What::Refusal => None,
        }
    }

    /// Why, in the matrix's words or, where it has none, by the rule itself.
    pub(super) fn reason(&self) -> String {
        if let Some(reason) = &self.reason {
            return reason.clone();
        }
        match &self.what {
            What::When(_, when) => {
                let Rule::When(names) = &self.rule else {
                    unreachable!("a condition is of axes")
                };
                format!("`{names}` is there only where {}", when.text)
            }
            What::Forbid(condition) => format!("the matrix forbids {}", condition.text),
            What::Require(None, then) => format!("the matrix requires {}", then.text),
            What::Require(Some(condition), then) => {
                format!(
                    "where {}, the matrix requires {}",
                    condition.text, then.text
                )
            }
            What::Tags(gates) => {
                let tags = gates.iter().filter(|gate| !gate.taken);
                let tags: Vec<&str> = tags
                    .flat_map(|gate| gate.tags.iter().map(String::as_str))
                    .collect();
                format!(
                    "tagged {}, which the profile does not take",
                    tags.join(", ")
                )
            }
            What::Refusal => String::new(),
        }
    }

    /// Whether a full row does not satisfy it.
    pub(super) fn is_broken(
        &self,
        axes: &[SpaceAxis],
        dimensions: &[SpaceDimension],
        row: &[u32],
    ) -> bool {
        match &self.what {
            What::When(dimension, when) => {
                let present = Some(row[*dimension]) != dimensions[*dimension].absent();
                let holds = when.holds(axes, row);
                // Where an optional axis does not turn, it is absent everywhere.
                let optional = dimensions[*dimension].optional;
                present && !holds || !present && holds && !optional
            }
            What::Forbid(condition) => condition.holds(axes, row),
            What::Require(condition, then) => {
                let asked = condition
                    .as_ref()
                    .is_none_or(|condition| condition.holds(axes, row));
                asked && !then.holds(axes, row)
            }
            What::Tags(gates) => {
                let mut applying = gates
                    .iter()
                    .filter(|gate| gate.applies(axes, row))
                    .peekable();
                applying.peek().is_some() && !applying.any(|gate| gate.taken)
            }
            What::Refusal => self
                .refused
                .iter()
                .all(|&(dimension, value)| row[dimension] == value),
        }
    }
}

impl Gate {
    fn applies(&self, axes: &[SpaceAxis], row: &[u32]) -> bool {
        match &self.applies {
            GateCondition::Always => true,
            GateCondition::Statement(statement) => statement.holds(axes, row),
            GateCondition::Rows(dimension, rows) => rows.contains(row[*dimension]),
        }
    }

    fn formula(&self, axes: &Axes<'_>) -> Formula {
        match &self.applies {
            GateCondition::Always => Formula::True,
            GateCondition::Statement(statement) => statement.formula(axes),
            GateCondition::Rows(dimension, rows) => Formula::Literal {
                axis: *dimension,
                allowed: rows.clone(),
            },
        }
    }
}

impl Rules {
    /// Reads the rules of a matrix. On a machine, a rule that never matches is
    /// no error: the machine may lack what it is about.
    pub(super) fn read(
        matrix: &Matrix,
        axes: &Axes<'_>,
        profile: &Profile,
        bound: bool,
    ) -> Result<Self, Error> {
        let mut rules = Self::default();
        rules.read_conditions(axes);
        rules.read_own(matrix, axes)?;
        if !bound {
            rules.check_that_each_matches(axes)?;
        }
        rules.read_sets(matrix, axes)?;
        rules.read_tags(axes, profile);
        Ok(rules)
    }

    fn compile(&mut self, formula: &Formula, axes: &Axes<'_>, only_where_turning: Option<usize>) {
        let rule = self.entries.len() as u32;
        let mut sizes: Vec<u32> = axes.dimensions.iter().map(SpaceDimension::size).collect();
        sizes.extend(self.helpers.iter().map(|helper| helper.values));
        let (helpers, clauses) = compiled(sizes, formula, rule);
        self.helpers.extend(helpers);
        self.clauses
            .extend(clauses.into_iter().map(|clause| ScopedClause {
                clause,
                only_where_turning,
            }));
    }

    fn read_conditions(&mut self, axes: &Axes<'_>) {
        for (number, dimension) in axes.dimensions.iter().enumerate() {
            let (Some(when), Some(absent)) = (&dimension.when, dimension.absent()) else {
                continue;
            };
            let is_absent = Formula::Literal {
                axis: number,
                allowed: ValueSet::single(dimension.size(), absent),
            };
            let holds = when.formula(axes);
            self.compile(
                &Formula::Or(vec![is_absent.clone(), holds.clone()]),
                axes,
                None,
            );
            let is_there = Formula::Not(Box::new(is_absent));
            self.compile(
                &Formula::Or(vec![Formula::Not(Box::new(holds)), is_there]),
                axes,
                Some(number),
            );
            let names = dimension
                .axes
                .iter()
                .map(|&axis| axes.axes[axis].name.as_str());
            let names = names.collect::<Vec<_>>().join(", ");
            self.entries.push(Entry {
                rule: Rule::When(names),
                place: Some(when.place.clone()),
                what: What::When(number, when.clone()),
                reason: None,
                refused: Vec::new(),
            });
        }
        self.when_helpers = self.helpers.len();
    }

    fn read_own(&mut self, matrix: &Matrix, axes: &Axes<'_>) -> Result<(), Error> {
        let statement = |list, index, key| {
            let way = [Step::Key(list), Step::Index(index), Step::Key(key)];
            statement(matrix, axes, &way)
        };
        let mut ids: Vec<String> = Vec::new();
        let mut name = |list: &'static str, index: usize, id: Option<&String>| {
            let id = id.map_or_else(|| format!("{list}-{}", index + 1), Clone::clone);
            if ids.contains(&id) {
                let way = [Step::Key(list), Step::Index(index), Step::Key("id")];
                let message = format!("two rules have the id `{id}`");
                return Err(matrix.fault(crate::tree::Fault {
                    message,
                    span: matrix.tree.at(&way).map(|tree| tree.span.clone()),
                }));
            }
            ids.push(id.clone());
            Ok(Rule::Own(id))
        };
        for (index, forbid) in matrix.spec.forbids.iter().enumerate() {
            let rule = name("forbid", index, forbid.id.as_ref())?;
            let condition = statement("forbid", index, "if")?;
            let formula = Formula::Not(Box::new(condition.formula(axes)));
            self.compile(&formula, axes, None);
            self.entries.push(Entry {
                rule,
                place: Some(condition.place.clone()),
                what: What::Forbid(condition),
                reason: forbid.reason.clone(),
                refused: Vec::new(),
            });
        }
        for (index, require) in matrix.spec.requires.iter().enumerate() {
            let rule = name("require", index, require.id.as_ref())?;
            let condition = match require.condition {
                Some(_) => Some(statement("require", index, "if")?),
                None => None,
            };
            let then = statement("require", index, "then")?;
            let unasked = condition.as_ref().map_or(Formula::False, |condition| {
                Formula::Not(Box::new(condition.formula(axes)))
            });
            self.compile(&Formula::Or(vec![unasked, then.formula(axes)]), axes, None);
            self.entries.push(Entry {
                rule,
                place: Some(condition.as_ref().unwrap_or(&then).place.clone()),
                what: What::Require(condition, then),
                reason: require.reason.clone(),
                refused: Vec::new(),
            });
        }
        Ok(())
    }

    /// A rule that no row of the axes can ever meet is a slip of the pen.
    fn check_that_each_matches(&self, axes: &Axes<'_>) -> Result<(), Error> {
        for entry in &self.entries {
            let met = match &entry.what {
                What::Forbid(condition) | What::Require(Some(condition), _) => condition,
                What::Require(None, then) => then,
                _ => continue,
            };
            if self.can_hold(met, axes) {
                continue;
            }
            let inactive = met
                .axes()
                .into_iter()
                .filter_map(|axis| {
                    let dimension = &axes.dimensions[axes.axes[axis].dimension];
                    let when = dimension.when.as_ref()?;
                    Some(format!(
                        "axis `{}` is there only where {}",
                        axes.axes[axis].name, when.text
                    ))
                })
                .next();
            return Err(Error::Invalid {
                message: format!(
                    "rule `{}` never matches: no row has {}",
                    entry.rule.as_str(),
                    met.text
                ),
                hint: Some(inactive.unwrap_or_else(|| "correct it, or leave it out".to_owned())),
                place: met.place.clone(),
            });
        }
        Ok(())
    }

    fn can_hold(&self, statement: &Statement, axes: &Axes<'_>) -> bool {
        let sizes = axes.dimensions.iter().map(SpaceDimension::size);
        let sizes = sizes.chain(
            self.helpers[..self.when_helpers]
                .iter()
                .map(|axis| axis.values),
        );
        let sizes: Vec<u32> = sizes.collect();
        let (helpers, own) = compiled(sizes.clone(), &statement.formula(axes), 0);
        let numbers = sizes.into_iter().map(Helper::new).chain(helpers);
        let conditions = self.clauses.iter().filter(|scoped| {
            self.entries[scoped.clause.rule as usize].is_when()
                && scoped.only_where_turning.is_none()
        });
        let clauses = conditions.map(|scoped| scoped.clause.clone());
        let clauses = clauses.chain(own).collect();
        let model = Model::new(numbers.collect(), clauses);
        let model = model.expect("clauses speak of the dimensions and their helpers");
        Solver::new(&model).solve(&[]).is_some()
    }

    fn read_sets(&mut self, matrix: &Matrix, axes: &Axes<'_>) -> Result<(), Error> {
        for (index, set) in matrix.spec.sets.iter().enumerate() {
            let way = [Step::Key("set"), Step::Index(index), Step::Key("if")];
            let statement = match set.condition {
                Some(_) => Some(statement(matrix, axes, &way)?),
                None => None,
            };
            self.sets.push(SetRule {
                statement,
                decoration: set.decoration.clone(),
            });
        }
        Ok(())
    }

    /// Rows with tags are taken by the profiles that name one of them.
    fn read_tags(&mut self, axes: &Axes<'_>, profile: &Profile) {
        let taken = |tags: &[String]| tags.iter().any(|tag| profile.tags.contains(tag));
        let mut gates: Vec<Gate> = Vec::new();
        for axis in axes.axes {
            for (number, value) in axis.values.iter().enumerate() {
                let tags = &value.decoration.tags;
                if tags.is_empty() {
                    continue;
                }
                let size = axes.dimensions[axis.dimension].size();
                let mut rows = ValueSet::empty(size);
                for (row, &value) in axis.column.iter().enumerate() {
                    if value == number {
                        rows.insert(row as u32);
                    }
                }
                gates.push(Gate {
                    applies: GateCondition::Rows(axis.dimension, rows),
                    taken: taken(tags),
                    tags: tags.clone(),
                });
            }
        }
        for set in self
            .sets
            .iter()
            .filter(|set| !set.decoration.tags.is_empty())
        {
            let statement = set.statement.clone();
            gates.push(Gate {
                applies: statement.map_or(GateCondition::Always, GateCondition::Statement),
                taken: taken(&set.decoration.tags),
                tags: set.decoration.tags.clone(),
            });
        }
        if gates.iter().all(|gate| gate.taken) {
            return;
        }
        let all = |taken: bool| {
            let gates = gates.iter().filter(move |gate| gate.taken == taken);
            Formula::Or(gates.map(|gate| gate.formula(axes)).collect())
        };
        let formula = Formula::Or(vec![Formula::Not(Box::new(all(false))), all(true)]);
        self.compile(&formula, axes, None);
        self.entries.push(Entry {
            rule: Rule::Tags,
            what: What::Tags(gates),
            reason: None,
            place: None,
            refused: Vec::new(),
        });
    }

    /// Adds what the knowledge base or the machine refuses.
    pub(super) fn exclude(&mut self, resolutions: &Resolutions<'_>, dimensions: &[SpaceDimension]) {
        for refusal in &resolutions.refusals {
            let rule = self.entries.len() as u32;
            self.clauses.push(ScopedClause {
                clause: refusal.clause(dimensions, rule),
                only_where_turning: None,
            });
            self.entries.push(Entry {
                rule: refusal.rule.clone(),
                what: What::Refusal,
                reason: Some(refusal.reason.clone()),
                place: None,
                refused: refusal.values.clone(),
            });
        }
    }

    /// The axes that a rule, a condition or a `[[set]]` asks.
    pub(super) fn asked_axes(&self) -> std::collections::BTreeSet<usize> {
        let of_rules = self.entries.iter().flat_map(Entry::statements);
        let of_sets = self.sets.iter().filter_map(|set| set.statement.as_ref());
        of_rules.chain(of_sets).flat_map(Statement::axes).collect()
    }

    /// Whether a row lacks an optional axis that turns in the space's profile,
    /// though its condition holds: it may be included, and is not of the product.
    pub(super) fn lacks_active(&self, space: &super::Space<'_>, row: &[u32]) -> bool {
        self.entries.iter().any(|entry| match &entry.what {
            What::When(number, when) => {
                let dimension = &space.dimensions[*number];
                Some(row[*number]) == dimension.absent()
                    && super::space::is_active(&space.axes, dimension, &space.profile)
                    && when.holds(&space.axes, row)
            }
            _ => false,
        })
    }

    /// The clauses that hold where `turns` says which dimensions turn or are fixed
    /// at a default.
    pub(super) fn clauses(&self, turns: impl Fn(usize) -> bool) -> impl Iterator<Item = &Clause> {
        let clauses = self.clauses.iter();
        let holding = clauses.filter(move |scoped| scoped.only_where_turning.is_none_or(&turns));
        holding.map(|scoped| &scoped.clause)
    }

    /// The clauses that hold everywhere, rule by rule.
    pub(super) fn clause_groups(&self) -> Vec<Vec<&Clause>> {
        let mut groups: Vec<Vec<&Clause>> = vec![Vec::new(); self.entries.len()];
        for scoped in &self.clauses {
            if scoped.only_where_turning.is_none() {
                groups[scoped.clause.rule as usize].push(&scoped.clause);
            }
        }
        groups
    }
}

/// A formula over axes of these sizes as clauses, and the axes that carry its
/// meaning.
pub(super) fn compiled(
    sizes: Vec<u32>,
    formula: &Formula,
    rule: u32,
) -> (Vec<Helper>, Vec<Clause>) {
    let mut clauses = Clauses::new(sizes);
    let required = clauses.require(formula, rule);
    required.expect("expressions are nested less than formulas may be");
    clauses.into_parts()
}

/// The condition of each dimension that has one.
///
/// # Errors
/// A condition that cannot be read, or conditions that depend on each other.
pub(super) fn conditions(
    matrix: &Matrix,
    axes: &Axes<'_>,
    dimensions: &[SpaceDimension],
) -> Result<Vec<Option<Statement>>, Error> {
    let mut whens: Vec<Option<Statement>> = vec![None; dimensions.len()];
    for axis in &matrix.spec.axes {
        if axis.when.is_some() {
            let number = dimension_of(axes, &axis.name);
            let way = [Step::Key("axes"), Step::Key(&axis.name), Step::Key("when")];
            whens[number] = Some(statement(matrix, axes, &way)?);
        }
    }
    for (index, zip) in matrix.spec.zips.iter().enumerate() {
        if zip.when.is_some() {
            let number = dimension_of(axes, &zip.axes[0]);
            let way = [Step::Key("zip"), Step::Index(index), Step::Key("when")];
            whens[number] = Some(statement(matrix, axes, &way)?);
        }
    }
    if let Some(cycle) = cycle(axes, &whens) {
        let names = cycle.iter().map(|&number| {
            let first = dimensions[number].axes[0];
            format!("`{}`", axes.axes[first].name)
        });
        let names: Vec<String> = names.collect();
        let when = whens[cycle[0]].as_ref().expect("a cycle is of conditions");
        return Err(Error::Invalid {
            message: format!(
                "whether an axis is there cannot depend on itself: {}",
                names.join(" → ")
            ),
            hint: Some("leave out one of their `when`".to_owned()),
            place: when.place.clone(),
        });
    }
    Ok(whens)
}

fn dimension_of(axes: &Axes<'_>, name: &str) -> usize {
    let axis = axes.axes.iter().find(|axis| axis.name == name);
    axis.expect("every axis of the file has a dimension")
        .dimension
}

/// Dimensions whose conditions lead back to the first of them, which is named
/// again at the end.
fn cycle(axes: &Axes<'_>, whens: &[Option<Statement>]) -> Option<Vec<usize>> {
    let asks = |number: usize| -> Vec<usize> {
        let when = whens[number].iter();
        when.flat_map(Statement::axes)
            .map(|axis| axes.axes[axis].dimension)
            .collect()
    };
    for start in 0..whens.len() {
        let mut came_from: Vec<Option<usize>> = vec![None; whens.len()];
        let mut open = vec![start];
        while let Some(number) = open.pop() {
            for next in asks(number) {
                if next == start {
                    let mut way = vec![start];
                    let mut at = number;
                    while at != start {
                        way.push(at);
                        at = came_from[at].expect("it was come to from somewhere");
                    }
                    way.push(start);
                    way.reverse();
                    return Some(way);
                }
                if came_from[next].is_none() {
                    came_from[next] = Some(number);
                    open.push(next);
                }
            }
        }
    }
    None
}

/// The expression that stands at the end of the way.
fn statement(matrix: &Matrix, axes: &Axes<'_>, way: &[Step<'_>]) -> Result<Statement, Error> {
    let tree = matrix.tree.at(way).expect("it was read from there");
    let text = tree.text().expect("it was read as a text");
    let wrong = |error: ExpressionError| Error::Invalid {
        place: place_within(&matrix.document, tree, &error.span),
        message: error.message,
        hint: error.hint,
    };
    let expression = Expression::parse(text).map_err(wrong)?;
    Ok(Statement {
        condition: expression.check(axes).map_err(wrong)?,
        text: text.split_whitespace().collect::<Vec<_>>().join(" "),
        place: place_within(&matrix.document, tree, &(0..0)),
    })
}

/// The place of a part of a text of the document; the text's own where the
/// document writes it in another way than it reads.
fn place_within(document: &Document, tree: &Tree, span: &Range<usize>) -> Place {
    let start = tree.span.start;
    let text = tree.text().unwrap_or_default();
    let written = &document.text()[tree.span.clone()];
    let quotes = written.len().saturating_sub(text.len()) / 2;
    let same = written.get(quotes..quotes + text.len()) == Some(text);
    document.place_of_offset(if same {
        start + quotes + span.start
    } else {
        start
    })
}
