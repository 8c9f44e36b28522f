//! Whether there is a row, and one if there is.

use crate::engine::Engine;
use crate::model::{Model, ValueSet};

/// Finds rows of a model with some values given.
#[derive(Clone, Debug)]
pub struct Solver {
    engine: Engine,
}

impl Solver {
    /// For a model.
    #[must_use]
    pub fn new(model: &Model) -> Self {
        Self::within(model, &model.domains())
    }

    /// For a model with only these values.
    #[must_use]
    pub fn within(model: &Model, domains: &[ValueSet]) -> Self {
        Self {
            engine: Engine::new(model, domains),
        }
    }

    /// For a model with the clauses of some rules only.
    pub(crate) fn with_rules(
        model: &Model,
        domains: &[ValueSet],
        takes: impl Fn(u32) -> bool,
    ) -> Self {
        Self {
            engine: Engine::with_rules(model, domains, takes),
        }
    }

    /// Whether there is a row with these values.
    pub fn is_feasible(&mut self, fixed: &[(usize, u32)]) -> bool {
        self.solve(fixed).is_some()
    }

    /// A row with these values, axis and value each; nothing where there is none.
    pub fn solve(&mut self, fixed: &[(usize, u32)]) -> Option<Vec<u32>> {
        if self.engine.is_dead() {
            return None;
        }
        self.engine.mark();
        let possible = fixed
            .iter()
            .all(|&(axis, value)| self.engine.assign(axis, value).is_ok());
        let row = possible.then(|| search(&mut self.engine)).flatten();
        self.engine.undo();
        row
    }
}

/// A row with what is already chosen. The engine is left as it was.
pub(crate) fn search(engine: &mut Engine) -> Option<Vec<u32>> {
    /// A choice that was made, and the values that are still to be tried.
    struct Choice {
        axis: usize,
        next: u32,
    }
    let mut choices: Vec<Choice> = Vec::new();
    let found = loop {
        let Some(axis) = hardest(engine) else {
            break true;
        };
        choices.push(Choice { axis, next: 0 });
        let mut advanced = false;
        while let Some(choice) = choices.last_mut() {
            let Some(value) = engine.next_value(choice.axis, choice.next) else {
                choices.pop();
                if !choices.is_empty() {
                    engine.undo();
                }
                continue;
            };
            choice.next = value + 1;
            engine.mark();
            if engine.assign(choice.axis, value).is_ok() {
                advanced = true;
                break;
            }
            engine.undo();
        }
        if !advanced {
            break false;
        }
    };
    let row = found.then(|| {
        (0..engine.axes())
            .map(|axis| {
                let value = engine.next_value(axis, 0);
                value.expect("no axis is empty while there is no conflict")
            })
            .collect()
    });
    for _ in 0..choices.len() {
        engine.undo();
    }
    row
}

/// The axis to choose next: few values, and often in the way. Nothing where all
/// are chosen.
fn hardest(engine: &Engine) -> Option<usize> {
    let open = (0..engine.axes()).filter_map(|axis| {
        let size = u64::from(engine.size(axis));
        // Compared as fractions: size / (conflicts + 1).
        (size > 1).then(|| (size, u64::from(engine.conflicts(axis)) + 1, axis))
    });
    open.min_by(|a, b| (a.0 * b.1).cmp(&(b.0 * a.1)).then(a.2.cmp(&b.2)))
        .map(|(_, _, axis)| axis)
}
