//! Models of PICT.

use std::collections::HashMap;

use cfgmatrix_cover::ValueSet;
use toml::{Table, Value};

use super::Imported;
use super::draft::{Draft, DraftAxis, DraftValue, free_id, one_line, texts, vars};
use super::expression::Simple;
use crate::Scalar;
use crate::clauses::Formula;
use crate::document::Document;
use crate::error::Error;
use crate::pict::{PictModel, PictOptions, PictParameter};

pub(super) fn import(document: &Document, options: &PictOptions) -> Result<Imported, Error> {
    let model = PictModel::parse(document, options)?;
    let mut import = Import {
        draft: Draft {
            origin: format!("`{}`, a model of PICT", document.name()),
            name: super::matrix_name(document),
            ..Draft::default()
        },
        model: &model,
        axes: Vec::new(),
        numbers: Vec::new(),
    };
    for warning in model.warnings() {
        import.draft.note(format!(
            "line {}: {}",
            warning.place.line(),
            warning.message
        ));
    }
    if model.more_warnings() > 0 {
        let more = model.more_warnings();
        import
            .draft
            .note(format!("{more} more warnings like these"));
    }
    for parameter in model.parameters() {
        import.parameter(parameter);
    }
    import.rules();
    import.negative_values();
    import.strengths();
    let results: Vec<bool> = model
        .parameters()
        .iter()
        .map(PictParameter::is_result)
        .collect();
    let mut axes = import.axes;
    let mut result = results.into_iter();
    axes.retain(|_| !result.next().unwrap_or(false));
    import.draft.axes = axes;
    Ok(import.draft.finish())
}

struct Import<'m> {
    draft: Draft,
    model: &'m PictModel,
    /// One for each parameter, results included.
    axes: Vec<DraftAxis>,
    /// For each parameter, the value of its axis that each of its values is.
    numbers: Vec<Vec<u32>>,
}

impl Import<'_> {
    fn parameter(&mut self, parameter: &PictParameter) {
        let prefix = self.model.options().negative_prefix;
        let name = if parameter.is_result() {
            parameter.name.clone()
        } else {
            // Names are free as long as no axis before has them.
            self.draft.axes.clone_from(&self.axes);
            self.draft.axis_name(&parameter.name, false)
        };
        let mut values: Vec<DraftValue> = Vec::new();
        let mut seen: HashMap<(String, bool), u32> = HashMap::new();
        let mut numbers = Vec::new();
        for value in &parameter.values {
            let key = (self.model.options().key(value.name()), value.negative);
            if let Some(&first) = seen.get(&key) {
                self.draft.note(format!(
                    "`{}` has the value `{}` more than once: it is one value here",
                    one_line(&parameter.name),
                    one_line(value.name())
                ));
                numbers.push(first);
                continue;
            }
            if value.names.len() > 1 {
                self.draft.note(format!(
                    "`{}` has several names for one value, and the first stands for them: {}",
                    one_line(&parameter.name),
                    one_line(&value.names.join(", "))
                ));
            }
            let wanted = if value.negative {
                format!("{prefix}{}", value.name())
            } else {
                value.name().to_owned()
            };
            let id = free_id(&wanted, &values);
            if id != wanted {
                self.draft.note(format!(
                    "`{}`: the value `{}` is called `{}`",
                    one_line(&parameter.name),
                    one_line(&wanted),
                    one_line(&id)
                ));
            }
            let number = values.len() as u32;
            seen.insert(key, number);
            numbers.push(number);
            values.push(DraftValue {
                weight: value.weight,
                ..DraftValue::new(Scalar::Text(id))
            });
        }
        self.axes.push(DraftAxis { name, values });
        self.numbers.push(numbers);
    }

    /// A formula over parameters as one over axes.
    fn moved(&self, formula: &Formula) -> Formula {
        let set = |axis: usize, values: &ValueSet| {
            let mut set = ValueSet::empty(self.axes[axis].values.len() as u32);
            for value in values.iter() {
                set.insert(self.numbers[axis][value as usize]);
            }
            set
        };
        match formula {
            Formula::True => Formula::True,
            Formula::False => Formula::False,
            Formula::Literal { axis, allowed } => Formula::Literal {
                axis: *axis,
                allowed: set(*axis, allowed),
            },
            Formula::Related {
                left,
                right,
                allowed,
            } => {
                let rights = self.axes[*right].values.len() as u32;
                let mut moved = vec![ValueSet::empty(rights); self.axes[*left].values.len()];
                for (&number, partners) in self.numbers[*left].iter().zip(allowed) {
                    moved[number as usize].unite(&set(*right, partners));
                }
                Formula::Related {
                    left: *left,
                    right: *right,
                    allowed: moved,
                }
            }
            Formula::And(parts) => {
                Formula::And(parts.iter().map(|part| self.moved(part)).collect())
            }
            Formula::Or(parts) => Formula::Or(parts.iter().map(|part| self.moved(part)).collect()),
            Formula::Not(inner) => Formula::Not(Box::new(self.moved(inner))),
        }
    }

    fn rules(&mut self) {
        let model = self.model;
        for (number, rule) in (1..).zip(model.rules()) {
            let several = rule.requirements.len() > 1;
            for (part, requirement) in rule.requirements.iter().enumerate() {
                let id = match (several, part) {
                    (false, _) => format!("pict-{number}"),
                    (true, 0) => format!("pict-{number}-then"),
                    (true, _) => format!("pict-{number}-else"),
                };
                let simple = |formula: &Formula| Simple::of(&self.moved(formula), &self.axes, true);
                let condition = requirement.condition.as_ref().map_or(Simple::True, simple);
                let then = simple(&requirement.then);
                self.rule(&id, &rule.text, &condition, &then);
            }
        }
    }

    /// Rows for which `condition` holds have `then`.
    fn rule(&mut self, id: &str, text: &str, condition: &Simple, then: &Simple) {
        let is_result = |axis: usize| self.model.parameters()[axis].is_result();
        if *then == Simple::True || *condition == Simple::False {
            self.draft
                .note(format!("`{text}` excludes nothing, and is left out"));
        } else if condition.speaks_of(&is_result) || then.speaks_of(&is_result) {
            self.result(text, condition, then);
        } else if *condition == Simple::True && *then == Simple::False {
            // No row satisfies it, and the matrix says so, too.
            let every = ValueSet::full(self.axes[0].values.len() as u32);
            let every = Simple::Literal {
                axis: 0,
                allowed: every,
            };
            let section = texts([
                ("id", id),
                ("if", &every.text(&self.axes)),
                ("reason", text),
            ]);
            self.draft.sections.push(("forbid", section));
        } else if *condition == Simple::True {
            let section = texts([
                ("id", id),
                ("then", &then.text(&self.axes)),
                ("reason", text),
            ]);
            self.draft.sections.push(("require", section));
        } else if *then == Simple::False {
            let section = texts([
                ("id", id),
                ("if", &condition.text(&self.axes)),
                ("reason", text),
            ]);
            self.draft.sections.push(("forbid", section));
        } else {
            let section = texts([
                ("id", id),
                ("if", &condition.text(&self.axes)),
                ("then", &then.text(&self.axes)),
                ("reason", text),
            ]);
            self.draft.sections.push(("require", section));
        }
    }

    /// A rule about what is expected of rows: a variable of these rows, where
    /// it says no more than one value.
    fn result(&mut self, text: &str, condition: &Simple, then: &Simple) {
        let is_result = |axis: usize| self.model.parameters()[axis].is_result();
        let said = match then {
            Simple::Literal { axis, allowed } if allowed.len() == 1 && is_result(*axis) => {
                allowed.iter().next().map(|value| (*axis, value))
            }
            _ => None,
        };
        let (Some((axis, value)), false) = (said, condition.speaks_of(&is_result)) else {
            self.draft.note(format!(
                "`{text}` is about what is expected of rows, and is left out"
            ));
            return;
        };
        let name = self.axes[axis].name.trim_start_matches('$').to_owned();
        let value = self.axes[axis].values[value as usize].id.clone();
        let mut section = Table::new();
        if *condition != Simple::True {
            let condition = condition.text(&self.axes);
            section.insert("if".to_owned(), Value::String(condition));
        }
        section.insert("vars".to_owned(), vars(&[(name.clone(), value)]));
        self.draft.sections.push(("set", section));
        self.draft.note(format!(
            "`${name}` is what is expected of rows: it is a variable of them, and no axis"
        ));
    }

    /// No two negative values in a row.
    fn negative_values(&mut self) {
        let mut negative: Vec<Simple> = Vec::new();
        for (axis, parameter) in self.model.parameters().iter().enumerate() {
            let mut allowed = ValueSet::empty(self.axes[axis].values.len() as u32);
            for (value, &number) in parameter.values.iter().zip(&self.numbers[axis]) {
                if value.negative {
                    allowed.insert(number);
                }
            }
            if !allowed.is_empty() && !parameter.is_result() {
                negative.push(Simple::Literal { axis, allowed });
            }
        }
        if negative.is_empty() {
            return;
        }
        self.draft.note(
            "values out of range keep their mark in their names; that pairs without them need rows without them cannot be said here",
        );
        for (number, one) in negative.iter().enumerate() {
            let rest = &negative[number + 1..];
            let condition = match rest {
                [] => break,
                [other] => Simple::And(vec![one.clone(), other.clone()]),
                others => Simple::And(vec![one.clone(), Simple::Or(others.to_vec())]),
            };
            let section = texts([
                ("id", &format!("negative-{}", number + 1)),
                ("if", &condition.text(&self.axes)),
                ("reason", "a row has at most one value out of range"),
            ]);
            self.draft.sections.push(("forbid", section));
        }
    }

    fn strengths(&mut self) {
        let model = self.model;
        let inputs = model
            .parameters()
            .iter()
            .filter(|parameter| !parameter.is_result());
        let mut profile = Table::new();
        let strength = inputs.count().min(2) as i64;
        profile.insert("strength".to_owned(), Value::Integer(strength));
        let mut mixed = Vec::new();
        for submodel in model.submodels() {
            let order = submodel
                .order
                .unwrap_or(2)
                .min(submodel.parameters.len() as u32);
            let names = submodel
                .parameters
                .iter()
                .map(|&axis| self.axes[axis].name.clone());
            let names: Vec<Value> = names.map(Value::String).collect();
            if i64::from(order) > strength {
                mixed.push(Value::Table(Table::from_iter([
                    ("axes".to_owned(), Value::Array(names)),
                    ("strength".to_owned(), Value::Integer(i64::from(order))),
                ])));
            }
        }
        if !model.submodels().is_empty() {
            self.draft.note("submodels are combined by themselves first, which cannot be said here: those of a higher order are mixed strengths of the profile `pict`");
        }
        for (axis, parameter) in model.parameters().iter().enumerate() {
            if let Some(order) = parameter.order {
                self.draft.note(format!(
                    "`{}` has order {order} of its own, which cannot be said here",
                    self.axes[axis].name
                ));
            }
        }
        if !mixed.is_empty() {
            profile.insert("mixed".to_owned(), Value::Array(mixed));
        }
        self.draft.tables.push((["profile", "pict"], profile));
    }
}
